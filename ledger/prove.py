"""Use cases: proofs about published checkpoints (RFC 6962 §2.1), made from stored tiles.

Nothing here verifies what it made: whoever gets a proof does, against what the log signed.
"""

from uuid import UUID

from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger import merkle, repository
from ledger.errors import CheckpointNotFound, EvidenceNotLogged
from ledger.proof import TlogProof, encode_proof
from ledger.published import cosigned_checkpoint, published_checkpoint
from ledger.tiles import TileStore


def prove_inclusion(unit_of_work: UnitOfWorkFactory, objects: Objects, index: int, size: int) -> list[bytes]:
    """RFC 6962 §2.1.1 for leaf `index` in the checkpoint of `size`.

    Raises `CheckpointNotFound`, `EvidenceNotLogged`, `LogCorrupted`.
    """
    published_checkpoint(unit_of_work, size)
    if not 0 <= index < size:
        raise EvidenceNotLogged(size=size)
    return merkle.inclusion_proof(index, size, TileStore(objects).nodes(size))


def prove_consistency(unit_of_work: UnitOfWorkFactory, objects: Objects, size1: int, size2: int) -> list[bytes]:
    """RFC 6962 §2.1.2 between checkpoints. Empty if `size1` is 0 or `size2`.

    Raises `CheckpointNotFound` unless both are published (0 always is) and `size1` ≤ `size2`; `LogCorrupted`.
    """
    for size in {size1, size2} - {0}:
        published_checkpoint(unit_of_work, size)
    if size1 > size2:
        raise CheckpointNotFound(size=size1)
    return merkle.consistency_proof(size1, size2, TileStore(objects).nodes(size2))


def prove_entry(
    unit_of_work: UnitOfWorkFactory, objects: Objects, evidence_id: UUID, checkpoint_size: int, note: bytes | None
) -> bytes:
    """The C2SP tlog-proof of an entry against the published checkpoint of `checkpoint_size`, cosigned as it is.

    For callers that have let the reader in already. `note` is that checkpoint, for those who have read it: it may
    gain a cosignature at any time. Raises `CheckpointNotFound`, `EvidenceNotLogged`.
    """
    note = note or cosigned_checkpoint(unit_of_work, checkpoint_size)
    with unit_of_work() as uow:
        index = repository.leaf_index(uow.session, evidence_id)
    if index is None or index >= checkpoint_size:
        raise EvidenceNotLogged(size=checkpoint_size)
    path = merkle.inclusion_proof(index, checkpoint_size, TileStore(objects).nodes(checkpoint_size))
    return encode_proof(TlogProof(index, tuple(path), note))
