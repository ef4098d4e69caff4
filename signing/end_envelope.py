"""The ways an envelope ends without a contract: declined by a recipient, voided by the sender, expired."""

from datetime import datetime
from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing import policy, repository
from signing.context import SigningContext
from signing.errors import EnvelopeNotFound, EnvelopeStateConflict
from signing.events import EnvelopeEnded
from signing.evidence import Origin, recipient_facts, record_for_envelope, sender_facts
from signing.models import Envelope, Recipient
from signing.plan import check_text
from signing.policy import Progress
from signing.signing_session import is_authenticated, take_seat

LONGEST_REASON = 500
EXPIRED_AT_ONCE = 200


def decline_envelope(context: SigningContext, session_token: str, reason: str, origin: Origin) -> None:
    """A signer refuses, which ends the envelope. Raises `AlreadySigned` for one who has signed."""
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        policy.require_live(expires_at=seat.envelope.expires_at, now=uow.now)
        was_authenticated = is_authenticated(seat, uow.now)
        after = policy.decline(seat.progress, seat.recipient.id)
        seat.recipient.decline_reason = reason
        facts = {
            "by": recipient_facts(seat.recipient),
            "reason": reason,
            "authenticated": was_authenticated,
            **origin.facts(),
        }
        _end(uow, after, seat.envelope, seat.recipients, reason)
        record_for_envelope(
            uow, seat.envelope, seat.recipients, step="envelope.declined", facts=facts, recipient=seat.recipient
        )


def void_envelope(context: SigningContext, actor: Actor, envelope_id: UUID, reason: str) -> None:
    """The sender withdraws; open links show so at once. Raises `EnvelopeNotFound`, `EnvelopeStateConflict`."""
    actor.require(Scope.ENVELOPES_WRITE)
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
        if envelope is None:
            raise EnvelopeNotFound
        recipients = repository.recipients(uow.session, envelope.id)
        after = policy.void(repository.progress(envelope, recipients))
        facts = {"by": sender_facts(actor), "reason": reason}
        _end(uow, after, envelope, recipients, reason)
        record_for_envelope(uow, envelope, recipients, step="envelope.voided", facts=facts)


def expire_envelopes(context: SigningContext, now: datetime) -> int:
    """Ends the envelopes whose time to sign is over by `now`, each in a unit of work of its own; how many."""
    with context.unit_of_work() as uow:
        overdue = repository.expired_envelopes(uow.session, now, EXPIRED_AT_ONCE)
    return sum(_expire(context, envelope_id, now) for envelope_id in overdue)


def _expire(context: SigningContext, envelope_id: UUID, now: datetime) -> bool:
    with context.unit_of_work() as uow:
        envelope = repository.envelope_for_update(uow.session, envelope_id)
        recipients = repository.recipients(uow.session, envelope.id)
        progress = repository.progress(envelope, recipients)
        try:
            after = policy.expire(progress, expires_at=envelope.expires_at, now=now)
        except EnvelopeStateConflict:
            return False  # Signed, ended or extended since the sweep looked.
        _end(uow, after, envelope, recipients, "expired")
        record_for_envelope(uow, envelope, recipients, step="envelope.expired", facts={"by": "platform"})
    return True


def _end(uow: UnitOfWork, after: Progress, envelope: Envelope, recipients: list[Recipient], reason: str) -> None:
    repository.store_progress(after, envelope, recipients)
    envelope.ended_at = uow.now
    envelope.end_reason = reason
    # A step that is being made right now loses its lease: its result must not be stored.
    envelope.work_id = envelope.work_until = None
    envelope.next_reminder_at = None
    uow.emit(
        EnvelopeEnded(
            envelope_id=envelope.id,
            organisation_id=envelope.organisation_id,
            title=envelope.title,
            outcome=envelope.state,
            reason=reason,
        )
    )
