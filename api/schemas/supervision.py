"""Shapes of the registers, of supervision with its ladder, of public demands and of rectification orders."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas.contracts import DocumentIds, Name, ObligationView, RequiredText, Side, Text, obligation_view
from api.schemas.following import (
    OverdueView,
    SupervisionView,
    TerminationView,
    document_ids,
    overdue_view,
    supervision_view,
    termination_view,
)
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from core import ids
from performance.policy import PartyRole, StepKind
from performance.reading import ListedObligation
from performance.supervision.models import PublicDemand, RectificationItem, RectificationStep
from performance.supervision.policy import (
    PUBLIC_DEMAND,
    RECTIFICATION,
    RECTIFICATION_ITEM,
    ItemChange,
    ItemState,
    OrderState,
    RungStanding,
)
from performance.supervision.publication import Publication, ShownField, WithheldReason
from performance.supervision.reading import OrderDossier, OverdueItem, SupervisionDossier, TerminationItem
from performance.supervision.record_step import NewStep as Step
from performance.supervision.rectify import NewItem as Item


class WithheldShape(Request):
    field: ShownField
    because: WithheldReason


class PublicationShape(Request):
    """What a public demand shows beyond the least, and why the rest is withheld. `days`: at most the region's."""

    shows: Annotated[list[ShownField], Field(max_length=10)] = Field(default_factory=list)
    withheld: Annotated[list[WithheldShape], Field(max_length=10)] = Field(default_factory=list)
    remark: Text = ""
    days: Annotated[int | None, Field(ge=1, le=366)] = None

    def publication(self) -> Publication:
        return Publication(
            frozenset(self.shows), {each.field: each.because for each in self.withheld}, self.remark, self.days
        )


class NewStep(Request):
    """Which steps are open, and why, is told by the case (`ladder`). `publication` only for a `public_demand`."""

    kind: StepKind
    held_on: date
    participants: Annotated[list[Name], Field(max_length=50)] = Field(default_factory=list)
    minutes: RequiredText
    outcome: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)
    publication: PublicationShape | None = None

    def step(self) -> Step:
        """Raises `InvalidId`."""
        return Step(
            kind=self.kind,
            held_on=self.held_on,
            minutes=self.minutes,
            outcome=self.outcome,
            participants=tuple(self.participants),
            document_ids=tuple(document_ids(self.document_ids)),
            publication=self.publication.publication() if self.publication else None,
        )


class Withdrawal(Request):
    reason: RequiredText


class NewItem(Request):
    task: RequiredText
    due_on: date


class NewRectification(Request):
    """An order to `party_role`, of at least one item."""

    party_role: Side
    reason: RequiredText
    items: Annotated[list[NewItem], Field(max_length=50)]
    document_ids: DocumentIds = Field(default_factory=list)

    def ordered(self) -> list[Item]:
        return [Item(item.task, item.due_on) for item in self.items]


class ItemReport(Request):
    text: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)


class ItemExtension(Request):
    due_on: date
    text: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)


class OverdueItemView(OverdueView):
    days_late: int


class OverduePage(BaseModel):
    items: list[OverdueItemView]
    next_cursor: str | None


class TerminationItemView(TerminationView):
    """For the credit office a case that ended by mediation says no more than that nobody was at fault (R23)."""

    obligation: ObligationView


class TerminationPage(BaseModel):
    items: list[TerminationItemView]
    next_cursor: str | None


class PublicDemandView(BaseModel):
    """As the public reads it."""

    id: str
    region: str
    debtor: str
    authority: str
    due_on: date
    days_late: int
    text_zh: str
    text_en: str
    remark: str
    shown: dict[ShownField, str]
    starts_on: date
    ends_on: date


class PublicDemandPage(BaseModel):
    items: list[PublicDemandView]
    next_cursor: str | None


class WithheldView(BaseModel):
    field: ShownField
    because: WithheldReason


class DemandView(PublicDemandView):
    """As the parties and the regulator read it: with what is withheld, and how it ended."""

    withheld: list[WithheldView]
    ended_at: datetime | None
    ended_because: str | None
    evidence_id: str


class ReasonView(BaseModel):
    code: str
    zh: str
    en: str
    clause: str


class RungView(BaseModel):
    """Whether a step is open today, from when (null: not by waiting alone), and why."""

    step: StepKind
    is_open: bool
    opens_on: date | None
    reasons: list[ReasonView]


