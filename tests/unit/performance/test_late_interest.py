"""Late interest to the fen: which rule, which days, which principal, which rate."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core.money import Money
from performance.late_interest import errors
from performance.late_interest.policy import AgreedRate, Basis, Debt, late_interest
from performance.late_interest.tables import RateTables

TABLES = RateTables()
DUE = date(2025, 1, 10)
DEBT = Debt(
    owed=Money.parse("100000.00"),
    due_on=DUE,
    paid=(),
    until=date(2025, 1, 20),
    contracted_on=date(2024, 6, 1),
    is_public_debtor=True,
)


def test_a_public_body_pays_five_ten_thousandths_a_day() -> None:
    found = late_interest(DEBT, TABLES)
    assert found is not None
    assert (str(found.total), found.days, found.rule) == ("500.00", 10, "sme")
    assert not found.is_indication
    assert "中小企业" in found.rule_zh


def test_nothing_runs_on_the_due_day_itself_nor_on_what_was_paid_in_time() -> None:
    assert late_interest(replace(DEBT, until=DUE), TABLES) is None
    assert late_interest(replace(DEBT, paid=[(DUE, 10_000_000)]), TABLES) is None


def test_a_part_stops_the_interest_on_it_from_the_day_after_its_payment() -> None:
    found = late_interest(replace(DEBT, paid=[(date(2025, 1, 15), 4_000_000)]), TABLES)
    assert found is not None
    assert [(each.days, each.principal_minor) for each in found.stretches] == [(5, 10_000_000), (5, 6_000_000)]
    assert (str(found.total), str(found.outstanding)) == ("400.00", "60000.00")


def test_a_silent_contract_of_others_gets_the_lpr_of_each_day_plus_30_per_cent() -> None:
    debt = replace(DEBT, is_public_debtor=False, due_on=date(2025, 5, 10), until=date(2025, 5, 29))
    found = late_interest(debt, TABLES)
    assert found is not None
    assert [(str(each.first), each.days) for each in found.stretches] == [("2025-05-11", 9), ("2025-05-20", 10)]
    # 100,000 × 1.3 × (3.10 % × 9 + 3.00 % × 10) ÷ 365 = 206.2191…
    assert str(found.total) == "206.22"
    assert (found.is_indication, found.table, found.is_provisional) == (True, "lpr_1y.v1", False)


def test_an_agreed_rate_counts_but_towards_an_sme_not_below_the_lpr_of_the_contracts_day() -> None:
    agreed = AgreedRate.parse(Basis.ANNUAL, "0.06", "合同第九条")
    found = late_interest(replace(DEBT, agreed=agreed), TABLES)
    assert found is not None
    assert (found.rule, found.clause, str(found.total)) == ("agreed", "合同第九条", "164.38")
    low = late_interest(replace(DEBT, agreed=AgreedRate.parse(Basis.ANNUAL, "0.01")), TABLES)
    assert low is not None
    assert (low.rule, str(low.total)) == ("floor", "94.52")  # 3.45 % on 2024-06-01
    between_firms = replace(DEBT, is_public_debtor=False, agreed=AgreedRate.parse(Basis.ANNUAL, "0.01"))
    free = late_interest(between_firms, TABLES)
    assert free is not None
    assert free.rule == "agreed"


def test_days_of_a_suspension_do_not_count() -> None:
    found = late_interest(replace(DEBT, pauses=[(date(2025, 1, 13), date(2025, 1, 18))]), TABLES)
    assert found is not None
    assert (found.days, str(found.total)) == (5, "250.00")


def test_rounding_happens_once_at_the_end() -> None:
    """Thirty stretches of 0.5 fen are 15 fen, not 30."""
    paid = [(date(2025, 1, day), 1) for day in range(11, 20)]
    debt = replace(DEBT, owed=Money(1000 + 9), paid=paid, until=date(2025, 1, 20))
    found = late_interest(debt, TABLES)
    assert found is not None
    exact = sum((Decimal(each.principal_minor) * each.days * Decimal("0.0005") for each in found.stretches), Decimal())
    assert found.total.minor == int(exact + Decimal("0.5"))


def test_after_the_table_ends_the_result_says_it_is_provisional() -> None:
    debt = replace(DEBT, is_public_debtor=False, due_on=date(2026, 1, 10), until=date(2026, 1, 20))
    found = late_interest(debt, TABLES)
    assert found is not None
    assert found.is_provisional


def test_before_the_table_begins_it_fails_loudly() -> None:
    debt = replace(DEBT, is_public_debtor=False, due_on=date(2018, 1, 10), until=date(2018, 1, 20))
    with pytest.raises(errors.RateUnknown):
        late_interest(debt, TABLES)


@pytest.mark.parametrize(
    ("basis", "rate"),
    [
        (Basis.ANNUAL, "0"),
        (Basis.ANNUAL, "1.01"),
        (Basis.DAILY, "0.02"),
        (Basis.LPR_MULTIPLE, "NaN"),
        (Basis.DAILY, "x"),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(basis: Basis, rate: str) -> None:
    with pytest.raises(errors.RateInvalid):
        AgreedRate.parse(basis, rate)


def test_a_broken_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lpr_1y.v1.json").write_text("{}")
    with pytest.raises(errors.RateTableInvalid):
        _ = RateTables(tmp_path).lpr
