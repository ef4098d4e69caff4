"""Erases a record: with its salt gone, too, what the log holds is a commitment that nobody can link to anything.

    1 record  in one transaction, as the owner of the tables: that it is erased and why, the evidence of it
              (`evidence.erased`, the next in the subject's chain), and the deletion itself. From here it is gone.
    2 delete  the stored files that nobody else refers to.
    3 finish  what was deleted and what stays is written down.

Killed in between, the same command goes on where it was: step 2 finds the intent of step 1, and deleting what is gone
is no error. A legal hold prevents all of it; a trigger of the database says so again, to whoever owns the tables. The
chain of the subject goes on: the next record names `evidence.erased` before it, and that the erased id.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from core.ids import EVIDENCE, EVIDENCE_HOLD, public
from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger import holds_repository as repository
from ledger.errors import EvidenceHeld, EvidenceNotErasable, EvidenceNotFound
from ledger.hold_evidence import HOLD
from ledger.insert_evidence import lock_chain
from ledger.models import EvidenceErasure, EvidenceErasureResult, EvidenceRecord
from ledger.record import Subject
from ledger.record_evidence import record_evidence

ERASED = "evidence.erased"

Deleted = dict[str, bytes | None]
"""What was deleted, by its key: the bytes for putting it back, or None if it was gone before."""


class ErasureGround(StrEnum):
    """Why personal data must go (个人信息保护法 §47 ¶1, items 1 to 5)."""

    PURPOSE_ACHIEVED = "purpose_achieved"
    RETENTION_ENDED = "retention_ended"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    UNLAWFUL_PROCESSING = "unlawful_processing"
    OTHER_LAW = "other_law"

    @property
    def legal_basis(self) -> str:
        return f"《个人信息保护法》第四十七条第一款第（{'一二三四五'[list(ErasureGround).index(self)]}）项"


@dataclass(frozen=True, slots=True)
class ErasureOrder:
    """`reference` is the request's or the case's number, never a person's name: it stays for ever."""

    ground: ErasureGround
    reference: str
    erased_by: str


@dataclass(frozen=True, slots=True)
class Eraser:
    """`unit_of_work` connects as the owner of the tables; the service's own role can't erase.

    `is_needed` says whether anything outside the ledger refers to a stored object.
    """

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    is_needed: Callable[[Session, str], bool]

    def erase(self, evidence_id: UUID, order: ErasureOrder) -> EvidenceErasureResult:
        """Erasing again what is erased finishes what is left to do, and changes nothing otherwise.

        Raises `EvidenceNotFound`, `EvidenceHeld`, `EvidenceNotErasable`, or `ObjectStoreUnavailable`: then the record
        is erased, its files may not be, and the same command goes on.
        """
        erasure = self.record(evidence_id, order)
        with self.unit_of_work() as uow:
            done = repository.erasure_result(uow.session, evidence_id)
        return done or self.finish(erasure, self.delete_objects(erasure))

    def record(self, evidence_id: UUID, order: ErasureOrder) -> EvidenceErasure:
        with self.unit_of_work() as uow:
            found = self._lock(uow, evidence_id)
            erased = repository.erasure(uow.session, evidence_id)
            if erased is not None:
                return erased
            if found is None:
                raise EvidenceNotFound
            _check_erasable(uow.session, found)
            return _erase(uow, found, order)

    def delete_objects(self, erasure: EvidenceErasure) -> Deleted:
        with self.unit_of_work() as uow:
            keys = [key for key in erasure.object_keys if not self._is_named(uow.session, key)]
        deleted: Deleted = {}
        for key in keys:
            try:
                deleted[key] = self.objects.get_at(key)
            except ObjectMissing:
                deleted[key] = None
            self.objects.delete(key)
        return deleted

    def finish(self, erasure: EvidenceErasure, deleted: Deleted) -> EvidenceErasureResult:
        """Puts back what somebody came to need meanwhile, by storing the very same file again."""
        with self.unit_of_work() as uow:
            needed = {key for key in deleted if self._is_named(uow.session, key)}
        for key in needed:
            data = deleted[key]
            if data is None:
                raise ObjectMissing(key=key)
            self.objects.put_at(key, data)
        self.objects.sync_at(needed)
        with self.unit_of_work() as uow:
            result = EvidenceErasureResult(
                evidence_id=erasure.evidence_id,
                deleted_keys=sorted(set(deleted) - needed),
                kept_keys=sorted(set(erasure.object_keys) - set(deleted) | needed),
                finished_at=uow.now,
            )
            return repository.add_result(uow.session, result)

    def _lock(self, uow: UnitOfWork, evidence_id: UUID) -> EvidenceRecord | None:
        """The record, if it is there, with its chain locked: until this ends nobody else erases or holds it."""
        found = repository.record_for_operator(uow.session, evidence_id)
        if found is None:
            return None
        lock_chain(uow.session, Subject(found.subject_kind, found.subject_id))
        return repository.record_for_operator(uow.session, evidence_id)

    def _is_named(self, session: Session, key: str) -> bool:
        return repository.is_object_named(session, key) or self.is_needed(session, key)


def _check_erasable(session: Session, record: EvidenceRecord) -> None:
    """Raises `EvidenceNotErasable` or `EvidenceHeld`."""
    if record.type == ERASED or record.subject_kind == HOLD:
        raise EvidenceNotErasable(type=record.type)
    holds = repository.holds_on(session, Subject(record.subject_kind, record.subject_id), record.id)
    if holds:
        told = ", ".join(f"{public(EVIDENCE_HOLD, hold.id)} ({hold.case_number})" for hold in holds)
        raise EvidenceHeld(holds=told)


def _erase(uow: UnitOfWork, record: EvidenceRecord, order: ErasureOrder) -> EvidenceErasure:
    erasure = EvidenceErasure(
        evidence_id=record.id,
        ground=str(order.ground),
        reference=order.reference,
        erased_by=order.erased_by,
        erased_at=uow.now,
        object_keys=sorted({key for key in record.object_keys if key}),
    )
    record_evidence(
        uow,
        type=ERASED,
        subject=Subject(record.subject_kind, record.subject_id),
        organisation_ids=repository.readers(uow.session, record.id),
        facts={
            "erased": {"id": public(EVIDENCE, record.id), "type": record.type},
            "ground": str(order.ground),
            "legal_basis": order.ground.legal_basis,
            "reference": order.reference,
            "erased_by": order.erased_by,
        },
    )
    uow.session.add(erasure)
    uow.session.flush()
    repository.delete_record(uow.session, record.id)
    return erasure
