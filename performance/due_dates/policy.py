"""Pure rules of due dates: a period after an event, and what recurs every month (民法典 §200–204).

A period is counted in calendar days, working days or months. The day of the event isn't counted (§201). A period of
months ends on the day of the same number, or on the month's last day if it has none (§202). A period whose last day is
off ends on the next working day at 24:00 (§203), unless the contract says otherwise (§204): then `rolls` is false.
A date the contract itself names is taken as written (ADR 0005), so what recurs on named days doesn't roll unless the
contract says so.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.clock import check_day
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import (
    AnchorBeforeSigning,
    AnchorInFuture,
    AnchorNotReportable,
    DueRuleInvalid,
    RecurrenceInvalid,
)

LONGEST = 3660
MOST_OCCURRENCES = 120
LAST_DAY = 0
LONGEST_MONTH = 31
INTERVALS = frozenset({1, 3, 6, 12})
_MONTHS = 12


class Anchor(StrEnum):
    """The event a period starts from. `obligation`: another obligation of the contract is met."""

    SIGNING = "signing"
    DELIVERY = "delivery"
    ACCEPTANCE = "acceptance"
    INVOICE = "invoice"
    OBLIGATION = "obligation"


class DueUnit(StrEnum):
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    MONTHS = "months"


REPORTED_ANCHORS = frozenset({Anchor.DELIVERY, Anchor.ACCEPTANCE, Anchor.INVOICE})


@dataclass(frozen=True, slots=True)
class DueRule:
    """`count` units after the anchor. `after_position` is the other obligation's place in the contract, from 1: needed
    for `obligation`, allowed for `delivery` and `acceptance`, whose fulfilment then is the event."""

    anchor: Anchor
    count: int
    unit: DueUnit
    after_position: int | None = None
    rolls: bool = True

    @property
    def is_reported(self) -> bool:
        """Whether people tell the anchor's day; else the system knows it."""
        return self.anchor in REPORTED_ANCHORS and self.after_position is None


@dataclass(frozen=True, slots=True)
class Recurrence:
    """The same every `every_months` months (3: every quarter), from the month of `first` to that of `last` at most,
    on `day` (1–31, or `LAST_DAY`)."""

    first: date
    last: date
    day: int
    every_months: int = 1
    rolls: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One day of a recurrence: the day the contract names, and whether it rolls when that day is off."""

    counted_to: date
    rolls: bool = False


@dataclass(frozen=True, slots=True)
class DueDate:
    """A computed due date: the period's own last day, and the day it gave way to; they differ if it rolled."""

    due_on: date
    counted_to: date

    @property
    def has_rolled(self) -> bool:
        return self.due_on != self.counted_to


def due_date(rule: DueRule | Occurrence, anchored_on: date, calendar: HolidayCalendar) -> DueDate:
    """Raises `HolidayTableMissing`; of a rule that neither rolls nor counts working days no table is asked.

    Of an occurrence `anchored_on` is the day it names.
    """
    if isinstance(rule, Occurrence):
        return DueDate(calendar.working_day_from(anchored_on) if rule.rolls else anchored_on, anchored_on)
    return period_end(anchored_on, rule.count, rule.unit, calendar, rolls=rule.rolls)


def period_end(start: date, count: int, unit: DueUnit, calendar: HolidayCalendar, *, rolls: bool = True) -> DueDate:
    """The last day of a period of which `start` isn't counted. Raises `HolidayTableMissing`, as `due_date` does."""
    if unit is DueUnit.WORKING_DAYS:
        counted_to = calendar.add_working_days(start, count)
        return DueDate(counted_to, counted_to)
    counted_to = add_months(start, count) if unit is DueUnit.MONTHS else start + timedelta(days=count)
    return DueDate(calendar.working_day_from(counted_to) if rolls else counted_to, counted_to)


def add_months(start: date, months: int) -> date:
    """The day of the same number, or the month's last day if it has none (§202)."""
    year, month = divmod(start.year * _MONTHS + start.month - 1 + months, _MONTHS)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def occurrences(recurrence: Recurrence) -> list[Occurrence]:
    """All of them, the earliest first. Raises `InvalidDay` or `RecurrenceInvalid`.

    They are known when the contract is entered, so no holiday table is asked yet: a year whose holidays aren't
    published would keep every contract that runs into it out of the register.
    """
    first, last = check_day(recurrence.first).replace(day=1), check_day(recurrence.last).replace(day=1)
    months = (last.year - first.year) * _MONTHS + last.month - first.month
    is_valid = months >= 0 and recurrence.every_months in INTERVALS and LAST_DAY <= recurrence.day <= LONGEST_MONTH
    if not is_valid or months // recurrence.every_months >= MOST_OCCURRENCES:
        raise RecurrenceInvalid(most=MOST_OCCURRENCES)
    found = []
    for step in range(0, months + 1, recurrence.every_months):
        month = add_months(first, step)
        length = monthrange(month.year, month.month)[1]
        day = month.replace(day=length if recurrence.day == LAST_DAY else min(recurrence.day, length))
        found.append(Occurrence(day, recurrence.rolls))
    return found


def check_rule(rule: DueRule, title: str, position: int, obligations: int) -> None:
    """`position` is the rule's own place among `obligations`. Raises `DueRuleInvalid`.

    It may only wait for an obligation before it: two that wait for each other would never be due.
    """
    if not 1 <= rule.count <= LONGEST:
        raise DueRuleInvalid(title=title, reason_zh=f"期限须为 1–{LONGEST}", reason_en=f"its length is 1–{LONGEST}")
    needs_other = rule.anchor is Anchor.OBLIGATION
    allows_other = needs_other or rule.anchor in {Anchor.DELIVERY, Anchor.ACCEPTANCE}
    if (rule.after_position is None and needs_other) or (rule.after_position is not None and not allows_other):
        raise DueRuleInvalid(
            title=title,
            reason_zh="以另一节点起算时须写明其序号，以签订或发票起算时不得写",
            reason_en="another obligation is named exactly when the period starts from one",
        )
    if rule.after_position is not None and not 1 <= rule.after_position < min(position, obligations + 1):
        raise DueRuleInvalid(
            title=title,
            reason_zh="只能以合同中排在前面的节点起算",
            reason_en="it can only wait for an obligation that stands before it",
        )


def check_report(rule: DueRule, *, occurred_on: date, signed_on: date | None, today: date) -> None:
    """Raises `AnchorNotReportable`, `InvalidDay`, `AnchorInFuture` or `AnchorBeforeSigning`."""
    if not rule.is_reported:
        raise AnchorNotReportable
    if check_day(occurred_on) > today:
        raise AnchorInFuture(occurred_on=occurred_on.isoformat(), today=today.isoformat())
    if signed_on is not None and occurred_on < signed_on:
        raise AnchorBeforeSigning(occurred_on=occurred_on.isoformat(), signed_on=signed_on.isoformat())
