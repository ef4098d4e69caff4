"""Use cases of determinations, behind one facade; each is one unit of work.

The region's regulator acts, and the party states its defence. Until the notice only the regulator reads of it, and
its evidence is the regulator's alone: nobody is accused by what wasn't yet said to them.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.record import Subject
from ledger.service import record_evidence
from performance import repository as contracts
from performance.determinations import policy
from performance.determinations.errors import DeterminationNotFound
from performance.determinations.events import DeterminationStepTaken
from performance.determinations.limits import Limit, current_limits, limits_of
from performance.determinations.models import Determination, DeterminationStep
from performance.determinations.policy import DETERMINATION, DeterminationChange, DeterminationState
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.policy import DueUnit, period_end
from performance.errors import NotAParty, ObligationNotFound, TerminationNotFound
from performance.models import TerminationCase
from performance.policy import ObligationState, TerminationState
from performance.recording import Author, document_entries, notarise, obligation_facts, party_fact, stored_file
from performance.repository import ObligationInHand
from performance.supervise_obligation import require_regulator
from signing.models import Document

_C = DeterminationChange
_BY_PARTY = frozenset({_C.STATE, _C.ASK_FOR_HEARING})


@dataclass(frozen=True, slots=True)
class Notice:
    """What the party is told before anything is decided; none may be empty."""

    facts: str
    reasons: str
    basis: str


@dataclass(frozen=True, slots=True)
class DeterminationService:
    unit_of_work: UnitOfWorkFactory
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)

    def open(self, actor: Actor, obligation_id: UUID, *, reason: str) -> Determination:
        """Raises `RegulatorRequired`, `ObligationNotFound`, `ObligationNotDeterminable` or `RegionUnknown`."""
        require_regulator(actor)
        with self.unit_of_work() as uow:
            hand = contracts.locked_obligation(uow.session, actor, obligation_id)
            policy.check_obligation(ObligationState(hand.obligation.state))
            limits = current_limits(hand.file.contract.region)
            row = Determination(
                id=uow.new_id(),
                contract_id=hand.obligation.contract_id,
                obligation_id=obligation_id,
                organisation_id=actor.organisation_id,
                party_role=_breach(uow, obligation_id).party_at_fault,
                reason=reason,
                limits_region=limits.region,
                limits_version=limits.version,
                state=DeterminationState.OPENED,
                opened_at=uow.now,
                drafted_by_person_id=actor.person_id,
            )
            uow.session.add(row)
            return row

    def freeze_facts(self, actor: Actor, determination_id: UUID) -> Determination:
        """Takes the snapshot the determination rests on; its digest is evidence."""
        require_regulator(actor)
        with self.unit_of_work() as uow:
            hand, row = _locked(uow, actor, determination_id)
            case = _breach(uow, row.obligation_id)
            snapshot = {
                **obligation_facts(hand.obligation),
                "contract_number": hand.file.contract.number,
                "termination": ids.public(ids.TERMINATION, case.id),
                "outcome": case.outcome,
                "body": case.body,
                "case_number": case.case_number,
            }
            row.facts = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            row.facts_sha256 = hashlib.sha256(row.facts.encode()).hexdigest()
            _take(uow, actor, hand, row, _C.FREEZE_FACTS, text=f"SHA-256 {row.facts_sha256}")
            return row

    def notify(self, actor: Actor, determination_id: UUID, notice: Notice) -> Determination:
        """The prior notice; the defence period begins. Raises `NoticeIncomplete`, or what the calendar raises."""
        require_regulator(actor)
        policy.check_notice(notice.facts, notice.reasons, notice.basis)
        with self.unit_of_work() as uow:
            hand, row = _locked(uow, actor, determination_id)
            limit = limits_of(row.limits_region, row.limits_version).defence
            policy.next_determination_state(DeterminationState(row.state), _C.NOTIFY)
            row.notified_at = uow.now
            row.defence_until = self._last_day(uow, limit)
            told = f"事实 facts：{notice.facts}\n理由 reasons：{notice.reasons}\n依据 basis：{notice.basis}"
            _take(uow, actor, hand, row, _C.NOTIFY, text=told)
            return row

    def take_step(
        self,
        actor: Actor,
        determination_id: UUID,
        change: DeterminationChange,
        *,
        text: str,
        document_ids: Sequence[UUID] = (),
    ) -> Determination:
        """Any later step. The party states and asks for a hearing, in time; the regulator does the rest.

        Raises `NotAParty`, `RegulatorRequired`, `DeterminationNotFound`, and what the guards of `policy` raise.
        """
        if change not in _BY_PARTY:
            require_regulator(actor)
        with self.unit_of_work() as uow:
            hand, row = _locked(uow, actor, determination_id)
            after = policy.next_determination_state(DeterminationState(row.state), change)
            self._check(uow, actor, hand, row, change)
            if after is DeterminationState.SERVED:
                limit = limits_of(row.limits_region, row.limits_version).objection
                row.objection_until = self._last_day(uow, limit)
            documents = contracts.documents_of(uow.session, actor, document_ids)
            _take(uow, actor, hand, row, change, text=text, documents=documents)
            return row

    def steps(self, actor: Actor, determination_id: UUID) -> Sequence[DeterminationStep]:
        """Oldest first. Raises `DeterminationNotFound`."""
        actor.require(Scope.CONTRACTS_READ)
        with self.unit_of_work() as uow:
            _locked(uow, actor, determination_id)
            return _steps(uow, determination_id)

    def _check(
        self, uow: UnitOfWork, actor: Actor, hand: ObligationInHand, row: Determination, change: DeterminationChange
    ) -> None:
        today = china_day(uow.now)
        if change in _BY_PARTY:
            actor.require(Scope.CONTRACTS_WRITE)
            if contracts.own_role(uow.session, actor, hand.file) != row.party_role:
                raise NotAParty(role=row.party_role)
            policy.check_in_time(today, row.defence_until or today)
        if change in policy.DECISIONS:
            policy.check_decider(row.drafted_by_person_id, actor.person_id)
        if change is _C.SUBMIT:
            policy.check_over(change, today, row.defence_until or today)
            policy.check_heard(DeterminationChange(step.change) for step in _steps(uow, row.id))
        if change is _C.PUBLISH:
            policy.check_over(change, today, row.objection_until or today)

    def _last_day(self, uow: UnitOfWork, limit: Limit) -> date:
        """Of a period that begins today. Raises `HolidayTableMissing`."""
        return period_end(china_day(uow.now), limit.days, DueUnit(limit.unit), self.calendar).due_on


def _locked(uow: UnitOfWork, actor: Actor, determination_id: UUID) -> tuple[ObligationInHand, Determination]:
    """Raises `DeterminationNotFound`, also for a party before the notice."""
    row = uow.session.get(Determination, determination_id)
    if row is None or (row.notified_at is None and row.organisation_id != actor.organisation_id):
        raise DeterminationNotFound
    try:
        hand = contracts.locked_obligation(uow.session, actor, row.obligation_id)
    except ObligationNotFound as error:
        raise DeterminationNotFound from error
    uow.session.refresh(row)  # What it was before the contract was locked may be over.
    return hand, row


def _breach(uow: UnitOfWork, obligation_id: UUID) -> TerminationCase:
    recorded = (
        TerminationCase.obligation_id == obligation_id,
        TerminationCase.state == TerminationState.BREACH_RECORDED,
    )
    case = uow.session.scalar(select(TerminationCase).where(*recorded))
    if case is None:
        raise TerminationNotFound
    return case


def _steps(uow: UnitOfWork, determination_id: UUID) -> Sequence[DeterminationStep]:
    of_it = DeterminationStep.determination_id == determination_id
    return uow.session.scalars(select(DeterminationStep).where(of_it).order_by(DeterminationStep.sequence)).all()


def _take(
    uow: UnitOfWork,
    actor: Actor,
    hand: ObligationInHand,
    row: Determination,
    change: DeterminationChange,
    *,
    text: str,
    documents: Sequence[Document] = (),
) -> None:
    """The only place that writes a determination's state: with its step, its evidence and its event."""
    before = DeterminationState(row.state)
    row.state = policy.next_determination_state(before, change)
    public_id = ids.public(DETERMINATION, row.id)
    facts = {"determination": public_id, "before": before, "after": row.state, "text": text}
    facts["facts_sha256"] = row.facts_sha256 or ""
    record_type, author = f"determination.{change}", Author.of(actor)
    if row.notified_at is None:
        evidence_id = record_evidence(
            uow,
            type=record_type,
            subject=Subject("determination", public_id),
            organisation_ids=[actor.organisation_id],
            facts={"by": author.facts(), **facts},
            files=[stored_file(document) for document in documents],
        )
    else:
        evidence_id = notarise(uow, hand.file, record_type, author, facts, documents=documents)
        uow.emit(
            DeterminationStepTaken(
                determination_id=row.id,
                contract_id=row.contract_id,
                obligation_id=row.obligation_id,
                party=party_fact(hand.file.party(row.party_role)),
                change=change,
                state=row.state,
                evidence_id=evidence_id,
            )
        )
    uow.session.add(
        DeterminationStep(
            determination_id=row.id,
            change=change,
            before=before,
            after=row.state,
            text=text,
            documents=document_entries(documents),
            at=uow.now,
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            evidence_id=evidence_id,
        )
    )
