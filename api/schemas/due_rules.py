"""Shapes of due dates, silence and late interest at the edge."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.schemas.request import Request
from core.money import Money
from performance.due_dates.explain_due import DueExplanation
from performance.due_dates.policy import Anchor, DueRule, DueUnit, Recurrence
from performance.late_interest.policy import AgreedRate, Basis, LateInterest
from performance.parts import Measure, Progress


class FixedDue(Request):
    """A day the contract names; it is taken as written and never rolls."""

    kind: Literal["fixed"]
    on: date


class RelativeDue(Request):
    """`count` units after the anchor, whose own day isn't counted (民法典 §201). `after` is the place in your list,
    from 1, of the obligation whose fulfilment is the anchor; delivery, acceptance and invoice without it are told
    with POST /v1/obligations/{id}/anchor. `rolls: false`: by agreement it doesn't roll from a day off (§204)."""

    kind: Literal["relative"]
    anchor: Anchor
    count: Annotated[int, Field(ge=1, le=3660)]
    unit: DueUnit
    after: Annotated[int | None, Field(ge=1, le=500)] = None
    rolls: bool = True


class RecurringDue(Request):
    """Every `every_months` months from the month of `first` to that of `last`, on `day` (1–31; 0: the last day of the
    month). Each time is an obligation of its own, with this amount and quantity."""

    kind: Literal["recurring"]
    first: date
    last: date
    day: Annotated[int, Field(ge=0, le=31)]
    every_months: Literal[1, 3, 6, 12] = 1
    rolls: bool = False


DueShape = Annotated[FixedDue | RelativeDue | RecurringDue, Field(discriminator="kind")]


class LateInterestShape(Request):
    """What the contract itself says. `rate` is a decimal: per year (0.06), per day (0.0005), or times the LPR (1.3)."""

    basis: Basis
    rate: Annotated[str, Field(max_length=20, examples=["0.0005"])]
    clause: Annotated[str, Field(max_length=200, examples=["合同第九条"])] = ""

    def agreed(self) -> AgreedRate:
        """Raises `RateInvalid`."""
        return AgreedRate.parse(self.basis, self.rate, self.clause)


class DueExplanationView(BaseModel):
    """Why it is due on its day; `missing` is `anchor` or `holiday_table` while it has none."""

    kind: str
    zh: str
    en: str
    source: str
    missing: str | None
    facts: dict[str, Any]


class ProgressView(BaseModel):
    """Sums of what the other side confirmed: decimal amounts, numbers of `unit`, or 0 and 1 of the whole."""

    measure: Measure
    unit: str
    owed: str
    met: str
    rest: str
    is_complete: bool


class StretchView(BaseModel):
    first: date
    last: date
    days: int
    principal: str
    daily_rate: str
    interest: str


class LateInterestView(BaseModel):
    """Interest to the end of today, or to the day of the last payment. `stretches` explain every day; `interest` there
    is cut after six places, `total` is rounded once from the exact sum."""

    total: str
    outstanding: str
    currency: str
    days: int
    rule: str
    rule_zh: str
    rule_en: str
    clause: str
    table: str | None
    days_in_year: int
    is_provisional: bool
    is_indication: bool
    stretches: list[StretchView]


def rule_of(due: DueShape | None) -> DueRule | Recurrence | None:
    """None for a day the contract names."""
    if isinstance(due, RelativeDue):
        return DueRule(due.anchor, due.count, due.unit, due.after, due.rolls)
    if isinstance(due, RecurringDue):
        return Recurrence(due.first, due.last, due.day, due.every_months, due.rolls)
    return None


def due_view(due: DueExplanation) -> DueExplanationView:
    return DueExplanationView(
        kind=due.kind, zh=due.zh, en=due.en, source=due.source, missing=due.missing, facts=due.facts
    )


def progress_view(progress: Progress) -> ProgressView:
    def shown(value: Decimal) -> str:
        return str(Money(int(value), progress.unit)) if progress.measure is Measure.AMOUNT else f"{value.normalize():f}"

    return ProgressView(
        measure=progress.measure,
        unit=progress.unit,
        owed=shown(progress.owed),
        met=shown(progress.met),
        rest=shown(progress.rest),
        is_complete=progress.is_complete,
    )


def late_interest_view(found: LateInterest) -> LateInterestView:
    currency = found.total.currency
    return LateInterestView(
        total=str(found.total),
        outstanding=str(found.outstanding),
        currency=currency,
        days=found.days,
        rule=found.rule,
        rule_zh=found.rule_zh,
        rule_en=found.rule_en,
        clause=found.clause,
        table=found.table,
        days_in_year=found.days_in_year,
        is_provisional=found.is_provisional,
        is_indication=found.is_indication,
        stretches=[
            StretchView(
                first=each.first,
                last=each.last,
                days=each.days,
                principal=str(Money(each.principal_minor, currency)),
                daily_rate=each.daily_rate,
                interest=f"{Decimal(each.interest_minor).scaleb(-2):f}",
            )
            for each in found.stretches
        ],
    )
