"""How a rule lies in an obligation's row, and what it makes of an anchor: plain JSON, read back as it was written."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.policy import Anchor, DueDate, DueRule, DueUnit, Occurrence, due_date

RELATIVE, OCCURRENCE = "relative", "recurring"
STATUTE = "《民法典》第二百条至第二百零四条 Civil Code §200–204"


def rule_json(rule: DueRule | Occurrence) -> dict[str, Any]:
    if isinstance(rule, Occurrence):
        return {"kind": OCCURRENCE, "counted_to": rule.counted_to.isoformat(), "rolls": rule.rolls}
    return {"kind": RELATIVE, **asdict(rule)}


def read_rule(stored: Mapping[str, Any]) -> DueRule | Occurrence:
    if stored["kind"] == OCCURRENCE:
        return Occurrence(date.fromisoformat(stored["counted_to"]), stored["rolls"])
    return DueRule(
        anchor=Anchor(stored["anchor"]),
        count=stored["count"],
        unit=DueUnit(stored["unit"]),
        after_position=stored["after_position"],
        rolls=stored["rolls"],
    )


def basis_json(
    rule: DueRule | Occurrence, anchored_on: date, due: DueDate, calendar: HolidayCalendar
) -> dict[str, Any]:
    """Which day the rule counted from, what it came to, and the holiday table that had a say in it."""
    found: dict[str, Any] = {
        "anchored_on": anchored_on.isoformat(),
        "counted_to": due.counted_to.isoformat(),
        "due_on": due.due_on.isoformat(),
        "rolled": due.has_rolled,
    }
    if due.has_rolled or (isinstance(rule, DueRule) and rule.unit is DueUnit.WORKING_DAYS):
        table = calendar.table(due.counted_to.year)
        found["holiday_table"] = f"{table.year}.v{table.version}"
        found["holiday_source"] = table.source
    return found


def determine(stored: Mapping[str, Any], anchored_on: date, calendar: HolidayCalendar) -> tuple[date, dict[str, Any]]:
    """The due date and its basis. Raises `HolidayTableMissing`."""
    rule = read_rule(stored)
    due = due_date(rule, anchored_on, calendar)
    return due.due_on, basis_json(rule, anchored_on, due, calendar)
