"""Periods as 民法典 §200–204 counts them, on the calendars as they were published."""

import json
from datetime import date
from pathlib import Path

import pytest

from performance.due_dates import errors
from performance.due_dates.calendar import CALENDARS, HolidayCalendar
from performance.due_dates.policy import (
    LAST_DAY,
    Anchor,
    DueRule,
    DueUnit,
    Recurrence,
    add_months,
    check_report,
    check_rule,
    due_date,
    occurrences,
)

CALENDAR = HolidayCalendar()


def after_delivery(count: int, unit: DueUnit, *, rolls: bool = True) -> DueRule:
    return DueRule(Anchor.DELIVERY, count, unit, rolls=rolls)


def test_two_working_days_after_2026_09_30_is_2026_10_09() -> None:
    found = due_date(after_delivery(2, DueUnit.WORKING_DAYS), date(2026, 9, 30), CALENDAR)
    assert (found.due_on, found.has_rolled) == (date(2026, 10, 9), False)


def test_a_due_date_on_a_holiday_rolls_to_the_next_working_day() -> None:
    found = due_date(after_delivery(30, DueUnit.CALENDAR_DAYS), date(2026, 9, 3), CALENDAR)
    assert (found.counted_to, found.due_on) == (date(2026, 10, 3), date(2026, 10, 8))
    assert found.has_rolled


def test_the_contract_may_say_that_it_does_not_roll() -> None:
    rule = after_delivery(30, DueUnit.CALENDAR_DAYS, rolls=False)
    assert due_date(rule, date(2026, 9, 3), CALENDAR).due_on == date(2026, 10, 3)


def test_a_weekend_that_is_worked_ends_a_period_and_counts_as_a_working_day() -> None:
    worked_saturday = date(2026, 10, 10)
    assert due_date(after_delivery(10, DueUnit.CALENDAR_DAYS), date(2026, 9, 30), CALENDAR).due_on == worked_saturday
    assert due_date(after_delivery(3, DueUnit.WORKING_DAYS), date(2026, 9, 30), CALENDAR).due_on == worked_saturday


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2025, 11, 15), 3, date(2026, 2, 15)),
        (date(2025, 12, 31), 12, date(2026, 12, 31)),
    ],
)
def test_months_end_on_the_same_day_or_on_the_months_last(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


def test_a_year_without_a_table_fails_loudly() -> None:
    for rule in (after_delivery(30, DueUnit.CALENDAR_DAYS), after_delivery(9, DueUnit.WORKING_DAYS)):
        with pytest.raises(errors.HolidayTableMissing) as raised:
            due_date(rule, date(2026, 12, 25), CALENDAR)
        assert "2027" in str(raised.value)


def test_a_period_that_needs_no_table_asks_for_none() -> None:
    rule = after_delivery(30, DueUnit.CALENDAR_DAYS, rolls=False)
    assert due_date(rule, date(2030, 1, 1), CALENDAR).due_on == date(2030, 1, 31)


def test_an_administrators_newer_table_counts(tmp_path: Path) -> None:
    table = json.loads((CALENDARS / "2026.v1.json").read_text())
    table |= {"version": 2, "source": "更正通知", "off": [*table["off"], _off("2026-10-08", "2026-10-08")]}
    (tmp_path / "2026.v2.json").write_text(json.dumps(table))
    calendar = HolidayCalendar((CALENDARS, tmp_path))
    assert due_date(after_delivery(2, DueUnit.WORKING_DAYS), date(2026, 9, 30), calendar).due_on == date(2026, 10, 10)
    assert calendar.table(2026).source == "更正通知"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("2026.v3.json", {}),
        ("2026.v1.json", {"worked": ["2026-10-09"]}),
        ("2026.v1.json", {"worked": ["2026-10-03"]}),
        ("2026.v1.json", {"off": [{"zh": "倒置", "from": "2026-05-05", "to": "2026-05-01"}]}),
        ("2026.v1.json", {"source": ""}),
        ("2026.v1.json", {"unknown": 1}),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(tmp_path: Path, name: str, changes: dict[str, object]) -> None:
    table = json.loads((CALENDARS / "2026.v1.json").read_text()) | changes
    (tmp_path / name).write_text(json.dumps(table))
    with pytest.raises(errors.HolidayTableInvalid):
        HolidayCalendar((tmp_path,)).table(2026)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_published_year_has_the_legal_holidays_off(year: int) -> None:
    for day in (date(year, 1, 1), date(year, 5, 1), date(year, 10, 1), date(year, 10, 2), date(year, 10, 3)):
        assert not CALENDAR.is_working_day(day)


def days(recurrence: Recurrence) -> list[date]:
    return [due_date(each, each.counted_to, CALENDAR).due_on for each in occurrences(recurrence)]


def test_what_recurs_is_due_on_its_day_of_every_month_or_quarter() -> None:
    whole = days(Recurrence(date(2026, 1, 20), date(2026, 4, 1), 31))
    assert whole == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    assert days(Recurrence(date(2026, 2, 1), date(2026, 2, 1), LAST_DAY)) == [date(2026, 2, 28)]
    assert days(Recurrence(date(2026, 10, 1), date(2026, 10, 9), 5, rolls=True)) == [date(2026, 10, 8)]
    quarters = days(Recurrence(date(2026, 3, 1), date(2026, 12, 1), LAST_DAY, every_months=3))
    assert quarters == [date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31)]


