"""Pure decisions about webhooks: what may be heard of, when to try again, when to stop.

    delivery   pending → sending → delivered | pending (tried again later) | failed
               pending → cancelled (its endpoint was disabled or deleted); resend: settled → pending
    endpoint   active ⇄ disabled (by hand, gone, failing) → deleted

At least once: whoever dies between a call and its record leaves a delivery that is sent again, with the same event id.
Order is not promised. A consumer keeps the event ids it has seen, and takes the order from `created_at`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from notify.webhooks.errors import WebhookEventTypesInvalid

MOST_ENDPOINTS = 10
MOST_SECRETS = 2
ALL_TYPES = "*"
DISABLE_AFTER = timedelta(days=5)
RESPONSE_KEPT = 500
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
# Eleven attempts over not quite three days: a weekend's outage is bridged.
_PAUSES = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 3 * _HOUR, 6 * _HOUR, *(12 * _HOUR,) * 5)
_FIRST_HOLD, _LONGEST_HOLD = timedelta(seconds=10), timedelta(minutes=10)


class EventType(StrEnum):
    """Everything an endpoint can hear of. The names never change; new ones may come."""

    ENVELOPE_SENT = "envelope.sent"
    ENVELOPE_CORRECTED = "envelope.corrected"
    ENVELOPE_EXTENDED = "envelope.extended"
    ENVELOPE_COMPLETED = "envelope.completed"
    ENVELOPE_DECLINED = "envelope.declined"
    ENVELOPE_VOIDED = "envelope.voided"
    ENVELOPE_EXPIRED = "envelope.expired"
    ENVELOPE_FAILED = "envelope.failed"
    ENVELOPE_RESCINDED = "envelope.rescinded"
    RECIPIENT_RELEASED = "recipient.released"
    RECIPIENT_SENT = "recipient.sent"
    RECIPIENT_BOUNCED = "recipient.bounced"
    RECIPIENT_VIEWED = "recipient.viewed"
    RECIPIENT_AUTHENTICATED = "recipient.authenticated"
    RECIPIENT_SIGNED = "recipient.signed"
    RECIPIENT_APPROVED = "recipient.approved"
    RECIPIENT_REPLACED = "recipient.replaced"
    ENDPOINT_TEST = "endpoint.test"


_NOT_CHOSEN = {EventType.ENDPOINT_TEST}
CHOICES = frozenset(EventType) - _NOT_CHOSEN
"""What an endpoint may ask for; a test goes to the endpoint it is asked of."""


class EndpointState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """By its owner; because it answered 410 Gone; because nothing got through for `DISABLE_AFTER`."""

    BY_HAND = "by_hand"
    GONE = "gone"
    FAILING = "failing"


class DeliveryState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


SETTLED = frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED})


class Outcome(StrEnum):
    """What came of one attempt. `worker_lost` and `secret_unreadable` are ours; the rest is the endpoint's."""

    DELIVERED = "delivered"
    HTTP_ERROR = "http_error"
    REDIRECTED = "redirected"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    TLS_FAILED = "tls_failed"
    BROKEN_ANSWER = "broken_answer"
    ADDRESS_REFUSED = "address_refused"
    WORKER_LOST = "worker_lost"
    SECRET_UNREADABLE = "secret_unreadable"  # noqa: S105 - the name of an outcome


_OURS = {Outcome.WORKER_LOST, Outcome.SECRET_UNREADABLE}


@dataclass(frozen=True, slots=True)
class Answer:
    """What an attempt brought: `status_code` None without an answer; `response` is its tidied beginning."""

    outcome: Outcome
    status_code: int | None = None
    duration_ms: int | None = None
    response: str = ""


def outcome_of(status_code: int) -> Outcome:
    """Any 2xx is a delivery. A redirect is not followed: it would lead past every check of the address."""
    if 200 <= status_code < 300:
        return Outcome.DELIVERED
    return Outcome.REDIRECTED if 300 <= status_code < 400 else Outcome.HTTP_ERROR


def check_event_types(names: list[str]) -> list[str]:
    """`["*"]`, or the chosen types once each, sorted. Raises `WebhookEventTypesInvalid`."""
    if names == [ALL_TYPES]:
        return names
    unknown = sorted(set(names) - CHOICES)
    if unknown or not names:
        raise WebhookEventTypesInvalid(unknown=", ".join(name[:40] for name in unknown[:10]) or "[]")
    return sorted(set(names))


def wants(chosen: list[str], event_type: EventType) -> bool:
    return event_type in chosen or chosen == [ALL_TYPES]


def next_attempt_at(outcome: Outcome, tries: int, now: datetime) -> datetime | None:
    """When to try again after `tries` attempts of a series; None: never by itself.

    Our own accident is made up for at once, but counts: a delivery that kills its senders must not do so for ever.
    """
    if tries > len(_PAUSES):
        return None
    return now if outcome == Outcome.WORKER_LOST else now + _PAUSES[tries - 1]


def counts_against_endpoint(outcome: Outcome) -> bool:
    return outcome != Outcome.DELIVERED and outcome not in _OURS


def held_until(failures: int, now: datetime) -> datetime:
    """How long an endpoint is left alone after so many failures in a row: 10, 20, 40, … s, at most 10 minutes."""
    return now + min(_FIRST_HOLD * (1 << min(failures - 1, 10)), _LONGEST_HOLD)


def reason_to_disable(answer: Answer, failing_since: datetime, now: datetime) -> DisabledReason | None:
    """410 says that the endpoint is gone for good (RFC 9110 §15.5.11); days without a success say the same."""
    if answer.status_code == 410:
        return DisabledReason.GONE
    return DisabledReason.FAILING if now - failing_since >= DISABLE_AFTER else None


def tidy_response(data: bytes) -> str:
    """The first `RESPONSE_KEPT` bytes as text for a log: what isn't printable can't forge lines or colours in it."""
    text = data[:RESPONSE_KEPT].decode("utf-8", "replace")
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def secret_purpose(endpoint_id: UUID) -> str:
    """Binds a sealed secret to its endpoint (`core.secrets.SecretBox`)."""
    return f"webhook-secret:{endpoint_id.hex}"
