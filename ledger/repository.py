"""Reading and writing evidence and the log. Records are found only through the organisations that may read them.

No query here grows with the log: pending work has a queue of its own, the rest goes by primary key or index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor
from ledger.models import (
    CheckpointTimestamp,
    EvidenceAccess,
    EvidenceEntry,
    EvidenceRecord,
    LogCheckpoint,
    LogHead,
    LogKey,
    LogLeaf,
    PendingEntry,
)
from ledger.policy import NOTARISED_FILE
from ledger.record import StoredFile, Subject, parse_record

_SUBJECT_LOCKS = 1
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


def lock_subject(session: Session, subject: Subject) -> None:
    """Waits until no other transaction is adding to this subject's chain; held until this one ends.

    An advisory lock, because row locks need the UPDATE privilege that append-only tables don't grant.
    """
    name = f"{subject.kind}/{subject.id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, _SUBJECT_LOCKS))))


_INSERT_EVIDENCE = text("""
    WITH new_entry AS (
        INSERT INTO evidence_entry (id, entry, leaf_hash) VALUES (:id, :entry, :leaf_hash)
    ), new_record AS (
        INSERT INTO evidence_record (id, subject_kind, subject_id, position, type, at, record, salt, object_keys)
        VALUES (:id, :subject_kind, :subject_id, :position, :type, :at, :record, :salt, :object_keys)
    ), new_access AS (
        INSERT INTO evidence_access (evidence_id, organisation_id)
        SELECT :id, unnest(CAST(:organisation_ids AS uuid[]))
    )
    INSERT INTO pending_entry (evidence_id) VALUES (:id)
""").bindparams(bindparam("object_keys", type_=JSONB))


def insert_evidence(
    session: Session, entry: EvidenceEntry, record: EvidenceRecord, organisation_ids: Iterable[UUID]
) -> None:
    """Entry, record, who may read it, and its place in the queue, in one statement: evidence is written at every step
    of everything, so its cost is everybody's."""
    columns = {column.key: getattr(record, column.key) for column in EvidenceRecord.__table__.columns}
    readers = list(dict.fromkeys(organisation_ids))
    written = {"entry": entry.entry, "leaf_hash": entry.leaf_hash, "organisation_ids": readers}
    session.execute(_INSERT_EVIDENCE, {**columns, **written})


def end_of_chain(session: Session, subject: Subject) -> tuple[UUID, int] | None:
    """The id and position of the subject's latest record. Lock the subject first."""
    latest = session.execute(
        select(EvidenceRecord.id, EvidenceRecord.position)
        .where(EvidenceRecord.subject_id == subject.id, EvidenceRecord.subject_kind == subject.kind)
        .order_by(EvidenceRecord.position.desc())
        .limit(1)
    ).first()
    return (latest.id, latest.position) if latest else None


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


def _records(actor: Actor) -> Select[EvidenceRecord, EvidenceEntry, int]:
    return (
        select(EvidenceRecord, EvidenceEntry, LogLeaf.leaf_index)
        .join(EvidenceEntry, EvidenceEntry.id == EvidenceRecord.id)
        .outerjoin(LogLeaf, LogLeaf.evidence_id == EvidenceRecord.id)
        .where(_is_readable_by(actor))
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


def leaves_with_records(session: Session, first: int, end: int) -> list[tuple[EvidenceEntry, EvidenceRecord | None]]:
    """The leaves `first` to `end` − 1 in order, for the operator's examination. An erased record is None."""
    rows = session.execute(
        select(EvidenceEntry, EvidenceRecord)
        .join(LogLeaf, LogLeaf.evidence_id == EvidenceEntry.id)
        .outerjoin(EvidenceRecord, EvidenceRecord.id == EvidenceEntry.id)
        .where(LogLeaf.leaf_index >= first, LogLeaf.leaf_index < end)
        .order_by(LogLeaf.leaf_index)
    )
    return [(entry, record) for entry, record in rows]


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


def log_key(session: Session, origin: str) -> LogKey | None:
    return session.get(LogKey, origin)


def add_log_key(session: Session, key: LogKey) -> None:
    """Keeps the key unless the log has one already."""
    session.execute(
        insert(LogKey)
        .values(
            origin=key.origin,
            public_key=key.public_key,
            sealed_private_key=key.sealed_private_key,
            created_at=key.created_at,
        )
        .on_conflict_do_nothing()
    )
