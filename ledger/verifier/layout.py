"""Which members a package has, and in what order (evidence.md, "The evidence package").

Tokens of several time-stamp authorities over the checkpoint are `anchors/checkpoint.tsr`, the earliest, then
`anchors/checkpoint.2.tsr`, `anchors/checkpoint.3.tsr`, … without gaps.
"""

import re
from collections.abc import Iterable

from ledger.verifier.container import MIMETYPE_NAME
from ledger.verifier.verdict import Contradiction

DOCUMENTS = "documents/"
CHECKPOINT = "anchors/checkpoint"
EVM_ANCHOR = "anchors/evm.json"
CHECKPOINT_TOKEN = "anchors/checkpoint.tsr"  # noqa: S105 - a file name
REPORTS = ("report/report.zh.pdf", "report/report.en.pdf")
MANIFEST = "META-INF/ASiCManifest.xml"
MANIFEST_TOKEN = "META-INF/timestamp.tst"  # noqa: S105 - a file name
EXHIBIT_PARTS = ("record.json", "salt.hex", "entry.json", "proof.tlog-proof")

_FURTHER_TOKEN = re.compile(r"anchors/checkpoint\.([2-9]|[1-9]\d)\.tsr", re.ASCII)
_EXHIBIT = re.compile(r"evidence/(\d{3,})/(" + "|".join(map(re.escape, EXHIBIT_PARTS)) + ")", re.ASCII)
_FIXED = (
    MIMETYPE_NAME,
    DOCUMENTS,
    "evidence/",
    CHECKPOINT,
    EVM_ANCHOR,
    CHECKPOINT_TOKEN,
    "trust/",
    *REPORTS,
    "VERIFY.md",
    "verify.html",
    MANIFEST,
    MANIFEST_TOKEN,
)
_RANK = {name: rank for rank, name in enumerate(_FIXED)}
REQUIRED = tuple(name for name in _FIXED if not name.endswith("/"))


def exhibit_folder(number: int) -> str:
    """Records are numbered from 1: `evidence/001/`."""
    return f"evidence/{number:03d}/"


def checkpoint_token(number: int) -> str:
    """The member that holds the token number 1, 2, … over the checkpoint. At most 99 fit into a package."""
    return CHECKPOINT_TOKEN if number == 1 else f"anchors/checkpoint.{number}.tsr"


def checkpoint_tokens(names: Iterable[str]) -> list[str]:
    """Those of `names` that are tokens over the checkpoint, in their order."""
    return sorted((name for name in names if _token_number(name)), key=_token_number)


def in_order(names: Iterable[str]) -> list[str]:
    """The one order of `names`. Raises `Contradiction` for a name that has no place in a package."""
    return sorted(names, key=_position)


def check_layout(names: list[str]) -> None:
    """Raises `Contradiction` unless the members are all known, complete, and in order."""
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise Contradiction(f"缺少成员 {missing[0]}。", f"The member {missing[0]} is missing.", missing=missing)
    if in_order(names) != names:
        raise Contradiction("成员顺序不对。", "The members are not in order.")
    tokens = checkpoint_tokens(names)
    if tokens != [checkpoint_token(number) for number in range(1, len(tokens) + 1)]:
        raise Contradiction("检查点的时间戳编号不连续。", "The tokens over the checkpoint are misnumbered.")
    exhibits = [name for name in names if name.startswith("evidence/")]
    count = len(exhibits) // len(EXHIBIT_PARTS)
    expected = [exhibit_folder(n) + part for n in range(1, count + 1) for part in EXHIBIT_PARTS]
    if not exhibits or exhibits != expected:
        raise Contradiction("存证记录不完整或编号不连续。", "The evidence records are incomplete or misnumbered.")


def _position(name: str) -> tuple[int, int, int, str]:
    exhibit = _EXHIBIT.fullmatch(name)
    if exhibit:
        return _RANK["evidence/"], int(exhibit[1]), EXHIBIT_PARTS.index(exhibit[2]), name
    if number := _token_number(name):
        return _RANK[CHECKPOINT_TOKEN], number, 0, name
    folder, separator, file_name = name.partition("/")
    if folder + separator in {DOCUMENTS, "trust/"} and file_name and "/" not in file_name:
        return _RANK[folder + separator], 0, 0, name
    if name in REQUIRED:
        return _RANK[name], 0, 0, name
    raise Contradiction(f"证据包中不应有 {name}。", f"{name} doesn't belong into a package.")


def _token_number(name: str) -> int:
    """1, 2, … for a token over the checkpoint, 0 for any other member."""
    if name == CHECKPOINT_TOKEN:
        return 1
    further = _FURTHER_TOKEN.fullmatch(name)
    return int(further[1]) if further else 0
