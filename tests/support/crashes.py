"""Parts that crash on demand: real ones, of which one call is lost or takes effect before the caller hears of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, TypeVar

from core.clock import Clock
from core.objects import Objects
from core.unit_of_work import UnitOfWork

Fault = Literal["lost", "applied"]
T = TypeVar("T")


class Crash(BaseException):
    """Stands for the process dying here; nothing in the code under test may catch it."""


def crash() -> None:
    raise Crash


@dataclass
class CrashPlan:
    """Lets `at` calls through, then strikes once: before the call takes effect (`lost`) or after it (`applied`).

    What strikes is a `Crash`, unless it is told otherwise: an error of the part itself, or SIGKILL.
    """

    at: int
    fault: Fault
    strike: Callable[[], None] = crash
    calls: int = field(default=0)

    def is_due(self) -> bool:
        self.calls += 1
        return self.calls == self.at + 1

    def around(self, call: Callable[[], T]) -> T:
        is_due = self.is_due()
        if is_due and self.fault == "lost":
            self.strike()
        try:
            return call()
        finally:
            if is_due and self.fault == "applied":
                self.strike()


class CrashingObjects(Objects):
    """The object store of a test, with a crash planned among its writes and reads."""

    def __init__(self, objects: Objects, plan: CrashPlan) -> None:
        super().__init__(objects._store)
        self._plan = plan

    def put_at(self, key: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        self._plan.around(lambda: super(CrashingObjects, self).put_at(key, data, headers))

    def get_at(self, key: str) -> bytes:
        return self._plan.around(lambda: super(CrashingObjects, self).get_at(key))

    def delete(self, key: str) -> None:
        self._plan.around(lambda: super(CrashingObjects, self).delete(key))

    def sync_at(self, keys: Iterable[str]) -> None:
        self._plan.around(lambda: super(CrashingObjects, self).sync_at(keys))

    def advance_at(
        self, key: str, data: bytes, is_behind: Callable[[bytes], bool], headers: Mapping[str, str] | None = None
    ) -> bool:
        return self._plan.around(lambda: super(CrashingObjects, self).advance_at(key, data, is_behind, headers))


class CrashingUnitOfWork(UnitOfWork):
    """A unit of work with a crash planned around its commit."""

    def __init__(self, engine: Any, clock: Clock, plan: CrashPlan) -> None:
        super().__init__(engine, clock)
        self._plan = plan

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            super().__exit__(kind, error, trace)
            return
        is_due = self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            self._lose()
        super().__exit__(kind, error, trace)
        if is_due and self._plan.fault == "applied":
            self._plan.strike()

    def _lose(self) -> None:
        """If the strike is an exception, the connection goes back to the pool as it would."""
        try:
            self._plan.strike()
        except BaseException as struck:
            super().__exit__(type(struck), struck, None)
            raise
