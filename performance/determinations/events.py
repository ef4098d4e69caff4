"""What determinations tell the packages above."""

from typing import ClassVar
from uuid import UUID

from core.events import Event
from performance.events import PartyFact


class DeterminationStepTaken(Event):
    """A step the party may know of. `change` and `state` are those of `policy`; `public` begins publication, and
    `revoked` ends it; of a `revised` one only the mark stays public. `issue` makes the document be made."""

    type: ClassVar[str] = "determination.step"

    determination_id: UUID
    contract_id: UUID
    obligation_id: UUID
    party: PartyFact
    change: str
    state: str
    evidence_id: UUID


class DeterminationDocumentMade(Event):
    """认定文书 is sealed and stored; it can be served now."""

    type: ClassVar[str] = "determination.document_made"

    determination_id: UUID
    contract_id: UUID
    obligation_id: UUID
    party: PartyFact
    sha256: str
    evidence_id: UUID
