"""One use case = one unit of work; only the unit of work commits.

    with self.unit_of_work() as uow:
        envelope = repository.envelope(uow.session, actor, envelope_id)
        ...
        uow.emit(EnvelopeSent(envelope_id=envelope.id))

Leaving the block commits; an exception rolls everything back: facts, evidence and events together. Nothing external
(TSA, chain, SMS, object store) is called inside the block: a slow answer would hold locks, and a lost one would
leave us not knowing. Objects read in the block stay readable afterwards.
"""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from core.clock import Clock
from core.copying import copy_in, plain
from core.events import Event
from core.ids import new_id
from core.outbox import OutboxEvent


class UnitOfWork:
    """A database session, the instant at which the use case happens, and the events it causes."""

    session: Session
    now: datetime

    def __init__(self, engine: Engine, clock: Clock, after_commit: Callable[[], None] | None = None) -> None:
        self._engine = engine
        self._clock = clock
        self._after_commit = after_commit
        self._events: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self.now = self._clock.now()
        self.session = Session(self._engine, expire_on_commit=False, autoflush=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._write_events()
                self.session.commit()
            else:
                self.session.rollback()
        finally:
            self.session.close()
        if kind is None and self._events and self._after_commit is not None:
            self._after_commit()

    def _write_events(self) -> None:
        if len(self._events) > _MOST_INSERTED:
            self.session.flush()
            copy_in(self.session, OutboxEvent, [_EVENT(**event) for event in self._events])
        elif self._events:
            self.session.execute(_EMIT, self._events)

    def new_id(self) -> UUID:
        return new_id(self.now)

    def emit(self, event: Event) -> UUID:
        """The event goes into the outbox with the commit: it happens if and only if this unit of work commits."""
        identifier = self.new_id()
        row = {"id": identifier, "type": event.type, "payload": event.model_dump(mode="json"), "occurred_at": self.now}
        self._events.append({**row, "attempts": 0})
        return identifier


_EVENT = plain(OutboxEvent)
_MOST_INSERTED = 100
"""More are copied: what registers hundreds of contracts at once causes thousands of events."""
_EMIT = insert(OutboxEvent.__table__)  # type: ignore[arg-type]
"""Into the table itself: nothing of these rows is needed afterwards."""

UnitOfWorkFactory = Callable[[], UnitOfWork]
