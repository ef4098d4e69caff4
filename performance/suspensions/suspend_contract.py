"""Suspending a contract, and going on with it: by both sides' agreement, or by a court's or authority's paper."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.rules import read_rule
from performance.errors import ContractStateForbids, NotAParty
from performance.events import ContractResumed, ContractSuspended, PausedObligation
from performance.models import Obligation
from performance.policy import (
    RUNNING_STATES,
    SUSPENSION,
    ContractState,
    ObligationChange,
    ObligationState,
    PartyRole,
    is_overdue,
)
from performance.recording import (
    Author,
    announce_schedule,
    change_obligation,
    document_entries,
    follow_obligations,
    notarise,
    write_history,
)
from performance.repository import ContractFile, ObligationInHand
from performance.supervise_obligation import require_regulator
from performance.suspensions import policy, repository
from performance.suspensions.errors import SuspensionPending
from performance.suspensions.models import Suspension
from performance.suspensions.policy import (
    SuspensionBasis,
    SuspensionChange,
    SuspensionGround,
    SuspensionState,
)
from performance.variations.repository import pending_of
from signing.models import Document

SUSPENDABLE = frozenset(
    {ContractState.REGISTERED, ContractState.PUBLISHED, ContractState.PERFORMING, ContractState.VARYING}
)


def propose_suspension(
    uow: UnitOfWork,
    actor: Actor,
    contract_id: UUID,
    *,
    ground: SuspensionGround,
    reason: str,
    document_ids: Sequence[UUID] = (),
) -> Suspension:
    """One side proposes; it is in force once the other agrees.

    Raises `ContractNotFound`, `ContractStateForbids`, `NotAParty`, `SuspensionPending` or `EvidenceDocumentNotFound`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    file = _suspendable(uow, actor, contract_id)
    role = _own_role(uow, actor, file)
    if repository.open_suspension(uow.session, contract_id) is not None:
        raise SuspensionPending
    documents = contracts.documents_of(uow.session, actor, document_ids)
    suspension = _row(uow, contract_id, SuspensionBasis.AGREEMENT, ground=ground, reason=reason, documents=documents)
    suspension.proposed_by_role = role
    uow.session.add(suspension)
    _record(uow, file, suspension, Author.of(actor), before=None, reason=reason, documents=documents)
    return suspension


def agree_to_suspension(uow: UnitOfWork, actor: Actor, suspension_id: UUID) -> Suspension:
    """The other side agrees: from today on the clocks stand still.

    Raises `SuspensionNotFound`, `NotAParty` (the proposer's own side), `SuspensionStateForbids` or
    `ContractStateForbids`.
    """
    file, suspension = _to_answer(uow, actor, suspension_id)
    _check_suspendable(file)
    _begin(uow, file, suspension, SuspensionChange.AGREE, Author.of(actor))
    return suspension


def refuse_suspension(uow: UnitOfWork, actor: Actor, suspension_id: UUID, *, answer: str) -> Suspension:
    """The contract goes on. Raises `SuspensionNotFound`, `NotAParty` or `SuspensionStateForbids`."""
    file, suspension = _to_answer(uow, actor, suspension_id)
    before = SuspensionState(suspension.state)
    suspension.state = policy.next_suspension_state(before, SuspensionChange.REFUSE)
    suspension.answer, suspension.ended_at = answer, uow.now
    _record(uow, file, suspension, Author.of(actor), before=before, reason=answer)
    return suspension


def order_suspension(
    uow: UnitOfWork,
    actor: Actor,
    contract_id: UUID,
    *,
    ground: SuspensionGround,
    reason: str,
    authority: str,
    case_number: str,
    document_ids: Sequence[UUID],
) -> Suspension:
    """The regulator records a court's or authority's paper: in force from today, whatever the parties had proposed.

    Raises `RegulatorRequired`, `ContractNotFound`, `ContractStateForbids`, `SuspensionPending`,
    `EvidenceDocumentNotFound` or `SuspensionPaperMissing`.
    """
    require_regulator(actor)
    file = _suspendable(uow, actor, contract_id)
    documents = contracts.documents_of(uow.session, actor, document_ids)
    policy.check_authority(authority, case_number, has_paper=bool(documents))
    pending = repository.open_suspension(uow.session, contract_id)
    if pending is not None and pending.state != SuspensionState.PROPOSED:
        raise SuspensionPending
    suspension = pending or _row(
        uow, contract_id, SuspensionBasis.AUTHORITY, ground=ground, reason=reason, documents=documents
    )
    suspension.basis, suspension.ground, suspension.reason = SuspensionBasis.AUTHORITY, ground, reason
    suspension.authority, suspension.case_number = authority, case_number
    suspension.documents = document_entries(documents)
    uow.session.add(suspension)
    _begin(uow, file, suspension, SuspensionChange.ORDER, Author.of(actor), documents=documents)
    return suspension


