"""The outbox: events wait in the database until every subscriber has handled them.

`unit_of_work.emit` writes a row in the transaction that caused the event. The relay claims undelivered rows
(`FOR UPDATE SKIP LOCKED`) and hands their ids to the broker; a worker handles them and marks the row handled. Losing
the broker, or a worker in the middle, loses nothing: a row that stays unhandled is offered again after
`REDELIVER_AFTER`.

Delivery runs on the database's own clock, not on the application's, so that moving a demonstration's clock does not
make events look late.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Identity, Index, Text, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.database import Base

REDELIVER_AFTER = timedelta(seconds=15)


class OutboxEvent(Base):
    """One event. `claimed_at`: last handed to the broker; `handled_at`: all subscribers are done."""

    __tablename__ = "outbox_event"
    __table_args__ = (Index("ix_outbox_event_unhandled", "sequence", postgresql_where=text("handled_at IS NULL")),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]


class EventReceipt(Base):
    """Proof that a subscriber handled an event; makes handlers idempotent."""

    __tablename__ = "event_receipt"
    __append_only__ = True

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber: Mapped[str] = mapped_column(Text, primary_key=True)
    handled_at: Mapped[datetime]


def claim(engine: Engine, limit: int = 200) -> Sequence[UUID]:
    """Claims events that nobody is working on, oldest first; two relays never claim the same one."""
    with Session(engine) as session, session.begin():
        free = (
            select(OutboxEvent.id)
            .where(OutboxEvent.handled_at.is_(None))
            .where(or_(OutboxEvent.claimed_at.is_(None), OutboxEvent.claimed_at < func.now() - REDELIVER_AFTER))
            .order_by(OutboxEvent.sequence)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = session.execute(
            update(OutboxEvent)
            .where(OutboxEvent.id.in_(free.scalar_subquery()))
            .values(claimed_at=func.now(), attempts=OutboxEvent.attempts + 1)
            .returning(OutboxEvent.sequence, OutboxEvent.id)
        ).all()
    return [event_id for _, event_id in sorted((row.sequence, row.id) for row in claimed)]


def relay(engine: Engine, send: Callable[[UUID], None]) -> int:
    """Hands every free event to `send` (the broker). A crash in between only delays those claimed."""
    claimed = claim(engine)
    for event_id in claimed:
        send(event_id)
    return len(claimed)


def take_receipt(session: Session, event_id: UUID, subscriber: str, now: datetime) -> bool:
    """Writes the receipt; False if this subscriber already has one. Competing handlers wait for each other here."""
    taken = session.execute(
        insert(EventReceipt)
        .values(event_id=event_id, subscriber=subscriber, handled_at=now)
        .on_conflict_do_nothing()
        .returning(EventReceipt.event_id)
    )
    return taken.first() is not None


def has_receipt(session: Session, event_id: UUID, subscriber: str) -> bool:
    return session.get(EventReceipt, (event_id, subscriber)) is not None


def mark_handled(engine: Engine, event_ids: Iterable[UUID]) -> None:
    with Session(engine) as session, session.begin():
        session.execute(update(OutboxEvent).where(OutboxEvent.id.in_(list(event_ids))).values(handled_at=func.now()))


def mark_failed(engine: Engine, event_id: UUID, reason: str) -> None:
    """Keeps the event for redelivery and the reason for the operator."""
    with Session(engine) as session, session.begin():
        session.execute(update(OutboxEvent).where(OutboxEvent.id == event_id).values(last_error=reason[:500]))
