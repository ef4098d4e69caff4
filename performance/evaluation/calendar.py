"""The published holidays of a year, and periods counted with them (民法典 §200–204).

A table is `holidays/<year>.v<version>.json`: the days off and the weekends that are worked, as the State Council
announces them each November. A year without a table is an error: a guessed holiday would move somebody's deadline.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from performance.evaluation.errors import HolidaysUnknown

HOLIDAYS = Path(__file__).parent / "holidays"
_DAY = timedelta(days=1)


class DaysOff(BaseModel):
    """A holiday, both days included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    first: date = Field(alias="from")
    last: date = Field(alias="to")


class HolidayTable(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    year: int
    version: int
    source: str
    off: tuple[DaysOff, ...]
    worked: frozenset[date]


@dataclass(frozen=True)
class PublishedCalendar:
    """Implements `ports.PeriodCalendar` over a folder of tables; of a year the newest version counts."""

    folder: Path = HOLIDAYS

    @cached_property
    def _tables(self) -> dict[int, HolidayTable]:
        read = [HolidayTable.model_validate_json(path.read_bytes()) for path in self.folder.glob("*.v*.json")]
        return {table.year: table for table in sorted(read, key=lambda table: table.version)}

    def is_working_day(self, day: date) -> bool:
        """Raises `HolidaysUnknown` for a year without a table."""
        table = self._tables.get(day.year)
        if table is None:
            raise HolidaysUnknown(year=day.year)
        if any(holiday.first <= day <= holiday.last for holiday in table.off):
            return False
        return day.weekday() < 5 or day in table.worked

    def last_day(self, start: date, days: int, unit: str) -> date:
        """The day itself isn't counted (§201); a last day that is off gives way to the next working day (§203)."""
        if unit == "working_days":
            day = start
            for _ in range(days):
                day = self._next_working_day(day + _DAY)
            return day
        return self._next_working_day(start + timedelta(days=days))

    def _next_working_day(self, day: date) -> date:
        while not self.is_working_day(day):
            day += _DAY
        return day
