"""*My receipt*: an old package, checkpoint or tlog-proof, held against today's log.

1. the log signed the receipt's checkpoint                    2. the log signed today's checkpoint
3. today's tree extends the receipt's: nothing in it was changed, moved or taken out (RFC 9162 §2.1.4.2)
4. every entry of the receipt is in the receipt's tree and, at the same place, in today's (RFC 9162 §2.1.3.2)

Tiles and stored entries are not believed: what is computed from them is verified against the two signed roots. The
answer holds everything somebody else needs to verify it again, and a new tlog-proof of each entry against today's
checkpoint. A tlog-proof names no entry: then the leaf is asked of today's log, and it must be the one that the old
proof proves. Pure: `nodes` reads tiles for whoever asks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger.merkle import NodeReader, ProofInvalid, inclusion_proof, leaf_hash, verify_inclusion
from ledger.monitor.extension import TilesContradictCheckpoint, prove_extension
from ledger.note import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint, parse_checkpoint, parse_note
from ledger.proof import TlogProof, encode_proof
from ledger.receipt_file import ProvenEntry, Receipt
from ledger.receipt_verdict import EntryToday, ReceiptVerdict, summary
from ledger.verifier.verdict import (
    Check,
    Contradiction,
    Finding,
    Statement,
    Status,
    Undecided,
    conclude,
)

Nodes = Callable[[int], NodeReader]
"""From a published checkpoint's size to a reader of its tree."""


def check_receipt(
    receipt: Receipt, current_note: bytes, nodes: Nodes, log_keys: Sequence[VerifierKey], origin: str
) -> ReceiptVerdict:
    """The verdict of the four checks. Raises only what `nodes` does: then nothing can be said."""
    return _Comparison(receipt, current_note, nodes, log_keys, origin).conclude()


