"""Sends a draft: its PDFs get all fields before anybody signs, then the first signers get their links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.errors import InvalidInput
from core.unit_of_work import UnitOfWork
from signing import policy, repository, work
from signing.context import SigningContext
from signing.errors import EnvelopeNotFound
from signing.events import EnvelopeEnded
from signing.evidence import document_facts, record_for_envelope, sender_facts
from signing.models import Envelope, Field, Recipient
from signing.plan import FieldKind
from signing.policy import EnvelopeState
from signing.ports import PlacedField, SignedPDF
from signing.release_recipients import release_recipients
from signing.repository import EnvelopeFile
from signing.rescind_envelope import require_sendable
from signing.work import NewRevision

WATERMARK = "测试文件 不具法律效力 TEST — NOT LEGALLY BINDING"
"""Across every page of an envelope in test mode."""


@dataclass(frozen=True, slots=True)
class _Preparation:
    work_id: UUID
    documents: list[EnvelopeFile]
    fields: Sequence[Field]
    prepared_at: datetime
    watermark: str | None


def send_envelope(context: SigningContext, actor: Actor, envelope_id: UUID) -> None:
    """Raises `SealingNotReady`, `EnvelopeNotFound`, `EnvelopeStateConflict`, `EnvelopeExpired`, `EnvelopeBusy`,
    `NotRescindable` for a rescission beside another one.

    If a document can't be prepared the envelope has `failed`; if something didn't answer it is a draft again.
    A crash in between leaves it `processing`; once the lease lapsed, sending again goes on from there.
    """
    actor.require(Scope.ENVELOPES_WRITE)
    context.signer.require_ready()
    with context.unit_of_work() as uow:
        preparation = _claim(uow, context, actor, envelope_id)
    try:
        prepared = [
            _prepare(context, document, preparation, ids.public(ids.ENVELOPE, envelope_id))
            for document in preparation.documents
        ]
    except Exception as error:
        _return(context, envelope_id, preparation.work_id, error)
        raise
    with context.unit_of_work() as uow:
        _finish(uow, context, actor, envelope_id=envelope_id, work_id=preparation.work_id, prepared=prepared)


def _prepare(context: SigningContext, document: EnvelopeFile, preparation: _Preparation, envelope: str) -> NewRevision:
    """Always from the document as it was uploaded: an envelope that was corrected is prepared anew."""
    prepared = context.preparer.prepare(
        context.objects.get(document.uploaded.object_key),
        placed_fields(preparation.fields, document.position),
        prepared_at=preparation.prepared_at,
        page_note=f"鼎约 Dingyue {envelope}",
        watermark=preparation.watermark,
    )
    return work.store_revision(context, document, SignedPDF(prepared))


def placed_fields(fields: Sequence[Field], document: int) -> list[PlacedField]:
    """The fields on one document as they are prepared and signed; the recipient's id tells whose each is."""
    return [
        PlacedField(
            name=field.name,
            recipient=field.recipient_id.hex,
            kind=FieldKind(field.kind),
            page=field.page,
            x=field.x,
            y=field.y,
            width=field.width,
            height=field.height,
        )
        for field in fields
        if field.document == document
    ]


def _claim(uow: UnitOfWork, context: SigningContext, actor: Actor, envelope_id: UUID) -> _Preparation:
    envelope, recipients = _own(uow, actor, envelope_id)
    policy.require_live(expires_at=envelope.expires_at, now=uow.now)
    work.require_free(envelope, uow.now)
    require_sendable(uow, envelope)
    progress = repository.progress(envelope, recipients)
    if progress.state is not EnvelopeState.PROCESSING:
        repository.store_progress(policy.start_processing(progress), envelope, recipients)
    return _Preparation(
        work_id=work.claim(uow, context, envelope),
        documents=repository.envelope_documents(uow.session, envelope.id),
        fields=repository.fields(uow.session, envelope.id),
        prepared_at=uow.now,
        watermark=WATERMARK if envelope.is_test else None,
    )


def _finish(
    uow: UnitOfWork,
    context: SigningContext,
    actor: Actor,
    *,
    envelope_id: UUID,
    work_id: UUID,
    prepared: Sequence[NewRevision],
) -> None:
    envelope, recipients = _own(uow, actor, envelope_id)
    before = repository.progress(envelope, recipients)
    after = policy.start_signing(before)
    work.finish(uow, envelope, work_id, prepared, cause="prepared")
    envelope.sent_at = uow.now
    plan_reminder(envelope, uow.now)
    repository.store_progress(after, envelope, recipients)
    facts = {
        "by": sender_facts(actor),
        "title": envelope.title,
        "documents": [document_facts(new.document) for new in prepared],
        "signing_order": [
            {"recipient": recipient.key, "role": recipient.role, "order": recipient.order, "uscc": recipient.uscc}
            for recipient in recipients
        ],
        "software": context.software,
    }
    stored = [new.stored for new in prepared]
    record_for_envelope(uow, envelope, recipients, step="envelope.sent", facts=facts, files=stored)
    release_recipients(uow, context, envelope, recipients, policy.newly_released(before, after))


def plan_reminder(envelope: Envelope, now: datetime) -> None:
    """When those everybody waits for are reminded next, if the sender wants them to be."""
    days = envelope.remind_every_days
    envelope.next_reminder_at = None if days is None else now + timedelta(days=days)


def _own(uow: UnitOfWork, actor: Actor, envelope_id: UUID) -> tuple[Envelope, list[Recipient]]:
    envelope = repository.own_envelope_for_update(uow.session, actor, envelope_id)
    if envelope is None:
        raise EnvelopeNotFound
    return envelope, repository.recipients(uow.session, envelope.id)


def _return(context: SigningContext, envelope_id: UUID, work_id: UUID, error: Exception) -> None:
    """After a failure: `failed` for a document that no repetition would make fit, else a draft once more."""
    with context.unit_of_work() as uow:
        envelope = repository.envelope_for_update(uow.session, envelope_id)
        if not work.holds(envelope, work_id):
            return
        recipients = repository.recipients(uow.session, envelope_id)
        progress = repository.progress(envelope, recipients)
        envelope.work_id = envelope.work_until = None
        envelope.last_error = work.reason_of(error)
        if not isinstance(error, InvalidInput):
            repository.store_progress(policy.return_to_draft(progress), envelope, recipients)
            return
        repository.store_progress(policy.fail(progress), envelope, recipients)
        envelope.ended_at, envelope.end_reason = uow.now, str(error)
        facts = {"by": "platform", "reason": str(error)}
        record_for_envelope(uow, envelope, recipients, step="envelope.failed", facts=facts)
        uow.emit(
            EnvelopeEnded(
                envelope_id=envelope.id,
                organisation_id=envelope.organisation_id,
                title=envelope.title,
                outcome=envelope.state,
                reason=str(error),
            )
        )
