"""Sends the link again to those everybody is waiting for: when the sender asks, or every few days by itself."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing import policy, repository
from signing.context import SigningContext
from signing.errors import EnvelopeNotFound
from signing.evidence import record_for_envelope, sender_facts
from signing.models import Envelope, Recipient
from signing.policy import EnvelopeState
from signing.release_recipients import release_recipients
from signing.send_envelope import plan_reminder

REMINDED_AT_ONCE = 200


def remind_recipients(context: SigningContext, actor: Actor, envelope_id: UUID) -> int:
    """How many were reminded. Each gets a new link; the old one dies, and with it the sessions it opened.

    Raises `EnvelopeNotFound`, `EnvelopeStateConflict`, `EnvelopeExpired`, `NothingToRemind`, `TooManyReminders`.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    with context.unit_of_work() as uow:
        envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
        if envelope is None:
            raise EnvelopeNotFound
        recipients = repository.recipients(uow.session, envelope.id)
        due = policy.to_remind(repository.progress(envelope, recipients))
        policy.require_live(expires_at=envelope.expires_at, now=uow.now)
        policy.check_reminder_rate([recipient.released_at for recipient in recipients if recipient.id in due], uow.now)
        _remind(uow, context, envelope, recipients, due=due, facts={"by": sender_facts(actor)})
    return len(due)


def remind_by_schedule(context: SigningContext, now: datetime) -> int:
    """Reminds in the envelopes whose sender wanted it and whose day has come; in how many.

    Somebody who is in the middle of signing keeps their link: only those who haven't opened it, or opened it and left
    it, get a new one.
    """
    with context.unit_of_work() as uow:
        waiting = repository.envelopes_to_remind(uow.session, now, REMINDED_AT_ONCE)
    return sum(_remind_one(context, envelope_id) for envelope_id in waiting)


def _remind_one(context: SigningContext, envelope_id: UUID) -> bool:
    with context.unit_of_work() as uow:
        envelope = repository.envelope_for_update(uow.session, envelope_id)
        is_due = envelope.next_reminder_at is not None and envelope.next_reminder_at <= uow.now
        if envelope.state != EnvelopeState.IN_PROGRESS or not is_due or uow.now >= envelope.expires_at:
            return False  # signed, ended, reminded or expired since the sweep looked
        recipients = repository.recipients(uow.session, envelope.id)
        progress = repository.progress(envelope, recipients)
        busy = repository.recipients_in_session(uow.session, envelope.id, uow.now)
        due = tuple(party_id for party_id in policy.to_remind(progress) if party_id not in busy)
        plan_reminder(envelope, uow.now)
        if due:
            _remind(uow, context, envelope, recipients, due=due, facts={"by": "platform"})
    return bool(due)


def _remind(
    uow: UnitOfWork,
    context: SigningContext,
    envelope: Envelope,
    recipients: list[Recipient],
    *,
    due: tuple[UUID, ...],
    facts: dict[str, Any],
) -> None:
    release_recipients(uow, context, envelope, recipients, due)
    plan_reminder(envelope, uow.now)
    told = {**facts, "recipients": len(due)}
    record_for_envelope(uow, envelope, recipients, step="envelope.reminded", facts=told)
