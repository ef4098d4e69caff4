"""Who must report which contract, within how long, and how late a filing is (R1, requirements §3). Pure.

A duty is data of the region's profile: whom it binds (kinds of organisation), for which classes, and its days. A period
that no holiday table covers is unassessed: nobody is called late by a guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from core.errors import Language
from core.money import Money
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import HolidayTableMissing
from performance.due_dates.policy import DueUnit, period_end
from performance.regions import Duty, RegionProfile, reporting_duty
from performance.register.errors import LateReasonMissing

REGISTRATION = "registration"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FilingVerdict:
    """How a filing stands to a duty. `days_late` counts in the duty's unit; `due_on` is None if it is unassessed."""

    duty: Duty
    signed_on: date
    due_on: date | None
    filed_on: date
    days_late: int

    @property
    def is_late(self) -> bool:
        return self.days_late > 0

    def explanation(self, language: Language) -> str:
        """Why it is late or in time: the rule, its source, and the days."""
        duty, unit = self.duty, _UNIT[language][self.duty.unit]
        if language == "zh":
            rule = f"{duty.basis}：{duty.zh}，签订之日起 {duty.days} {unit}内"
            if self.due_on is None:
                return f"{rule}。缺少 {self.signed_on.year} 年的节假日安排，无法判断是否迟报。"
            told = f"{rule}；{self.signed_on} 签订，应于 {self.due_on} 前报送，实际 {self.filed_on} 报送"
            return f"{told}，迟报 {self.days_late} {unit}。" if self.is_late else f"{told}，未迟报。"
        rule = f"{duty.basis}: {duty.en} within {duty.days} {unit} of signing"
        if self.due_on is None:
            return f"{rule}. There is no table of the holidays of {self.signed_on.year}, so nothing is said of delay."
        told = f"{rule}; signed on {self.signed_on}, due by {self.due_on}, filed on {self.filed_on}"
        return f"{told}: {self.days_late} {unit} late." if self.is_late else f"{told}: in time."


_UNIT = {
    "zh": {"working_days": "个工作日", "calendar_days": "日"},
    "en": {"working_days": "working days", "calendar_days": "days"},
}


def duties_of(profile: RegionProfile, class_code: str | None, amount: Money | None, reporter_kind: str) -> list[Duty]:
    """The duties that are met by registering a contract, for a unit of this kind; none below the class's threshold.

    Raises `ClassUnknown`.
    """
    if class_code is None or not reporting_duty(profile, class_code, amount).is_required:
        return []
    return [
        duty
        for duty in profile.duties
        if duty.met_by == REGISTRATION
        and (not duty.classes or class_code in duty.classes)
        and (not duty.reporters or reporter_kind in duty.reporters)
    ]


def assess(duty: Duty, signed_on: date, filed_on: date, calendar: HolidayCalendar) -> FilingVerdict:
    """The day of signing isn't counted (民法典 §201)."""
    try:
        due_on = period_end(signed_on, duty.days, DueUnit(duty.unit), calendar).due_on
        late = _days_after(due_on, filed_on, duty, calendar)
    except HolidayTableMissing:
        return FilingVerdict(duty, signed_on, None, filed_on, 0)
    return FilingVerdict(duty, signed_on, due_on, filed_on, late)


def _days_after(due_on: date, filed_on: date, duty: Duty, calendar: HolidayCalendar) -> int:
    if filed_on <= due_on or duty.unit == "calendar_days":
        return max(0, (filed_on - due_on).days)
    days = (due_on + _DAY * step for step in range(1, (filed_on - due_on).days + 1))
    return max(1, sum(calendar.is_working_day(day) for day in days))


def check_reason(verdicts: Iterable[FilingVerdict], reason: str) -> None:
    """Raises `LateReasonMissing` if one is late and nobody says why."""
    for verdict in verdicts:
        if verdict.is_late and verdict.due_on is not None and not reason.strip():
            raise LateReasonMissing(
                due_on=verdict.due_on.isoformat(), basis=verdict.duty.basis, days_late=verdict.days_late
            )
