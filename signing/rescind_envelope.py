"""解约: the parties undo a contract they signed (民法典 §562), by signing an agreement to that end.

A rescission is an envelope of its own, whose document we write: it names the contract and its digests. Everybody who
signed the contract must sign it. The contract's envelope stays completed: what was signed was signed; it is only
marked rescinded, with evidence, when the last one has signed.
"""

from collections.abc import Sequence
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import local_date
from core.unit_of_work import UnitOfWork
from signing import repository
from signing.context import SigningContext
from signing.create_envelope import add_draft
from signing.errors import EnvelopeNotFound, NotRescindable
from signing.evidence import record_for_envelope, sender_facts
from signing.models import Envelope, Recipient
from signing.papers.rescission_agreement import (
    RescissionAgreement,
    RescissionFacts,
    RescissionParty,
    rescission_agreement,
)
from signing.plan import NewEnvelope, NewField, NewRecipient, check_text
from signing.policy import SIGNING, EnvelopeState, RecipientRole, RecipientState
from signing.upload_document import upload_document

LONGEST_REASON = 500


def rescind_envelope(context: SigningContext, actor: Actor, envelope_id: UUID, reason: str) -> UUID:
    """The id of the draft to send. An organisation that signed, or sent, may begin; all who signed must sign.

    Raises `EnvelopeNotFound`, or `NotRescindable` if the envelope isn't completed, is rescinded already, is a
    rescission itself, or another one is under way.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        envelope, signers = _completed(uow, actor, envelope_id)
        if actor.organisation_id not in {envelope.organisation_id, *(signer.organisation_id for signer in signers)}:
            raise NotRescindable
        facts = _facts(uow, envelope, signers, reason)
    agreement = rescission_agreement(facts)
    document = upload_document(context, actor, name=f"解除协议 {facts.envelope}.pdf", data=agreement.data)
    with context.unit_of_work() as uow:
        envelope, signers = _completed(uow, actor, envelope_id)
        plan = _plan(envelope, signers, document.id, agreement)
        draft = add_draft(uow, actor, plan, rescinds_id=envelope.id)
        record_for_envelope(
            uow,
            envelope,
            repository.recipients(uow.session, envelope.id),
            step="envelope.rescission_begun",
            facts={
                "by": sender_facts(actor),
                "reason": reason,
                "rescission": ids.public(ids.ENVELOPE, draft.id),
            },
        )
    return draft.id


def require_sendable(uow: UnitOfWork, rescission: Envelope) -> None:
    """Before a rescission goes out: two drafts may stand side by side, but only one of them is sent.

    Locks the contract's envelope. Raises `NotRescindable`.
    """
    if rescission.rescinds_id is None:
        return
    envelope = repository.envelope_for_update(uow.session, rescission.rescinds_id)
    under_way = repository.live_rescission(uow.session, envelope.id)
    if envelope.rescinded_at is not None or under_way not in {None, rescission.id}:
        raise NotRescindable


def undo(uow: UnitOfWork, rescission: Envelope, recipients: Sequence[Recipient]) -> UUID | None:
    """Marks the contract's envelope as rescinded, now that the rescission is complete; its id, if it is.

    Only if the rescission bears all the contract's signatures. It does by the way it is made; it is asked once more,
    because a contract undone by one side alone could not be mended.
    """
    if rescission.rescinds_id is None:
        return None
    envelope = repository.envelope_for_update(uow.session, rescission.rescinds_id)
    original = repository.recipients(uow.session, envelope.id)
    is_covered = {each.uscc for each in _signers(original)} <= {each.uscc for each in _signers(recipients)}
    if not is_covered or envelope.is_test != rescission.is_test:
        return None
    envelope.rescinded_at = uow.now
    facts = {"rescission": ids.public(ids.ENVELOPE, rescission.id)}
    record_for_envelope(uow, envelope, original, step="envelope.rescinded", facts=facts)
    return envelope.id


def _completed(uow: UnitOfWork, actor: Actor, envelope_id: UUID) -> tuple[Envelope, list[Recipient]]:
    """The envelope, locked so that two can't begin at once, and those who signed it."""
    if repository.envelope(uow.session, actor, envelope_id) is None:
        raise EnvelopeNotFound
    envelope = repository.envelope_for_update(uow.session, envelope_id)
    is_open = (
        envelope.state == EnvelopeState.COMPLETED
        and envelope.rescinded_at is None
        and envelope.rescinds_id is None
        and repository.live_rescission(uow.session, envelope.id) is None
    )
    if not is_open:
        raise NotRescindable
    return envelope, _signers(repository.recipients(uow.session, envelope.id))


def _signers(recipients: Sequence[Recipient]) -> list[Recipient]:
    return [each for each in recipients if each.role in SIGNING and each.state == RecipientState.COMPLETED]


def _facts(uow: UnitOfWork, envelope: Envelope, signers: Sequence[Recipient], reason: str) -> RescissionFacts:
    documents = repository.envelope_documents(uow.session, envelope.id)
    return RescissionFacts(
        title=envelope.title,
        envelope=ids.public(ids.ENVELOPE, envelope.id),
        completed_at=envelope.ended_at or uow.now,
        documents=[(file.name, file.current.sha256) for file in documents],
        parties=[
            RescissionParty(
                key=signer.key,
                name=signer.name,
                organisation_name=signer.organisation_name,
                uscc=signer.uscc,
                role=RecipientRole(signer.role),
            )
            for signer in signers
        ],
        reason=reason,
        date=local_date(uow.now),
    )


def _plan(
    envelope: Envelope, signers: Sequence[Recipient], document_id: UUID, agreement: RescissionAgreement
) -> NewEnvelope:
    return NewEnvelope(
        document_ids=[document_id],
        title=f"解除：{envelope.title}"[:200],
        recipients=[
            NewRecipient(
                key=signer.key,
                name=signer.name,
                phone=signer.phone,
                email=signer.email,
                organisation_name=signer.organisation_name,
                uscc=signer.uscc,
                role=RecipientRole(signer.role),
                order=1,
                language=signer.language,
            )
            for signer in signers
        ],
        fields=[
            NewField(
                name=f"party_{number}_{box.kind}",
                recipient_key=key,
                kind=box.kind,
                page=box.page,
                x=box.x,
                y=box.y,
                width=box.width,
                height=box.height,
            )
            for number, (key, boxes) in enumerate(agreement.boxes.items(), start=1)
            for box in boxes
        ],
        language=envelope.language,
        contract_class=envelope.contract_class,
        is_test=envelope.is_test,
    )
