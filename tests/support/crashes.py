"""Parts that crash on demand: real ones, of which one call is lost or takes effect before the caller hears of it."""

import os
import signal
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

from core.clock import Clock
from core.database import create_database_engine
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from ledger.sequencer import Sequencer
from ledger.service import LedgerService

Fault = Literal["lost", "applied"]


class Crash(BaseException):
    """Stands for the process dying here; nothing in the code under test may catch it."""


@dataclass
class CrashPlan:
    """Lets `at` calls through, then crashes once: before the call takes effect (`lost`) or after it (`applied`)."""

    at: int
    fault: Fault
    calls: int = field(default=0)

    def is_due(self) -> bool:
        self.calls += 1
        return self.calls == self.at + 1


class CrashingObjects(Objects):
    """The object store of a test, with a crash planned among its writes and reads."""

    def __init__(self, objects: Objects, plan: CrashPlan) -> None:
        super().__init__(objects._store)
        self._plan = plan

    def put_at(self, key: str, data: bytes) -> None:
        is_due = self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            raise Crash
        super().put_at(key, data)
        if is_due:
            raise Crash

    def get_at(self, key: str) -> bytes:
        if self._plan.is_due():
            raise Crash
        return super().get_at(key)

    def delete(self, key: str) -> None:
        is_due = self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            raise Crash
        super().delete(key)
        if is_due:
            raise Crash


class CrashingUnitOfWork(UnitOfWork):
    """A unit of work with a crash planned around its commit."""

    def __init__(self, engine: Any, clock: Clock, plan: CrashPlan) -> None:
        super().__init__(engine, clock)
        self._plan = plan

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_due = kind is None and self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            super().__exit__(Crash, Crash(), None)
            raise Crash
        super().__exit__(kind, error, trace)
        if is_due:
            raise Crash


def sequence_and_be_killed(
    *, url: str, objects_url: str, clock: Clock, master_key: bytes, origin: str, step: str
) -> None:
    """Runs the sequencer in a process of its own, which kills itself (SIGKILL) once the named step is done."""
    original = getattr(Sequencer, step)

    def killing(self: Sequencer, *arguments: Any) -> Any:
        original(self, *arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(Sequencer, step, killing)
    engine = create_database_engine(url)
    ledger = LedgerService(lambda: UnitOfWork(engine, clock), Objects.at(objects_url), SecretBox(master_key), origin)
    ledger.sequence_pending()
