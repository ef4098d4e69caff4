"""What the sender may still change once an envelope is out: take it back to mend it, or give it more time."""

from datetime import datetime
from uuid import UUID

from accounts.policy import Actor, Scope
from core.clock import rfc3339
from signing import policy, repository, work
from signing.context import SigningContext
from signing.errors import EnvelopeNotFound, ExtensionInvalid
from signing.evidence import record_for_envelope, sender_facts
from signing.plan import check_expiry, check_text

LONGEST_REASON = 500


def correct_envelope(context: SigningContext, actor: Actor, envelope_id: UUID, reason: str) -> None:
    """Makes an envelope that nobody has signed a draft again: all links die, and it can be changed and sent anew.

    Raises `EnvelopeNotFound`, `EnvelopeStateConflict`, `AlreadySignedBySomebody`, or `EnvelopeBusy` while somebody
    is signing.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
        if envelope is None:
            raise EnvelopeNotFound
        recipients = repository.recipients(uow.session, envelope.id)
        after = policy.correct(repository.progress(envelope, recipients))
        work.require_free(envelope, uow.now)
        for recipient in recipients:
            recipient.token_hash = recipient.link_expires_at = recipient.released_at = recipient.signed_at = None
            repository.end_sessions(uow.session, recipient.id, uow.now)
        envelope.version += 1
        envelope.work_id = envelope.work_until = envelope.next_reminder_at = None
        repository.store_progress(after, envelope, recipients)
        facts = {"by": sender_facts(actor), "reason": reason}
        record_for_envelope(uow, envelope, recipients, step="envelope.corrected", facts=facts)
        envelope.sent_at = None  # from here nobody but the sender reads it, until it is sent anew


def extend_envelope(context: SigningContext, actor: Actor, envelope_id: UUID, expires_at: datetime) -> None:
    """Gives the recipients more time. Raises `EnvelopeNotFound`, `EnvelopeStateConflict`, `EnvelopeExpired`,
    `ExtensionInvalid` or `ExpiryInvalid`."""
    actor.require(Scope.ENVELOPES_WRITE)
    with context.unit_of_work() as uow:
        envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
        if envelope is None:
            raise EnvelopeNotFound
        recipients = repository.recipients(uow.session, envelope.id)
        policy.require_extendable(repository.progress(envelope, recipients))
        policy.require_live(expires_at=envelope.expires_at, now=uow.now)
        check_expiry(expires_at, uow.now)
        if expires_at <= envelope.expires_at:
            raise ExtensionInvalid(current=rfc3339(envelope.expires_at))
        facts = {"by": sender_facts(actor), "from": rfc3339(envelope.expires_at), "to": rfc3339(expires_at)}
        envelope.expires_at = expires_at
        for recipient in recipients:
            if recipient.link_expires_at is not None:
                recipient.link_expires_at = expires_at + context.reading_lifetime
        record_for_envelope(uow, envelope, recipients, step="envelope.extended", facts=facts)
