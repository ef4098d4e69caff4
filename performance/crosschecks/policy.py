"""Pure decisions about contradictions and findings: no I/O, exact values, time is a parameter.

    open ─▶ resolved          (answered and seen again leave it open; a resolved one is never reopened)

Where two sources disagree the less favourable value stands until a person resolves it. What is less favourable depends
on what is compared; where values have no order (a text, a digest) neither stands: it counts as not proven.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from core.clock import check_day
from core.errors import DingyueError
from core.money import Money
from performance.crosschecks.errors import (
    FactIncomplete,
    FactInFuture,
    FindingResolved,
    ResolutionInvalid,
    ResolverRequired,
)

FINDING = "fnd"
REPORT = "rep"


class ReportKind(StrEnum):
    """What others report about a contract (R3(c)): 中标, 发票, 支付, 验收, 完工, 备案, 月度供货量."""

    AWARD = "award"
    INVOICE = "invoice"
    PAYMENT = "payment"
    ACCEPTANCE = "acceptance"
    COMPLETION = "completion"
    FILING = "filing"
    DELIVERY_VOLUME = "delivery_volume"


class ReportSide(StrEnum):
    """Who speaks: a party for itself, or a platform or authority as a third party."""

    PURCHASER = "purchaser"
    SUPPLIER = "supplier"
    THIRD_PARTY = "third_party"


class AcceptanceOutcome(StrEnum):
    """The worst first."""

    FAILED = "failed"
    PARTIAL = "partial"
    PASSED = "passed"


class FindingState(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class FindingChange(StrEnum):
    OPEN = "open"
    SEE_AGAIN = "see_again"
    ANSWER = "answer"
    RESOLVE = "resolve"


class Choice(StrEnum):
    """Which value a person found to be true."""

    FIRST = "first"
    SECOND = "second"
    OTHER = "other"


class Measure(StrEnum):
    """What kind of value is compared, and so how it is spelt: `480000.00 CNY`, `2026-11-23`, `30000`, a word."""

    AMOUNT = "amount"
    DAY = "day"
    QUANTITY = "quantity"
    OUTCOME = "outcome"
    TEXT = "text"


class Favour(StrEnum):
    """Which of two values is the less favourable one. `NEITHER`: they have no order."""

    LOWER = "lower"
    EARLIER = "earlier"
    LATER = "later"
    WORSE = "worse"
    NEITHER = "neither"


Value: TypeAlias = Money | date | Decimal | AcceptanceOutcome | str


@dataclass(frozen=True, slots=True)
class Stated:
    """A value and who says so: `source` names the kind of source, `reference` the thing it stands in (`rep_…`,
    `ctr_…`), `on` the day it is about or was said. Whoever reported it can't judge it."""

    value: Value
    source: str
    reference: str | None = None
    on: date | None = None
    organisation_id: UUID | None = None
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two sources that can't both be right. (`rule`, `key`) name it: there is one open finding for each."""

    rule: str
    key: str
    what: str
    measure: Measure
    favour: Favour
    first: Stated
    second: Stated
    obligation_id: UUID | None = None

    @property
    def standing(self) -> Value | None:
        return less_favourable(self.first.value, self.second.value, self.favour)


_RANK = {outcome: rank for rank, outcome in enumerate(AcceptanceOutcome)}


def less_favourable(first: Value, second: Value, favour: Favour) -> Value | None:
    """The value that stands while two disagree; None if they have no order, as amounts of two currencies."""
    if isinstance(first, Money) and isinstance(second, Money):
        if first.currency != second.currency or favour is not Favour.LOWER:
            return None
        return first if first.minor <= second.minor else second
    if isinstance(first, AcceptanceOutcome) and isinstance(second, AcceptanceOutcome):
        return min(first, second, key=_RANK.__getitem__) if favour is Favour.WORSE else None
    if isinstance(first, date) and isinstance(second, date):
        choose = {Favour.EARLIER: min, Favour.LATER: max}.get(favour)
        return choose(first, second) if choose else None
    if isinstance(first, Decimal) and isinstance(second, Decimal):
        return min(first, second) if favour is Favour.LOWER else None
    return None


def spelt(value: Value) -> str:
    """The one spelling of a value in rows, records and answers."""
    if isinstance(value, Money):
        return f"{value} {value.currency}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


_SHAPES = {
    Measure.AMOUNT: "480000.00 CNY",
    Measure.DAY: "2026-11-23",
    Measure.QUANTITY: "30000",
    Measure.OUTCOME: "passed, partial, failed",
    Measure.TEXT: "…",
}


def resolved_value(choice: Choice, other: str | None, *, first: str, second: str, measure: Measure) -> str:
    """The value a person found, spelt. Raises `ResolutionInvalid` for a third value that is missing or misspelt."""
    if choice is not Choice.OTHER:
        if other is not None:
            raise ResolutionInvalid(given=other[:40], shape=_SHAPES[measure])
        return first if choice is Choice.FIRST else second
    try:
        return spelt(_read(other or "", measure))
    except (DingyueError, ValueError, ArithmeticError) as error:
        raise ResolutionInvalid(given=(other or "")[:40], shape=_SHAPES[measure]) from error


def check_fact(kind: ReportKind, given: Collection[str], *, occurred_on: date, today: date) -> None:
    """Raises `FactIncomplete`, `InvalidDay` or `FactInFuture`. `given`: names of the fields that hold something."""
    missing = sorted(_REQUIRED[kind] - set(given))
    if missing:
        raise FactIncomplete(kind=str(kind), missing=", ".join(missing))
    if check_day(occurred_on) > today:
        raise FactInFuture(occurred_on=occurred_on.isoformat(), today=today.isoformat())


_REQUIRED: dict[ReportKind, frozenset[str]] = {
    ReportKind.AWARD: frozenset({"amount"}),
    ReportKind.INVOICE: frozenset({"amount", "obligation"}),
    ReportKind.PAYMENT: frozenset({"amount", "obligation"}),
    ReportKind.ACCEPTANCE: frozenset({"outcome", "obligation"}),
    ReportKind.COMPLETION: frozenset({"obligation"}),
    ReportKind.FILING: frozenset(),
    ReportKind.DELIVERY_VOLUME: frozenset({"quantity", "period"}),
}


def check_open(state: FindingState) -> None:
    """Raises `FindingResolved`."""
    if state is not FindingState.OPEN:
        raise FindingResolved


def check_resolver(
    person: UUID | None, *, reporters: Collection[UUID | None], is_official: bool, concedes: bool
) -> None:
    """Raises `ResolverRequired` unless a person who reported neither value decides: an official of the region, or a
    party that concedes (accepts what stands against itself)."""
    if person is None or person in reporters or not (is_official or concedes):
        raise ResolverRequired


def _read(text: str, measure: Measure) -> Value:
    if measure is Measure.AMOUNT:
        amount, _, currency = text.partition(" ")
        return Money.parse(amount, currency or "CNY")
    if measure is Measure.DAY:
        return check_day(date.fromisoformat(text))
    if measure is Measure.QUANTITY:
        if not (text.isascii() and text.replace(".", "", 1).isdigit()):
            raise ValueError("a quantity is a plain decimal")
        return Decimal(text)
    if measure is Measure.OUTCOME:
        return AcceptanceOutcome(text)
    if not text.strip():
        raise ValueError("a text says something")
    return text.strip()
