"""What people keep of the log: an evidence package, a signed checkpoint, or a tlog-proof; told apart and taken apart.

Nothing here is believed yet (`ledger.receipt_check`). A package is never unpacked, so it can't grow (`container`).
"""

from dataclasses import dataclass
from enum import StrEnum

from ledger.merkle import ProofInvalid
from ledger.note import NoteInvalid, parse_checkpoint, parse_note
from ledger.proof import TlogProof, decode_proof
from ledger.verifier.container import decode
from ledger.verifier.layout import CHECKPOINT
from ledger.verifier.package import Package
from ledger.verifier.verdict import Undecided, Unusable

MOST_ENTRIES = 500
"""Of a package; one holds a few dozen."""

_ZIP = b"PK\x03\x04"
_PROOF = b"c2sp.org/tlog-proof@"
_LARGEST_TEXT = 256 * 1024


class ReceiptKind(StrEnum):
    PACKAGE = "package"
    CHECKPOINT = "checkpoint"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """A place in the log and the proof of it; `entry` is None if the receipt holds no more than the proof."""

    name: str
    proof: TlogProof
    entry: bytes | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was kept; nothing of it is believed yet. `note` is its signed checkpoint."""

    kind: ReceiptKind
    note: bytes
    entries: tuple[ProvenEntry, ...] = ()


def read_receipt(data: bytes) -> Receipt:
    """Takes a file or a pasted text apart. Raises `Unusable`, saying what it should have been."""
    if data.startswith(_ZIP):
        return _read_package(data)
    text = data.strip(b" \t\r\n").replace(b"\r\n", b"\n") + b"\n" if len(data) <= _LARGEST_TEXT else b""
    try:
        if text.startswith(_PROOF):
            proof = decode_proof(text)
            parse_checkpoint(parse_note(proof.checkpoint).text)
            return Receipt(ReceiptKind.PROOF, proof.checkpoint, (ProvenEntry("", proof, None),))
        parse_checkpoint(parse_note(text).text)
    except (ProofInvalid, NoteInvalid) as error:
        raise Unusable(
            f"无法识别为证据包、检查点或日志证明（{error}）。请提供完整的原文件，或完整粘贴全部文字。",
            f"This isn't a package, a checkpoint or a tlog-proof ({error}). Give the whole file, or paste all of it.",
        ) from error
    return Receipt(ReceiptKind.CHECKPOINT, text)


def _read_package(data: bytes) -> Receipt:
    package = Package(decode(data))
    try:
        note, exhibits = package.member(CHECKPOINT), package.exhibits
    except Undecided as error:
        raise Unusable(error.statement.zh, error.statement.en) from error
    if len(exhibits) > MOST_ENTRIES:
        raise Unusable(
            f"证据包有 {len(exhibits)} 条记录，此处至多核对 {MOST_ENTRIES} 条。请用离线核验器。",
            f"The package has {len(exhibits)} records; at most {MOST_ENTRIES} are checked here. Use `dingyue verify`.",
        )
    try:
        parse_checkpoint(parse_note(note).text)
        entries = [ProvenEntry(each.folder.rstrip("/"), decode_proof(each.proof), each.entry) for each in exhibits]
    except (NoteInvalid, ProofInvalid) as error:
        raise Unusable(
            f"证据包内的检查点或证明无法读取：{error}。", f"The package's checkpoint or a proof can't be read: {error}."
        ) from error
    return Receipt(ReceiptKind.PACKAGE, note, tuple(entries))
