"""Time is a parameter: a `Clock` is asked once per use case and `now` is handed on to pure functions."""

import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from core.errors import InvalidDay

CHINA = ZoneInfo("Asia/Shanghai")
EARLIEST_DAY, LATEST_DAY = date(1980, 1, 1), date(2199, 12, 31)


class Clock(Protocol):
    """Tells the time. Implementations return timezone-aware UTC instants and never go through a network."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock; production uses nothing else."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock plus an offset kept in a file that all processes of an embedded stack share.

    It exists so that a demonstration can live through weeks in a minute. Production settings refuse it
    (`app.settings`). The file is replaced atomically, so that a reader never sees half an offset.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def offset(self) -> timedelta:
        try:
            return timedelta(seconds=json.loads(self._path.read_text())["offset_seconds"])
        except FileNotFoundError:
            return timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset()

    def move_to(self, instant: datetime) -> timedelta:
        """Makes it `instant` now and returns by how much the clock jumped."""
        jump = instant - self.now()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps({"offset_seconds": (self.offset() + jump).total_seconds()}))
        temporary.replace(self._path)
        return jump


def rfc3339(instant: datetime) -> str:
    """`2026-11-22T01:02:03.456Z`: UTC, milliseconds, the one spelling used in records and in the API."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def china_day(instant: datetime) -> date:
    """The calendar day in China."""
    return instant.astimezone(CHINA).date()


def local_date(instant: datetime) -> str:
    """The calendar day in China, `YYYY-MM-DD`."""
    return china_day(instant).isoformat()


def check_day(day: date) -> date:
    """Returns a day that people can have meant, or raises `InvalidDay`.

    It is asked before a day is stored: a week before the year 1 there is no day to send a reminder on.
    """
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise InvalidDay(given=day.isoformat(), earliest=EARLIEST_DAY.isoformat(), latest=LATEST_DAY.isoformat())
    return day
