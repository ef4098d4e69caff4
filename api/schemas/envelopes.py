"""Envelopes as the API takes and shows them. No token of a recipient is ever among what is shown."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core import ids
from signing.plan import FieldKind, NewEnvelope, NewField, NewRecipient
from signing.policy import EnvelopeState, RecipientRole, RecipientState
from signing.read_envelopes import EnvelopeEvent, EnvelopeView

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


class FieldInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[Text, Field(examples=["supplier_signature"])]
    recipient: Annotated[Text, Field(description="The recipient's key", examples=["supplier"])]
    kind: FieldKind
    page: Annotated[int, Field(ge=1, description="Counts from 1")]
    x: Share
    y: Share
    width: Share
    height: Share
    required: bool = True


class EnvelopeInput(BaseModel):
    model_config = ConfigDict(extra="forbid")

    document_id: Annotated[str, Field(max_length=100, examples=["doc_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    title: Annotated[Text, Field(examples=["市政务云平台采购合同"])]
    recipients: Annotated[list[RecipientInput], Field(min_length=1, max_length=50)]
    fields: Annotated[list[FieldInput], Field(max_length=500)]
    expires_at: Annotated[AwareDatetime | None, Field(description="30 days from now if left out")] = None
    external_id: Annotated[Text | None, Field(description="Your own id; unique in your organisation")] = None
    language: Language = "zh"
    metadata: Annotated[dict[str, Text], Field(max_length=50)] = {}

    def to_plan(self) -> NewEnvelope:
        """Raises `InvalidId` for a malformed document id."""
        return NewEnvelope(
            document_id=ids.parse(ids.DOCUMENT, self.document_id),
            title=self.title,
            recipients=[NewRecipient(**recipient.model_dump()) for recipient in self.recipients],
            fields=[
                NewField(
                    name=field.name,
                    recipient_key=field.recipient,
                    kind=field.kind,
                    page=field.page,
                    x=field.x,
                    y=field.y,
                    width=field.width,
                    height=field.height,
                    is_required=field.required,
                )
                for field in self.fields
            ],
            expires_at=self.expires_at,
            external_id=self.external_id,
            language=self.language,
            metadata=self.metadata,
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
    signed_at: datetime | None
    decline_reason: str | None


class FieldOutput(BaseModel):
    name: str
    recipient: str
    kind: FieldKind
    page: int
    x: float
    y: float
    width: float
    height: float
    required: bool
    value: str | None


class EnvelopeSummary(BaseModel):
    """`revision` counts the PDFs: 0 as uploaded, 1 with its fields, one more for each signature and for the seal.

    `last_error` says why a step (sealing, for one) hasn't succeeded yet; it is tried again.
    """

    id: Annotated[str, Field(examples=["env_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    document_id: str
    title: str
    state: EnvelopeState
    revision: int
    sha256: str
    external_id: str | None
    metadata: dict[str, str]
    expires_at: datetime
    created_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    last_error: str | None
    completion_evidence_id: str | None
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
        document_id=ids.public(ids.DOCUMENT, envelope.document_id),
        title=envelope.title,
        state=EnvelopeState(envelope.state),
        revision=envelope.revision,
        sha256=envelope.sha256,
        external_id=envelope.external_id if envelope.organisation_id == reader else None,
        metadata=envelope.custom if envelope.organisation_id == reader else {},
        expires_at=envelope.expires_at,
        created_at=envelope.created_at,
        sent_at=envelope.sent_at,
        ended_at=envelope.ended_at,
        end_reason=envelope.end_reason,
        last_error=envelope.last_error,
        completion_evidence_id=ids.public(ids.EVIDENCE, evidence_id) if evidence_id else None,
        recipients=_recipients(view, reader),
    )


def full(view: EnvelopeView, reader: UUID) -> EnvelopeOutput:
    keys = {recipient.id: recipient.key for recipient in view.recipients}
    fields = [
        FieldOutput(
            name=field.name,
            recipient=keys[field.recipient_id],
            kind=FieldKind(field.kind),
            page=field.page,
            x=field.x,
            y=field.y,
            width=field.width,
            height=field.height,
            required=field.is_required,
            value=field.value,
        )
        for field in view.fields
    ]
    return EnvelopeOutput(**summary(view, reader).model_dump(), fields=fields)


def event(step: EnvelopeEvent) -> EventOutput:
    return EventOutput(
        evidence_id=ids.public(ids.EVIDENCE, step.evidence_id),
        position=step.position,
        type=step.type,
        at=step.at,
    )


def masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


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
            phone=recipient.phone if is_sender else masked(recipient.phone),
            organisation_name=recipient.organisation_name,
            uscc=recipient.uscc,
            signed_at=recipient.signed_at,
            decline_reason=recipient.decline_reason,
        )
        for recipient in view.recipients
    ]
