"""Fulfilment rates: month ≥ 80 %, quarter and year ≥ 90 %, exactly; what is unreported; what two sides disagree on."""

from datetime import date
from decimal import Decimal

import pytest

from performance.crosschecks.errors import QuantityUnreadable
from performance.crosschecks.quantities import parse_quantity
from performance.evaluation import kpi
from performance.evaluation.kpi import Basis, MonthlyVolume, Verdict, judge
from performance.evaluation.schemes import Schemes

RATES = Schemes().current("yulin").rates_for("bulk_supply")
TODAY = date(2027, 1, 31)


def volume(
    month: int, bought: str | None, sold: str | None = None, *, contracted: str = "30000", by: date | None = None
) -> MonthlyVolume:
    return MonthlyVolume(
        date(2026, month, 1),
        Decimal(contracted),
        None if bought is None else Decimal(bought),
        None if sold is None else Decimal(sold),
        by,
    )


@pytest.mark.parametrize(
    ("delivered", "verdict", "basis_points"),
    [("24000", Verdict.MET, 8000), ("23999.999999", Verdict.NOT_MET, 7999), ("30000", Verdict.MET, 10000)],
)
def test_a_month_is_met_from_80_per_cent_on_to_the_gram(delivered: str, verdict: Verdict, basis_points: int) -> None:
    month = judge([volume(10, delivered)], RATES, TODAY)[0]
    assert (month.verdict, month.basis_points) == (verdict, basis_points)


def test_each_month_met_is_not_yet_a_quarter_met() -> None:
    results = judge([volume(month, "25000") for month in (10, 11, 12)], RATES, TODAY)
    assert [each.verdict for each in results] == [Verdict.MET] * 3 + [Verdict.NOT_MET] * 2
    assert [each.period for each in results] == ["month"] * 3 + ["quarter", "year"]
    assert results[3].basis_points == 8333


def test_what_is_delivered_in_excess_counts_in_its_quarter() -> None:
    results = judge([volume(10, "20000"), volume(11, "34000"), volume(12, "27000")], RATES, TODAY)
    assert [each.verdict for each in results] == [Verdict.NOT_MET, Verdict.MET, Verdict.MET, Verdict.MET, Verdict.MET]


def test_conflicting_reports_take_the_lower_whoever_made_it() -> None:
    for bought, sold in (("23000", "30000"), ("30000", "23000")):
        month = judge([volume(10, bought, sold)], RATES, TODAY)[0]
        assert (month.delivered, month.verdict) == (Decimal(23000), Verdict.NOT_MET)
        assert month.basis == ((date(2026, 10, 1), Basis.LOWER_OF_TWO),)


@pytest.mark.parametrize(
    ("respond_by", "basis", "verdict"),
    [
        (None, Basis.NOT_PROMPTED, Verdict.PENDING),
        (TODAY, Basis.AWAITING_REPORT, Verdict.PENDING),
        (date(2027, 1, 30), Basis.UNREPORTED_AFTER_PROMPT, Verdict.NOT_MET),
    ],
)
def test_unreported_is_unperformed_only_after_a_prompt_whose_time_is_over(
    respond_by: date | None, basis: Basis, verdict: Verdict
) -> None:
    results = judge([volume(10, None, by=respond_by), volume(11, "30000")], RATES, TODAY)
    assert results[0].basis[0][1] is basis
    assert results[0].verdict is verdict
    quarter = results[2]
    assert quarter.verdict is verdict  # half of the quarter unknown, or missing


def test_a_late_report_counts_again() -> None:
    assert judge([volume(10, None, "30000", by=date(2027, 1, 1))], RATES, TODAY)[0].verdict is Verdict.MET


def test_a_month_is_judged_once_it_is_over() -> None:
    running = [volume(10, "30000")]
    assert judge(running, RATES, date(2026, 10, 31))[0].verdict is Verdict.PENDING
    assert judge(running, RATES, date(2026, 11, 1))[0].verdict is Verdict.MET


def test_quarters_and_years_are_calendar_ones_and_the_order_is_that_of_time() -> None:
    volumes = [MonthlyVolume(day, Decimal(10), Decimal(10)) for day in (date(2027, 1, 1), date(2026, 12, 1))]
    results = judge(volumes, RATES, date(2027, 2, 1))
    starts = [(each.period, each.starts_on) for each in results]
    assert starts == [
        ("month", date(2026, 12, 1)),
        ("month", date(2027, 1, 1)),
        ("quarter", date(2026, 10, 1)),
        ("quarter", date(2027, 1, 1)),
        ("year", date(2026, 1, 1)),
        ("year", date(2027, 1, 1)),
    ]
    assert kpi.next_month(date(2026, 12, 31)) == date(2027, 1, 1)


def test_months_without_a_contracted_volume_are_not_judged() -> None:
    assert judge([volume(10, "5", contracted="0")], RATES, TODAY) == []


def test_a_quantity_is_a_number_and_a_unit() -> None:
    assert parse_quantity("30000.5 吨") == (Decimal("30000.5"), "吨")
    assert parse_quantity("80台") == (Decimal(80), "台")
    for given in ("三万吨", "30000", "吨", "1e5 吨", "30,000 吨", "-3 吨", "1.2.3 吨", ""):
        with pytest.raises(QuantityUnreadable):
            parse_quantity(given)
    with pytest.raises(QuantityUnreadable, match="吨"):
        parse_quantity("30 车", "吨")
