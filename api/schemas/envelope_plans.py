"""Envelopes as the API takes them: drafts, and what changes an envelope on its way."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from core import ids
from signing.plan import (
    LONGEST_REMINDER_DAYS,
    MOST_DOCUMENTS,
    Anchor,
    FieldKind,
    NewEnvelope,
    NewField,
    NewRecipient,
)
from signing.policy import RecipientRole
from signing.replace_recipient import Replacement

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
