"""Use cases: an actor reads the evidence records that their organisation may read."""

from collections.abc import Sequence
from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWorkFactory
from ledger import repository
from ledger.errors import EvidenceErased, EvidenceNotFound
from ledger.record import Subject
from ledger.repository import LoggedRecord


def read_evidence(unit_of_work: UnitOfWorkFactory, actor: Actor, evidence_id: UUID) -> LoggedRecord:
    """Raises `EvidenceNotFound`, also for another organisation's, or `EvidenceErased`."""
    actor.require(Scope.EVIDENCE_READ)
    with unit_of_work() as uow:
        found = repository.record(uow.session, actor, evidence_id)
        if found is None and repository.is_erased_for(uow.session, actor, evidence_id):
            raise EvidenceErased
    if found is None:
        raise EvidenceNotFound
    return found


def read_subjects(unit_of_work: UnitOfWorkFactory, actor: Actor, subjects: Sequence[Subject]) -> list[LoggedRecord]:
    """All records of the subjects that the actor may read, subject by subject, oldest first."""
    actor.require(Scope.EVIDENCE_READ)
    with unit_of_work() as uow:
        return repository.records_of_subjects(uow.session, actor, subjects)


def list_records(
    unit_of_work: UnitOfWorkFactory, actor: Actor, subject_id: str, *, after: int, limit: int
) -> list[LoggedRecord]:
    """A page of one subject's records: those behind position `after` in its chain."""
    actor.require(Scope.EVIDENCE_READ)
    with unit_of_work() as uow:
        return repository.records_of_subject(uow.session, actor, subject_id, after=after, limit=limit)


def find_by_digest(
    unit_of_work: UnitOfWorkFactory,
    actor: Actor,
    *,
    sha256: bytes | None,
    sm3: bytes | None,
    after: UUID | None,
    limit: int,
) -> list[LoggedRecord]:
    """A page of the organisation's own records of a file with these digests (32 bytes), oldest first."""
    actor.require(Scope.EVIDENCE_READ)
    with unit_of_work() as uow:
        return repository.records_with_digest(uow.session, actor, sha256=sha256, sm3=sm3, after=after, limit=limit)
