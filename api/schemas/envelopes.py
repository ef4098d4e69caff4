"""Envelopes as the API takes and shows them. No token of a recipient is ever among what is shown."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from accounts.policy import masked_phone
from core import ids
from signing.models import Field as PlacedInDocument
from signing.plan import (
    LONGEST_REMINDER_DAYS,
    MOST_DOCUMENTS,
    Anchor,
    FieldKind,
    NewEnvelope,
    NewField,
    NewRecipient,
)
from signing.policy import EnvelopeState, RecipientRole, RecipientState
from signing.read_envelopes import EnvelopeEvent, EnvelopeView
from signing.replace_recipient import Replacement
from signing.repository import EnvelopeFile

Language = Literal["zh", "en"]
Text = Annotated[str, Field(max_length=1000)]
Share = Annotated[float, Field(ge=0, le=1, description="Part of the visible page, from its top left corner")]


class RecipientInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: Annotated[Text, Field(description="Your own name for the recipient in this envelope", examples=["supplier"])]
    role: RecipientRole = RecipientRole.SIGNER
    order: Annotated[int, Field(ge=1, le=100, description="Those with the same order sign in parallel")] = 1
    name: Annotated[Text, Field(examples=["李娜"])]
    phone: Annotated[Text, Field(description="Gets the link and the one-time code", examples=["13900000002"])]
    email: Text | None = None
    organisation_name: Annotated[Text, Field(examples=["榆林市恒信科技有限公司"])]
    uscc: Annotated[Text, Field(description="Unified social credit code (GB 32100-2015)")]
    language: Language = "zh"


class AnchorInput(BaseModel):
    """A text of the document the field stands at: its top left corner is the text's, moved by `dx` and `dy`."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=100, examples=["乙方（盖章）："])]
    occurrence: Annotated[
        int, Field(ge=-1000, le=1000, description="Counts from 1 in the order of reading; negative: from the end")
    ] = 1
    dx: Annotated[float, Field(ge=-1, le=1, description="To the right, in parts of the page's width")] = 0
    dy: Annotated[float, Field(ge=-1, le=1, description="Downwards, in parts of the page's height")] = 0

    def to_plan(self) -> Anchor:
        return Anchor(text=self.text, occurrence=self.occurrence, dx=self.dx, dy=self.dy)


class FieldInput(BaseModel):
    """A field by its coordinates, or by an `anchor` instead of `page`, `x` and `y`.

    A `cross_page_seal` stands at the right edge of every page from `page` on, at height `y`.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Text, Field(examples=["supplier_signature"])]
    recipient: Annotated[Text, Field(description="The recipient's key", examples=["supplier"])]
    kind: FieldKind
    document: Annotated[int, Field(ge=1, le=MOST_DOCUMENTS, description="Which document, counted from 1")] = 1
    page: Annotated[int, Field(ge=1, description="Counts from 1")] = 1
    x: Share = 0
    y: Share = 0
    width: Share = 0.2
    height: Share = 0.06
    required: bool = True
    anchor: AnchorInput | None = None

    def to_plan(self) -> NewField:
        return NewField(
            name=self.name,
            recipient_key=self.recipient,
            kind=self.kind,
            document=self.document,
            page=self.page,
            x=self.x,
            y=self.y,
            width=self.width,
            height=self.height,
            is_required=self.required,
            anchor=self.anchor.to_plan() if self.anchor else None,
        )


class EnvelopeInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document_ids: Annotated[
        list[Annotated[str, Field(max_length=100, examples=["doc_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]],
        Field(min_length=1, max_length=MOST_DOCUMENTS, description="The documents, in the order to be read"),
    ]
    title: Annotated[Text, Field(examples=["市政务云平台采购合同"])]
    recipients: Annotated[list[RecipientInput], Field(min_length=1, max_length=50)]
    fields: Annotated[list[FieldInput], Field(max_length=500)]
    expires_at: Annotated[AwareDatetime | None, Field(description="30 days from now if left out")] = None
    external_id: Annotated[Text | None, Field(description="Your own id; unique in your organisation")] = None
    language: Language = "zh"
    metadata: Annotated[dict[str, Text], Field(max_length=50)] = {}
    contract_class: Annotated[Text | None, Field(description="The contract's class; seals are authorised by class")] = (
        None
    )
    test: Annotated[bool, Field(description="Test mode: every page is marked, nothing is binding")] = False
    may_delegate: Annotated[bool, Field(description="Recipients may name somebody else to act for them")] = False
    remind_every_days: Annotated[
        int | None, Field(ge=1, le=LONGEST_REMINDER_DAYS, description="Reminds by itself, until everybody has acted")
    ] = None

    def to_plan(self) -> NewEnvelope:
        """Raises `InvalidId` for a malformed document id."""
        return NewEnvelope(
            document_ids=[ids.parse(ids.DOCUMENT, document_id) for document_id in self.document_ids],
            title=self.title,
            recipients=[NewRecipient(**recipient.model_dump()) for recipient in self.recipients],
            fields=[field.to_plan() for field in self.fields],
            expires_at=self.expires_at,
            external_id=self.external_id,
            language=self.language,
            metadata=self.metadata,
            contract_class=self.contract_class,
            is_test=self.test,
            may_delegate=self.may_delegate,
            remind_every_days=self.remind_every_days,
        )


class ExtensionInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expires_at: Annotated[AwareDatetime, Field(description="Later than the present expiry")]


class ReplacementInput(BaseModel):
    """Who acts instead, for the same organisation and in the same place."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Text, Field(examples=["王强"])]
    phone: Annotated[Text, Field(examples=["13900000003"])]
    email: Text | None = None
    language: Language = "zh"
    reason: Annotated[Text, Field(examples=["原签署人出差"])]

    def to_plan(self) -> Replacement:
        return Replacement(
            name=self.name, phone=self.phone, email=self.email, language=self.language, reason=self.reason
        )


class ReasonInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Text, Field(examples=["金额有误，需重新起草"])]


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
        name = f"report-{ids.public(ids.ENVELOPE, envelope.id)}.pdf"
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
