"""How much of an obligation is done (pure): parts in money or in quantity, and what is still owed.

An obligation is measured by its quantity if it has one and isn't a payment, else by its amount. What has neither is
met as a whole or not at all. Only what the other side confirmed counts (R6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from core.money import Money
from performance.crosschecks.errors import QuantityUnreadable
from performance.crosschecks.quantities import parse_quantity
from performance.errors import AmendedBelowMet, OverFulfilled, PartInvalid
from performance.models import Fulfilment, Obligation
from performance.policy import ClaimState, ObligationKind


class Measure(StrEnum):
    AMOUNT = "amount"
    QUANTITY = "quantity"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Size:
    """How much an obligation is about: an amount in minor units, a quantity with its unit (30000 吨), both, neither."""

    kind: ObligationKind
    amount_minor: int | None
    currency: str
    quantity: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """`owed`, `met` and `rest` in minor units (amount) or in `unit` (quantity); whole: 1, and 0 or 1."""

    measure: Measure
    unit: str
    owed: Decimal
    met: Decimal

    @property
    def rest(self) -> Decimal:
        return max(Decimal(0), self.owed - self.met)

    @property
    def is_complete(self) -> bool:
        return self.met >= self.owed

    def text(self, value: Decimal) -> str:
        """As people write it: `1200.00 CNY`, `30 吨`."""
        if self.measure is Measure.AMOUNT:
            return f"{Money(int(value), self.unit)} {self.unit}"
        return f"{value.normalize():f} {self.unit}".rstrip()


def size_of(obligation: Obligation) -> Size:
    return Size(ObligationKind(obligation.kind), obligation.amount_minor, obligation.currency, obligation.quantity)


def measure_of(size: Size) -> Measure:
    if size.quantity is not None and size.kind is not ObligationKind.PAYMENT and _readable(size.quantity):
        return Measure.QUANTITY
    return Measure.WHOLE if size.amount_minor is None else Measure.AMOUNT


def progress(size: Size, claims: Sequence[Fulfilment]) -> Progress:
    """From the claims that were confirmed; a claim to the whole rest leaves nothing owed."""
    measure = measure_of(size)
    confirmed = [claim for claim in claims if claim.state == ClaimState.CONFIRMED]
    unit, owed = "", Decimal(1)
    if measure is Measure.AMOUNT:
        unit, owed = size.currency, Decimal(size.amount_minor or 0)
    elif measure is Measure.QUANTITY:
        owed, unit = parse_quantity(size.quantity or "")
    parts = [value for claim in confirmed if (value := part_of(claim, measure, unit)) is not None]
    met = sum(parts, Decimal(0))
    if any(claim.is_whole for claim in confirmed):
        met = max(met, owed)
    return Progress(measure, unit, owed, met)


def part_of(claim: Fulfilment, measure: Measure, unit: str) -> Decimal | None:
    """What the claim is about; None for all that was still owed."""
    if measure is Measure.AMOUNT and claim.amount_minor is not None:
        return Decimal(claim.amount_minor)
    if measure is Measure.QUANTITY and claim.quantity is not None:
        return parse_quantity(claim.quantity, unit)[0]
    return None


def check_part(
    so_far: Progress, *, amount: Money | None, quantity: str | None, says_more: bool
) -> tuple[Decimal | None, bool]:
    """The part, None for all the rest, and whether nothing is owed after it.

    `says_more`: the debtor says itself that this makes more than is owed. Raises `PartInvalid`, `QuantityUnreadable`,
    or `OverFulfilled`: a sum above 100 % is never taken in silence.
    """
    if amount is None and quantity is None:
        return None, True
    if amount is not None and quantity is not None:
        raise PartInvalid(measure=str(so_far.measure), unit=so_far.unit)
    if amount is not None:
        if so_far.measure is not Measure.AMOUNT or amount.currency != so_far.unit or amount.minor <= 0:
            raise PartInvalid(measure=str(so_far.measure), unit=so_far.unit)
        part = Decimal(amount.minor)
    else:
        if so_far.measure is not Measure.QUANTITY:
            raise PartInvalid(measure=str(so_far.measure), unit=so_far.unit)
        part = parse_quantity(quantity or "", so_far.unit)[0]
        if part <= 0:
            raise PartInvalid(measure=str(so_far.measure), unit=so_far.unit)
    if part > so_far.rest and not says_more:
        raise OverFulfilled(part=so_far.text(part), met=so_far.text(so_far.met), owed=so_far.text(so_far.owed))
    return part, part >= so_far.rest


def check_amended(after: Progress) -> None:
    """Raises `AmendedBelowMet`: what was confirmed stays confirmed, and no amendment makes it too much."""
    if after.met > after.owed:
        raise AmendedBelowMet(met=after.text(after.met), owed=after.text(after.owed))


def _readable(quantity: str) -> bool:
    """A quantity in free words (若干) can't be counted; then the amount measures, or the whole."""
    try:
        parse_quantity(quantity)
    except QuantityUnreadable:
        return False
    return True
