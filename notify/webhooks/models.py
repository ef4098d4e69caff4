"""Tables of webhooks.

A delivery is written in the transaction that learns of the event, once for each endpoint; sending it comes later, and
may be repeated with the same event id. Secrets are kept sealed (`core.secrets`, purpose `policy.secret_purpose`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class WebhookEndpoint(Base):
    """An address of an organisation's. `state` is a `policy.EndpointState`, `disabled_reason` a `policy.Reason`.

    `event_types` are `policy.EventType` values, or the one word `*`. While its attempts fail, `failing_since` is set,
    `failures` counts them, and nothing is sent before `held_until`: one dead endpoint must not keep the senders busy.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (Index("ix_webhook_endpoint_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    event_types: Mapped[list[str]]
    state: Mapped[str] = mapped_column(Text)
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    disabled_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class WebhookSecret(Base):
    """One of at most two secrets an endpoint's deliveries are signed with, until `expires_at` if that is set."""

    __tablename__ = "webhook_secret"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id"), index=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """One event on its way to one endpoint. `state` is a `policy.DeliveryState`; `body` is what is sent, to the byte.

    `attempt` counts calls. Each `resend` begins a new series of them after `series_start`. `claimed_at` is the
    database's own clock (a lease must not depend on a clock that a demonstration moves).
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        Index("ix_webhook_delivery_organisation_id_id", "organisation_id", "id"),
        Index("ix_webhook_delivery_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_webhook_delivery_pending", "next_attempt_at", postgresql_where=text("state = 'pending'")),
        Index("ix_webhook_delivery_sending", "endpoint_id", "claimed_at", postgresql_where=text("state = 'sending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    event_id: Mapped[UUID]
    event_type: Mapped[str] = mapped_column(Text)
    envelope_id: Mapped[UUID | None]
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(default=0)
    series_start: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class WebhookAttempt(Base):
    """What came of one attempt. `outcome` is a `policy.Outcome`, `response` the first of what was answered, tidied."""

    __tablename__ = "webhook_attempt"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_delivery.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[str] = mapped_column(Text)
    status_code: Mapped[int | None]
    duration_ms: Mapped[int | None]
    response: Mapped[str] = mapped_column(Text)
