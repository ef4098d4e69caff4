"""The platform's seal on every document, once everybody has acted. Runs as often as events are delivered; seals once.

A failure leaves the envelope visibly `sealing`, with the reason, and raises, so that the event is delivered again.
"""

from datetime import datetime
from uuid import UUID

from accounts import repository as accounts
from core import ids
from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from signing import policy, repository, work
from signing.context import SigningContext
from signing.events import EnvelopeCompleted, SignedDocument, SignerFact
from signing.evidence import record_for_envelope
from signing.models import Envelope, Recipient
from signing.policy import SIGNING, EnvelopeState
from signing.release_recipients import release_recipients
from signing.repository import EnvelopeFile
from signing.rescind_envelope import undo
from signing.work import NewRevision

REASON = "全部签署方已签署 / Signed by all parties"


def seal_envelope(context: SigningContext, envelope_id: UUID) -> None:
    """Idempotent. Raises `EnvelopeBusy` while another worker is at it, or what kept it from being sealed."""
    with context.unit_of_work() as uow:
        envelope = repository.envelope_for_update(uow.session, envelope_id)
        if envelope.state != EnvelopeState.SEALING:
            return
        work_id = work.claim(uow, context, envelope)
        sealed_at = uow.now
        documents = repository.envelope_documents(uow.session, envelope_id)
    try:
        sealed = [_seal(context, document, sealed_at) for document in documents]
    except Exception as error:
        work.give_up(context, envelope_id, work_id, error)
        raise
    with context.unit_of_work() as uow:
        _finish(uow, context, envelope_id=envelope_id, work_id=work_id, sealed=sealed, sealed_at=sealed_at)


def _seal(context: SigningContext, document: EnvelopeFile, sealed_at: datetime) -> NewRevision:
    return work.make_revision(
        context, document, lambda data: context.signer.seal(data, sealed_at=sealed_at, reason=REASON)
    )


def _finish(
    uow: UnitOfWork,
    context: SigningContext,
    *,
    envelope_id: UUID,
    work_id: UUID,
    sealed: list[NewRevision],
    sealed_at: datetime,
) -> None:
    envelope = repository.envelope_for_update(uow.session, envelope_id)
    if envelope.state != EnvelopeState.SEALING:
        return  # Another worker took over a lapsed lease and was faster.
    recipients = repository.recipients(uow.session, envelope_id)
    before = repository.progress(envelope, recipients)
    after = policy.complete(before)
    work.finish(uow, envelope, work_id, sealed, cause="sealed")
    envelope.ended_at = uow.now
    repository.store_progress(after, envelope, recipients)
    envelope.completion_evidence_id = record_for_envelope(
        uow,
        envelope,
        recipients,
        step="envelope.completed",
        facts=_facts(context, envelope, recipients, sealed_at),
        files=[new.stored for new in sealed],
    )
    undone_id = undo(uow, envelope, recipients)
    _announce(uow, envelope, recipients, sealed, evidence_id=envelope.completion_evidence_id, undone_id=undone_id)
    release_recipients(uow, context, envelope, recipients, policy.newly_released(before, after))


def _facts(
    context: SigningContext, envelope: Envelope, recipients: list[Recipient], sealed_at: datetime
) -> dict[str, object]:
    return {
        "title": envelope.title,
        "revision": envelope.revision,
        "sealed_at": rfc3339(sealed_at),
        "rescinds": ids.public(ids.ENVELOPE, envelope.rescinds_id) if envelope.rescinds_id else None,
        "signers": [
            {
                "role": signer.role,
                "name": signer.name,
                "organisation_name": signer.organisation_name,
                "uscc": signer.uscc,
                "signed_at": rfc3339(signed_at),
            }
            for signer, signed_at in _signatures(recipients)
        ],
        "software": context.software,
        "clock": context.clock_source,
    }


def _announce(
    uow: UnitOfWork,
    envelope: Envelope,
    recipients: list[Recipient],
    sealed: list[NewRevision],
    *,
    evidence_id: UUID,
    undone_id: UUID | None,
) -> None:
    confirmed = _confirmed(uow, recipients)
    uow.emit(
        EnvelopeCompleted(
            envelope_id=envelope.id,
            organisation_id=envelope.organisation_id,
            title=envelope.title,
            completed_at=uow.now,
            documents=[
                SignedDocument(name=new.document.name, object_key=new.stored.object_key, sha256=new.stored.file.sha256)
                for new in sealed
            ],
            evidence_id=evidence_id,
            contract_class=envelope.contract_class,
            is_test=envelope.is_test,
            rescinds_id=undone_id,
            signers=[
                SignerFact(
                    recipient_id=signer.id,
                    name=signer.name,
                    phone=signer.phone,
                    email=signer.email,
                    organisation_name=signer.organisation_name,
                    uscc=signer.uscc,
                    signed_at=signed_at,
                    is_confirmed=signer.id in confirmed,
                )
                for signer, signed_at in _signatures(recipients)
            ],
        )
    )


def _confirmed(uow: UnitOfWork, recipients: list[Recipient]) -> set[UUID]:
    """The recipients who sign for an organisation without an account, or by the phone of one of its members."""
    organisation_ids = {each.organisation_id for each in recipients if each.organisation_id is not None}
    with uow.session.no_autoflush:  # the envelope goes to the database once, with the id of its evidence
        phones = accounts.members_phones(uow.session, organisation_ids)
    return {
        each.id for each in recipients if each.organisation_id is None or (each.organisation_id, each.phone) in phones
    }


def _signatures(recipients: list[Recipient]) -> list[tuple[Recipient, datetime]]:
    """Those who signed or sealed, in signing order, with the instant of each signature."""
    return [
        (recipient, recipient.signed_at)
        for recipient in recipients
        if recipient.role in SIGNING and recipient.signed_at is not None
    ]
