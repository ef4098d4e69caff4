"""Money is whole minor units; text goes in and comes out exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidAmount, MixedCurrencies
from core.money import Money


@given(st.integers(-(10**14), 10**14))
def test_money_reads_back_what_it_writes(minor: int) -> None:
    assert Money.parse(str(Money(minor))) == Money(minor)


@pytest.mark.parametrize("text", ["", "1,000", "1e3", "1.234", "￥5", "NaN", " 5", "5.", "٣"])
def test_anything_but_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        Money.parse(text)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(InvalidAmount):
        Money.parse("5", "USD")
    with pytest.raises(MixedCurrencies):
        Money(5, "CNY") + Money(5, "XXX")


def test_sums_are_exact() -> None:
    assert Money.parse("0.10") + Money.parse("0.20") == Money.parse("0.30")
    assert str(Money.parse("480000") - Money.parse("144000.01")) == "335999.99"
