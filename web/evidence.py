"""How far the evidence of something has come: recorded, in the log, anchored for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from accounts.policy import Actor
from api.services import Services
from ledger.record import Subject
from ledger.repository import LoggedRecord
from ledger.verifier.verdict import Grade


@dataclass(frozen=True, slots=True)
class EvidenceState:
    """`logged` and `anchored` count records; `is_development`: only a chain that is no evidence has all of them."""

    records: Sequence[LoggedRecord]
    logged: int
    anchored: int
    is_development: bool
    grade: Grade

    @property
    def state(self) -> str:
        """`anchored` only if every record is."""
        if not self.records or self.logged < len(self.records):
            return "pending"
        return "anchored" if self.anchored == len(self.records) else "logged"


def evidence_state(services: Services, actor: Actor, *subjects: Subject) -> EvidenceState:
    """Of all records about the subjects that the actor may read."""
    records = services.ledger.records_of(actor, *subjects)
    chains = services.anchors.status()
    final = max((chain.finalized_size for chain in chains), default=0)
    proven = max((chain.finalized_size for chain in chains if not chain.development), default=0)
    indexes = [record.leaf_index for record in records if record.leaf_index is not None]
    return EvidenceState(
        records=records,
        logged=len(indexes),
        anchored=sum(index < final for index in indexes),
        is_development=any(chain.development for chain in chains) and max(indexes, default=0) >= proven,
        grade=services.grading.of(max(indexes) if len(indexes) == len(records) and indexes else None),
    )
