"""Reading, claiming and locking of webhooks. What an organisation may see is filtered here and nowhere else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from accounts.models import Organisation
from notify.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from notify.webhooks.policy import DeliveryState, EndpointState


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list; None leaves a member out of account."""

    endpoint_id: UUID | None = None
    state: DeliveryState | None = None
    event_type: str | None = None
    event_id: UUID | None = None


def lock_organisation(session: Session, organisation_id: UUID) -> None:
    """Two requests that make endpoints at once count each other's. References to the row don't wait for this lock."""
    session.get(Organisation, organisation_id, with_for_update={"key_share": True})


def endpoints(session: Session, organisation_id: UUID) -> Sequence[WebhookEndpoint]:
    """Oldest first, without the deleted ones."""
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.organisation_id == organisation_id, WebhookEndpoint.deleted_at.is_(None)
    )
    return session.scalars(query.order_by(WebhookEndpoint.id)).all()


def endpoint(
    session: Session, organisation_id: UUID, endpoint_id: UUID, *, is_locked: bool = False
) -> WebhookEndpoint | None:
    query = select(WebhookEndpoint).where(
        WebhookEndpoint.organisation_id == organisation_id,
        WebhookEndpoint.id == endpoint_id,
        WebhookEndpoint.deleted_at.is_(None),
    )
    return session.scalar(query.with_for_update(key_share=True) if is_locked else query)


def active_endpoints(session: Session, organisation_ids: Collection[UUID]) -> Sequence[WebhookEndpoint]:
    """For telling all of these organisations of an event."""
    return session.scalars(
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.organisation_id.in_(organisation_ids),
            WebhookEndpoint.state == EndpointState.ACTIVE,
            WebhookEndpoint.deleted_at.is_(None),
        )
        .order_by(WebhookEndpoint.id)
    ).all()


def secrets_in_force(session: Session, endpoint_ids: Collection[UUID], now: datetime) -> Sequence[WebhookSecret]:
    """Newest first."""
    query = select(WebhookSecret).where(
        WebhookSecret.endpoint_id.in_(endpoint_ids),
        or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > now),
    )
    return session.scalars(query.order_by(WebhookSecret.id.desc())).all()


def drop_expired_secrets(session: Session, now: datetime) -> None:
    session.execute(delete(WebhookSecret).where(WebhookSecret.expires_at <= now))


def drop_secrets(session: Session, endpoint_id: UUID) -> None:
    session.execute(delete(WebhookSecret).where(WebhookSecret.endpoint_id == endpoint_id))


def add_delivery(session: Session, delivery: WebhookDelivery) -> None:
    """Does nothing if the endpoint has a delivery of this event already."""
    columns = WebhookDelivery.__table__.columns
    session.execute(
        insert(WebhookDelivery)
        .values({column.name: getattr(delivery, column.name) for column in columns})
        .on_conflict_do_nothing(index_elements=[WebhookDelivery.event_id, WebhookDelivery.endpoint_id])
    )


def cancel_pending(session: Session, endpoint_id: UUID, now: datetime) -> None:
    """Nothing goes to an endpoint that was disabled or deleted; what is on its way is recorded as what it was."""
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == DeliveryState.PENDING)
        .values(state=DeliveryState.CANCELLED, settled_at=now)
    )


def claim_due(
    session: Session, now: datetime, lease: timedelta
) -> tuple[WebhookDelivery, WebhookEndpoint] | tuple[None, None]:
    """The next delivery to send and its endpoint, both locked; two senders never get the same delivery.

    An endpoint gets one at a time, so that a slow one holds up one sender and not all. (A claim that began before
    another one's commit may not see it; that is a politeness lost, not a rule broken.)
    """
    query = (
        select(WebhookDelivery, WebhookEndpoint)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(*_claimable(now, lease))
        .order_by(WebhookDelivery.next_attempt_at, WebhookDelivery.id)
        .limit(1)
        .with_for_update(of=(WebhookDelivery, WebhookEndpoint), key_share=True, skip_locked=True)
    )
    row = session.execute(query).first()
    return (None, None) if row is None else (row[0], row[1])


