"""Shapes of variations and of the amendments that put them into effect."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.schemas.contracts import AmountShape, DocumentIds, RequiredText
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from core import ids
from core.money import Money
from performance.policy import VARIATION, PartyRole
from performance.variations.models import Variation
from performance.variations.policy import Terms, VariationState


class NewVariation(Request):
    """At least one of a new due date, amount or quantity."""

    due_on: date | None = None
    amount: AmountShape | None = None
    quantity: Annotated[str | None, Field(max_length=100, examples=["30000 吨"])] = None
    reason: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)

    def terms(self) -> Terms:
        """Raises `InvalidAmount`."""
        return Terms(self.due_on, self.amount.money() if self.amount else None, self.quantity)


class AmendmentEnvelope(Request):
    """An envelope of yours that isn't completed yet; its completion by all parties puts the terms into effect."""

    envelope_id: Annotated[str, Field(max_length=40, examples=["env_…"])]


class AmendmentDocument(Request):
    """A PDF that both sides signed elsewhere, uploaded with POST /v1/documents."""

    document_id: Annotated[str, Field(max_length=40, examples=["doc_…"])]


class VariationView(BaseModel):
    """A `to_…` that is null stays as it was. `amendment` is the paper signed elsewhere, with who signed it."""

    id: str
    obligation_id: str
    from_due_on: date | None
    to_due_on: date | None
    from_amount: str | None
    to_amount: str | None
    from_quantity: str | None
    to_quantity: str | None
    reason: str
    documents: list[DocumentView]
    state: VariationState
    proposed_by_role: PartyRole
    proposed_at: datetime
    answered_at: datetime | None
    answer: str | None
    amendment_envelope_id: str | None
    amendment: dict[str, Any] | None
    effective_at: datetime | None


def variation_view(row: Variation) -> VariationView:
    envelope_id = ids.public(ids.ENVELOPE, row.amendment_envelope_id) if row.amendment_envelope_id else None
    return VariationView(
        id=ids.public(VARIATION, row.id),
        obligation_id=ids.public(ids.OBLIGATION, row.obligation_id),
        from_due_on=row.from_due_on,
        to_due_on=row.to_due_on,
        from_amount=_amount(row.from_amount_minor),
        to_amount=_amount(row.to_amount_minor),
        from_quantity=row.from_quantity,
        to_quantity=row.to_quantity,
        reason=row.reason,
        documents=[DocumentView.model_validate(each) for each in row.documents],
        state=VariationState(row.state),
        proposed_by_role=PartyRole(row.proposed_by_role),
        proposed_at=row.proposed_at,
        answered_at=row.answered_at,
        answer=row.answer,
        amendment_envelope_id=envelope_id,
        amendment=row.amendment,
        effective_at=row.effective_at,
    )


def _amount(minor: int | None) -> str | None:
    return None if minor is None else str(Money(minor))
