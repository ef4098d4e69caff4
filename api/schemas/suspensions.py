"""Shapes of suspensions."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas.contracts import DocumentIds, RequiredText
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from core import ids
from performance.policy import SUSPENSION
from performance.suspensions.models import Suspension
from performance.suspensions.policy import SuspensionBasis, SuspensionGround, SuspensionState


class NewSuspension(Request):
    ground: SuspensionGround
    reason: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)


class NewSuspensionOrder(NewSuspension):
    """A court's or authority's paper, recorded by the regulator."""

    authority: Annotated[str, Field(min_length=1, max_length=200, examples=["榆林市中级人民法院"])]
    case_number: Annotated[str, Field(min_length=1, max_length=100, examples=["（2026）陕08民初12号"])]


class SuspensionView(BaseModel):
    """In force from `suspended_on` to the day before `resumed_on`; `resume_roles` are the sides that want to go on."""

    id: str
    contract_id: str
    basis: SuspensionBasis
    ground: SuspensionGround
    reason: str
    authority: str | None
    case_number: str | None
    documents: list[DocumentView]
    state: SuspensionState
    proposed_by_role: str | None
    proposed_at: datetime
    suspended_on: date | None
    resume_roles: list[str]
    resumed_on: date | None
    ended_at: datetime | None
    answer: str | None


class SuspensionList(BaseModel):
    items: list[SuspensionView]


def suspension_view(row: Suspension) -> SuspensionView:
    return SuspensionView(
        id=ids.public(SUSPENSION, row.id),
        contract_id=ids.public(ids.CONTRACT, row.contract_id),
        basis=SuspensionBasis(row.basis),
        ground=SuspensionGround(row.ground),
        reason=row.reason,
        authority=row.authority,
        case_number=row.case_number,
        documents=[DocumentView.model_validate(each) for each in row.documents],
        state=SuspensionState(row.state),
        proposed_by_role=row.proposed_by_role,
        proposed_at=row.proposed_at,
        suspended_on=row.suspended_on,
        resume_roles=list(row.resume_roles),
        resumed_on=row.resumed_on,
        ended_at=row.ended_at,
        answer=row.answer,
    )
