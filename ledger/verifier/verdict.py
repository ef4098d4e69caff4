"""What a check may say, and what follows from all of them.

A check raises `Contradiction` (something doesn't fit: tampering, or trust in the wrong place) or `Undecided` (the
package or the trust file says too little), or returns its facts. `Unusable` ends everything: this isn't an evidence
package, or the trust file isn't one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class ExitCode(IntEnum):
    """What `dingyue verify` ends with (evidence.md, "The offline verifier")."""

    HOLDS = 0
    CONTRADICTED = 1
    UNDECIDED = 2
    UNUSABLE = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence for people, in both languages."""

    zh: str
    en: str


class Finding(Exception):
    """The base of what ends a check early."""

    def __init__(self, zh: str, en: str, **facts: Any) -> None:
        super().__init__(en)
        self.statement = Statement(zh, en)
        self.facts = facts


class Contradiction(Finding):
    """Two things that must agree don't."""


class Undecided(Finding):
    """There isn't enough to tell."""


class Unusable(Finding):
    """The input isn't what it should be at all."""


@dataclass(frozen=True, slots=True)
class Passed(Generic[T]):
    """What a check that holds found out: a value for the checks after it, a sentence, and facts for programs."""

    value: T
    zh: str
    en: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of a numbered check. An optional check that can't be decided doesn't hold up the verdict."""

    number: str
    name: str
    status: Status
    reason: Statement
    is_required: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "name": self.name,
            "status": str(self.status),
            "required": self.is_required,
            "zh": self.reason.zh,
            "en": self.reason.en,
            "facts": dict(self.facts),
        }


class Standing(StrEnum):
    """What evidence is worth at the moment (evidence.md, "Witnesses")."""

    COURT_GRADE = "court_grade"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True)
class Grade:
    """`reasons`: what is missing; empty for court-grade."""

    standing: Standing
    reasons: tuple[Statement, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "grade": str(self.standing),
            "reasons": [{"zh": reason.zh, "en": reason.en} for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """All checks in order, and what they do not prove even when all pass. `package_sha256` is hex.

    `grade` is None for what doesn't hold.
    """

    exit_code: ExitCode
    summary: Statement
    package_sha256: str
    checks: Sequence[Check] = ()
    not_proven: Sequence[Statement] = ()
    grade: Grade | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "v": 1,
            "verdict": self.exit_code.name.lower(),
            "exit_code": int(self.exit_code),
            "zh": self.summary.zh,
            "en": self.summary.en,
            "package_sha256": self.package_sha256,
            "checks": [check.to_json() for check in self.checks],
            "not_proven": [{"zh": statement.zh, "en": statement.en} for statement in self.not_proven],
            "standing": self.grade.to_json() if self.grade else None,
        }


def conclude(checks: Sequence[Check]) -> ExitCode:
    """Any contradiction decides; then any required check that is unknown."""
    if any(check.status is Status.FAIL for check in checks):
        return ExitCode.CONTRADICTED
    if any(check.status is Status.UNKNOWN and check.is_required for check in checks):
        return ExitCode.UNDECIDED
    return ExitCode.HOLDS
