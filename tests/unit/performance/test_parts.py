"""Parts of an obligation: what counts, and what may not be claimed in silence."""

from datetime import date
from decimal import Decimal

import pytest

from core.money import Money
from performance import errors
from performance.crosschecks.errors import QuantityUnreadable
from performance.models import Fulfilment
from performance.parts import Measure, Size, check_amended, check_part, measure_of, progress
from performance.policy import ClaimState, ObligationKind

PAYMENT = Size(ObligationKind.PAYMENT, 10_000, "CNY", None)
COAL = Size(ObligationKind.DELIVERY, 5_000_000, "CNY", "30000 吨")


def claim(
    state: ClaimState = ClaimState.CONFIRMED, *, minor: int | None = None, quantity: str | None = None
) -> Fulfilment:
    whole = minor is None and quantity is None
    return Fulfilment(
        state=state, amount_minor=minor, quantity=quantity, is_whole=whole, fulfilled_on=date(2026, 12, 1)
    )


@pytest.mark.parametrize(
    ("size", "measure"),
    [
        (PAYMENT, Measure.AMOUNT),
        (COAL, Measure.QUANTITY),
        (Size(ObligationKind.PAYMENT, 1, "CNY", "80 台"), Measure.AMOUNT),
        (Size(ObligationKind.DELIVERY, 1, "CNY", "若干"), Measure.AMOUNT),
        (Size(ObligationKind.ACCEPTANCE, None, "CNY", None), Measure.WHOLE),
    ],
)
def test_a_delivery_is_measured_by_quantity_a_payment_by_money(size: Size, measure: Measure) -> None:
    assert measure_of(size) is measure


def test_only_confirmed_parts_count() -> None:
    claims = [claim(quantity="10000 吨"), claim(ClaimState.DISPUTED, quantity="9000 吨"), claim(ClaimState.CLAIMED)]
    so_far = progress(COAL, claims)
    assert (so_far.met, so_far.rest, so_far.is_complete) == (Decimal(10000), Decimal(20000), False)
    assert so_far.text(so_far.rest) == "20000 吨"
    assert progress(COAL, [*claims, claim()]).is_complete


def test_a_sum_above_the_whole_is_never_taken_in_silence() -> None:
    so_far = progress(PAYMENT, [claim(minor=6_000)])
    assert check_part(so_far, amount=Money(4_000), quantity=None, says_more=False) == (Decimal(4_000), True)
    assert check_part(so_far, amount=Money(3_999), quantity=None, says_more=False) == (Decimal(3_999), False)
    assert check_part(so_far, amount=None, quantity=None, says_more=False) == (None, True)
    with pytest.raises(errors.OverFulfilled) as refused:
        check_part(so_far, amount=Money(4_001), quantity=None, says_more=False)
    assert refused.value.facts == {"part": "40.01 CNY", "met": "60.00 CNY", "owed": "100.00 CNY"}
    assert check_part(so_far, amount=Money(4_001), quantity=None, says_more=True) == (Decimal(4_001), True)


def test_a_part_is_said_in_the_obligations_own_measure() -> None:
    money, coal = progress(PAYMENT, []), progress(COAL, [])
    whole = progress(Size(ObligationKind.REPORT, None, "CNY", None), [])
    for so_far, amount, quantity in (
        (money, None, "3 吨"),
        (money, Money(0), None),
        (money, Money(1), "1 吨"),
        (coal, Money(1), None),
        (coal, None, "0 吨"),
        (whole, Money(1), None),
    ):
        with pytest.raises(errors.PartInvalid):
            check_part(so_far, amount=amount, quantity=quantity, says_more=False)
    with pytest.raises(QuantityUnreadable):
        check_part(coal, amount=None, quantity="3 车", says_more=False)


def test_an_amendment_cannot_make_what_is_confirmed_too_much() -> None:
    check_amended(progress(Size(ObligationKind.DELIVERY, None, "CNY", "10000 吨"), [claim(quantity="10000 吨")]))
    with pytest.raises(errors.AmendedBelowMet):
        check_amended(progress(Size(ObligationKind.DELIVERY, None, "CNY", "9999 吨"), [claim(quantity="10000 吨")]))
