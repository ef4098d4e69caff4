"""Webhooks: endpoints, their secrets, and the log of deliveries. All of it needs `webhooks:write` and `envelopes:read`.

How a delivery is checked: `docs/webhooks.md`.
"""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.webhooks import (
    ChangedEndpoint,
    DeliveryOut,
    DeliveryPage,
    EndpointList,
    EndpointOut,
    EndpointWithSecret,
    NewEndpoint,
    NewSecret,
    endpoint,
    endpoint_with_secret,
    full,
    summary,
)
from core import ids
from notify.webhooks.policy import DeliveryState, EventType
from notify.webhooks.repository import DeliveryFilter

router = APIRouter(tags=["webhooks"])


@router.post("/webhook_endpoints", status_code=201)
def create_webhook_endpoint(actor: CurrentActor, services: CurrentServices, body: NewEndpoint) -> EndpointWithSecret:
    """Makes an endpoint, at most ten for an organisation. Its secret is shown in this answer and never again."""
    made = services.webhooks.endpoints.create(
        actor, url=body.url, event_types=body.event_types, description=body.description
    )
    return endpoint_with_secret(made)


@router.get("/webhook_endpoints")
def list_webhook_endpoints(actor: CurrentActor, services: CurrentServices) -> EndpointList:
    """All endpoints, oldest first."""
    return EndpointList(items=[endpoint(view) for view in services.webhooks.endpoints.all(actor)])


@router.get("/webhook_endpoints/{endpoint_id}")
def read_webhook_endpoint(actor: CurrentActor, services: CurrentServices, endpoint_id: str) -> EndpointOut:
    return endpoint(services.webhooks.endpoints.one(actor, ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id)))


@router.patch("/webhook_endpoints/{endpoint_id}")
def change_webhook_endpoint(
    actor: CurrentActor, services: CurrentServices, endpoint_id: str, body: ChangedEndpoint
) -> EndpointOut:
    """Changes what is given. `state: disabled` cancels what waits; `active` begins anew, without what was missed."""
    identifier = ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id)
    return endpoint(services.webhooks.endpoints.change(actor, identifier, body.to_changes()))


@router.delete("/webhook_endpoints/{endpoint_id}", status_code=204)
def delete_webhook_endpoint(actor: CurrentActor, services: CurrentServices, endpoint_id: str) -> None:
    """Its secrets are destroyed; its deliveries stay in the log."""
    services.webhooks.endpoints.delete(actor, ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id))


@router.post("/webhook_endpoints/{endpoint_id}/secrets", status_code=201)
def create_webhook_secret(
    actor: CurrentActor, services: CurrentServices, endpoint_id: str, body: NewSecret
) -> EndpointWithSecret:
    """A new secret beside the old one: deliveries carry a signature by each until the old one ends."""
    identifier = ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id)
    made = services.webhooks.endpoints.add_secret(actor, identifier, old_valid_for=body.old_valid_for)
    return endpoint_with_secret(made)


@router.delete("/webhook_endpoints/{endpoint_id}/secrets/{secret_id}", status_code=204)
def delete_webhook_secret(actor: CurrentActor, services: CurrentServices, endpoint_id: str, secret_id: str) -> None:
    """Ends a secret at once; the last one stays."""
    services.webhooks.endpoints.remove_secret(
        actor, ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id), ids.parse(ids.WEBHOOK_SECRET, secret_id)
    )


@router.post("/webhook_endpoints/{endpoint_id}/test", status_code=201)
def test_webhook_endpoint(actor: CurrentActor, services: CurrentServices, endpoint_id: str) -> DeliveryOut:
    """Sends an `endpoint.test`; look at the delivery a few seconds later."""
    return full(services.webhooks.send_test(actor, ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id)))


@router.get("/webhook_deliveries")
def list_webhook_deliveries(
    *,
    actor: CurrentActor,
    services: CurrentServices,
    endpoint_id: Annotated[str | None, Query(max_length=40, description="Only to this endpoint")] = None,
    state: Annotated[DeliveryState | None, Query(description="Only in this state")] = None,
    event_type: Annotated[EventType | None, Query(description="Only of this type")] = None,
    event_id: Annotated[str | None, Query(max_length=40, description="Only of this event")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeliveryPage:
    """Deliveries, newest first."""
    wanted = DeliveryFilter(
        endpoint_id=ids.parse(ids.WEBHOOK_ENDPOINT, endpoint_id) if endpoint_id else None,
        state=state,
        event_type=event_type,
        event_id=ids.parse(ids.EVENT, event_id) if event_id else None,
    )
    before = ids.parse(ids.WEBHOOK_DELIVERY, cursor) if cursor else None
    found = services.webhooks.deliveries(actor, wanted, before=before, limit=limit + 1)
    items = [summary(delivery) for delivery in found[:limit]]
    return DeliveryPage(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/webhook_deliveries/{delivery_id}")
def read_webhook_delivery(actor: CurrentActor, services: CurrentServices, delivery_id: str) -> DeliveryOut:
    """One delivery with its body and every attempt."""
    return full(services.webhooks.delivery(actor, ids.parse(ids.WEBHOOK_DELIVERY, delivery_id)))


@router.post("/webhook_deliveries/{delivery_id}/resend")
def resend_webhook_delivery(actor: CurrentActor, services: CurrentServices, delivery_id: str) -> DeliveryOut:
    """Sends it once more, whatever became of it: same event id, same body."""
    return full(services.webhooks.resend(actor, ids.parse(ids.WEBHOOK_DELIVERY, delivery_id)))
