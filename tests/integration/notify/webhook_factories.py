"""A webhook service over real HTTP, its owner, and events as signing emits them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from accounts.policy import Actor, Scope
from core.events import Event
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.webhooks.adapters.http import HTTPCourier
from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.endpoints import EndpointView
from notify.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from notify.webhooks.service import WebhookService
from signing.events import EnvelopeProgressed
from tests.support.clock import FixedClock
from tests.support.ledger import register_organisation

EMBEDDED = AddressPolicy(allows_loopback=True)
TIMEOUT_SECONDS = 0.5


def webhook_service(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, **options: Any) -> WebhookService:
    courier = HTTPCourier(EMBEDDED, timeout_seconds=TIMEOUT_SECONDS)
    return WebhookService(
        **{
            "unit_of_work": unit_of_work,
            "secrets": secrets,
            "courier": courier,
            "addresses": EMBEDDED,
            **options,
        }
    )


def administrator(unit_of_work: UnitOfWorkFactory) -> Actor:
    """Of an organisation of its own."""
    actor = register_organisation(unit_of_work)
    return replace(actor, scopes=frozenset({Scope.WEBHOOKS_WRITE, Scope.ENVELOPES_READ}))


def progressed(sender: Actor, *parties: Actor, **changes: Any) -> EnvelopeProgressed:
    fields = {
        "event_id": uuid4(),
        "envelope_id": uuid4(),
        "organisation_id": sender.organisation_id,
        "party_organisation_ids": [party.organisation_id for party in parties],
        "step": "envelope.sent",
        "envelope_state": "in_progress",
        "recipient_id": None,
        "recipient_key": None,
        "recipient_state": None,
        "title": "办公设备采购合同",
        "external_id": "采-2026-17",
        "is_test": False,
        "at": FixedClock().now(),
        **changes,
    }
    return EnvelopeProgressed(**fields)


@dataclass(frozen=True, slots=True)
class Desk:
    """The service, an administrator with an endpoint, and what a test asks of them."""

    service: WebhookService
    unit_of_work: UnitOfWorkFactory
    clock: FixedClock
    actor: Actor
    made: EndpointView

    @property
    def endpoint_id(self) -> UUID:
        return self.made.endpoint.id

    def publish(self, event: Event) -> None:
        """What the worker does with an event, without the outbox."""
        for subscriber in self.service.subscriptions():
            if isinstance(event, subscriber.event):
                with self.unit_of_work() as uow:
                    subscriber.handle(uow, event)

    def send(self, **changes: Any) -> EnvelopeProgressed:
        """Publishes one step, and delivers."""
        event = progressed(self.actor, **changes)
        self.publish(event)
        self.service.deliver_due()
        return event

    def wait(self, **duration: float) -> int:
        """Later: delivers what is due by then."""
        self.clock.advance(timedelta(**duration))
        return self.service.deliver_due()

    def exhaust(self) -> None:
        """Goes from attempt to attempt of the oldest delivery until it is settled."""
        while self.deliveries()[0].state == "pending":
            self.clock.set(max(self.clock.now(), self.deliveries()[0].next_attempt_at))
            if self.service.deliver_due() == 0:
                self.clock.advance(timedelta(seconds=10))  # the endpoint is held

    def secrets_kept(self) -> int:
        with self.unit_of_work() as uow:
            return uow.session.scalar(select(func.count()).select_from(WebhookSecret)) or 0

    def deliveries(self) -> list[WebhookDelivery]:
        """All, oldest first."""
        with self.unit_of_work() as uow:
            return list(uow.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))

    def states(self) -> list[str]:
        return [delivery.state for delivery in self.deliveries()]

    def outcomes(self) -> list[str]:
        """Of every attempt, in the order they were logged."""
        return [attempt.outcome for attempt in self.attempts()]

    def attempts(self) -> list[WebhookAttempt]:
        with self.unit_of_work() as uow:
            query = select(WebhookAttempt).order_by(WebhookAttempt.delivery_id, WebhookAttempt.number)
            return list(uow.session.scalars(query))

    def endpoint(self) -> WebhookEndpoint:
        with self.unit_of_work() as uow:
            return uow.session.get_one(WebhookEndpoint, self.endpoint_id)


def open_desk(
    unit_of_work: UnitOfWorkFactory, clock: FixedClock, service: WebhookService, url: str, **options: Any
) -> Desk:
    actor = administrator(unit_of_work)
    made = service.endpoints.create(actor, **{"url": url, "event_types": ["*"], "description": "", **options})
    return Desk(service, unit_of_work, clock, actor, made)
