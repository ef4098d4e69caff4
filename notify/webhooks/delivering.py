"""Delivering: row, call, result, each in its own place.

    1. `send_next`     a delivery is claimed: pending → sending, attempt + 1        (one transaction)
                       the endpoint is called                                       (no transaction)
                       the attempt is logged, and what follows from it, if it is
                       still ours                                                   (one transaction)
    2. `give_up_lost`  an attempt whose sender died is recorded as `worker_lost`, by the same function

A crash in 1 leaves a delivery in `sending`; its lease runs out, 2 records the attempt as lost, and it is sent again.
Whether the endpoint had it already nobody can know: it is delivered at least once, always with the same event id.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func

from core import ids
from core.secrets import SecretBox, UnreadableSecret
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from notify.webhooks import policy, repository
from notify.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from notify.webhooks.policy import Answer, DeliveryState, EndpointState, Outcome
from notify.webhooks.ports import Courier, Parcel
from notify.webhooks.signature import signature_header

_BATCH = 200
USER_AGENT = "Dingyue-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Deliverer:
    """`lease` must be longer than the courier ever takes: a sender that hasn't answered by then is taken for dead."""

    unit_of_work: UnitOfWorkFactory
    secrets: SecretBox
    courier: Courier
    lease: timedelta

    def give_up_lost(self) -> int:
        """Records the attempts of dead senders. Returns how many there were."""
        with self.unit_of_work() as uow:
            repository.drop_expired_secrets(uow.session, uow.now)
            lost = repository.lost_attempts(uow.session, self.lease, _BATCH)
        return sum(
            self._record(delivery_id, attempt, Answer(Outcome.WORKER_LOST)) is not None for delivery_id, attempt in lost
        )

    def count_due_endpoints(self) -> int:
        with self.unit_of_work() as uow:
            return repository.count_due_endpoints(uow.session, uow.now, self.lease)

    def send_until(self, deadline: float) -> int:
        """Sends one after the other until nothing is due or the deadline (monotonic) is over. Returns how many."""
        sent = 0
        while time.monotonic() < deadline and self.send_next() is not None:
            sent += 1
        return sent

    def send_next(self) -> DeliveryState | None:
        """Sends the delivery that is due the longest; None if there is nothing to send."""
        with self.unit_of_work() as uow:
            delivery, endpoint = repository.claim_due(uow.session, uow.now, self.lease)
            if delivery is None or endpoint is None:
                return None
            delivery.state = DeliveryState.SENDING
            delivery.attempt += 1
            delivery.claimed_at = func.now()
            parcel = self._compose(uow, delivery, endpoint)
        answer = Answer(Outcome.SECRET_UNREADABLE) if parcel is None else self.courier.post(parcel)
        return self._record(delivery.id, delivery.attempt, answer)

    def _compose(self, uow: UnitOfWork, delivery: WebhookDelivery, endpoint: WebhookEndpoint) -> Parcel | None:
        """None if the secrets can't be opened: an unsigned delivery is never sent."""
        purpose = policy.secret_purpose(endpoint.id)
        try:
            keys = [
                self.secrets.open(secret.sealed, purpose).decode()
                for secret in repository.secrets_in_force(uow.session, [endpoint.id], uow.now)
            ]
        except UnreadableSecret:
            return None
        if not keys:
            return None
        body = delivery.body.encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": USER_AGENT,
            "Dingyue-Event-Id": ids.public(ids.EVENT, delivery.event_id),
            "Dingyue-Event-Type": delivery.event_type,
            "Dingyue-Delivery-Id": ids.public(ids.WEBHOOK_DELIVERY, delivery.id),
            "Dingyue-Signature": signature_header(keys, int(uow.now.timestamp()), body),
        }
        return Parcel(endpoint.url, headers, body)

    def _record(self, delivery_id: UUID, attempt: int, answer: Answer) -> DeliveryState | None:
        """Logs the attempt and acts on it; None if somebody else has taken it for lost meanwhile."""
        with self.unit_of_work() as uow:
            held = repository.lock_attempt(uow.session, delivery_id, attempt)
            if held is None:
                return None
            delivery, endpoint = held
            uow.session.add(_log_entry(uow, delivery, answer))
            _judge_endpoint(uow, endpoint, answer)
            _judge_delivery(uow, delivery, endpoint, answer)
            return DeliveryState(delivery.state)


def disable(uow: UnitOfWork, endpoint: WebhookEndpoint, reason: policy.DisabledReason) -> None:
    """Nothing is sent there any more, and nothing that happens from now on is kept for it."""
    endpoint.state = EndpointState.DISABLED
    endpoint.disabled_reason = reason
    endpoint.disabled_at = uow.now
    repository.cancel_pending(uow.session, endpoint.id, uow.now)


def _judge_delivery(uow: UnitOfWork, delivery: WebhookDelivery, endpoint: WebhookEndpoint, answer: Answer) -> None:
    again_at = policy.next_attempt_at(answer.outcome, delivery.attempt - delivery.series_start, uow.now)
    if answer.outcome == Outcome.DELIVERED:
        delivery.state = DeliveryState.DELIVERED
    elif endpoint.state != EndpointState.ACTIVE:
        delivery.state = DeliveryState.CANCELLED
    elif again_at is None:
        delivery.state = DeliveryState.FAILED
    else:
        delivery.state = DeliveryState.PENDING
        delivery.next_attempt_at = again_at
        return
    delivery.settled_at = uow.now


def _judge_endpoint(uow: UnitOfWork, endpoint: WebhookEndpoint, answer: Answer) -> None:
    if answer.outcome == Outcome.DELIVERED:
        endpoint.failing_since, endpoint.failures, endpoint.held_until = None, 0, None
        return
    if not policy.counts_against_endpoint(answer.outcome) or endpoint.state != EndpointState.ACTIVE:
        return
    endpoint.failing_since = endpoint.failing_since or uow.now
    endpoint.failures += 1
    endpoint.held_until = policy.held_until(endpoint.failures, uow.now)
    reason = policy.reason_to_disable(answer, endpoint.failing_since, uow.now)
    if reason is not None:
        disable(uow, endpoint, reason)


def _log_entry(uow: UnitOfWork, delivery: WebhookDelivery, answer: Answer) -> WebhookAttempt:
    return WebhookAttempt(
        id=uow.new_id(),
        delivery_id=delivery.id,
        number=delivery.attempt,
        at=uow.now,
        outcome=answer.outcome,
        status_code=answer.status_code,
        duration_ms=answer.duration_ms,
        response=answer.response,
    )
