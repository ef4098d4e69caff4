"""Tables of reminders and messages.

A message row is written *before* anything is sent, and its business key is unique: whatever crashes, a message is
either on record and not yet sent, or on record and findable at the provider. One-time codes and link tokens are kept
sealed, and only until the message is sent.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class FollowedObligation(Base):
    """What notify knows of an obligation. Handlers lock its row, so that events may arrive in any order."""

    __tablename__ = "followed_obligation"

    obligation_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_version: Mapped[int]
    closed_as: Mapped[str | None] = mapped_column(Text)


class ReminderReader(Base):
    """An organisation that may see a contract's reminders: a party with an account."""

    __tablename__ = "reminder_reader"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)


class Reminder(Base):
    """A planned reminder. `offset_days` counts from the due date (−7, 0); `state` is a `policy.ReminderState`.

    `late_reason` keeps why it did not go out on the day it should have (R9).
    """

    __tablename__ = "reminder"
    __table_args__ = (
        UniqueConstraint("obligation_id", "due_version", "offset_days", "contact_id", "channel"),
        Index("ix_reminder_planned", "send_at", postgresql_where=text("state = 'planned'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID]
    contract_id: Mapped[UUID] = mapped_column(index=True)
    due_version: Mapped[int]
    due_on: Mapped[date]
    offset_days: Mapped[int]
    contact_id: Mapped[UUID]
    channel: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]]
    send_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text)
    late_reason: Mapped[str | None] = mapped_column(Text)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    created_at: Mapped[datetime]


class Message(Base):
    """A message and what became of it. `state` is a `policy.MessageState`.

    `attempt` counts calls to the provider. `claimed_at` is the database's own clock (a lease must not depend on a
    clock that a demonstration moves); all other instants are the application's. `envelope_id` and `recipient_id` are
    set for a message with a signing link: what becomes of it is told to signing.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("provider", "provider_id"),
        Index("ix_message_queued", "not_before", postgresql_where=text("state = 'queued'")),
        Index("ix_message_open", "claimed_at", postgresql_where=text("state IN ('sending', 'unknown')")),
        Index("ix_message_phone_id", "phone", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    business_key: Mapped[str] = mapped_column(Text, unique=True)
    channel: Mapped[str] = mapped_column(Text)
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    params: Mapped[dict[str, Any]]
    sealed_secret: Mapped[bytes | None]
    obligation_id: Mapped[UUID | None] = mapped_column(index=True)
    contract_id: Mapped[UUID | None] = mapped_column(index=True)
    envelope_id: Mapped[UUID | None]
    recipient_id: Mapped[UUID | None] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    not_before: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    provider: Mapped[str | None] = mapped_column(Text)
    provider_id: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class DeliveryReceipt(Base):
    """What a provider said about one attempt; the same word twice (a replay) is kept once."""

    __tablename__ = "delivery_receipt"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("message_id", "attempt", "provider_id", "provider_status"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    attempt: Mapped[int]
    provider_id: Mapped[str] = mapped_column(Text)
    provider_status: Mapped[str] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime]


class ConsoleMessage(Base):
    """The console channel's own outbox, full text. It plays the provider in an embedded stack, and only there."""

    __tablename__ = "console_message"
    __append_only__ = True

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[datetime]
