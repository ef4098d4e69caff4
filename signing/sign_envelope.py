"""One recipient acts: signs, applies their organisation's seal, or approves.

    claim    transaction: all that must hold before (`signature_attempt.begin`); lease on the envelope; certificate
    sign     no transaction: the PDF increments, the time-stamps, the object store
    finish   transaction: if the lease still stands, the signature counts (`signature_attempt.count`)

An approval changes no PDF and takes one transaction. Repeating any of it (a double click, a retry after a crash) never
acts twice: a recipient who has acted gets the same answer again, and of two attempts only the one that holds the lease
stores its result.
"""

from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing import policy, repository, signature_attempt, work
from signing.context import SigningContext
from signing.evidence import record_for_envelope
from signing.policy import RecipientRole, RecipientState
from signing.repository import EnvelopeFile
from signing.signature_attempt import Action, Attempt
from signing.signing_session import Seat, take_seat
from signing.work import NewRevision


def sign_envelope(context: SigningContext, session_token: str, action: Action) -> None:
    """Raises `CodeRequired`, `ConsentMissing`, `NotYourTurn`, `EnvelopeBusy` … or an `InvalidInput` about a field."""
    action = signature_attempt.with_checked_pictures(action)
    with context.unit_of_work() as uow:
        seat = take_seat(uow, session_token)
        if seat.recipient.state == RecipientState.COMPLETED:
            return
        if seat.recipient.role == RecipientRole.APPROVER:
            _approve(uow, context, seat, action)
            return
        attempt = signature_attempt.begin(uow, context, seat, action)
        work_id = work.claim(uow, context, seat.envelope)
    try:
        attempt = signature_attempt.with_seal_picture(context, attempt)
        revisions = [_sign(context, attempt, document) for document in attempt.documents]
        with context.unit_of_work() as uow:
            seat = take_seat(uow, session_token)
            if seat.recipient.state != RecipientState.COMPLETED:
                _finish(uow, context, seat, attempt, work_id=work_id, revisions=revisions)
    except Exception as error:
        work.give_up(context, attempt.envelope_id, work_id, error)
        raise


def _sign(context: SigningContext, attempt: Attempt, document: EnvelopeFile) -> NewRevision:
    order = attempt.orders[document.position]
    return work.make_revision(context, document, lambda data: context.signer.sign(data, order))


def _finish(
    uow: UnitOfWork,
    context: SigningContext,
    seat: Seat,
    attempt: Attempt,
    *,
    work_id: UUID,
    revisions: list[NewRevision],
) -> None:
    signature_attempt.count(
        uow,
        context,
        seat,
        attempt,
        work_id=work_id,
        revisions=revisions,
        certificate=signature_attempt.local_certificate_facts(uow, attempt),
    )


def _approve(uow: UnitOfWork, context: SigningContext, seat: Seat, action: Action) -> None:
    signature_attempt.require_ready(context, seat, action, uow.now)
    before = seat.progress
    after = policy.act(before, seat.recipient.id)
    facts = signature_attempt.action_facts(context, seat, action.origin)
    seat.recipient.signed_at = uow.now
    repository.store_progress(after, seat.envelope, seat.recipients)
    record_for_envelope(
        uow, seat.envelope, seat.recipients, step="recipient.approved", facts=facts, recipient=seat.recipient
    )
    signature_attempt.go_on(uow, context, seat, before, after)
