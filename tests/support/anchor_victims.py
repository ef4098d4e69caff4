"""Passes of anchoring in processes of their own, which kill themselves (SIGKILL) before or after a step of the pass.

A step is whatever leaves the process: a commit that changes something, or a transaction sent to the chain. Forked, for
that takes no time; the object store doesn't survive a fork, so proofs are computed from the log's entries in the
database.
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import URL, select, text

from core.clock import Clock
from core.database import create_database_engine
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import ChainSettings
from ledger.anchors.service import AnchorService
from ledger.errors import ChainUnavailable
from ledger.merkle import consistency_proof, nodes_of
from ledger.models import EvidenceEntry, LogLeaf
from tests.support.anchors import AnchoredLedger
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashPlan, Fault

PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class EntriesLog:
    """Implements `ledger.anchors.ports.AnchoredLog` over the entries themselves."""

    unit_of_work: UnitOfWorkFactory
    origin: str

    def consistency_proof(self, size1: int, size2: int) -> list[bytes]:
        with self.unit_of_work() as uow:
            leaves = uow.session.scalars(
                select(EvidenceEntry.leaf_hash)
                .join(LogLeaf, LogLeaf.evidence_id == EvidenceEntry.id)
                .order_by(LogLeaf.leaf_index)
                .limit(size2)
            ).all()
        return consistency_proof(size1, size2, nodes_of(leaves))


class FailingUnitOfWork(UnitOfWork):
    """`fail` is called at a commit that changes something: before it takes effect (`lost`) or after (`applied`)."""

    def __init__(self, engine: Any, clock: Clock, plan: CrashPlan, fail: Callable[[], None]) -> None:
        super().__init__(engine, clock)
        self._plan = plan
        self._fail = fail

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_due = kind is None and self._changes_something() and self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            super().__exit__(Crash, None, None)
            self._fail()
        super().__exit__(kind, error, trace)
        if is_due:
            self._fail()

    def _changes_something(self) -> bool:
        """PostgreSQL gives a transaction an id with its first change; dying in one that only reads is no event."""
        self.session.flush()
        return self.session.scalar(text("SELECT pg_current_xact_id_if_assigned()::text")) is not None


class FailingChain(EVMChain):
    """`fail` is called when something is sent: before the node has the transaction, or after."""

    def __init__(self, settings: ChainSettings, plan: CrashPlan, fail: Callable[[], None]) -> None:
        super().__init__(settings)
        self._plan = plan
        self._fail = fail

    def send_raw(self, raw: bytes) -> None:
        is_due = self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            self._fail()
        super().send_raw(raw)
        if is_due:
            self._fail()


@dataclass(frozen=True, slots=True)
class Victim:
    """A pass over the chains of an `AnchoredLedger`, or another use case of anchoring, to be killed."""

    anchored: AnchoredLedger
    secrets: SecretBox

    def step(self, at: int, fault: Fault) -> bool:
        """One pass that dies at its step number `at`; False if it had fewer steps and came to its end."""
        return self.run(_step, at, fault)

    def err(self, at: int, fault: Fault) -> None:
        """One pass in this very process, of which step number `at` fails: the commit raises, or the node is silent."""
        plan, anchored = CrashPlan(at, fault), self.anchored
        with anchored.anchors.unit_of_work() as uow:
            engine = uow._engine
        service = replace(
            anchored.anchors,
            unit_of_work=lambda: FailingUnitOfWork(engine, anchored.clock, plan, _crash),
            connect=lambda settings: FailingChain(settings, plan, _say_nothing),
        )
        with suppress(Crash):
            service.step(anchored.clock.now())

    def run(self, act: Callable[[AnchorService, datetime], None], at: int, fault: Fault) -> bool:
        with self.anchored.anchors.unit_of_work() as uow:
            url = uow._engine.url
        life = {"url": url, "anchored": self.anchored, "secrets": self.secrets, "plan": CrashPlan(at, fault)}
        process = multiprocessing.get_context("fork").Process(target=_live, args=(act,), kwargs=life)
        process.start()
        process.join(PATIENCE_SECONDS)
        assert process.exitcode in {0, -signal.SIGKILL}
        return process.exitcode != 0


def _step(service: AnchorService, now: datetime) -> None:
    service.step(now)


def _live(
    act: Callable[[AnchorService, datetime], None],
    *,
    url: URL,
    anchored: AnchoredLedger,
    secrets: SecretBox,
    plan: CrashPlan,
) -> None:
    """With connections of its own to everything; an orderly end would close the parent's."""
    engine, clock = create_database_engine(url), FixedClock(anchored.clock.now())

    def connect(settings: ChainSettings) -> FailingChain:
        return FailingChain(settings, plan, _die)

    service = AnchorService(
        unit_of_work=lambda: FailingUnitOfWork(engine, clock, plan, _die),
        chains=tuple(anchored.anchors.chains),
        secrets=secrets,
        ledger=EntriesLog(lambda: UnitOfWork(engine, clock), anchored.ledger.origin),
        connect=connect,
    )
    act(service, clock.now())
    os._exit(0)


def _crash() -> None:
    raise Crash


def _say_nothing() -> None:
    raise ChainUnavailable


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
