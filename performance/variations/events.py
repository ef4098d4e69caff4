"""What variations tell the packages above."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from core.events import Event


class VariationMoved(Event):
    """A variation was proposed, agreed, dropped, or took effect by its signed amendment. State:
    `policy.VariationState`; a `to_…` that is None stays as it was. An amendment that took effect is what a publisher
    tells as 重大变更 (R16)."""

    type: ClassVar[str] = "variation.moved"

    variation_id: UUID
    obligation_id: UUID
    contract_id: UUID
    contract_number: str
    contract_title: str
    title: str
    state: str
    from_due_on: date | None
    to_due_on: date | None
    to_amount_minor: int | None
    to_quantity: str | None
    reason: str
    evidence_id: UUID
