"""The completion report of an envelope: a PDF of its own, under the platform's seal, and evidence of its digest.

    gather   transaction: rows and evidence records of a completed envelope that has no report yet
    make     no transaction: drawn, sealed (with a time-stamp), stored
    keep     transaction: the report's key and its evidence, unless another attempt was faster

If we crash in between, the event is delivered again and a new report is made; what the first left in the object store
is named by its digest and harms nobody. At most one report is ever recorded. Envelopes that came to nothing get none:
there is no contract whose signing it could tell of, and their evidence package tells the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind
from core import ids
from core.unit_of_work import UnitOfWork
from ledger import repository as evidence
from ledger.record import EvidenceFile, StoredFile, Subject, describe_file, parse_record
from ledger.repository import LoggedRecord
from signing import repository
from signing.context import SigningContext
from signing.evidence import record_for_envelope
from signing.models import Envelope, Recipient
from signing.papers.completion_report import completion_report
from signing.papers.report_facts import CompletionFacts, DocumentFacts, recipient_rows, report_number, steps_of
from signing.policy import EnvelopeState
from signing.repository import EnvelopeFile
from signing.seals import repository as seals
from signing.send_envelope import WATERMARK
from signing.work import PDF

REASON = "签署完成报告 / Completion report"
STEP = "envelope.report_made"


@dataclass(frozen=True, slots=True)
class _Completed:
    """A completed envelope: when it was sent and completed, and the evidence of the latter."""

    envelope: Envelope
    sent_at: datetime
    completed_at: datetime
    evidence_id: UUID


def make_report(context: SigningContext, envelope_id: UUID) -> None:
    """Idempotent; does nothing for an envelope that isn't completed.

    Raises `ledger.errors.TimestampUnavailable` or `core.objects.ObjectStoreUnavailable`: try again.
    """
    with context.unit_of_work() as uow:
        completed = _without_report(uow, envelope_id)
        facts = _gather(uow, context, completed) if completed else None
    if facts is None:
        return
    data = context.sealer.seal_report(completion_report(facts), REASON)
    file = describe_file(f"签署完成报告 {facts.number}.pdf", PDF, data)
    stored = StoredFile(file, context.objects.put(data))
    with context.unit_of_work() as uow:
        _keep(uow, context, envelope_id, facts.number, stored)


def _keep(uow: UnitOfWork, context: SigningContext, envelope_id: UUID, number: str, stored: StoredFile) -> None:
    completed = _without_report(uow, envelope_id)
    if completed is None:
        return  # Another worker was faster.
    envelope = completed.envelope
    envelope.report_object_key, envelope.report_sha256 = stored.object_key, stored.file.sha256
    record_for_envelope(
        uow,
        envelope,
        repository.recipients(uow.session, envelope_id),
        step=STEP,
        facts={"by": "platform", "number": number, "software": context.software, "clock": context.clock_source},
        files=[stored],
    )


def _without_report(uow: UnitOfWork, envelope_id: UUID) -> _Completed | None:
    """The envelope, locked, if it is completed and has no report yet."""
    envelope = repository.envelope_for_update(uow.session, envelope_id)
    sent_at, completed_at, evidence_id = envelope.sent_at, envelope.ended_at, envelope.completion_evidence_id
    if envelope.state != EnvelopeState.COMPLETED or envelope.report_object_key is not None:
        return None
    if sent_at is None or completed_at is None or evidence_id is None:
        return None
    return _Completed(envelope, sent_at, completed_at, evidence_id)


def _gather(uow: UnitOfWork, context: SigningContext, completed: _Completed) -> CompletionFacts:
    envelope = completed.envelope
    sender = uow.session.get_one(Organisation, envelope.organisation_id)
    recipients = repository.recipients(uow.session, envelope.id)
    records = _records(uow, sender, envelope.id)
    completion = next(record for record in records if record.id == completed.evidence_id)
    evidence_id = ids.public(ids.EVIDENCE, completed.evidence_id)
    documents = repository.envelope_documents(uow.session, envelope.id)
    return CompletionFacts(
        number=report_number(completed.completed_at, evidence_id),
        envelope=ids.public(ids.ENVELOPE, envelope.id),
        title=envelope.title,
        sender_name=sender.name,
        sender_uscc=sender.uscc,
        sent_at=completed.sent_at,
        completed_at=completed.completed_at,
        made_at=uow.now,
        evidence=evidence_id,
        rescinds=ids.public(ids.ENVELOPE, envelope.rescinds_id) if envelope.rescinds_id else None,
        documents=_documents(documents, parse_record(completion.record).files),
        recipients=recipient_rows(recipients, records, _seal_names(uow, recipients)),
        steps=steps_of(records, sender.name),
        imprint=context.imprint,
        software=context.software,
        clock=context.clock_source,
        watermark=WATERMARK if envelope.is_test else None,
    )


def _records(uow: UnitOfWork, sender: Organisation, envelope_id: UUID) -> list[LoggedRecord]:
    """The envelope's evidence as its sender may read it, which is all of it."""
    reader = Actor(
        organisation_id=sender.id,
        organisation_kind=OrganisationKind(sender.kind),
        region=sender.region,
        person_id=None,
        scopes=frozenset(),
    )
    subject = Subject("envelope", ids.public(ids.ENVELOPE, envelope_id))
    return evidence.records_of_subjects(uow.session, reader, [subject])


def _documents(documents: Sequence[EnvelopeFile], final: Sequence[EvidenceFile]) -> list[DocumentFacts]:
    """`final` are the files of the evidence of completion, in the envelope's order."""
    return [
        DocumentFacts(
            name=document.name,
            pages=document.uploaded.pages,
            uploaded=EvidenceFile(
                document.name, PDF, document.uploaded.size, document.uploaded.sha256, document.uploaded.sm3
            ),
            final=file,
        )
        for document, file in zip(documents, final, strict=True)
    ]


def _seal_names(uow: UnitOfWork, recipients: Sequence[Recipient]) -> dict[str, str]:
    """Of the seals that were used, by their public ids."""
    used = [
        seals.seal(uow.session, each.organisation_id, each.seal_id)
        for each in recipients
        if each.seal_id is not None and each.organisation_id is not None
    ]
    return {ids.public(ids.SEAL, seal.id): seal.name for seal in used if seal is not None}
