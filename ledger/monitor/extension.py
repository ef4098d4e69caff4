"""Whether one checkpoint extends another, as the log's own tiles show it.

The tiles are not believed: a consistency proof computed from them is verified against the newer checkpoint's root
(RFC 9162 §2.1.4.2). If it verifies, the tree under that root holds `older_root` at the older size, whoever served the
tiles. An older checkpoint with another root is then contradicted by the newer one, and the proof shows it to anybody.
"""

from dataclasses import dataclass

from ledger.merkle import EMPTY_ROOT, NodeReader, ProofInvalid, consistency_proof, root_at, verify_consistency
from ledger.note import Checkpoint


class TilesContradictCheckpoint(ValueError):
    """The tiles don't lead to the root that the log signed, so they show nothing."""


@dataclass(frozen=True, slots=True)
class Extension:
    """The proven `older_root` (32 bytes) of the newer tree at the older size, and the consistency proof of that."""

    older_root: bytes
    proof: tuple[bytes, ...]


def prove_extension(older_size: int, newer: Checkpoint, node: NodeReader) -> Extension:
    """What `newer` says of its first `older_size` leaves. `node` reads the tree of `newer`.

    Raises `ValueError` unless 0 ≤ older_size ≤ newer.size, `TilesContradictCheckpoint`, and whatever `node` does.
    """
    if not 0 <= older_size <= newer.size:
        raise ValueError(f"a tree of {newer.size} leaves has no first {older_size}")
    if older_size == newer.size:
        return Extension(newer.root, ())
    if older_size == 0:
        return Extension(EMPTY_ROOT, ())
    proof = tuple(consistency_proof(older_size, newer.size, node))
    older_root = root_at(older_size, node)
    try:
        verify_consistency(older_size, newer.size, proof, older_root, newer.root)
    except ProofInvalid as error:
        raise TilesContradictCheckpoint(str(error)) from error
    return Extension(older_root, proof)
