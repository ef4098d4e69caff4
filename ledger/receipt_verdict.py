"""What a receipt's comparison with today's log comes to: in words, and with everything it takes to verify it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.note import Checkpoint
from ledger.receipt_file import ReceiptKind
from ledger.verifier.verdict import Check, ExitCode, Statement, Status

_MARKS = {Status.PASS: "✔", Status.FAIL: "✘", Status.UNKNOWN: "?"}

_SUMMARIES = {
    ExitCode.HOLDS: Statement(
        "您的收据仍然成立：今天的日志完整保留了它所证明的一切。",
        "Your receipt still holds: today's log has kept everything that it proves.",
    ),
    ExitCode.CONTRADICTED: Statement(
        "不一致！请保存您的收据和今天的检查点，不要只听信本平台的解释，可交由律师、公证机构或监测方核对。",
        "They contradict each other! Keep your receipt and today's checkpoint, and have a lawyer, a notary or a "
        "monitor check them; don't rely on this platform's explanation alone.",
    ),
    ExitCode.UNDECIDED: Statement(
        "不足以判断。请看下面未能判断的项目。", "There isn't enough to decide. See what couldn't be decided."
    ),
}


_CHANGED_RECEIPT = Statement(
    "收据本身不是日志签署的原文：可能被改动过，或没有复制完整。请找出原件再核对；这并不说明日志有问题。",
    "The receipt itself isn't what the log signed: it was changed, or not copied whole. Find the original and try "
    "again; this says nothing against the log.",
)


@dataclass(frozen=True, slots=True)
class EntryToday:
    """An entry that is in both trees. `current_proof` is the tlog-proof against today's checkpoint."""

    name: str
    index: int
    leaf_hash: bytes
    old_path: tuple[bytes, ...]
    current_path: tuple[bytes, ...]
    current_proof: bytes

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "index": self.index,
            "leaf_hash": self.leaf_hash.hex(),
            "receipt_path": [value.hex() for value in self.old_path],
            "current_path": [value.hex() for value in self.current_path],
            "current_proof": self.current_proof.decode(),
        }


@dataclass(frozen=True, slots=True)
class ReceiptVerdict:
    """`exit_code` and `summary` conclude `checks`. What wasn't got to is None or empty."""

    kind: ReceiptKind
    exit_code: ExitCode
    summary: Statement
    checks: tuple[Check, ...]
    old_note: bytes
    current_note: bytes
    old: Checkpoint | None = None
    current: Checkpoint | None = None
    consistency: tuple[bytes, ...] | None = None
    entries: tuple[EntryToday, ...] = ()

    @property
    def is_receipt_at_fault(self) -> bool:
        """It isn't what the log signed, so nothing was compared."""
        return self.checks[0].status is Status.FAIL

    def to_json(self) -> dict[str, Any]:
        return {
            "v": 1,
            "kind": str(self.kind),
            "verdict": self.exit_code.name.lower(),
            "exit_code": int(self.exit_code),
            "zh": self.summary.zh,
            "en": self.summary.en,
            "receipt": _checkpoint_json(self.old, self.old_note),
            "current": _checkpoint_json(self.current, self.current_note),
            "consistency": None if self.consistency is None else [value.hex() for value in self.consistency],
            "entries": [entry.to_json() for entry in self.entries],
            "checks": [check.to_json() for check in self.checks],
        }

    def for_people(self) -> str:
        lines: list[str] = []
        for check in self.checks:
            lines += [f"{_MARKS[check.status]} {check.number} {check.reason.zh}", f"    {check.reason.en}"]
        if self.consistency is not None:
            lines += ["", f"一致性证明 consistency proof ({len(self.consistency)}):"]
            lines += [f"  {value.hex()}" for value in self.consistency]
        lines += ["", self.summary.zh, self.summary.en]
        return "\n".join([*lines, f"[{self.exit_code.name.lower()}, exit code {int(self.exit_code)}]"])


def summary(exit_code: ExitCode, checks: Sequence[Check]) -> Statement:
    """In a sentence. A receipt that isn't what the log signed says nothing against the log."""
    return _CHANGED_RECEIPT if checks[0].status is Status.FAIL else _SUMMARIES[exit_code]


def _checkpoint_json(checkpoint: Checkpoint | None, note: bytes) -> dict[str, Any]:
    return {
        "size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "checkpoint": note.decode("utf-8", "replace"),
    }
