"""The whole verification, check by check (evidence.md, "The offline verifier").

An archive that isn't canonical was changed after it was made, and is read no further. Otherwise every check runs
whatever became of the others, so that a verdict names all that is wrong; a check whose input another check couldn't
establish is `unknown`. Nothing raises but `Unusable`, and `verify_package` turns even that
into a verdict.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from ledger.note import Checkpoint
from ledger.verifier.chain import Anchor, Node, check_anchor, check_block_hash
from ledger.verifier.container import check_canonical, decode
from ledger.verifier.files import check_files
from ledger.verifier.layout import MANIFEST, check_layout
from ledger.verifier.limits import not_proven
from ledger.verifier.log import Witnessing, check_checkpoint, check_inclusion, read_witnessing, signed_checkpoint
from ledger.verifier.manifest import check_manifest
from ledger.verifier.package import Package
from ledger.verifier.records import check_records
from ledger.verifier.signatures import check_signatures
from ledger.verifier.standing import judge_standing
from ledger.verifier.times import check_times
from ledger.verifier.timestamp import check_timestamps
from ledger.verifier.trust import Trust, parse_trust
from ledger.verifier.verdict import (
    Check,
    Contradiction,
    ExitCode,
    Grade,
    Passed,
    Statement,
    Status,
    Undecided,
    Unusable,
    Verdict,
    conclude,
)

T = TypeVar("T")

_NAMES = {
    "1": "archive",
    "2": "files",
    "3": "signatures",
    "4": "records",
    "5": "inclusion",
    "6": "checkpoint",
    "7": "timestamps",
    "8a": "anchor",
    "8b": "block_hash",
    "9": "times",
}
_NOT_READ = Statement(
    "归档已被改动（第 1 项），未再读取其内容。", "The archive was changed (check 1), so its content wasn't read."
)
_BLOCK_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_SUMMARIES = {
    ExitCode.HOLDS: Statement(
        "全部必需的核验均通过：包内记录自写入日志后未被改动。",
        "All required checks hold: what the package records hasn't changed since it was logged.",
    ),
    ExitCode.CONTRADICTED: Statement(
        "核验不通过：有内容互相矛盾，不应采信。", "It does not hold: something contradicts. Don't rely on it."
    ),
    ExitCode.UNDECIDED: Statement(
        "无法判断：证据包或信任文件提供的信息不足。",
        "Undecided: the package or the trust file says too little to tell.",
    ),
}


def verify_package(data: bytes, trust: object, *, block_hash: str | None = None, rpc: Node | None = None) -> Verdict:
    """Checks a package against a decoded `trust.json`. Never raises.

    `block_hash` (0x and 64 hex digits) is what the user looked up; `rpc` asks a node the user relies on.
    """
    digest = hashlib.sha256(data).hexdigest()
    try:
        trusted = parse_trust(trust)
        _check_parameter(block_hash)
        members = decode(data)
    except Unusable as error:
        return Verdict(ExitCode.UNUSABLE, error.statement, digest)
    run = _Run(data, Package(members), trusted)
    if run.is_canonical():
        run.all_checks(block_hash, rpc)
    exit_code = conclude(run.checks)
    summary = _SUMMARIES[exit_code]
    status = {ExitCode.HOLDS: Status.PASS, ExitCode.CONTRADICTED: Status.FAIL}.get(exit_code, Status.UNKNOWN)
    checks = [*run.checks, Check("10", "verdict", status, summary)]
    grade = _grade(run.checks, trusted) if exit_code is ExitCode.HOLDS else None
    return Verdict(exit_code, summary, digest, checks, not_proven(run.checks, trusted), grade)


def _grade(checks: Sequence[Check], trust: Trust) -> Grade:
    """Of a package that holds."""
    by_number = {check.number: check for check in checks}
    return judge_standing(
        is_anchored=True,
        is_development=bool(by_number["8a"].facts.get("development", True)),
        cosigned=len(by_number["6"].facts.get("witnesses", ())),
        quorum=trust.witness_quorum,
        is_compared=by_number["8b"].status is Status.PASS,
    )


def _check_parameter(block_hash: str | None) -> None:
    if block_hash is not None and not _BLOCK_HASH.fullmatch(block_hash):
        raise Unusable("区块哈希应为 0x 加 64 位十六进制。", "A block hash is 0x and 64 hex digits.")


class _Run:
    """One pass over a package; collects the checks."""

    def __init__(self, data: bytes, package: Package, trust: Trust) -> None:
        self.checks: list[Check] = []
        self._data, self._package, self._trust = data, package, trust

    def is_canonical(self) -> bool:
        """If not, check 1 says why, and nothing else is known."""
        try:
            check_canonical(self._data, self._package.members)
        except Contradiction as finding:
            self.checks = [Check("1", _NAMES["1"], Status.FAIL, finding.statement, facts=finding.facts)]
            self.checks += [
                Check(number, name, Status.UNKNOWN, _NOT_READ, is_required=number != "8b")
                for number, name in _NAMES.items()
                if number != "1"
            ]
            return False
        return True

    def all_checks(self, block_hash: str | None, rpc: Node | None) -> None:
        package, trust = self._package, self._trust
        self._check("1", self._check_archive)
        # What later checks stand on is established first; the list is put in the order of the numbers at the end.
        records = self._check("4", lambda: check_records(package))
        files = self._check("2", lambda: check_files(package, _need(records, "4")))
        signed_at = self._check("3", lambda: check_signatures(package, _need(records, "4"), _need(files, "2"), trust))
        self._check("5", lambda: check_inclusion(package, _need(records, "4"), trust))
        self._check("6", lambda: check_checkpoint(package, trust))
        stamps = self._check("7", lambda: check_timestamps(package, trust))
        anchor = self._check("8a", lambda: check_anchor(package, self._checkpoint(), trust))
        is_asked = block_hash is not None or rpc is not None
        self._check("8b", lambda: _check_block(anchor, block_hash, rpc), is_required=is_asked)
        self._check(
            "9",
            lambda: check_times(
                _need(records, "4"),
                _need(signed_at, "3"),
                _need(stamps, "7"),
                _need(anchor, "8a"),
                self._witnessing(),
            ),
        )
        self.checks.sort(key=lambda check: check.number)

    def _checkpoint(self) -> Checkpoint:
        """As the log signed it; whether enough witnesses did is a question apart. Raises `Undecided`."""
        try:
            return signed_checkpoint(self._package, self._trust)
        except Contradiction:
            return _need(None, "6")

    def _witnessing(self) -> Witnessing:
        """The cosignatures there are, also if they are too few. Raises `Undecided`."""
        try:
            return read_witnessing(self._package, self._trust)
        except Contradiction:
            return _need(None, "6")

    def _check_archive(self) -> Passed[None]:
        members = dict(self._package.members)
        check_layout(list(members))
        check_manifest(members)
        return Passed(
            None,
            f"归档为规范形式，{len(members)} 个成员的摘要与清单一致。",
            f"The archive is canonical and its {len(members)} members fit the manifest.",
            {"members": len(members), "manifest_sha256": hashlib.sha256(members[MANIFEST]).hexdigest()},
        )

    def _check(self, number: str, check: Callable[[], Passed[T]], *, is_required: bool = True) -> T | None:
        """Runs one check; its value if it passed."""
        name, value = _NAMES[number], None
        try:
            passed = check()
        except Contradiction as finding:
            outcome = Check(number, name, Status.FAIL, finding.statement, is_required, finding.facts)
        except Undecided as finding:
            outcome = Check(number, name, Status.UNKNOWN, finding.statement, is_required, finding.facts)
        except Exception as error:  # noqa: BLE001 - hostile bytes that trip a parser are a failure, never a trace
            reason = Statement("内容格式异常，无法解析。", "The content is malformed and can't be read.")
            outcome = Check(number, name, Status.FAIL, reason, is_required, {"error": type(error).__name__})
        else:
            value = passed.value
            reason = Statement(passed.zh, passed.en)
            outcome = Check(number, name, Status.PASS, reason, is_required, passed.facts)
        self.checks.append(outcome)
        return value


def _check_block(anchor: Anchor | None, block_hash: str | None, rpc: Node | None) -> Passed[None]:
    return check_block_hash(_need(anchor, "8a"), block_hash, rpc)


def _need(value: T | None, number: str) -> T:
    """The value of a check that passed, or `Undecided`."""
    if value is None:
        raise Undecided(
            f"第 {number} 项未通过，本项无法核验。", f"Check {number} didn't pass, so this can't be checked."
        )
    return value
