"""Interest on what is paid late (pure): exact to the fen, day by day, with the rule it rests on.

It runs from the day after the due date on what is still owed that day, and stops when the last part is paid: the day
of a payment still counts for what that payment pays. Days of a suspension don't count. Fractions are kept exact and
rounded half up once, at the end.

    the contract names a rate ─▶ that rate, but towards an SME never below the LPR of the contract's day
    it is silent, a public body pays ─▶ 0.05 % a day, provided that the creditor is an SME
    it is silent otherwise ─▶ LPR of each day × 1.3, an indication
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Any, Self

from core.money import Money
from performance.late_interest.errors import RateInvalid
from performance.late_interest.tables import RateTables, Rule

_DAY = timedelta(days=1)
_HALF = Fraction(1, 2)


class Basis(StrEnum):
    """What an agreed `rate` is: per year, per day, or a multiple of the one-year LPR of each day."""

    ANNUAL = "annual"
    DAILY = "daily"
    LPR_MULTIPLE = "lpr_multiple"


_MOST = {Basis.ANNUAL: Decimal(1), Basis.DAILY: Decimal("0.01"), Basis.LPR_MULTIPLE: Decimal(4)}


@dataclass(frozen=True, slots=True)
class AgreedRate:
    """What the contract says, and where (`clause`)."""

    basis: Basis
    rate: Decimal
    clause: str = ""

    @classmethod
    def parse(cls, basis: Basis, rate: str, clause: str = "") -> Self:
        """Raises `RateInvalid`."""
        try:
            value = Decimal(rate)
        except InvalidOperation as error:
            raise RateInvalid(given=rate[:20]) from error
        if not value.is_finite() or not 0 < value <= _MOST[basis]:
            raise RateInvalid(given=rate[:20])
        return cls(basis, value, clause)

    def json(self) -> dict[str, Any]:
        return {"basis": str(self.basis), "rate": str(self.rate), "clause": self.clause}

    @classmethod
    def read(cls, stored: dict[str, Any]) -> Self:
        return cls(Basis(stored["basis"]), Decimal(stored["rate"]), stored["clause"])


@dataclass(frozen=True, slots=True)
class Debt:
    """An amount owed by `due_on` and what was paid of it when. `until` is the last day counted.

    `pauses` are suspensions, first day and the day after the last. `is_public_debtor`: a government body owes it.
    """

    owed: Money
    due_on: date
    paid: Sequence[tuple[date, int]]
    until: date
    contracted_on: date
    is_public_debtor: bool
    agreed: AgreedRate | None = None
    pauses: Sequence[tuple[date, date]] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days in a row with the same principal and rate. `daily_rate` and `interest` (minor units) are decimals as text,
    cut after 12 and 4 places; the sum is made of the exact values."""

    first: date
    last: date
    days: int
    principal_minor: int
    daily_rate: str
    interest_minor: str