class LadderView(BaseModel):
    """`verify` says what of the rules is the platform's own assumption. No rungs once the case is closed."""

    region: str
    version: int
    source: str
    verify: str
    rungs: list[RungView]


class ItemStepView(BaseModel):
    change: ItemChange
    before: ItemState
    after: ItemState
    due_on: date
    text: str
    documents: list[DocumentView]
    at: datetime
    evidence_id: str


class ItemView(BaseModel):
    id: str
    position: int
    task: str
    due_on: date
    state: ItemState
    steps: list[ItemStepView]


class RectificationView(BaseModel):
    id: str
    supervision_id: str
    party_role: PartyRole
    reason: str
    state: OrderState
    issued_at: datetime
    evidence_id: str
    items: list[ItemView]


class SupervisionCaseView(SupervisionView):
    """A case with all that happened in it, and which steps are open."""

    public_demands: list[DemandView]
    rectifications: list[RectificationView]
    ladder: LadderView


def overdue_item_view(item: OverdueItem) -> OverdueItemView:
    view = overdue_view(item.entry, ListedObligation(item.obligation, item.contract))
    return OverdueItemView(**view.model_dump(), days_late=item.days_late)


def termination_item_view(item: TerminationItem) -> TerminationItemView:
    owed = obligation_view(ListedObligation(item.obligation, item.contract))
    return TerminationItemView(**termination_view(item.case).model_dump(), obligation=owed)


def public_demand_view(demand: PublicDemand) -> PublicDemandView:
    return PublicDemandView(
        id=ids.public(PUBLIC_DEMAND, demand.id),
        region=demand.region,
        starts_on=demand.starts_on,
        ends_on=demand.ends_on,
        **demand.published,
    )


def demand_view(demand: PublicDemand) -> DemandView:
    return DemandView(
        **public_demand_view(demand).model_dump(),
        withheld=[WithheldView(**each) for each in demand.withheld],
        ended_at=demand.ended_at,
        ended_because=demand.ended_because,
        evidence_id=ids.public(ids.EVIDENCE, demand.evidence_id),
    )


def rectification_view(about: OrderDossier) -> RectificationView:
    order = about.order
    return RectificationView(
        id=ids.public(RECTIFICATION, order.id),
        supervision_id=ids.public(ids.SUPERVISION, order.case_id),
        party_role=PartyRole(order.party_role),
        reason=order.reason,
        state=about.state,
        issued_at=order.issued_at,
        evidence_id=ids.public(ids.EVIDENCE, order.evidence_id),
        items=[_item_view(item, [step for step in about.steps if step.item_id == item.id]) for item in about.items],
    )


def supervision_case_view(about: SupervisionDossier) -> SupervisionCaseView:
    ladder = about.ladder
    return SupervisionCaseView(
        **supervision_view(about.case, about.steps).model_dump(),
        public_demands=[demand_view(demand) for demand in about.demands],
        rectifications=[rectification_view(order) for order in about.orders],
        ladder=LadderView(
            region=ladder.region,
            version=ladder.version,
            source=ladder.source,
            verify=ladder.verify,
            rungs=[_rung_view(rung) for rung in about.rungs],
        ),
    )


def _rung_view(rung: RungStanding) -> RungView:
    reasons = [ReasonView(code=each.code, zh=each.zh, en=each.en, clause=each.clause) for each in rung.reasons]
    return RungView(step=rung.step, is_open=rung.is_open, opens_on=rung.opens_on, reasons=reasons)


def _item_view(item: RectificationItem, steps: Sequence[RectificationStep]) -> ItemView:
    return ItemView(
        id=ids.public(RECTIFICATION_ITEM, item.id),
        position=item.position,
        task=item.task,
        due_on=item.due_on,
        state=ItemState(item.state),
        steps=[_item_step_view(step) for step in steps],
    )


def _item_step_view(step: RectificationStep) -> ItemStepView:
    return ItemStepView(
        change=ItemChange(step.change),
        before=ItemState(step.before),
        after=ItemState(step.after),
        due_on=step.due_on,
        text=step.text,
        documents=[DocumentView(**document) for document in step.documents],
        at=step.at,
        evidence_id=ids.public(ids.EVIDENCE, step.evidence_id),
    )
