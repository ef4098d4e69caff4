"""What a rule is: it looks at a reading and yields hits, each of one of its cases. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from performance.review.reading import Reading


class Severity(StrEnum):
    """`high` asks for an answer before the contract is signed; `notice` is only an indicator."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Case:
    """One way to break a rule. `code` is public and never changes: `R07.pay_when_paid`. Texts are filled with a hit's
    facts."""

    code: str
    severity: Severity
    basis: str
    zh: str
    en: str
    advice_zh: str
    advice_en: str

    def at(self, start: int, end: int, confidence: int, **facts: str) -> "Hit":
        """A hit on a piece of the body."""
        return Hit(self, start, end, confidence, facts)

    def missing(self, confidence: int, **facts: str) -> "Hit":
        """A hit on what isn't in the text."""
        return Hit(self, None, None, confidence, facts)


@dataclass(frozen=True, slots=True)
class Hit:
    """`confidence`: how sure the rule is, in per cent. Without a place: something is missing."""

    case: Case
    start: int | None
    end: int | None
    confidence: int
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """`sees_absence`: it also looks for what isn't there, which nobody can know while a page is unreadable."""

    code: str
    zh: str
    en: str
    check: Callable[[Reading], Iterator[Hit]]
    sees_absence: bool = False
