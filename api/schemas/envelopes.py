"""Envelopes as the API shows them (`envelope_plans`: as it takes them). No token of a recipient is ever among that."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from accounts.policy import masked_phone
from core import ids
from signing.models import Field as PlacedInDocument
from signing.plan import FieldKind
from signing.policy import EnvelopeState, RecipientRole, RecipientState
from signing.read_envelopes import EnvelopeEvent, EnvelopeView, report_name
from signing.repository import EnvelopeFile


class RecipientOutput(BaseModel):
    """`phone` is shown in full to the sender only."""

    id: str
    key: str
    role: RecipientRole
    order: int
    state: RecipientState
    name: str
    phone: str
    organisation_name: str
    uscc: str
    signed_at: Annotated[datetime | None, Field(description="When they signed, sealed or approved")]
    decline_reason: str | None
    delivery_problem: Annotated[str | None, Field(description="Why the message with their link didn't arrive")]
    replaces: Annotated[str | None, Field(description="The recipient in whose place they act")]
    replacement_reason: str | None


class DocumentOutput(BaseModel):
    """One of the envelope's documents. `sha256` is that of the PDF as it stands, `uploaded_sha256` as it came.

    `timestamped`: whether a time-stamp authority vouches for every signature; false means *timestamp pending*.
    """

    position: int
    document_id: Annotated[str, Field(examples=["doc_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    name: str
    pages: int
    sha256: str
    uploaded_sha256: str
    timestamped: bool


class DeliverableOutput(BaseModel):
    """A file to fetch: `kind` is document or report; `path` is where, with the same authorisation."""

    kind: Literal["document", "report"]
    name: str
    sha256: str
    is_final: Annotated[bool, Field(description="Whether it is signed by all and sealed")]
    path: str


class DeliverableList(BaseModel):
    items: list[DeliverableOutput]


class FieldOutput(BaseModel):
    name: str
    recipient: str
    kind: FieldKind
    document: int
    page: int
    x: float
    y: float
    width: float
    height: float
    required: bool
    value: str | None


class EnvelopeSummary(BaseModel):
    """`revision` counts the steps that made new PDFs: 0 as uploaded, 1 with all fields, one more for each signature.

    `version` counts changes of the draft and is its ETag. `last_error` says why a step (sealing, for one) hasn't
    succeeded yet; it is tried again. `rescinds` is the envelope this one undoes; `rescinded_at` says it was undone.
    """

    id: Annotated[str, Field(examples=["env_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    title: str
    state: EnvelopeState
    version: int
    revision: int
    documents: list[DocumentOutput]
    contract_class: str | None
    test: bool
    may_delegate: bool
    remind_every_days: int | None
    next_reminder_at: datetime | None
    rescinds: str | None
    rescinded_at: datetime | None
    external_id: str | None
    metadata: dict[str, str]
    expires_at: datetime
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    last_error: str | None
    completion_evidence_id: str | None
    has_report: Annotated[bool, Field(description="Whether the completion report can be fetched")]
    recipients: list[RecipientOutput]


class EnvelopeOutput(EnvelopeSummary):
    fields: list[FieldOutput]


class EnvelopeList(BaseModel):
    items: list[EnvelopeSummary]
    next_cursor: str | None


class EventOutput(BaseModel):
    """A step and the evidence it left."""

    evidence_id: str
    position: int
    type: Annotated[str, Field(examples=["recipient.signed"])]
    at: datetime


class EventList(BaseModel):
    items: list[EventOutput]
    next_cursor: str | None


class Reminded(BaseModel):
    recipients: Annotated[int, Field(description="How many got a new link")]


def summary(view: EnvelopeView, reader: UUID) -> EnvelopeSummary:
    """The envelope for a reader of the organisation `reader`."""
    envelope = view.envelope
    evidence_id = envelope.completion_evidence_id
    return EnvelopeSummary(
        id=ids.public(ids.ENVELOPE, envelope.id),
        title=envelope.title,
        state=EnvelopeState(envelope.state),
        version=envelope.version,
        revision=envelope.revision,
        documents=[document_output(file) for file in view.documents],
        contract_class=envelope.contract_class,
        test=envelope.is_test,
        may_delegate=envelope.may_delegate,
        remind_every_days=envelope.remind_every_days,
        next_reminder_at=envelope.next_reminder_at,
        rescinds=ids.public(ids.ENVELOPE, envelope.rescinds_id) if envelope.rescinds_id else None,
        rescinded_at=envelope.rescinded_at,
        external_id=envelope.external_id if envelope.organisation_id == reader else None,
        metadata=envelope.custom if envelope.organisation_id == reader else {},
        expires_at=envelope.expires_at,
        created_at=envelope.created_at,
        sent_at=envelope.sent_at,
        ended_at=envelope.ended_at,
        end_reason=envelope.end_reason,
        last_error=envelope.last_error,
        completion_evidence_id=ids.public(ids.EVIDENCE, evidence_id) if evidence_id else None,
        has_report=envelope.report_object_key is not None,
        recipients=_recipients(view, reader),
    )


def full(view: EnvelopeView, reader: UUID) -> EnvelopeOutput:
    keys = {recipient.id: recipient.key for recipient in view.recipients}
    fields = [FieldOutput(recipient=keys[field.recipient_id], **field_facts(field)) for field in view.fields]
    return EnvelopeOutput(**summary(view, reader).model_dump(), fields=fields)


def field_facts(field: PlacedInDocument) -> dict[str, Any]:
    """A field as everybody sees it, its recipient and its owner alike."""
    return {
        "name": field.name,
        "kind": FieldKind(field.kind),
        "document": field.document,
        "page": field.page,
        "x": field.x,
        "y": field.y,
        "width": field.width,
        "height": field.height,
        "required": field.is_required,
        "value": field.value,
    }


def document_output(file: EnvelopeFile) -> DocumentOutput:
    return DocumentOutput(
        position=file.position,
        document_id=ids.public(ids.DOCUMENT, file.uploaded.id),
        name=file.name,
        pages=file.uploaded.pages,
        sha256=file.current.sha256,
        uploaded_sha256=file.uploaded.sha256,
        timestamped=file.current.is_timestamped,
    )


def deliverables(view: EnvelopeView) -> DeliverableList:
    envelope = view.envelope
    at = f"/v1/envelopes/{ids.public(ids.ENVELOPE, envelope.id)}"
    is_final = envelope.state == EnvelopeState.COMPLETED
    items = [
        DeliverableOutput(
            kind="document",
            name=file.name,
            sha256=file.current.sha256,
            is_final=is_final,
            path=f"{at}/document?position={file.position}",
        )
        for file in view.documents
    ]
    if envelope.report_sha256 is not None:
        name = report_name(envelope.id)
        items.append(
            DeliverableOutput(
                kind="report", name=name, sha256=envelope.report_sha256, is_final=True, path=f"{at}/report"
            )
        )
    return DeliverableList(items=items)


def event(step: EnvelopeEvent) -> EventOutput:
    return EventOutput(
        evidence_id=ids.public(ids.EVIDENCE, step.evidence_id),
        position=step.position,
        type=step.type,
        at=step.at,
    )


def _recipients(view: EnvelopeView, reader: UUID) -> list[RecipientOutput]:
    is_sender = view.envelope.organisation_id == reader
    return [
        RecipientOutput(
            id=ids.public(ids.RECIPIENT, recipient.id),
            key=recipient.key,
            role=RecipientRole(recipient.role),
            order=recipient.order,
            state=RecipientState(recipient.state),
            name=recipient.name,
            phone=recipient.phone if is_sender else masked_phone(recipient.phone),
            organisation_name=recipient.organisation_name,
            uscc=recipient.uscc,
            signed_at=recipient.signed_at,
            decline_reason=recipient.decline_reason,
            delivery_problem=recipient.delivery_problem if is_sender else None,
            replaces=ids.public(ids.RECIPIENT, recipient.replaces_id) if recipient.replaces_id else None,
            replacement_reason=recipient.replacement_reason,
        )
        for recipient in view.recipients
    ]
