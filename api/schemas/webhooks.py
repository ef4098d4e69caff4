"""Webhooks as the API takes and shows them. A secret is shown in the answer that made it, and never again."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from core import ids
from notify.webhooks.addresses import LONGEST_URL
from notify.webhooks.endpoints import EndpointChanges, EndpointView
from notify.webhooks.models import WebhookAttempt, WebhookDelivery
from notify.webhooks.policy import (
    ALL_TYPES,
    CHOICES,
    DeliveryState,
    DisabledReason,
    EndpointState,
    EventType,
    Outcome,
)
from notify.webhooks.service import DeliveryView

URL = Annotated[
    str,
    Field(
        max_length=LONGEST_URL,
        description="https, to a public address, port 443 or 8443",
        examples=["https://erp.example.cn/dingyue"],
    ),
]
EventTypes = Annotated[
    list[Annotated[str, Field(max_length=40)]],
    Field(
        min_length=1,
        max_length=len(CHOICES),
        description=f"`{ALL_TYPES}` alone, or some of: {', '.join(sorted(CHOICES))}",
        examples=[[EventType.ENVELOPE_COMPLETED, EventType.RECIPIENT_RELEASED]],
    ),
]
Description = Annotated[str, Field(max_length=200, examples=["财务系统"])]


class NewEndpoint(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: URL
    event_types: EventTypes = [ALL_TYPES]
    description: Description = ""


class ChangedEndpoint(BaseModel):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    url: URL | None = None
    event_types: EventTypes | None = None
    description: Description | None = None
    state: EndpointState | None = None

    def to_changes(self) -> EndpointChanges:
        return EndpointChanges(**dict(self))


class NewSecret(BaseModel):
    """How long the old secret goes on beside the new one; null: until it is removed."""

    model_config = ConfigDict(extra="forbid")

    old_valid_hours: Annotated[int | None, Field(ge=0, le=720, examples=[24])] = 24

    @property
    def old_valid_for(self) -> timedelta | None:
        return None if self.old_valid_hours is None else timedelta(hours=self.old_valid_hours)


class SecretOut(BaseModel):
    id: str
    created_at: datetime
    expires_at: datetime | None


class EndpointOut(BaseModel):
    """`failing_since` is set while nothing gets through; after five days the endpoint is disabled as `failing`."""

    id: str
    url: str
    event_types: list[str]
    description: str
    state: EndpointState
    disabled_reason: DisabledReason | None
    disabled_at: datetime | None
    failing_since: datetime | None
    created_at: datetime
    secrets: list[SecretOut]


class EndpointWithSecret(EndpointOut):
    """`secret` is shown this once."""

    secret: str


class EndpointList(BaseModel):
    items: list[EndpointOut]


class AttemptOut(BaseModel):
    """`response` is the first of what was answered, without what can't be printed."""

    number: int
    at: datetime
    outcome: Outcome
    status_code: int | None
    duration_ms: int | None
    response: str


class DeliverySummary(BaseModel):
    id: str
    endpoint_id: str
    event_id: str
    event_type: EventType
    envelope_id: str | None
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    settled_at: datetime | None


class DeliveryOut(DeliverySummary):
    """`body` is what is sent, to the byte; `log` has every attempt, oldest first."""

    body: str
    log: list[AttemptOut]


class DeliveryPage(BaseModel):
    items: list[DeliverySummary]
    next_cursor: str | None


def endpoint(view: EndpointView) -> EndpointOut:
    return EndpointOut(**_endpoint(view))


def endpoint_with_secret(view: EndpointView) -> EndpointWithSecret:
    return EndpointWithSecret(**_endpoint(view), secret=view.new_secret or "")


def summary(delivery: WebhookDelivery) -> DeliverySummary:
    return DeliverySummary(**_delivery(delivery))


def full(view: DeliveryView) -> DeliveryOut:
    log = [_attempt(attempt) for attempt in view.attempts]
    return DeliveryOut(**_delivery(view.delivery), body=view.delivery.body, log=log)


def _endpoint(view: EndpointView) -> dict[str, object]:
    found = view.endpoint
    return {
        "id": ids.public(ids.WEBHOOK_ENDPOINT, found.id),
        "url": found.url,
        "event_types": found.event_types,
        "description": found.description,
        "state": found.state,
        "disabled_reason": found.disabled_reason,
        "disabled_at": found.disabled_at,
        "failing_since": found.failing_since,
        "created_at": found.created_at,
        "secrets": [
            SecretOut(
                id=ids.public(ids.WEBHOOK_SECRET, secret.id),
                created_at=secret.created_at,
                expires_at=secret.expires_at,
            )
            for secret in view.secrets
        ],
    }


def _delivery(found: WebhookDelivery) -> dict[str, object]:
    return {
        "id": ids.public(ids.WEBHOOK_DELIVERY, found.id),
        "endpoint_id": ids.public(ids.WEBHOOK_ENDPOINT, found.endpoint_id),
        "event_id": ids.public(ids.EVENT, found.event_id),
        "event_type": found.event_type,
        "envelope_id": ids.public(ids.ENVELOPE, found.envelope_id) if found.envelope_id else None,
        "state": found.state,
        "attempts": found.attempt,
        "next_attempt_at": found.next_attempt_at if found.state == DeliveryState.PENDING else None,
        "created_at": found.created_at,
        "settled_at": found.settled_at,
    }


def _attempt(found: WebhookAttempt) -> AttemptOut:
    return AttemptOut(
        number=found.number,
        at=found.at,
        outcome=Outcome(found.outcome),
        status_code=found.status_code,
        duration_ms=found.duration_ms,
        response=found.response,
    )
