"""What evaluation asks of others."""

from datetime import date
from typing import Protocol


class PeriodCalendar(Protocol):
    """Counts periods as 民法典 §200–204 does. Pure: the same answer for the same table of holidays.

    Raises an error of its own for a year whose holidays it doesn't know, and never guesses.
    """

    def last_day(self, start: date, days: int, unit: str) -> date:
        """The last day of a period of `days` (`calendar_days` or `working_days`) whose first day, `start`, isn't
        counted. A last day that is a holiday gives way to the next working day."""
