"""Reading and locking reminders and messages. What organisations may see is filtered here and nowhere else."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor
from notify.models import (
    ConsoleMessage,
    DeliveryReceipt,
    FollowedObligation,
    Message,
    Reminder,
    ReminderReader,
)
from notify.policy import MessageState, ReminderState


def lock_obligation(session: Session, obligation_id: UUID) -> FollowedObligation:
    """The obligation's row, made if need be, locked until the unit of work ends."""
    session.execute(
        insert(FollowedObligation)
        .values(obligation_id=obligation_id, due_version=0, closed_as=None)
        .on_conflict_do_nothing()
    )
    return session.scalars(
        select(FollowedObligation).where(FollowedObligation.obligation_id == obligation_id).with_for_update()
    ).one()


def cancel_reminders(session: Session, obligation_id: UUID) -> None:
    session.execute(
        update(Reminder)
        .where(Reminder.obligation_id == obligation_id, Reminder.state == ReminderState.PLANNED)
        .values(state=ReminderState.CANCELLED)
    )


def stop_messages(session: Session, obligation_id: UUID, reason: str, now: datetime) -> None:
    """Cancels what nobody has begun to send; what is on its way expires, so that it is never sent again."""
    session.execute(
        update(Message)
        .where(Message.obligation_id == obligation_id, Message.state == MessageState.QUEUED)
        .values(state=MessageState.CANCELLED, reason=reason, settled_at=now)
    )
    session.execute(
        update(Message)
        .where(Message.obligation_id == obligation_id, Message.settled_at.is_(None))
        .values(expires_at=now)
    )


def claim_due_reminders(session: Session, now: datetime, limit: int) -> Sequence[Reminder]:
    """Due reminders nobody else is working on, locked; two workers never get the same one."""
    return session.scalars(
        select(Reminder)
        .where(Reminder.state == ReminderState.PLANNED, Reminder.send_at <= now)
        .order_by(Reminder.send_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def claim_queued_message(
    session: Session, channel: str, now: datetime, message_id: UUID | None = None
) -> Message | None:
    """The next message to send (or the one named, if it is free and due), locked."""
    query = select(Message).where(
        Message.state == MessageState.QUEUED, Message.channel == channel, Message.not_before <= now
    )
    if message_id is not None:
        query = query.where(Message.id == message_id)
    return session.scalar(query.order_by(Message.not_before).limit(1).with_for_update(skip_locked=True))


def give_up_leases(session: Session, lease: timedelta) -> None:
    """A message that was being sent `lease` ago has lost its sender: from here on its outcome is unknown."""
    session.execute(
        update(Message)
        .where(Message.state == MessageState.SENDING, Message.claimed_at <= func.now() - lease)
        .values(state=MessageState.UNKNOWN, reason="sender_lost")
    )


def unknown_messages(session: Session, provider: str, settles_after: timedelta, limit: int) -> Sequence[Message]:
    return session.scalars(
        select(Message)
        .where(
            Message.state == MessageState.UNKNOWN,
            Message.provider == provider,
            Message.claimed_at <= func.now() - settles_after,
        )
        .order_by(Message.claimed_at)
        .limit(limit)
    ).all()


def lock_attempt(session: Session, message_id: UUID, attempt: int) -> Message | None:
    """The message, locked, if `attempt` is still its latest."""
    return session.scalar(select(Message).where(Message.id == message_id, Message.attempt == attempt).with_for_update())


def lock_message(session: Session, message_id: UUID) -> Message | None:
    return session.get(Message, message_id, with_for_update=True)


def has_newer_link(session: Session, message: Message) -> bool:
    """Whether a later message carries another link to the recipient of this one."""
    newer = select(Message.id).where(
        Message.recipient_id == message.recipient_id, Message.created_at > message.created_at
    )
    return session.scalar(newer.limit(1)) is not None


def add_receipt(session: Session, receipt: DeliveryReceipt) -> bool:
    """Keeps the receipt; False if the same word about the same attempt is kept already."""
    columns = DeliveryReceipt.__table__.columns
    added = session.execute(
        insert(DeliveryReceipt)
        .values({column.name: getattr(receipt, column.name) for column in columns})
        .on_conflict_do_nothing()
        .returning(DeliveryReceipt.id)
    )
    return added.first() is not None


def messages(
    session: Session, *, phone: str | None, before: UUID | None, limit: int
) -> Sequence[tuple[Message, str | None]]:
    """Newest first, with the console's text where the console carried it. For operators (`messages:read`) only."""
    query = select(Message, ConsoleMessage.text).outerjoin(ConsoleMessage, ConsoleMessage.message_id == Message.id)
    if phone is not None:
        query = query.where(Message.phone == phone)
    if before is not None:
        query = query.where(Message.id < before)
    rows = session.execute(query.order_by(Message.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def may_read_reminders(session: Session, actor: Actor, contract_id: UUID) -> bool:
    """Parties of the contract, and those who oversee the region of one of them."""
    readers = select(ReminderReader.organisation_id).where(ReminderReader.contract_id == contract_id)
    if actor.oversees:
        readers = readers.join(Organisation, Organisation.id == ReminderReader.organisation_id).where(
            Organisation.region == actor.region
        )
    else:
        readers = readers.where(ReminderReader.organisation_id == actor.organisation_id)
    return session.scalar(readers.limit(1)) is not None


def reminders(
    session: Session, contract_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[tuple[Reminder, str | None]]:
    """Oldest plan first, with the state of the message each became. Ask `may_read_reminders` first."""
    query = (
        select(Reminder, Message.state)
        .outerjoin(Message, Message.id == Reminder.message_id)
        .where(Reminder.contract_id == contract_id)
    )
    if after is not None:
        query = query.where(Reminder.id > after)
    rows = session.execute(query.order_by(Reminder.id).limit(limit))
    return [(row[0], row[1]) for row in rows]
