"""Hands an event of the outbox to its subscribers; runs in the worker.

Crash points: before the subscriber commits (it runs again), after it commits and before the event is marked handled
(its receipt stops a second run). One subscriber's failure doesn't keep the others from theirs.
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.events import Event, Reaction, Subscription
from core.outbox import OutboxEvent, has_receipt, mark_failed, mark_handled, take_receipt
from core.unit_of_work import UnitOfWorkFactory

logger = logging.getLogger(__name__)

Subscriber = Subscription[Any] | Reaction[Any]


class Dispatcher:
    """Knows every subscriber; made once by the composition."""

    def __init__(self, engine: Engine, unit_of_work: UnitOfWorkFactory, subscribers: Sequence[Subscriber]) -> None:
        names = [subscriber.name for subscriber in subscribers]
        if len(names) != len(set(names)):
            raise ValueError(f"two subscribers share a name: {sorted(names)}")
        self._engine = engine
        self._unit_of_work = unit_of_work
        self._subscribers = subscribers

    def handle(self, event_id: UUID) -> bool:
        """Runs every subscriber that has no receipt yet. False if one failed; the event will be offered again."""
        with Session(self._engine) as session:
            row = session.scalar(select(OutboxEvent).where(OutboxEvent.id == event_id))
        if row is None or row.handled_at is not None:
            return True
        failures = []
        for subscriber in self._subscribers:
            if subscriber.event.type != row.type:
                continue
            try:
                self._run(subscriber, event_id, subscriber.event.model_validate(row.payload))
            except Exception as error:  # whatever it is, the others go on and this one is tried again
                logger.warning("%s failed on %s %s", subscriber.name, row.type, event_id, exc_info=error)
                failures.append(f"{subscriber.name}: {type(error).__name__}")
        if failures:
            mark_failed(self._engine, event_id, "; ".join(failures))
            return False
        mark_handled(self._engine, [event_id])
        return True

    def _run(self, subscriber: Subscriber, event_id: UUID, event: Event) -> None:
        if isinstance(subscriber, Subscription):
            with self._unit_of_work() as uow:
                if take_receipt(uow.session, event_id, subscriber.name, uow.now):
                    subscriber.handle(uow, event)
            return
        with self._unit_of_work() as uow:
            if has_receipt(uow.session, event_id, subscriber.name):
                return
        subscriber.react(event)
        with self._unit_of_work() as uow:
            take_receipt(uow.session, event_id, subscriber.name, uow.now)