def test_what_recurs_may_run_into_years_without_a_table() -> None:
    """Its days are known; only the rolling of those in such a year has to wait."""
    far = occurrences(Recurrence(date(2026, 12, 1), date(2030, 1, 1), 15, rolls=True))
    assert len(far) == 38
    with pytest.raises(errors.HolidayTableMissing):
        due_date(far[-1], far[-1].counted_to, CALENDAR)


@pytest.mark.parametrize(
    "recurrence",
    [
        Recurrence(date(2026, 5, 1), date(2026, 4, 30), 5),
        Recurrence(date(2026, 1, 1), date(2026, 4, 30), 32),
        Recurrence(date(2026, 1, 1), date(2036, 1, 1), 5),
        Recurrence(date(2026, 1, 1), date(2026, 4, 1), 5, every_months=2),
    ],
)
def test_what_cannot_recur_is_refused(recurrence: Recurrence) -> None:
    with pytest.raises(errors.RecurrenceInvalid):
        occurrences(recurrence)


@pytest.mark.parametrize(
    "rule",
    [
        DueRule(Anchor.SIGNING, 0, DueUnit.MONTHS),
        DueRule(Anchor.OBLIGATION, 5, DueUnit.MONTHS),
        DueRule(Anchor.SIGNING, 5, DueUnit.MONTHS, after_position=1),
        DueRule(Anchor.INVOICE, 5, DueUnit.MONTHS, after_position=1),
        DueRule(Anchor.OBLIGATION, 5, DueUnit.MONTHS, after_position=3),
        DueRule(Anchor.OBLIGATION, 5, DueUnit.MONTHS, after_position=0),
    ],
)
def test_a_rule_that_could_never_start_is_refused(rule: DueRule) -> None:
    with pytest.raises(errors.DueRuleInvalid):
        check_rule(rule, "尾款", 3, 3)


def test_only_what_people_know_is_reported_and_only_once_it_has_happened() -> None:
    signed, today = date(2026, 9, 1), date(2026, 9, 20)
    check_report(after_delivery(1, DueUnit.MONTHS), occurred_on=today, signed_on=signed, today=today)
    for error, rule, occurred_on in [
        (errors.AnchorInFuture, after_delivery(1, DueUnit.MONTHS), date(2026, 9, 21)),
        (errors.AnchorBeforeSigning, after_delivery(1, DueUnit.MONTHS), date(2026, 8, 31)),
        (errors.AnchorNotReportable, DueRule(Anchor.SIGNING, 1, DueUnit.MONTHS), today),
        (errors.AnchorNotReportable, DueRule(Anchor.DELIVERY, 1, DueUnit.MONTHS, after_position=1), today),
    ]:
        with pytest.raises(error):
            check_report(rule, occurred_on=occurred_on, signed_on=signed, today=today)


def _off(first: str, last: str) -> dict[str, str]:
    return {"zh": "更正", "from": first, "to": last}
