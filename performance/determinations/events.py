"""What determinations tell the packages above."""

from typing import ClassVar
from uuid import UUID

from core.events import Event
from performance.events import PartyFact


class DeterminationStepTaken(Event):
    """A step the party may know of. `change` and `state` are those of `policy`; `public` begins publication, and
    `revised` or `revoked` ends it."""

    type: ClassVar[str] = "determination.step"

    determination_id: UUID
    contract_id: UUID
    obligation_id: UUID
    party: PartyFact
    change: str
    state: str
    evidence_id: UUID
