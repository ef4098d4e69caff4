"""Quantities with a unit, such as 30000 吨: exact decimals, one unit for a contract."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from performance.crosschecks.errors import QuantityUnreadable
from performance.models import Obligation
from performance.policy import ObligationKind, ObligationState

_QUANTITY = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([^\s0-9.]\S{0,19})\s*")


def parse_quantity(text: str, unit: str | None = None) -> tuple[Decimal, str]:
    """Number and unit. Raises `QuantityUnreadable` for anything else, or a unit that isn't `unit`."""
    found = _QUANTITY.fullmatch(text) if text.isprintable() else None
    if found is None or not found[1].isascii() or (unit and found[2] != unit):
        raise QuantityUnreadable(given=text[:40], unit=unit or "吨")
    return Decimal(found[1]), found[2]


def contracted_volumes(obligations: Sequence[Obligation]) -> tuple[dict[date, Decimal], str]:
    """What is to be delivered in each month (its first day), and the one unit of all of it.

    What was cancelled or excused is no longer contracted. Raises `QuantityUnreadable` for a second unit.
    """
    found: dict[date, Decimal] = {}
    unit: str | None = None
    dropped = {ObligationState.CANCELLED, ObligationState.EXEMPT}
    for each in obligations:
        if each.kind != ObligationKind.DELIVERY or each.quantity is None or each.state in dropped:
            continue
        named_on = each.due_on or each.anchored_on  # of what recurs, the contract's own day
        if named_on is None:
            continue
        quantity, unit = parse_quantity(each.quantity, unit)
        first = named_on.replace(day=1)
        found[first] = found.get(first, Decimal(0)) + quantity
    return found, unit or ""
