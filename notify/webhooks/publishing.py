"""From events to deliveries: who hears of what, and what they are told. Transactional, once for each endpoint.

The sender's endpoints hear of every step, those of the parties' organisations of what they may read in the envelope by
now. What is told is thin: ids, states, titles, times. Names and (masked) phones are only in `recipient.released`, for
the sender, who entered them; a link's token or a code is in nothing, not even sealed. Who wants more asks the API.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.policy import masked_phone
from core import ids
from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from notify.webhooks import policy, repository
from notify.webhooks.models import WebhookDelivery, WebhookEndpoint
from notify.webhooks.policy import DeliveryState, EventType
from signing.events import EnvelopeProgressed, RecipientReleased

_UNSENT = frozenset({"draft", "processing"})
# The link's own event says more than the step of the same name.
_TOLD_OTHERWISE = frozenset({EventType.RECIPIENT_RELEASED, EventType.ENDPOINT_TEST})


@dataclass(frozen=True, slots=True)
class News:
    """One event, as one endpoint is to hear of it."""

    event_id: UUID
    event_type: EventType
    at: datetime
    data: Mapping[str, Any]
    envelope_id: UUID | None = None


def publish_progress(uow: UnitOfWork, event: EnvelopeProgressed) -> None:
    """Steps that are no `EventType` are ours alone."""
    if event.step not in set(EventType) - _TOLD_OTHERWISE:
        return
    step = EventType(event.step)
    parties = set() if event.envelope_state in _UNSENT else set(event.party_organisation_ids)
    for endpoint in _listeners(uow, {event.organisation_id, *parties}, step):
        data = _progress_data(event, is_sender=endpoint.organisation_id == event.organisation_id)
        _deliver(uow, endpoint, News(event.event_id, step, event.at, data, event.envelope_id))


def publish_release(uow: UnitOfWork, event: RecipientReleased) -> None:
    """So that the sender can write to the recipient too. The link itself went to the recipient's own phone alone."""
    news = News(event.event_id, EventType.RECIPIENT_RELEASED, uow.now, _release_data(event), event.envelope_id)
    for endpoint in _listeners(uow, {event.organisation_id}, news.event_type):
        _deliver(uow, endpoint, news)


def publish_test(uow: UnitOfWork, endpoint: WebhookEndpoint) -> UUID:
    """An event of no meaning, to this endpoint alone; returns the delivery's id."""
    data = {"message": "这是一次测试。This is a test."}
    return _deliver(uow, endpoint, News(uow.new_id(), EventType.ENDPOINT_TEST, uow.now, data))


def _listeners(uow: UnitOfWork, organisation_ids: Collection[UUID], event_type: EventType) -> list[WebhookEndpoint]:
    active = repository.active_endpoints(uow.session, organisation_ids)
    return [endpoint for endpoint in active if policy.wants(endpoint.event_types, event_type)]


def _deliver(uow: UnitOfWork, endpoint: WebhookEndpoint, news: News) -> UUID:
    delivery = WebhookDelivery(
        id=uow.new_id(),
        endpoint_id=endpoint.id,
        organisation_id=endpoint.organisation_id,
        event_id=news.event_id,
        event_type=news.event_type,
        envelope_id=news.envelope_id,
        body=_body(endpoint, news),
        state=DeliveryState.PENDING,
        attempt=0,
        series_start=0,
        next_attempt_at=uow.now,
        created_at=uow.now,
    )
    repository.add_delivery(uow.session, delivery)
    return delivery.id


def _body(endpoint: WebhookEndpoint, news: News) -> str:
    content = {
        "id": ids.public(ids.EVENT, news.event_id),
        "type": news.event_type,
        "created_at": rfc3339(news.at),
        "organisation_id": ids.public(ids.ORGANISATION, endpoint.organisation_id),
        "data": news.data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _release_data(event: RecipientReleased) -> dict[str, Any]:
    return {
        "role": "sender",
        "envelope": {
            "id": ids.public(ids.ENVELOPE, event.envelope_id),
            "title": event.envelope_title,
            "external_id": event.external_id,
        },
        "recipient": {
            "id": ids.public(ids.RECIPIENT, event.recipient_id),
            "key": event.recipient_key,
            "name": event.recipient_name,
            "phone": masked_phone(event.phone),
            "language": event.language,
        },
        "link": {"sent_to": "phone", "expires_at": rfc3339(event.expires_at)},
    }


def _progress_data(event: EnvelopeProgressed, *, is_sender: bool) -> dict[str, Any]:
    recipient = None
    if event.recipient_id is not None:
        recipient = {
            "id": ids.public(ids.RECIPIENT, event.recipient_id),
            "key": event.recipient_key,
            "state": event.recipient_state,
        }
    return {
        "role": "sender" if is_sender else "party",
        "envelope": {
            "id": ids.public(ids.ENVELOPE, event.envelope_id),
            "title": event.title,
            "state": event.envelope_state,
            "test": event.is_test,
            "external_id": event.external_id if is_sender else None,
        },
        "recipient": recipient,
    }
