"""Templates as the API takes and shows them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.envelope_plans import AnchorInput, FieldInput, Language, Text
from core import ids
from signing.plan import LONGEST_LIFETIME, LONGEST_REMINDER_DAYS, MOST_DOCUMENTS, NewField
from signing.policy import RecipientRole
from signing.templates.policy import FILLABLE, Filling, Known, TemplatePlan, TemplateRole
from signing.templates.read_templates import TemplateView


class KnownData(BaseModel):
    """What is known of a recipient; what is left out is open."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Text | None, Field(examples=["李娜"])] = None
    phone: Annotated[Text | None, Field(examples=["13900000002"])] = None
    email: Text | None = None
    organisation_name: Annotated[Text | None, Field(examples=["榆林市恒信科技有限公司"])] = None
    uscc: Text | None = None

    def to_known(self) -> Known:
        return Known(**{what: getattr(self, what) for what in FILLABLE})


class RoleInput(KnownData):
    """A recipient to be. What is given of `name`, `phone`, `email`, `organisation_name`, `uscc` is fixed for good."""

    key: Annotated[Text, Field(description="Your own name for the role", examples=["supplier"])]
    label: Annotated[Text | None, Field(description="Its name in the head of a sheet", examples=["供应商"])] = None
    role: RecipientRole = RecipientRole.SIGNER
    order: Annotated[int, Field(ge=1, le=100, description="Those with the same order sign in parallel")] = 1
    language: Language = "zh"

    def to_role(self) -> TemplateRole:
        return TemplateRole(
            key=self.key,
            label=self.label,
            role=self.role,
            order=self.order,
            language=self.language,
            fixed=self.to_known(),
        )


class TemplateInput(BaseModel):
    """`title` and the values of `metadata` may hold `{{key.name}}`, `{{key.organisation_name}}`, `{{key.uscc}}` for
    what is known of a recipient, and `{{any name}}` for a value given at each use."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Text, Field(examples=["供货合同"])]
    document_ids: Annotated[
        list[Annotated[str, Field(max_length=100, examples=["doc_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]],
        Field(min_length=1, max_length=MOST_DOCUMENTS, description="The documents, in the order to be read"),
    ]
    roles: Annotated[list[RoleInput], Field(min_length=1, max_length=20)]
    fields: Annotated[list[FieldInput], Field(max_length=500, description="Their `recipient` is the key of a role")]
    title: Annotated[Text, Field(examples=["{{supplier.organisation_name}} 供货合同 {{合同编号}}"])]
    expires_in_days: Annotated[int, Field(ge=1, le=LONGEST_LIFETIME.days)] = 30
    language: Language = "zh"
    metadata: Annotated[dict[str, Text], Field(max_length=50)] = {}
    contract_class: Text | None = None
    may_delegate: bool = False
    remind_every_days: Annotated[int | None, Field(ge=1, le=LONGEST_REMINDER_DAYS)] = None

    def to_plan(self) -> TemplatePlan:
        """Raises `InvalidId` for a malformed document id."""
        return TemplatePlan(
            name=self.name,
            document_ids=[ids.parse(ids.DOCUMENT, document_id) for document_id in self.document_ids],
            roles=[role.to_role() for role in self.roles],
            fields=[field.to_plan() for field in self.fields],
            title=self.title,
            expires_in_days=self.expires_in_days,
            language=self.language,
            contract_class=self.contract_class,
            may_delegate=self.may_delegate,
            remind_every_days=self.remind_every_days,
            metadata=self.metadata,
        )


class FillingRecipient(KnownData):
    """What the template leaves open of one recipient."""

    key: Annotated[Text, Field(description="The key of the role", examples=["supplier"])]


class UseInput(BaseModel):
    """One use of a template. With `send` the envelope is sent at once; if that fails, the draft is there."""

    model_config = ConfigDict(extra="forbid")

    recipients: Annotated[list[FillingRecipient], Field(max_length=20)] = []
    values: Annotated[dict[str, Text], Field(max_length=100, description="For the placeholders of your own")] = {}
    external_id: Annotated[Text | None, Field(description="Your own id; unique in your organisation")] = None
    test: Annotated[bool, Field(description="Test mode: every page is marked, nothing is binding")] = False
    send: bool = False

    def to_filling(self) -> Filling:
        """Of two entries with one key the last counts."""
        return Filling(
            recipients={recipient.key: recipient.to_known() for recipient in self.recipients},
            values=self.values,
            external_id=self.external_id,
            is_test=self.test,
        )


class TemplateOutput(BaseModel):
    """`version` is the template's current one and its ETag; `shown_version` is the one shown here.

    `values` are the names of what a use gives besides its recipients. A template that is archived can't be used.
    """

    id: Annotated[str, Field(examples=["tpl_0193a5b6c7d87e8f9a0b1c2d3e4f5a6b"])]
    name: str
    version: int
    shown_version: int
    document_ids: list[str]
    roles: list[RoleInput]
    fields: list[FieldInput]
    title: str
    values: list[str]
    expires_in_days: int
    language: str
    metadata: dict[str, str]
    contract_class: str | None
    may_delegate: bool
    remind_every_days: int | None
    created_at: datetime
    changed_at: datetime
    archived_at: datetime | None


class TemplateList(BaseModel):
    items: list[TemplateOutput]
    next_cursor: str | None


def template_output(view: TemplateView) -> TemplateOutput:
    template, plan = view.template, view.plan
    return TemplateOutput(
        id=ids.public(ids.TEMPLATE, template.id),
        name=plan.name,
        version=template.version,
        shown_version=view.version.number,
        document_ids=[ids.public(ids.DOCUMENT, document_id) for document_id in plan.document_ids],
        roles=[_role(role) for role in plan.roles],
        fields=[FieldInput(**_field(field)) for field in plan.fields],
        title=plan.title,
        values=list(plan.value_names),
        expires_in_days=plan.expires_in_days,
        language=plan.language,
        metadata=dict(plan.metadata),
        contract_class=plan.contract_class,
        may_delegate=plan.may_delegate,
        remind_every_days=plan.remind_every_days,
        created_at=template.created_at,
        changed_at=template.changed_at,
        archived_at=template.archived_at,
    )


def _role(role: TemplateRole) -> RoleInput:
    fixed = {what: getattr(role.fixed, what) for what in FILLABLE}
    facts = {"key": role.key, "label": role.label, "role": role.role, "order": role.order, "language": role.language}
    return RoleInput.model_validate({**facts, **fixed})


def _field(field: NewField) -> dict[str, Any]:
    anchor = field.anchor
    return {
        "name": field.name,
        "recipient": field.recipient_key,
        "kind": field.kind,
        "document": field.document,
        "page": field.page,
        "x": field.x,
        "y": field.y,
        "width": field.width,
        "height": field.height,
        "required": field.is_required,
        "anchor": anchor and AnchorInput(text=anchor.text, occurrence=anchor.occurrence, dx=anchor.dx, dy=anchor.dy),
    }
