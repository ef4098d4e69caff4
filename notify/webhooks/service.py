"""What others may ask of webhooks: hear of events, deliver, set up endpoints, show and resend deliveries."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core.events import Subscription
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.webhooks import publishing, repository
from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.delivering import Deliverer
from notify.webhooks.endpoints import Endpoints, find_endpoint, require_webhooks
from notify.webhooks.errors import WebhookDeliveryBusy, WebhookDeliveryNotFound, WebhookEndpointDisabled
from notify.webhooks.models import WebhookAttempt, WebhookDelivery
from notify.webhooks.policy import SETTLED, DeliveryState, EndpointState
from notify.webhooks.ports import Courier
from notify.webhooks.repository import DeliveryFilter
from signing.events import EnvelopeProgressed, RecipientReleased

_LONGEST_RUN_SECONDS = 20.0
_RETRY_AFTER_SECONDS = 15


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """A delivery and its attempts so far, oldest first."""

    delivery: WebhookDelivery
    attempts: Sequence[WebhookAttempt]


@dataclass(frozen=True, slots=True)
class WebhookService:
    """`lease` must exceed what the courier may take, its look-up of a name included.

    `threads`: how many endpoints one run serves at the same time; they mostly wait for other people's computers.
    """

    unit_of_work: UnitOfWorkFactory
    secrets: SecretBox
    courier: Courier
    addresses: AddressPolicy
    lease: timedelta = timedelta(minutes=2)
    threads: int = 8

    def subscriptions(self) -> list[Subscription[Any]]:
        return [
            Subscription("webhooks.progress", EnvelopeProgressed, publishing.publish_progress),
            Subscription("webhooks.released", RecipientReleased, publishing.publish_release),
        ]

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints(self.unit_of_work, self.secrets, self.addresses)

    def deliver_due(self) -> int:
        """Sends what is due; returns how many attempts were made. Any number of workers may run it at once.

        Endpoints that are slow, many as they be, are waited for in threads of one run: the next run finds them busy and
        ends at once, so that they never take all the workers.
        """
        deliverer = Deliverer(self.unit_of_work, self.secrets, self.courier, self.lease)
        deliverer.give_up_lost()
        threads = min(self.threads, deliverer.count_due_endpoints())
        if threads == 0:
            return 0
        deadline = time.monotonic() + _LONGEST_RUN_SECONDS
        with ThreadPoolExecutor(threads, thread_name_prefix="webhooks") as pool:
            runs = [pool.submit(deliverer.send_until, deadline) for _ in range(threads)]
        return sum(run.result() for run in runs)

    def send_test(self, actor: Actor, endpoint_id: UUID) -> DeliveryView:
        """An `endpoint.test` to this endpoint. Raises `WebhookEndpointNotFound`, `WebhookEndpointDisabled`."""
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            endpoint = find_endpoint(uow, actor, endpoint_id, is_locked=True)
            if endpoint.state != EndpointState.ACTIVE:
                raise WebhookEndpointDisabled
            delivery_id = publishing.publish_test(uow, endpoint)
        return self.delivery(actor, delivery_id)

    def deliveries(
        self, actor: Actor, wanted: DeliveryFilter, *, before: UUID | None = None, limit: int = 50
    ) -> Sequence[WebhookDelivery]:
        """Newest first. Raises `ScopeMissing`."""
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            return repository.deliveries(uow.session, actor.organisation_id, wanted, before=before, limit=limit)

    def delivery(self, actor: Actor, delivery_id: UUID) -> DeliveryView:
        """Raises `ScopeMissing`, `WebhookDeliveryNotFound`."""
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            found = repository.delivery(uow.session, actor.organisation_id, delivery_id)
            if found is None:
                raise WebhookDeliveryNotFound
            return DeliveryView(found, repository.attempts(uow.session, [found.id]))

    def resend(self, actor: Actor, delivery_id: UUID) -> DeliveryView:
        """Makes a delivery due at once, whatever became of it: same event id, same body, a new series of attempts.

        Raises `ScopeMissing`, `WebhookDeliveryNotFound`, `WebhookEndpointDisabled`, `WebhookDeliveryBusy`.
        """
        require_webhooks(actor)
        with self.unit_of_work() as uow:
            known = repository.delivery(uow.session, actor.organisation_id, delivery_id)
            if known is None:
                raise WebhookDeliveryNotFound
            endpoint = repository.endpoint(uow.session, actor.organisation_id, known.endpoint_id, is_locked=True)
            if endpoint is None or endpoint.state != EndpointState.ACTIVE:
                raise WebhookEndpointDisabled
            uow.session.refresh(known, with_for_update=True)
            if known.state == DeliveryState.SENDING:
                raise WebhookDeliveryBusy(retry_after_seconds=_RETRY_AFTER_SECONDS)
            if known.state in SETTLED:
                known.series_start = known.attempt
            known.state = DeliveryState.PENDING
            known.settled_at = None
            known.next_attempt_at = uow.now
            endpoint.held_until = None
        return self.delivery(actor, delivery_id)