def count_due_endpoints(session: Session, now: datetime, lease: timedelta) -> int:
    """How many endpoints something could be sent to right now."""
    query = (
        select(func.count(WebhookDelivery.endpoint_id.distinct()))
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(*_claimable(now, lease))
    )
    return session.scalar(query) or 0


def _claimable(now: datetime, lease: timedelta) -> tuple[ColumnElement[bool], ...]:
    on_its_way = aliased(WebhookDelivery)
    is_busy = (
        select(on_its_way.id)
        .where(
            on_its_way.endpoint_id == WebhookDelivery.endpoint_id,
            on_its_way.state == DeliveryState.SENDING,
            on_its_way.claimed_at > func.now() - lease,
        )
        .exists()
    )
    return (
        WebhookDelivery.state == DeliveryState.PENDING,
        WebhookDelivery.next_attempt_at <= now,
        WebhookEndpoint.state == EndpointState.ACTIVE,
        or_(WebhookEndpoint.held_until.is_(None), WebhookEndpoint.held_until <= now),
        ~is_busy,
    )


def lost_attempts(session: Session, lease: timedelta, limit: int) -> Sequence[tuple[UUID, int]]:
    """Deliveries whose sender was heard of last `lease` ago, with the attempt it was making."""
    rows = session.execute(
        select(WebhookDelivery.id, WebhookDelivery.attempt)
        .where(WebhookDelivery.state == DeliveryState.SENDING, WebhookDelivery.claimed_at <= func.now() - lease)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]


def lock_attempt(session: Session, delivery_id: UUID, attempt: int) -> tuple[WebhookDelivery, WebhookEndpoint] | None:
    """The delivery with its endpoint, both locked, if it is still being sent and `attempt` is its latest.

    The endpoint is locked first, as by those who change it.
    """
    owner = select(WebhookDelivery.endpoint_id).where(WebhookDelivery.id == delivery_id).scalar_subquery()
    held = session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.id == owner).with_for_update(key_share=True)
    ).one()
    delivery = session.scalar(
        select(WebhookDelivery)
        .where(
            WebhookDelivery.id == delivery_id,
            WebhookDelivery.attempt == attempt,
            WebhookDelivery.state == DeliveryState.SENDING,
        )
        .with_for_update()
    )
    return None if delivery is None else (delivery, held)


def delivery(
    session: Session, organisation_id: UUID, delivery_id: UUID, *, is_locked: bool = False
) -> WebhookDelivery | None:
    query = select(WebhookDelivery).where(
        WebhookDelivery.organisation_id == organisation_id, WebhookDelivery.id == delivery_id
    )
    return session.scalar(query.with_for_update() if is_locked else query)


def deliveries(
    session: Session, organisation_id: UUID, wanted: DeliveryFilter, *, before: UUID | None, limit: int
) -> Sequence[WebhookDelivery]:
    """Newest first."""
    conditions: list[ColumnElement[bool]] = [WebhookDelivery.organisation_id == organisation_id]
    for column, value in (
        (WebhookDelivery.endpoint_id, wanted.endpoint_id),
        (WebhookDelivery.state, wanted.state),
        (WebhookDelivery.event_type, wanted.event_type),
        (WebhookDelivery.event_id, wanted.event_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if before is not None:
        conditions.append(WebhookDelivery.id < before)
    query = select(WebhookDelivery).where(and_(*conditions))
    return session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all()


def attempts(session: Session, delivery_ids: Collection[UUID]) -> Sequence[WebhookAttempt]:
    """Oldest first. The caller has made sure that the deliveries are the reader's own."""
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(delivery_ids))
    return session.scalars(query.order_by(WebhookAttempt.number)).all()
