"""Reading and writing evidence and the log. Records are found only through the organisations that may read them.

No query here grows with the log: pending work has a queue of its own, the rest goes by primary key or index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor
from ledger.models import (
    CheckpointTimestamp,
    EvidenceAccess,
    EvidenceDigest,
    EvidenceEntry,
    EvidenceErasure,
    EvidenceRecord,
    EvidenceSubmission,
    LogCheckpoint,
    LogHead,
    LogLeaf,
    PendingEntry,
)
from ledger.policy import NOTARISED_FILE
from ledger.record import StoredFile, Subject, parse_record

_SEQUENCER_LOCK = int.from_bytes(b"dingyue\x01", "big")


@dataclass(frozen=True, slots=True)
class LoggedRecord:
    """A record with all that belongs to it. `leaf_index` is None until the sequencer has staged the entry."""

    id: UUID
    type: str
    at: datetime
    subject: Subject
    record: bytes
    salt: bytes
    entry: bytes
    files: tuple[StoredFile, ...]
    leaf_index: int | None
    position: int


def records_of_subject(
    session: Session, actor: Actor, subject_id: str, *, after: int, limit: int
) -> list[LoggedRecord]:
    """The records behind position `after` in the subject's chain, oldest first."""
    return _read(
        session,
        _records(actor)
        .where(EvidenceRecord.subject_id == subject_id, EvidenceRecord.position > after)
        .order_by(EvidenceRecord.position, EvidenceRecord.subject_kind)
        .limit(limit),
    )


def records_of_subjects(session: Session, actor: Actor, subjects: Sequence[Subject]) -> list[LoggedRecord]:
    """All records of several subjects, in the order of `subjects`, each oldest first."""
    order = {subject: number for number, subject in enumerate(subjects)}
    found = _read(session, _records(actor).where(EvidenceRecord.subject_id.in_({subject.id for subject in subjects})))
    wanted = [record for record in found if record.subject in order]
    return sorted(wanted, key=lambda record: (order[record.subject], record.position))


def record(session: Session, actor: Actor, evidence_id: UUID) -> LoggedRecord | None:
    return next(iter(_read(session, _records(actor).where(EvidenceRecord.id == evidence_id))), None)


def records_with_digest(
    session: Session, actor: Actor, *, sha256: bytes | None, sm3: bytes | None, after: UUID | None, limit: int
) -> list[LoggedRecord]:
    """Records of the actor's own organisation that describe a file with these digests, oldest first.

    `after` is the last id of the page before. The index leads through this organisation's rows alone, whatever others
    have recorded of the same file.
    """
    found = select(EvidenceDigest.evidence_id).where(EvidenceDigest.organisation_id == actor.organisation_id)
    if sha256 is not None:
        found = found.where(EvidenceDigest.sha256 == sha256)
    if sm3 is not None:
        found = found.where(EvidenceDigest.sm3 == sm3)
    if after is not None:
        found = found.where(EvidenceDigest.evidence_id > after)
    page = found.order_by(EvidenceDigest.evidence_id).limit(limit).subquery()
    records = _all_records().join(page, page.c.evidence_id == EvidenceRecord.id)
    return _read(session, records.order_by(EvidenceRecord.id))


def places(session: Session, actor: Actor, evidence_ids: Sequence[UUID]) -> dict[UUID, int | None]:
    """The leaf indexes of those records among `evidence_ids` that the actor may read; None is not in the log yet."""
    rows = session.execute(
        select(EvidenceRecord.id, LogLeaf.leaf_index)
        .outerjoin(LogLeaf, LogLeaf.evidence_id == EvidenceRecord.id)
        .where(EvidenceRecord.id.in_(evidence_ids), _is_readable_by(actor))
    )
    return {row.id: row.leaf_index for row in rows}


def is_erased_for(session: Session, actor: Actor, evidence_id: UUID) -> bool:
    """Whether there was a record that the actor's organisation could read, and it was erased."""
    query = select(EvidenceErasure.evidence_id).join(
        EvidenceAccess, EvidenceAccess.evidence_id == EvidenceErasure.evidence_id
    )
    theirs = EvidenceAccess.organisation_id == actor.organisation_id
    return session.scalar(query.where(EvidenceErasure.evidence_id == evidence_id, theirs)) is not None


def add_submission(session: Session, submission: EvidenceSubmission) -> EvidenceSubmission | None:
    """Keeps it, or returns the one that was kept under the same key before, having waited for it if need be."""
    columns = EvidenceSubmission.__table__.columns
    values = {column.key: getattr(submission, column.key) for column in columns}
    added = insert(EvidenceSubmission).values(values).on_conflict_do_nothing().returning(EvidenceSubmission.key_hash)
    if session.scalar(added) is not None:
        return None
    return session.get_one(EvidenceSubmission, (submission.organisation_id, submission.key_hash))


def _records(actor: Actor) -> Select[EvidenceRecord, EvidenceEntry, int]:
    return _all_records().where(_is_readable_by(actor))


def _all_records() -> Select[EvidenceRecord, EvidenceEntry, int]:
    return (
        select(EvidenceRecord, EvidenceEntry, LogLeaf.leaf_index)
        .join(EvidenceEntry, EvidenceEntry.id == EvidenceRecord.id)
        .outerjoin(LogLeaf, LogLeaf.evidence_id == EvidenceRecord.id)
    )


def _read(session: Session, statement: Select[EvidenceRecord, EvidenceEntry, int]) -> list[LoggedRecord]:
    return [_logged(record, entry, index) for record, entry, index in session.execute(statement)]


