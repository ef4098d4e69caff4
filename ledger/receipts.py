"""Receipts: for a record of one's own, the C2SP tlog-proof that the log holds its entry.

A receipt is against the first checkpoint that holds the entry, so that it stays the same, whoever asks and whenever;
only cosignatures of witnesses may be added to its checkpoint. Proofs under one checkpoint read each tile once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor, Scope
from core.ids import EVIDENCE, public
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger import cosignatures, repository
from ledger.errors import EvidenceNotFound, ReceiptNotReady
from ledger.merkle import NodeReader, inclusion_proof
from ledger.proof import TlogProof, encode_proof
from ledger.tiles import TileStore

MOST_RECEIPTS = 1000
"""For one request."""
RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """`proof` is the tlog-proof's text; None while no checkpoint holds the entry."""

    evidence_id: UUID
    proof: bytes | None


def receipt(unit_of_work: UnitOfWorkFactory, objects: Objects, actor: Actor, evidence_id: UUID) -> bytes:
    """Raises `EvidenceNotFound`, also for another organisation's, or `ReceiptNotReady`."""
    [found] = receipts(unit_of_work, objects, actor, [evidence_id])
    if found.proof is None:
        raise ReceiptNotReady(retry_after_seconds=RETRY_AFTER_SECONDS)
    return found.proof


def receipts(
    unit_of_work: UnitOfWorkFactory, objects: Objects, actor: Actor, evidence_ids: Sequence[UUID]
) -> list[Receipt]:
    """One for each id, in their order. Raises `EvidenceNotFound` if there is one that the actor may not read."""
    actor.require(Scope.EVIDENCE_READ)
    with unit_of_work() as uow:
        places = repository.places(uow.session, actor, evidence_ids)
        missing = [public(EVIDENCE, identifier) for identifier in evidence_ids if identifier not in places]
        if missing:
            raise EvidenceNotFound(missing=missing[:20])
        checkpoints = repository.first_checkpoints_with(
            uow.session, [index for index in places.values() if index is not None]
        )
        notes = cosignatures.cosigned_notes(uow.session, checkpoints.values())
    tiles = TileStore(objects)
    readers = {row.size: tiles.nodes(row.size) for row in checkpoints.values()}
    proofs = {index: _proof(index, row.size, notes[row.size], readers[row.size]) for index, row in checkpoints.items()}
    return [Receipt(identifier, proofs.get(places[identifier])) for identifier in evidence_ids]  # type: ignore[arg-type]


def _proof(index: int, size: int, note: bytes, node: NodeReader) -> bytes:
    return encode_proof(TlogProof(index, tuple(inclusion_proof(index, size, node)), note))
