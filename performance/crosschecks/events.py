"""What cross-checks tell the packages above them. Values are spelt as in `policy.spelt`."""

from typing import ClassVar
from uuid import UUID

from core.events import Event


class FactReported(Event):
    type: ClassVar[str] = "fact.reported"

    fact_id: UUID
    contract_id: UUID
    kind: str
    side: str
    source_system: str
    evidence_id: UUID


class FindingOpened(Event):
    """Two sources contradict each other; `standing` counts until it is resolved (None: neither)."""

    type: ClassVar[str] = "finding.opened"

    finding_id: UUID
    contract_id: UUID
    contract_title: str
    obligation_id: UUID | None
    rule: str
    what: str
    first: str
    second: str
    standing: str | None
    evidence_id: UUID


class FindingClosed(Event):
    """A person resolved it: `value` is what was found to be true."""

    type: ClassVar[str] = "finding.resolved"

    finding_id: UUID
    contract_id: UUID
    contract_title: str
    obligation_id: UUID | None
    rule: str
    choice: str
    value: str
    evidence_id: UUID
