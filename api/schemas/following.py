"""Shapes of what happens to an obligation: claims, registers, supervision, termination, exemption, variation."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.schemas.contracts import (
    AmountShape,
    DocumentIds,
    ObligationView,
    RequiredText,
    Side,
    Text,
    obligation_view,
)
from api.schemas.due_rules import (
    DueExplanationView,
    LateInterestView,
    ProgressView,
    late_interest_view,
    progress_view,
)
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from api.schemas.variations import VariationView, variation_view
from core import ids
from core.money import Money
from performance.fulfil_obligation import Part
from performance.models import (
    Exemption,
    Fulfilment,
    OverdueEntry,
    SupervisionCase,
    SupervisionStep,
    TerminationCase,
)
from performance.policy import (
    EXEMPTION,
    STEP,
    ClaimState,
    DisputeOutcome,
    ExemptionGround,
    PartyRole,
    RequestState,
    StepKind,
    TerminationState,
)
from performance.reading import ListedObligation, ObligationDossier
from performance.terminate_obligation import Resolution


class NewFulfilment(Request):
    """What the debtor did, when, and the documents that show it. `amount` or `quantity` claims a part, neither all the
    rest. `exceeds_owed`: you say yourself that with this more is done than was owed."""

    fulfilled_on: date
    statement: RequiredText
    amount: AmountShape | None = None
    quantity: Annotated[str | None, Field(max_length=100, examples=["30 台"])] = None
    exceeds_owed: bool = False
    document_ids: DocumentIds = Field(default_factory=list)

    def part(self) -> Part:
        """Raises `InvalidAmount`."""
        return Part(self.amount.money() if self.amount else None, self.quantity, self.exceeds_owed)


class Confirmation(Request):
    answer: Text = ""


class Answer(Request):
    answer: RequiredText


class NewSupervision(Request):
    reason: RequiredText


class NewTermination(Request):
    reason: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)


class NewOutcome(Request):
    """With `is_no_fault` nothing is held against anybody; else `party_at_fault`, `body`, `case_number` and the
    document are needed, and a breach goes on record."""

    outcome: DisputeOutcome
    decided_on: date
    body: Annotated[str, Field(max_length=200, examples=["榆林仲裁委员会"])] = ""
    case_number: Annotated[str, Field(max_length=100, examples=["（2027）榆仲裁字第12号"])] = ""
    is_no_fault: bool = False
    party_at_fault: Side | None = None
    document_ids: DocumentIds = Field(default_factory=list)

    def resolution(self) -> Resolution:
        """Raises `InvalidId`."""
        return Resolution(
            outcome=self.outcome,
            decided_on=self.decided_on,
            body=self.body,
            case_number=self.case_number,
            is_no_fault=self.is_no_fault,
            party_at_fault=self.party_at_fault,
            document_ids=tuple(document_ids(self.document_ids)),
        )


class NewExemption(Request):
    ground: ExemptionGround
    occurred_on: date
    reason: RequiredText
    document_ids: DocumentIds


class NewAnchor(Request):
    """When the delivery, acceptance or invoice was that the period runs from, with the paper that shows it."""

    occurred_on: date
    statement: RequiredText
    document_ids: DocumentIds


class FulfilmentView(BaseModel):
    """A claim to `amount` or `quantity`, or to all the rest. After `answer_by` silence confirms it (`is_deemed`)."""

    id: str
    obligation_id: str
    due_version: int
    fulfilled_on: date
    amount: str | None
    quantity: str | None
    is_whole: bool
    answer_by: date | None
    is_deemed: bool
    statement: str
    documents: list[DocumentView]
    state: ClaimState
    claimed_at: datetime
    answered_at: datetime | None
    answer: str | None


class OverdueView(BaseModel):
    """A stay in the overdue register; `outcome` says how it ended. `next_step` may be taken from `next_step_on` on."""

    obligation: ObligationView
    due_version: int
    due_on: date
    class_code: str | None
    debtor_uscc: str
    next_step: StepKind | None
    next_step_on: date | None
    entered_at: datetime
    left_at: datetime | None
    outcome: str | None


class StepView(BaseModel):
    id: str
    position: int
    kind: StepKind
    held_on: date
    participants: list[str]
    minutes: str
    outcome: str
    documents: list[DocumentView]
    recorded_at: datetime


class SupervisionView(BaseModel):
    id: str
    obligation_id: str
    reason: str
    opened_at: datetime
    closed_at: datetime | None
    outcome: str | None
    steps: list[StepView]


class TerminationView(BaseModel):
    id: str
    obligation_id: str
    reason: str
    state: TerminationState
    entered_at: datetime
    outcome: str | None
    body: str | None
    case_number: str | None
    decided_on: date | None
    party_at_fault: PartyRole | None
    resolved_at: datetime | None
    documents: list[DocumentView]


class ExemptionView(BaseModel):
    id: str
    obligation_id: str
    ground: ExemptionGround
    occurred_on: date
    reason: str
    documents: list[DocumentView]
    state: RequestState
    requested_at: datetime
    answered_at: datetime | None
    answer: str | None


class ObligationDossierView(BaseModel):
    """An obligation and all that happened to it, oldest first. `late_interest` is null unless money was late."""

    obligation: ObligationView
    progress: ProgressView
    late_interest: LateInterestView | None
    fulfilments: list[FulfilmentView]
    overdue_register: list[OverdueView]
    supervision: list[SupervisionView]
    terminations: list[TerminationView]
    exemptions: list[ExemptionView]
    variations: list[VariationView]


class ExplanationView(BaseModel):
    """Why an obligation is where it is: the rule, where it stands, and the facts it was applied to."""

    state: str
    rule: str
    rule_zh: str
    rule_en: str
    source: str
    clause: str
    conclusion_zh: str
    conclusion_en: str
    due: DueExplanationView
    facts: dict[str, str | int | bool | None]


def document_ids(given: Sequence[str]) -> list[UUID]:
    """Raises `InvalidId`."""
    return [ids.parse(ids.DOCUMENT, text) for text in given]


def dossier_view(about: ObligationDossier) -> ObligationDossierView:
    listed = ListedObligation(about.obligation, about.contract)
    return ObligationDossierView(
        obligation=obligation_view(listed),
        progress=progress_view(about.progress),
        late_interest=late_interest_view(about.late_interest) if about.late_interest else None,
        fulfilments=[fulfilment_view(each) for each in about.fulfilments],
        overdue_register=[overdue_view(each, listed) for each in about.overdue_entries],
        supervision=[
            supervision_view(case, [step for step in about.supervision_steps if step.case_id == case.id])
            for case in about.supervision_cases
        ],
        terminations=[termination_view(each) for each in about.termination_cases],
        exemptions=[exemption_view(each) for each in about.exemptions],
        variations=[variation_view(each) for each in about.variations],
    )


def fulfilment_view(claim: Fulfilment) -> FulfilmentView:
    amount = None if claim.amount_minor is None else str(Money(claim.amount_minor))
    return FulfilmentView.model_validate({**_fields(claim, ids.FULFILMENT, FulfilmentView), "amount": amount})


def overdue_view(entry: OverdueEntry, listed: ListedObligation) -> OverdueView:
    return OverdueView(
        obligation=obligation_view(listed),
        due_version=entry.due_version,
        due_on=entry.due_on,
        class_code=entry.class_code,
        debtor_uscc=entry.debtor_uscc,
        next_step=StepKind(entry.next_step) if entry.next_step else None,
        next_step_on=entry.next_step_on,
        entered_at=entry.entered_at,
        left_at=entry.left_at,
        outcome=entry.outcome,
    )


def step_view(step: SupervisionStep) -> StepView:
    return StepView.model_validate(_fields(step, STEP, StepView))


def supervision_view(case: SupervisionCase, steps: Sequence[SupervisionStep] = ()) -> SupervisionView:
    fields = _fields(case, ids.SUPERVISION, SupervisionView)
    return SupervisionView.model_validate({**fields, "steps": [step_view(step) for step in steps]})


def termination_view(case: TerminationCase) -> TerminationView:
    return TerminationView.model_validate(_fields(case, ids.TERMINATION, TerminationView))


def exemption_view(request: Exemption) -> ExemptionView:
    return ExemptionView.model_validate(_fields(request, EXEMPTION, ExemptionView))


Row = Fulfilment | SupervisionCase | SupervisionStep | TerminationCase | Exemption


def _fields(row: Row, prefix: str, view: type[BaseModel]) -> dict[str, Any]:
    """The row's columns that the view shows, its ids prefixed."""
    fields = {name: getattr(row, name) for name in view.model_fields if hasattr(row, name)}
    fields["id"] = ids.public(prefix, row.id)
    if "obligation_id" in fields:
        fields["obligation_id"] = ids.public(ids.OBLIGATION, fields["obligation_id"])
    return fields