def _logged(row: EvidenceRecord, entry: EvidenceEntry, leaf_index: int | None) -> LoggedRecord:
    files = parse_record(row.record).files
    return LoggedRecord(
        id=row.id,
        type=row.type,
        at=row.at,
        subject=Subject(row.subject_kind, row.subject_id),
        record=row.record,
        salt=row.salt,
        entry=entry.entry,
        files=tuple(StoredFile(file, key) for file, key in zip(files, row.object_keys, strict=True)),
        leaf_index=leaf_index,
        position=row.position,
    )


def _is_readable_by(actor: Actor) -> ColumnElement[bool]:
    """Parties read their records; a regulator or the credit office also those with a party of its region.

    What somebody notarised for themselves is no contract, and not overseen.
    """
    organisation = EvidenceAccess.organisation_id
    allowed: ColumnElement[bool] = organisation == actor.organisation_id
    if actor.oversees:
        region = select(Organisation.id).where(Organisation.region == actor.region)
        allowed = or_(allowed, and_(organisation.in_(region), EvidenceRecord.subject_kind != NOTARISED_FILE))
    return select(EvidenceAccess.evidence_id).where(EvidenceAccess.evidence_id == EvidenceRecord.id, allowed).exists()


def leaf_index(session: Session, evidence_id: UUID) -> int | None:
    return session.scalar(select(LogLeaf.leaf_index).where(LogLeaf.evidence_id == evidence_id))


def lock_sequencer(session: Session) -> None:
    """Lets one transaction at a time assign indexes."""
    session.execute(select(func.pg_advisory_xact_lock(_SEQUENCER_LOCK)))


def take_pending(session: Session, limit: int) -> list[UUID]:
    """Removes the oldest entries from the queue and returns them in order."""
    oldest = select(PendingEntry.sequence).order_by(PendingEntry.sequence).limit(limit)
    taken = session.execute(
        delete(PendingEntry)
        .where(PendingEntry.sequence.in_(oldest.scalar_subquery()))
        .returning(PendingEntry.sequence, PendingEntry.evidence_id)
    ).all()
    return [evidence_id for _, evidence_id in sorted((row.sequence, row.evidence_id) for row in taken)]


def staged_size(session: Session) -> int:
    """How many leaves have an index, in a checkpoint or not."""
    last = session.scalar(select(LogLeaf.leaf_index).order_by(LogLeaf.leaf_index.desc()).limit(1))
    return 0 if last is None else last + 1


def leaves_from(session: Session, first: int) -> list[tuple[int, EvidenceEntry]]:
    """The leaves `first` and later, in order."""
    rows = session.execute(
        select(LogLeaf.leaf_index, EvidenceEntry)
        .join(EvidenceEntry, EvidenceEntry.id == LogLeaf.evidence_id)
        .where(LogLeaf.leaf_index >= first)
        .order_by(LogLeaf.leaf_index)
    )
    return [(index, entry) for index, entry in rows]


def head_size(session: Session) -> int:
    return session.scalar(select(LogHead.size)) or 0


def advance_head(session: Session, old_size: int, new_size: int) -> bool:
    """Compare-and-swap; False if another sequencer was faster."""
    session.execute(insert(LogHead).values(id=1, size=0).on_conflict_do_nothing())
    advanced = session.execute(
        update(LogHead).where(LogHead.size == old_size).values(size=new_size).returning(LogHead.size)
    )
    return advanced.first() is not None


def checkpoint(session: Session, size: int) -> LogCheckpoint | None:
    return session.get(LogCheckpoint, size)


def latest_checkpoint(session: Session) -> LogCheckpoint | None:
    return session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


def first_checkpoint_with(session: Session, index: int) -> LogCheckpoint | None:
    """The smallest checkpoint that holds leaf `index`."""
    return session.scalar(select(LogCheckpoint).where(LogCheckpoint.size > index).order_by(LogCheckpoint.size).limit(1))


def first_checkpoints_with(session: Session, indexes: Sequence[int]) -> dict[int, LogCheckpoint]:
    """The smallest checkpoint that holds it, for each of the leaves that one holds: two queries for any number."""
    if not indexes:
        return {}
    leaf = select(func.unnest(cast(indexes, ARRAY(BigInteger))).label("number")).subquery()
    holding = select(LogCheckpoint.size).where(LogCheckpoint.size > leaf.c.number).order_by(LogCheckpoint.size).limit(1)
    found = session.execute(select(leaf.c.number, holding.scalar_subquery().label("size"))).all()
    sizes = {row.number: row.size for row in found if row.size is not None}
    rows = session.scalars(select(LogCheckpoint).where(LogCheckpoint.size.in_(set(sizes.values()))))
    by_size = {row.size: row for row in rows}
    return {number: by_size[size] for number, size in sizes.items()}


def timestamps(session: Session, size: int) -> Sequence[CheckpointTimestamp]:
    return session.scalars(
        select(CheckpointTimestamp)
        .where(CheckpointTimestamp.size == size)
        .order_by(CheckpointTimestamp.stamped_at, CheckpointTimestamp.authority)
    ).all()


def add_timestamp(session: Session, size: int, authority: str, token: bytes, stamped_at: datetime) -> None:
    """Keeps the token unless this authority's is there already: of two workers at once, the first wins."""
    session.execute(
        insert(CheckpointTimestamp)
        .values(size=size, authority=authority, token=token, stamped_at=stamped_at)
        .on_conflict_do_nothing()
    )