def resume_contract(
    uow: UnitOfWork, actor: Actor, suspension_id: UUID, calendar: HolidayCalendar, *, reason: str
) -> Suspension:
    """A side wants to go on; once both do, or the regulator says so, the clocks run again and due dates are later.

    Raises `SuspensionNotFound`, `NotAParty`, `SuspensionStateForbids`, or `HolidayTableMissing` if a date would roll
    into a year without a table.
    """
    file, suspension = repository.locked_suspension(uow.session, actor, suspension_id)
    role = contracts.own_role(uow.session, actor, file)
    if role is None:
        require_regulator(actor)
    else:
        actor.require(Scope.CONTRACTS_WRITE)
    before = SuspensionState(suspension.state)
    after = policy.next_suspension_state(before, SuspensionChange.END)
    author = Author.of(actor)
    if role is not None:
        suspension.resume_roles = sorted({*suspension.resume_roles, str(role)})
        is_wanted_by_all = {party.role for party in file.parties} <= set(suspension.resume_roles)
        # An authority's paper isn't the parties' to set aside.
        if suspension.basis == SuspensionBasis.AUTHORITY or not is_wanted_by_all:
            _record(uow, file, suspension, author, before=before, reason=reason)
            return suspension
    suspension.state, suspension.ended_at, suspension.answer = after, uow.now, reason
    _end(uow, file, suspension, author, calendar, reason=reason)
    return suspension


def _begin(
    uow: UnitOfWork,
    file: ContractFile,
    suspension: Suspension,
    change: SuspensionChange,
    author: Author,
    *,
    documents: Sequence[Document] = (),
) -> None:
    before = SuspensionState(suspension.state)
    suspended_on = china_day(uow.now)
    suspension.state = policy.next_suspension_state(before, change)
    suspension.suspended_on = suspended_on
    evidence_id = _record(uow, file, suspension, author, before=before, reason=suspension.reason, documents=documents)
    follow_obligations(uow, file, author, reason=suspension.reason, evidence_id=evidence_id, is_suspended=True)
    uow.emit(
        ContractSuspended(
            suspension_id=suspension.id,
            contract_id=file.contract.id,
            contract_number=file.contract.number,
            contract_title=file.contract.title,
            suspended_on=suspended_on,
            obligations=[
                PausedObligation(obligation_id=each.id, due_version=each.due_version)
                for each in file.obligations
                if ObligationState(each.state) in RUNNING_STATES
            ],
            evidence_id=evidence_id,
        )
    )


def _end(
    uow: UnitOfWork,
    file: ContractFile,
    suspension: Suspension,
    author: Author,
    calendar: HolidayCalendar,
    *,
    reason: str,
) -> None:
    suspended_on, resumed_on = suspension.suspended_on or china_day(uow.now), china_day(uow.now)
    suspension.resumed_on = resumed_on
    days = policy.suspended_days(suspended_on, resumed_on)
    evidence_id = _record(
        uow, file, suspension, author, before=SuspensionState.IN_FORCE, reason=reason, facts={"days": days}
    )
    is_varying = bool(pending_of(uow.session, file.contract.id))
    follow_obligations(
        uow, file, author, reason=reason, evidence_id=evidence_id, is_suspended=False, is_varying=is_varying
    )
    for obligation in file.obligations:
        if _was_running(obligation, suspended_on):
            _postpone(uow, ObligationInHand(file, obligation), days, author, calendar, suspension=suspension)
    for claim in repository.waiting_claims(uow.session, [each.id for each in file.obligations]):
        if claim.answer_by is not None and claim.answer_by >= suspended_on:
            claim.answer_by += timedelta(days=days)
    uow.emit(
        ContractResumed(
            suspension_id=suspension.id,
            contract_id=file.contract.id,
            contract_number=file.contract.number,
            contract_title=file.contract.title,
            suspended_on=suspended_on,
            resumed_on=resumed_on,
            days=days,
            evidence_id=evidence_id,
        )
    )


