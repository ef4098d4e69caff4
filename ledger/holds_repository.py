"""Reading and writing legal holds and erasures. Holds are found through the organisation that placed them, but where an
operator acts on the machine itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ledger.models import (
    EvidenceAccess,
    EvidenceDigest,
    EvidenceErasure,
    EvidenceErasureResult,
    EvidenceHold,
    EvidenceHoldRelease,
    EvidenceRecord,
)
from ledger.record import Subject

Release = EvidenceHoldRelease | None


def record_for_operator(session: Session, evidence_id: UUID) -> EvidenceRecord | None:
    """Any organisation's: only for an operator's command, and for an actor who has been let in."""
    return session.get(EvidenceRecord, evidence_id, populate_existing=True)


def holds_on(session: Session, subject: Subject, evidence_id: UUID) -> Sequence[EvidenceHold]:
    """The holds in force that keep the record from being erased: its own, and its whole subject's."""
    return session.scalars(
        select(EvidenceHold).where(_concerns(subject, evidence_id), ~_is_released()).order_by(EvidenceHold.id)
    ).all()


def holds_of(
    session: Session, organisation_id: UUID, subject: Subject, evidence_id: UUID
) -> list[tuple[EvidenceHold, Release]]:
    """All that the organisation ever placed on the record or its subject, with their releases, oldest first."""
    rows = session.execute(
        select(EvidenceHold, EvidenceHoldRelease)
        .outerjoin(EvidenceHoldRelease, EvidenceHoldRelease.hold_id == EvidenceHold.id)
        .where(EvidenceHold.organisation_id == organisation_id, _concerns(subject, evidence_id))
        .order_by(EvidenceHold.id)
    )
    return [(hold, release) for hold, release in rows]


def hold(session: Session, organisation_id: UUID, hold_id: UUID) -> EvidenceHold | None:
    query = select(EvidenceHold).where(EvidenceHold.id == hold_id, EvidenceHold.organisation_id == organisation_id)
    return session.scalar(query)


def hold_for_operator(session: Session, hold_id: UUID) -> EvidenceHold | None:
    """Any organisation's: only for an operator's command."""
    return session.get(EvidenceHold, hold_id)


def release_of(session: Session, hold_id: UUID) -> Release:
    return session.get(EvidenceHoldRelease, hold_id)


def readers(session: Session, evidence_id: UUID) -> list[UUID]:
    """The organisations that may read a record, erased or not."""
    query = select(EvidenceAccess.organisation_id).where(EvidenceAccess.evidence_id == evidence_id)
    return list(session.scalars(query.order_by(EvidenceAccess.organisation_id)))


def erasure(session: Session, evidence_id: UUID) -> EvidenceErasure | None:
    return session.get(EvidenceErasure, evidence_id)


def erasure_result(session: Session, evidence_id: UUID) -> EvidenceErasureResult | None:
    return session.get(EvidenceErasureResult, evidence_id)


def add_result(session: Session, result: EvidenceErasureResult) -> EvidenceErasureResult:
    """Keeps it unless another command was faster; returns the one that is kept."""
    values = {column.key: getattr(result, column.key) for column in EvidenceErasureResult.__table__.columns}
    session.execute(insert(EvidenceErasureResult).values(values).on_conflict_do_nothing())
    return session.get_one(EvidenceErasureResult, result.evidence_id)


def delete_record(session: Session, evidence_id: UUID) -> None:
    """Record, salt, and the digests it was found by. Only the owner of the tables can, and a trigger wants to see the
    erasure written and no hold in force."""
    session.execute(delete(EvidenceDigest).where(EvidenceDigest.evidence_id == evidence_id))
    session.execute(delete(EvidenceRecord).where(EvidenceRecord.id == evidence_id))


def is_object_named(session: Session, object_key: str) -> bool:
    """Whether a record that is still there names the stored object. Reads all records: erasing is rare."""
    return bool(session.scalar(select(exists().where(EvidenceRecord.object_keys.contains([object_key])))))


def _concerns(subject: Subject, evidence_id: UUID) -> ColumnElement[bool]:
    is_of_subject = (EvidenceHold.subject_id == subject.id) & (EvidenceHold.subject_kind == subject.kind)
    return is_of_subject & or_(EvidenceHold.evidence_id.is_(None), EvidenceHold.evidence_id == evidence_id)


def _is_released() -> ColumnElement[bool]:
    return select(EvidenceHoldRelease.hold_id).where(EvidenceHoldRelease.hold_id == EvidenceHold.id).exists()
