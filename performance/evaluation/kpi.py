"""Fulfilment rates of monthly volumes (煤炭中长期合同), pure: exact decimals, compared without dividing.

    month    delivered ≥ 80 % of what was contracted for it
    quarter  the sum of its months ≥ 90 %            year  the same
    reports  of both sides: the lower counts; of one side: that one
             of neither: unknown, and once they were prompted and their time is over, nothing was delivered

A quarter or year is judged when all of its contracted months are known: until then it is pending, never met. What was
delivered in excess in one month counts in its quarter and year.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from performance.evaluation.schemes import Rates

Period = Literal["month", "quarter", "year"]


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    PENDING = "pending"


class Basis(StrEnum):
    """Why a month's volume is what it is."""

    BOTH_AGREE = "both_agree"
    LOWER_OF_TWO = "lower_of_two"
    ONE_REPORT = "one_report"
    UNREPORTED_AFTER_PROMPT = "unreported_after_prompt"
    NOT_PROMPTED = "not_prompted"
    AWAITING_REPORT = "awaiting_report"
    MONTH_NOT_OVER = "month_not_over"


@dataclass(frozen=True, slots=True)
class MonthlyVolume:
    """What was contracted for a month (its first day), and what each side said was delivered.

    `respond_by` is the last day to answer a prompt; None if nobody prompted.
    """

    month: date
    contracted: Decimal
    reported_by_purchaser: Decimal | None = None
    reported_by_supplier: Decimal | None = None
    respond_by: date | None = None


@dataclass(frozen=True, slots=True)
class PeriodResult:
    """A month, quarter or year judged. `delivered` is None while unknown; `basis_points` is the rate, rounded down."""

    period: Period
    starts_on: date
    contracted: Decimal
    delivered: Decimal | None
    required_percent: int
    verdict: Verdict
    basis: tuple[tuple[date, Basis], ...]

    @property
    def basis_points(self) -> int | None:
        return None if self.delivered is None else int(self.delivered * 10000 // self.contracted)


def judge(volumes: Iterable[MonthlyVolume], rates: Rates, today: date) -> list[PeriodResult]:
    """Every contracted month, then the quarters, then the years, each in the order of time."""
    months = sorted((each for each in volumes if each.contracted > 0), key=lambda each: each.month)
    known = {each.month: delivered(each, today) for each in months}
    results = [_result("month", each.month, [each], known, rates.month) for each in months]
    longer: tuple[tuple[Period, int, Callable[[date], date]], ...] = (
        ("quarter", rates.quarter, quarter_of),
        ("year", rates.year, year_of),
    )
    for period, percent, start in longer:
        starts = sorted({start(each.month) for each in months})
        for first in starts:
            inside = [each for each in months if start(each.month) == first]
            results.append(_result(period, first, inside, known, percent))
    return results


def delivered(volume: MonthlyVolume, today: date) -> tuple[Decimal | None, Basis]:
    """What counts as delivered in a month, and why; None while it isn't known."""
    if today < next_month(volume.month):
        return None, Basis.MONTH_NOT_OVER
    reports = [each for each in (volume.reported_by_purchaser, volume.reported_by_supplier) if each is not None]
    if len(reports) == 2:
        return min(reports), Basis.BOTH_AGREE if reports[0] == reports[1] else Basis.LOWER_OF_TWO
    if reports:
        return reports[0], Basis.ONE_REPORT
    if volume.respond_by is None:
        return None, Basis.NOT_PROMPTED
    if today <= volume.respond_by:
        return None, Basis.AWAITING_REPORT
    return Decimal(0), Basis.UNREPORTED_AFTER_PROMPT


def quarter_of(month: date) -> date:
    """The first day of the calendar quarter."""
    return date(month.year, (month.month - 1) // 3 * 3 + 1, 1)


def year_of(month: date) -> date:
    return date(month.year, 1, 1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _result(
    period: Period,
    starts_on: date,
    months: Sequence[MonthlyVolume],
    known: Mapping[date, tuple[Decimal | None, Basis]],
    percent: int,
) -> PeriodResult:
    contracted = sum((each.contracted for each in months), Decimal(0))
    volumes = [known[each.month][0] for each in months]
    total = None if None in volumes else sum((each for each in volumes if each is not None), Decimal(0))
    if total is None:
        verdict = Verdict.PENDING
    else:
        verdict = Verdict.MET if total * 100 >= contracted * percent else Verdict.NOT_MET
    basis = tuple((each.month, known[each.month][1]) for each in months)
    return PeriodResult(period, starts_on, contracted, total, percent, verdict, basis)
