"""Sends the link again to the signers everybody is waiting for."""

from uuid import UUID

from accounts.policy import Actor, Scope
from signing import policy, repository
from signing.context import SigningContext
from signing.errors import EnvelopeNotFound
from signing.evidence import record_for_envelope, sender_facts
from signing.release_recipients import release_recipients


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
        release_recipients(uow, context, envelope, recipients, due)
        facts = {"by": sender_facts(actor), "recipients": len(due)}
        record_for_envelope(uow, envelope, recipients, step="envelope.reminded", facts=facts)
    return len(due)
