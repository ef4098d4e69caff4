"""Decisions about anchors."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.anchors.policy import (
    Fees,
    bumped_fees,
    capped,
    finality_name,
    gas_limit,
    is_anchor_due,
    is_stuck,
    suggested_fees,
)

NOW = datetime(2026, 11, 23, tzinfo=UTC)
CADENCE = timedelta(minutes=10)


@pytest.mark.parametrize(
    ("previous_at", "is_urgent", "is_due"),
    [
        (NOW - CADENCE, False, True),
        (NOW - CADENCE + timedelta(seconds=1), False, False),
        (NOW - timedelta(seconds=1), True, True),
        (NOW + timedelta(days=1), False, True),
    ],
)
def test_an_anchor_is_due_after_the_cadence_when_urgent_or_when_the_clock_was_set_back(
    previous_at: datetime, is_urgent: bool, is_due: bool
) -> None:
    assert is_anchor_due(NOW, previous_at, CADENCE, is_urgent=is_urgent) is is_due


def test_fees_outlast_a_rising_base_fee_and_respect_the_ceiling() -> None:
    assert suggested_fees(100, 3, 103) == Fees(203, 3)
    assert capped(Fees(203, 3), 10**6) == Fees(203, 3)
    assert capped(Fees(203, 3), 150) == Fees(150, 3)
    assert capped(Fees(230, 30), 20) == Fees(20, 20)
    assert capped(Fees(230, None), 0) == Fees(0, None)


def test_a_chain_without_a_base_fee_gets_a_gas_price() -> None:
    assert suggested_fees(None, 0, 7) == Fees(7, None)
    assert bumped_fees(Fees(80, None), Fees(7, None), 10**6) == Fees(91, None)


def test_a_replacement_offers_an_eighth_more_or_what_the_chain_asks_now() -> None:
    assert bumped_fees(Fees(800, 80), Fees(100, 1), 10**6) == Fees(901, 91)
    assert bumped_fees(Fees(800, 80), Fees(5000, 200), 10**6) == Fees(5000, 200)


def test_no_replacement_goes_over_the_ceiling() -> None:
    assert bumped_fees(Fees(800, 80), Fees(100, 1), 900) is None
    assert bumped_fees(Fees(8, 8), Fees(1, 1), 10) == Fees(10, 10)
    assert bumped_fees(Fees(800, 80), Fees(5000, 200), 1000) == Fees(1000, 200), "as far as it goes"


def test_gas_leaves_a_margin() -> None:
    assert gas_limit(80_000) == 100_000


@pytest.mark.parametrize(
    ("minutes", "asked", "expected"),
    [
        (2, Fees(300, 2), False),
        (3, Fees(300, 2), True),
        (3, Fees(100, 3), True),
        (3, Fees(200, 2), False),
        (3, Fees(300, None), True),
    ],
)
def test_a_transaction_is_stuck_when_it_waits_and_offers_too_little(minutes: int, asked: Fees, expected: bool) -> None:
    assert is_stuck(timedelta(minutes=minutes), timedelta(minutes=3), Fees(200, 2), asked) is expected


def test_finality_has_a_name() -> None:
    assert finality_name("finalized") == "finalized tag"
    assert finality_name(12) == "depth 12"
    assert finality_name("seals", 3, 4) == "quorum seals 3 of 4"