@dataclass
class _Comparison:
    """One receipt under examination; each check leaves what those after it need."""

    receipt: Receipt
    current_note: bytes
    nodes: Nodes
    log_keys: Sequence[VerifierKey]
    origin: str
    checks: list[Check] = field(default_factory=list)
    old: Checkpoint | None = None
    current: Checkpoint | None = None
    consistency: tuple[bytes, ...] | None = None
    entries: list[EntryToday] = field(default_factory=list)

    def conclude(self) -> ReceiptVerdict:
        steps = [
            ("1", "receipt", self._open_receipt),
            ("2", "current", self._open_current),
            ("3", "consistency", self._compare),
        ]
        if self.receipt.entries:
            steps.append(("4", "entries", self._find_entries))
        for number, name, step in steps:
            self.checks.append(_run(number, name, step))
        exit_code = conclude(self.checks)
        return ReceiptVerdict(
            self.receipt.kind,
            exit_code,
            summary(exit_code, self.checks),
            tuple(self.checks),
            self.receipt.note,
            self.current_note,
            self.old,
            self.current,
            self.consistency,
            tuple(self.entries),
        )

    def _open_receipt(self) -> Statement:
        self.old = self._open(self.receipt.note)
        return Statement(
            f"收据的检查点由日志 {self.origin} 签署，当时共 {self.old.size} 条。",
            f"The receipt's checkpoint was signed by the log {self.origin}; it had {self.old.size} entries.",
        )

    def _open_current(self) -> Statement:
        self.current = self._open(self.current_note)
        return Statement(
            f"今天的检查点由同一日志签署，共 {self.current.size} 条。",
            f"Today's checkpoint is signed by the same log; it has {self.current.size} entries.",
        )

    def _open(self, note: bytes) -> Checkpoint:
        parsed = parse_note(note)
        stated = parse_checkpoint(parsed.text)
        try:
            return open_checkpoint(note, self.log_keys, self.origin)
        except NoteInvalid as error:
            known = {(key.name, key.key_id) for key in self.log_keys}
            if stated.origin == self.origin and any((line.name, line.key_id) in known for line in parsed.signatures):
                raise Contradiction(
                    f"签名与内容不符，这不是日志签署的原文（{error}）。",
                    f"The signature doesn't fit, so this isn't what the log signed ({error}).",
                ) from error
            raise Undecided(
                f"这是日志 {stated.origin} 的检查点，没有受信密钥的签名。请核对它出自哪个日志。",
                f"This is a checkpoint of {stated.origin} without a trusted key's signature. Check which log it is of.",
            ) from error

    def _compare(self) -> Statement:
        old, current = _both(self.old, self.current)
        if old.size > current.size:
            raise Contradiction(
                f"今天的日志只有 {current.size} 条，比收据时的 {old.size} 条还少：历史被截短。请保存两份检查点。",
                f"Today's log has {current.size} entries, fewer than the receipt's {old.size}: its history was cut. "
                "Keep both checkpoints.",
            )
        try:
            extension = prove_extension(old.size, current, self.nodes(current.size))
        except TilesContradictCheckpoint as error:
            raise Contradiction(
                f"日志给不出一致性证明：其分片与其签署的检查点不符（{error}）。",
                f"The log can't prove consistency: its tiles don't lead to the checkpoint it signed ({error}).",
            ) from error
        self.consistency = extension.proof
        if extension.older_root != old.root:
            raise Contradiction(
                f"日志被改写：今天的日志在第 {old.size} 条处是另一个根。两份签名的检查点就是证据，请保存。",
                f"The log was rewritten: today's has another root at {old.size} entries. The two signed checkpoints "
                "are the proof; keep them.",
            )
        return Statement(
            f"今天的日志完整包含收据时的 {old.size} 条，一条未改、未移、未删；此后新增 {current.size - old.size} 条。",
            f"Today's log contains all {old.size} entries of the receipt, none changed, moved or removed; "
            f"{current.size - old.size} were added since.",
        )

    def _find_entries(self) -> Statement:
        old, current = _both(self.old, self.current)
        if self.consistency is None:
            raise Undecided("两棵树未能比较，条目无法核对。", "The trees weren't compared, so nor were the entries.")
        node = self.nodes(current.size)
        for each in self.receipt.entries:
            self.entries.append(self._find_entry(each, old, current, node))
        count = len(self.entries)
        return Statement(
            f"收据中的 {count} 条记录都在原来的位置上，今天仍在日志之中。",
            f"All {count} entries of the receipt are still in the log, at their places.",
        )

    def _find_entry(self, each: ProvenEntry, old: Checkpoint, current: Checkpoint, node: NodeReader) -> EntryToday:
        index = each.proof.index
        # Cosignatures may have been added to one of the two notes since; the tree they speak of is the text's.
        if _text(each.proof.checkpoint) != _text(self.receipt.note) or index >= old.size:
            raise Contradiction(
                f"{each.name} 的证明针对另一个检查点。", f"The proof of {each.name or 'it'} is of another checkpoint."
            )
        leaf = node(0, index) if each.entry is None else leaf_hash(each.entry)
        path = tuple(inclusion_proof(index, current.size, node))
        try:
            verify_inclusion(leaf, index, old.size, each.proof.hashes, old.root)
        except ProofInvalid as error:
            raise Contradiction(
                f"第 {index} 条：收据的包含证明不成立（{error}）。收据已被改动，或日志此处换成了别的条目。",
                f"Entry {index}: the receipt's inclusion proof doesn't hold ({error}). The receipt was changed, or the "
                "log has another entry there.",
            ) from error
        try:
            verify_inclusion(leaf, index, current.size, path, current.root)
        except ProofInvalid as error:
            raise Contradiction(
                f"第 {index} 条不在今天的日志中（{error}）。",
                f"Entry {index} isn't in today's log ({error}).",
            ) from error
        renewed = encode_proof(TlogProof(index, path, self.current_note))
        return EntryToday(each.name, index, leaf, each.proof.hashes, path, renewed)


def _run(number: str, name: str, step: Callable[[], Statement]) -> Check:
    try:
        return Check(number, name, Status.PASS, step())
    except Contradiction as contradiction:
        return Check(number, name, Status.FAIL, contradiction.statement)
    except Finding as finding:
        return Check(number, name, Status.UNKNOWN, finding.statement)
    except NoteInvalid as error:
        return Check(
            number,
            name,
            Status.FAIL,
            Statement(f"检查点格式不符：{error}。", f"The checkpoint is malformed: {error}."),
        )


def _both(old: Checkpoint | None, current: Checkpoint | None) -> tuple[Checkpoint, Checkpoint]:
    if old is None or current is None:
        raise Undecided(
            "没有两份可信的检查点，无法比较。", "Without two trusted checkpoints there is nothing to compare."
        )
    return old, current


def _text(note: bytes) -> str:
    return parse_note(note).text
