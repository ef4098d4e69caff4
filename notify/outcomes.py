"""What an answer, or the lack of one, makes of a message. Called with the message's row locked."""

from datetime import datetime
from typing import Literal

from core.unit_of_work import UnitOfWork
from notify import policy, repository
from notify.events import LinkMessageSettled
from notify.models import DeliveryReceipt, Message
from notify.policy import FailureAction, MessageState
from notify.ports import Report
from notify.templates import template_named


def apply_report(uow: UnitOfWork, message: Message, report: Report) -> None:
    """Moves the message as far as the report says, never back, and keeps a receipt.

    An undelivered reminder whose error asks for it is queued again: the provider has said that it did not arrive. A
    message with a secret isn't, since the secret is gone once it was sent.
    """
    if report.provider_id and not repository.add_receipt(uow.session, _receipt(uow, message, report)):
        return  # a replay: whatever this said has been acted upon
    if not policy.moves(_standing(message), report.state):
        return
    before = MessageState(message.state)
    had_secret = template_named(message.template).secret_purpose is not None
    message.provider_id = report.provider_id or None
    message.error_code = report.error_code
    if report.provider_id and message.sent_at is None:
        message.sent_at = uow.now
    if policy.is_news_of_arrival(before, report.state):
        _tell(uow, message, "sent", None)
    is_retried = (
        report.action == FailureAction.RETRY
        and not had_secret
        and policy.may_try_again(message.attempt, message.expires_at, uow.now)
    )
    if is_retried:
        _requeue(message, "retry", policy.retry_at(message.attempt, uow.now))
    elif policy.is_settled(report.state):
        settle(uow, message, report.state, report.action and str(report.action))
    else:
        message.state = report.state
        message.reason = None
        message.sealed_secret = None


def try_later(uow: UnitOfWork, message: Message) -> None:
    """The channel is down; the message was not taken."""
    if policy.has_expired(message.expires_at, uow.now):
        settle(uow, message, MessageState.CANCELLED, "expired")
    else:
        _requeue(message, "channel_unavailable", policy.retry_at(message.attempt, uow.now))


def mark_unknown(_: UnitOfWork, message: Message) -> None:
    """No answer: only the provider's own list can tell."""
    message.state = MessageState.UNKNOWN
    message.reason = "no_answer"


def send_again(uow: UnitOfWork, message: Message) -> None:
    """The provider's list has shown that it never had the message: it may be sent, if it is still of use."""
    if policy.has_expired(message.expires_at, uow.now):
        settle(uow, message, MessageState.CANCELLED, "expired")
    else:
        _requeue(message, "not_accepted", uow.now)


def settle(uow: UnitOfWork, message: Message, state: MessageState, reason: str | None) -> None:
    """Ends the message; its secret has no more use."""
    message.state = state
    message.reason = reason
    message.sealed_secret = None
    message.settled_at = uow.now
    if state != MessageState.DELIVERED:
        _tell(uow, message, "failed", reason or str(state))


def _tell(uow: UnitOfWork, message: Message, outcome: Literal["sent", "failed"], reason: str | None) -> None:
    """Signing hears what becomes of a link, as long as no newer link was sent to the same recipient."""
    if message.envelope_id is None or message.recipient_id is None:
        return
    if repository.has_newer_link(uow.session, message):
        return
    uow.emit(
        LinkMessageSettled(
            message_id=message.id,
            envelope_id=message.envelope_id,
            recipient_id=message.recipient_id,
            outcome=outcome,
            reason=reason,
            queued_at=message.created_at,
            settled_at=uow.now,
        )
    )


def _standing(message: Message) -> MessageState:
    """The state that reports are measured against.

    A message queued for a retry still stands as undelivered: an older `sent` that comes in late must not take it out
    of the queue, only the news that it was delivered after all.
    """
    is_retry = message.state == MessageState.QUEUED and message.provider_id is not None
    return MessageState.UNDELIVERED if is_retry else MessageState(message.state)


def _requeue(message: Message, reason: str, not_before: datetime) -> None:
    message.state = MessageState.QUEUED
    message.reason = reason
    message.not_before = not_before


def _receipt(uow: UnitOfWork, message: Message, report: Report) -> DeliveryReceipt:
    return DeliveryReceipt(
        id=uow.new_id(),
        message_id=message.id,
        attempt=message.attempt,
        provider_id=report.provider_id,
        provider_status=report.provider_status,
        error_code=report.error_code,
        received_at=uow.now,
    )
