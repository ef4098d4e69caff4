"""What supervision tells the packages above."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from core.events import Event
from performance.events import PartyFact


class SupervisionOpened(Event):
    type: ClassVar[str] = "supervision.opened"

    supervision_id: UUID
    contract_id: UUID
    obligation_id: UUID
    debtor: PartyFact
    evidence_id: UUID


class SupervisionStepTaken(Event):
    """`kind` is a `StepKind`. No minutes: those are for who may read the case."""

    type: ClassVar[str] = "supervision.step_taken"

    supervision_id: UUID
    contract_id: UUID
    obligation_id: UUID
    kind: str
    held_on: date
    debtor: PartyFact
    evidence_id: UUID


class PublicDemandPublished(Event):
    """催告公示 is public from `starts_on` to `ends_on`, unless `PublicDemandEnded` comes first."""

    type: ClassVar[str] = "public_demand.published"

    demand_id: UUID
    contract_id: UUID
    obligation_id: UUID
    starts_on: date
    ends_on: date
    evidence_id: UUID


class PublicDemandEnded(Event):
    """It is public no more: met, excused, expired, withdrawn …; whoever copied it takes it down."""

    type: ClassVar[str] = "public_demand.ended"

    demand_id: UUID
    contract_id: UUID
    obligation_id: UUID
    because: str
    evidence_id: UUID


class RectificationChanged(Event):
    """An order was issued (`change` is `order`, no item) or one of its items changed (`policy.ItemChange`)."""

    type: ClassVar[str] = "rectification.changed"

    order_id: UUID
    item_id: UUID | None
    contract_id: UUID
    obligation_id: UUID
    party: PartyFact
    change: str
    due_on: date
    evidence_id: UUID


class TerminationEntered(Event):
    """Confirmed impossible: in the termination register 终止库, and no breach before the dispute is resolved (R13)."""

    type: ClassVar[str] = "termination.entered"

    termination_id: UUID
    contract_id: UUID
    obligation_id: UUID
    evidence_id: UUID
