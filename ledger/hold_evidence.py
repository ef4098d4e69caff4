"""Legal holds: while a court or an authority wants it kept, a record, or all records of its subject, can't be erased.

Whoever may read a record and holds `evidence:hold` places one, naming the case and who ordered it. Only the
organisation that placed it releases it, by another person than the one who did; a program may place one, and never
release one. An operator on the machine itself places and releases for those who have no account, under the same rule.
A hold and its release are rows that nobody changes, and each leaves evidence of its own.

A hold takes the lock of the subject's chain, as erasing does: one of them comes first.
"""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from accounts.policy import Actor, Scope
from core.ids import EVIDENCE, EVIDENCE_HOLD, PERSON, public
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger import holds_repository, repository
from ledger.errors import (
    EvidenceNotFound,
    HoldAlreadyReleased,
    HoldNeedsAnotherPerson,
    HoldNeedsPerson,
    HoldNotFound,
)
from ledger.holds_repository import Release
from ledger.insert_evidence import lock_chain
from ledger.models import EvidenceHold, EvidenceHoldRelease
from ledger.record import Subject
from ledger.record_evidence import record_evidence

HOLD = "hold"
"""The subject kind of holds; their records are never erased."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who places or releases a hold. `name` is a person's id, `api_token`, or `command_line:<user>`."""

    name: str
    organisation_id: UUID | None
    is_person: bool

    @classmethod
    def of(cls, actor: Actor) -> Self:
        actor.require(Scope.EVIDENCE_HOLD)
        name = public(PERSON, actor.person_id) if actor.person_id else "api_token"
        return cls(name, actor.organisation_id, actor.person_id is not None)

    @classmethod
    def on_command_line(cls, user: str) -> Self:
        return cls(f"command_line:{user}", None, True)


@dataclass(frozen=True, slots=True)
class Order:
    """By which order: the case's number, and the court or authority that gave it."""

    case_number: str
    authority: str


def place_hold(
    unit_of_work: UnitOfWorkFactory, actor: Actor, evidence_id: UUID, order: Order, *, is_for_subject: bool
) -> EvidenceHold:
    """Raises `EvidenceNotFound`, also for another organisation's."""
    holder = Holder.of(actor)
    with unit_of_work() as uow:
        if repository.record(uow.session, actor, evidence_id) is None:
            raise EvidenceNotFound
        return _place(uow, evidence_id, order, holder, is_for_subject=is_for_subject)


def place_operator_hold(
    unit_of_work: UnitOfWorkFactory, user: str, evidence_id: UUID, order: Order, *, is_for_subject: bool
) -> EvidenceHold:
    """The same on the machine itself, on any organisation's record. Raises `EvidenceNotFound`."""
    with unit_of_work() as uow:
        return _place(uow, evidence_id, order, Holder.on_command_line(user), is_for_subject=is_for_subject)


def release_hold(unit_of_work: UnitOfWorkFactory, actor: Actor, hold_id: UUID, reference: str) -> EvidenceHoldRelease:
    """Ends a hold by the order that `reference` names.

    Raises `HoldNotFound`, also for another organisation's, `HoldNeedsPerson`, `HoldNeedsAnotherPerson`, or
    `HoldAlreadyReleased`.
    """
    holder = Holder.of(actor)
    with unit_of_work() as uow:
        return _release(uow, holds_repository.hold(uow.session, actor.organisation_id, hold_id), holder, reference)


def release_operator_hold(
    unit_of_work: UnitOfWorkFactory, user: str, hold_id: UUID, reference: str
) -> EvidenceHoldRelease:
    """The same on the machine itself, for any organisation's hold."""
    with unit_of_work() as uow:
        found = holds_repository.hold_for_operator(uow.session, hold_id)
        return _release(uow, found, Holder.on_command_line(user), reference)


def holds(unit_of_work: UnitOfWorkFactory, actor: Actor, evidence_id: UUID) -> list[tuple[EvidenceHold, Release]]:
    """The holds of the actor's organisation on the record or its subject. Others' are their business.

    Raises `EvidenceNotFound`.
    """
    actor.require(Scope.EVIDENCE_HOLD)
    with unit_of_work() as uow:
        found = repository.record(uow.session, actor, evidence_id)
        if found is None:
            raise EvidenceNotFound
        return holds_repository.holds_of(uow.session, actor.organisation_id, found.subject, evidence_id)


def _place(uow: UnitOfWork, evidence_id: UUID, order: Order, holder: Holder, *, is_for_subject: bool) -> EvidenceHold:
    found = holds_repository.record_for_operator(uow.session, evidence_id)
    if found is None:
        raise EvidenceNotFound
    subject = Subject(found.subject_kind, found.subject_id)
    lock_chain(uow.session, subject)
    if holds_repository.record_for_operator(uow.session, evidence_id) is None:  # It was being erased meanwhile.
        raise EvidenceNotFound
    hold = EvidenceHold(
        id=uow.new_id(),
        subject_kind=subject.kind,
        subject_id=subject.id,
        evidence_id=None if is_for_subject else evidence_id,
        case_number=order.case_number,
        authority=order.authority,
        organisation_id=holder.organisation_id,
        placed_by=holder.name,
        placed_at=uow.now,
    )
    uow.session.add(hold)
    facts = {
        "evidence": public(EVIDENCE, evidence_id),
        "whole_subject": {"kind": subject.kind, "id": subject.id} if is_for_subject else None,
        "case_number": order.case_number,
        "authority": order.authority,
        "placed_by": holder.name,
    }
    _record(uow, hold, "hold.placed", facts)
    return hold


def _release(uow: UnitOfWork, hold: EvidenceHold | None, holder: Holder, reference: str) -> EvidenceHoldRelease:
    if hold is None:
        raise HoldNotFound
    if not holder.is_person:
        raise HoldNeedsPerson
    if holder.name == hold.placed_by:
        raise HoldNeedsAnotherPerson
    lock_chain(uow.session, Subject(HOLD, public(EVIDENCE_HOLD, hold.id)))  # of two at once, the second finds the first
    if holds_repository.release_of(uow.session, hold.id) is not None:
        raise HoldAlreadyReleased
    release = EvidenceHoldRelease(hold_id=hold.id, reference=reference, released_by=holder.name, released_at=uow.now)
    uow.session.add(release)
    _record(uow, hold, "hold.released", {"reference": reference, "released_by": holder.name})
    return release


def _record(uow: UnitOfWork, hold: EvidenceHold, step: str, facts: dict[str, Any]) -> None:
    readers = [hold.organisation_id] if hold.organisation_id else []
    subject = Subject(HOLD, public(EVIDENCE_HOLD, hold.id))
    record_evidence(uow, type=step, subject=subject, organisation_ids=readers, facts=facts)