def _was_running(obligation: Obligation, suspended_on: date) -> bool:
    """What was late before, or is done, keeps its day; what still waits for its day has none to move."""
    is_open = ObligationState(obligation.state) in RUNNING_STATES
    return is_open and obligation.due_on is not None and not is_overdue(obligation.due_on, suspended_on)


def _postpone(
    uow: UnitOfWork,
    hand: ObligationInHand,
    days: int,
    author: Author,
    calendar: HolidayCalendar,
    *,
    suspension: Suspension,
) -> None:
    """A new version even of no days: reminders ended with the suspension, and this plans them again."""
    obligation = hand.obligation
    if obligation.due_on is None:
        return
    rolls = obligation.due_rule is not None and read_rule(obligation.due_rule).rolls
    before = obligation.due_on
    obligation.due_on = policy.postponed(before, days, calendar, rolls=rolls)
    obligation.due_version += 1
    name = ids.public(SUSPENSION, suspension.id)
    moved = {"suspension": name, "days": days, "from": before.isoformat(), "due_on": obligation.due_on.isoformat()}
    obligation.due_basis = {**(obligation.due_basis or {}), "postponed": moved, "due_on": moved["due_on"]}
    reason = f"中止履行 {days} 日，到期日由 {before} 顺延至 {obligation.due_on}"
    change_obligation(uow, hand, ObligationChange.POSTPONE, author, reason=reason, facts=moved)
    announce_schedule(uow, hand)


def _suspendable(uow: UnitOfWork, actor: Actor, contract_id: UUID) -> ContractFile:
    file = contracts.locked_contract(uow.session, actor, contract_id)
    _check_suspendable(file)
    return file


def _check_suspendable(file: ContractFile) -> None:
    if ContractState(file.contract.state) not in SUSPENDABLE or not file.obligations:
        raise ContractStateForbids(state=file.contract.state)


def _to_answer(uow: UnitOfWork, actor: Actor, suspension_id: UUID) -> tuple[ContractFile, Suspension]:
    actor.require(Scope.CONTRACTS_WRITE)
    file, suspension = repository.locked_suspension(uow.session, actor, suspension_id)
    if _own_role(uow, actor, file) == suspension.proposed_by_role:
        raise NotAParty(role="对方 / other side")
    return file, suspension


def _own_role(uow: UnitOfWork, actor: Actor, file: ContractFile) -> PartyRole:
    role = contracts.own_role(uow.session, actor, file)
    if role is None:
        raise NotAParty(role="当事人 / parties")
    return role


def _row(
    uow: UnitOfWork,
    contract_id: UUID,
    basis: SuspensionBasis,
    *,
    ground: SuspensionGround,
    reason: str,
    documents: Sequence[Document],
) -> Suspension:
    return Suspension(
        id=uow.new_id(),
        contract_id=contract_id,
        basis=basis,
        ground=ground,
        reason=reason,
        documents=document_entries(documents),
        state=SuspensionState.PROPOSED,
        proposed_at=uow.now,
        resume_roles=[],
    )


def _record(
    uow: UnitOfWork,
    file: ContractFile,
    suspension: Suspension,
    author: Author,
    *,
    before: str | None,
    reason: str,
    facts: dict[str, Any] | None = None,
    documents: Sequence[Document] = (),
) -> UUID:
    """Evidence and a history row of the step."""
    told = {
        "suspension": ids.public(SUSPENSION, suspension.id),
        "basis": suspension.basis,
        "ground": suspension.ground,
        "authority": suspension.authority,
        "case_number": suspension.case_number,
        "suspended_on": suspension.suspended_on.isoformat() if suspension.suspended_on else None,
        "resumed_on": suspension.resumed_on.isoformat() if suspension.resumed_on else None,
        "wants_to_resume": suspension.resume_roles,
        "state": suspension.state,
        "reason": reason,
        **(facts or {}),
    }
    evidence_id = notarise(uow, file, f"suspension.{suspension.state}", author, told, documents=documents)
    write_history(
        uow,
        file,
        author,
        change="suspension",
        before=before,
        after=suspension.state,
        reason=reason,
        evidence_id=evidence_id,
    )
    return evidence_id
