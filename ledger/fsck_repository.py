"""Reading everything of the log, in its order and in pieces, for the operator's examination alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, Row, Select, column, func, or_, select, table
from sqlalchemy.orm import Session

from ledger.models import (
    CheckpointTimestamp,
    EvidenceEntry,
    EvidenceErasure,
    EvidenceRecord,
    LogCheckpoint,
    LogHead,
    LogLeaf,
)

_PIECE = 1000
_ANCHOR = table(
    "anchor",
    column("chain_id", BigInteger),
    column("size", BigInteger),
    column("root", LargeBinary),
    column("note_hash", LargeBinary),
)
"""Of `ledger.anchors`, which stands above the log; importing it would also load all that speaks with chains."""


@dataclass(frozen=True, slots=True)
class StoredAnchor:
    """What an anchor says of a checkpoint."""

    chain_id: int
    size: int
    root: bytes
    note_hash: bytes


@dataclass(frozen=True, slots=True)
class StoredLeaf:
    """An entry with its record, unless that was erased. `index` is None before the sequencer has staged it."""

    index: int | None
    entry: EvidenceEntry
    record: EvidenceRecord | None
    is_erased: bool


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A checkpoint with all that was said about it."""

    row: LogCheckpoint
    timestamps: Sequence[CheckpointTimestamp]
    anchors: Sequence[StoredAnchor]


def leaves(session: Session, first: int, end: int) -> list[StoredLeaf]:
    """Those with an index from `first` to `end` − 1, in order."""
    rows = session.execute(_leaves().where(LogLeaf.leaf_index >= first, LogLeaf.leaf_index < end))
    return [_leaf(row) for row in rows]


def waiting(session: Session, size: int) -> Iterator[StoredLeaf]:
    """Entries that no checkpoint of up to `size` holds."""
    query = _leaves().where(or_(LogLeaf.leaf_index.is_(None), LogLeaf.leaf_index >= size))
    return map(_leaf, session.execute(query.execution_options(yield_per=_PIECE)))


def checkpoints(session: Session, after: int) -> list[StoredCheckpoint]:
    """A piece of those larger than `after`, smallest first."""
    found = select(LogCheckpoint).where(LogCheckpoint.size > after).order_by(LogCheckpoint.size)
    rows = session.scalars(found.limit(_PIECE)).all()
    sizes = [row.size for row in rows]
    timestamps = session.scalars(select(CheckpointTimestamp).where(CheckpointTimestamp.size.in_(sizes))).all()
    found_anchors = session.execute(select(_ANCHOR).where(_ANCHOR.c.size.in_(sizes))).all()
    anchors = [StoredAnchor(row.chain_id, row.size, row.root, row.note_hash) for row in found_anchors]
    return [
        StoredCheckpoint(
            row,
            [timestamp for timestamp in timestamps if timestamp.size == row.size],
            [anchor for anchor in anchors if anchor.size == row.size],
        )
        for row in rows
    ]


def records(session: Session) -> Iterator[EvidenceRecord]:
    """All of them, subject by subject, each in the order of its chain."""
    order = (EvidenceRecord.subject_id, EvidenceRecord.subject_kind, EvidenceRecord.position)
    return iter(session.scalars(select(EvidenceRecord).order_by(*order).execution_options(yield_per=_PIECE)))


def head_and_largest_checkpoint(session: Session) -> tuple[int, int]:
    """Both by one statement, for the log may grow between two."""
    head = select(LogHead.size).scalar_subquery()
    largest = select(func.max(LogCheckpoint.size)).scalar_subquery()
    row = session.execute(
        select(func.coalesce(head, 0).label("head"), func.coalesce(largest, 0).label("largest"))
    ).one()
    return row.head, row.largest


def record_count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(EvidenceRecord)) or 0


def is_erased(session: Session, evidence_id: UUID) -> bool:
    return session.get(EvidenceErasure, evidence_id) is not None


def _leaves() -> Select[EvidenceEntry, int, EvidenceRecord, UUID]:
    return (
        select(EvidenceEntry, LogLeaf.leaf_index, EvidenceRecord, EvidenceErasure.evidence_id)
        .outerjoin(LogLeaf, LogLeaf.evidence_id == EvidenceEntry.id)
        .outerjoin(EvidenceRecord, EvidenceRecord.id == EvidenceEntry.id)
        .outerjoin(EvidenceErasure, EvidenceErasure.evidence_id == EvidenceEntry.id)
        .order_by(LogLeaf.leaf_index)
    )


def _leaf(row: Row[EvidenceEntry, int, EvidenceRecord, UUID]) -> StoredLeaf:
    entry, index, record, erased = row
    return StoredLeaf(index, entry, record, erased is not None)