@dataclass(frozen=True, slots=True)
class LateInterest:
    """`is_provisional`: the table's last known rate went on. `is_indication`: no agreement and no statute fixes it."""

    total: Money
    outstanding: Money
    days: int
    stretches: tuple[Stretch, ...]
    rule: str
    rule_zh: str
    rule_en: str
    clause: str
    table: str | None
    days_in_year: int
    is_provisional: bool
    is_indication: bool


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The daily rate of any day, and why it is that."""

    name: str
    rule: Rule
    basis: Basis
    rate: Fraction
    is_indication: bool = False


def late_interest(debt: Debt, tables: RateTables) -> LateInterest | None:
    """None if nothing was ever late. Raises `RateUnknown`."""
    chosen = _choose(debt, tables)
    lpr = tables.lpr
    stretches: list[Stretch] = []
    total = Fraction(0)
    for first, last, principal in _principals(debt):
        for start, end, rate in _rates(first, last, chosen, tables):
            days = (end - start).days + 1
            interest = Fraction(principal) * days * rate
            total += interest
            stretches.append(Stretch(start, end, days, principal, _text(rate, 12), _text(interest, 4)))
    if not stretches:
        return None
    outstanding = max(0, debt.owed.minor - sum(minor for _, minor in debt.paid))
    uses_lpr = chosen.basis is Basis.LPR_MULTIPLE
    own_clause = debt.agreed.clause if debt.agreed and chosen.name == "agreed" else ""
    return LateInterest(
        total=Money(int(total + _HALF), debt.owed.currency),
        outstanding=Money(outstanding, debt.owed.currency),
        days=sum(stretch.days for stretch in stretches),
        stretches=tuple(stretches),
        rule=chosen.name,
        rule_zh=chosen.rule.zh,
        rule_en=chosen.rule.en,
        clause=own_clause or chosen.rule.clause,
        table=lpr.name if uses_lpr or chosen.name == "floor" else None,
        days_in_year=lpr.days_in_year,
        is_provisional=uses_lpr and stretches[-1].last > lpr.known_to,
        is_indication=chosen.is_indication,
    )


def _choose(debt: Debt, tables: RateTables) -> _Chosen:
    rules, agreed = tables.rules, debt.agreed
    if agreed is not None:
        chosen = _Chosen("agreed", rules.agreed, agreed.basis, Fraction(agreed.rate))
        if not debt.is_public_debtor or (agreed.basis is Basis.LPR_MULTIPLE and agreed.rate >= 1):
            return chosen
        floor = Fraction(tables.lpr.on(debt.contracted_on))
        if _yearly(chosen, debt.contracted_on, tables) < floor:
            return _Chosen("floor", rules.floor, Basis.ANNUAL, floor)
        return chosen
    if debt.is_public_debtor:
        return _Chosen("sme", rules.sme, Basis.DAILY, Fraction(rules.sme.daily))
    return _Chosen("default", rules.default, Basis.LPR_MULTIPLE, Fraction(rules.default.multiple), is_indication=True)


def _yearly(chosen: _Chosen, day: date, tables: RateTables) -> Fraction:
    return _daily(chosen, day, tables) * tables.lpr.days_in_year


def _daily(chosen: _Chosen, day: date, tables: RateTables) -> Fraction:
    if chosen.basis is Basis.DAILY:
        return chosen.rate
    yearly = chosen.rate if chosen.basis is Basis.ANNUAL else chosen.rate * Fraction(tables.lpr.on(day))
    return yearly / tables.lpr.days_in_year


def _principals(debt: Debt) -> Iterable[tuple[date, date, int]]:
    """Stretches of late days that count, with what was owed on each of them: first, last, principal."""
    borders = {debt.due_on + _DAY, debt.until + _DAY}
    borders |= {paid_on + _DAY for paid_on, _ in debt.paid}
    borders |= {border for pause in debt.pauses for border in pause}
    inside = sorted(border for border in borders if debt.due_on < border <= debt.until + _DAY)
    for start, end in pairwise(inside):
        principal = debt.owed.minor - sum(minor for paid_on, minor in debt.paid if paid_on < start)
        is_paused = any(first <= start < after for first, after in debt.pauses)
        if principal > 0 and not is_paused:
            yield start, end - _DAY, principal


def _rates(first: date, last: date, chosen: _Chosen, tables: RateTables) -> Iterable[tuple[date, date, Fraction]]:
    if chosen.basis is not Basis.LPR_MULTIPLE:
        yield first, last, _daily(chosen, first, tables)
        return
    changes = [rate.first for rate in tables.lpr.rates if first < rate.first <= last]
    for start, after in zip([first, *changes], [*changes, last + _DAY], strict=True):
        yield start, after - _DAY, _daily(chosen, start, tables)


def _text(value: Fraction, places: int) -> str:
    """Cut, not rounded: what is shown is never more than what is exact."""
    scaled = value.numerator * 10**places // value.denominator
    return f"{Decimal(scaled).scaleb(-places):.{places}f}"
