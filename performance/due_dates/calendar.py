"""The published holidays of China, year by year, and which days are worked (民法典 §203; 国务院办公厅's notices).

A table is `<year>.v<version>.json`: the days off, and the weekends that are worked (调休). An administrator corrects
one by adding the next version, never by an edit, so that an old due date can be explained by the table of its day.
A second folder may add tables to those that come with the program. Of a year the highest version counts. A year
without a table is an error: a guessed holiday would move somebody's deadline.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from performance.due_dates.errors import HolidayTableInvalid, HolidayTableMissing

CALENDARS = Path(__file__).parent.parent / "calendars"
_DAY = timedelta(days=1)
_SATURDAY = 5


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
    source: str = Field(min_length=1)
    off: tuple[DaysOff, ...]
    worked: frozenset[date]

    @model_validator(mode="after")
    def _check_days(self) -> "HolidayTable":
        """A holiday may begin in the year before or end in the year after; a worked day is a weekend of the year."""
        for holiday in self.off:
            if holiday.first > holiday.last or self.year not in {holiday.first.year, holiday.last.year}:
                raise ValueError(f"{holiday.zh} isn't a holiday of {self.year}")
        for day in self.worked:
            is_off = any(holiday.first <= day <= holiday.last for holiday in self.off)
            if day.year != self.year or day.weekday() < _SATURDAY or is_off:
                raise ValueError(f"{day} isn't a weekend of {self.year} that could be worked")
        return self


@dataclass(frozen=True)
class HolidayCalendar:
    """All tables of the folders, read once. The same tables always give the same answers."""

    folders: tuple[Path, ...] = (CALENDARS,)

    @cached_property
    def _tables(self) -> dict[int, HolidayTable]:
        paths = [path for folder in self.folders for path in sorted(folder.glob("*.v*.json"))]
        return {table.year: table for table in sorted(map(_read, paths), key=lambda table: table.version)}

    def table(self, year: int) -> HolidayTable:
        """Raises `HolidayTableMissing`, or `HolidayTableInvalid` for a file that can't be used."""
        found = self._tables.get(year)
        if found is None:
            raise HolidayTableMissing(year=year)
        return found

    @property
    def last_day(self) -> date:
        """The last day any table knows. Raises `HolidayTableInvalid`."""
        return date(max(self._tables), 12, 31) if self._tables else date.min

    def is_working_day(self, day: date) -> bool:
        """Raises `HolidayTableMissing`."""
        table = self.table(day.year)
        if any(holiday.first <= day <= holiday.last for holiday in table.off):
            return False
        return day.weekday() < _SATURDAY or day in table.worked

    def working_day_from(self, day: date) -> date:
        """The day itself if it is worked, else the next one that is. Raises `HolidayTableMissing`."""
        while not self.is_working_day(day):
            day += _DAY
        return day

    def add_working_days(self, start: date, days: int) -> date:
        """The `days`-th working day after `start`, which isn't counted (§201). Raises `HolidayTableMissing`."""
        day = start
        for _ in range(days):
            day = self.working_day_from(day + _DAY)
        return day


def _read(path: Path) -> HolidayTable:
    """Raises `HolidayTableInvalid` for a file that doesn't fit, or whose name doesn't say what it holds."""
    try:
        table = HolidayTable.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise HolidayTableInvalid(file=path.name, reason=str(error.errors()[0]["msg"])) from error
    if path.name != f"{table.year}.v{table.version}.json":
        raise HolidayTableInvalid(file=path.name, reason="its name is not <year>.v<version>.json")
    return table
