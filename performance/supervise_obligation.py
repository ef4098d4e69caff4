"""Supervision of an overdue obligation by the region's regulator: reminders, demands, interviews, inspections (R11)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from accounts.policy import Actor, OrganisationKind, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import policy, repository
from performance.errors import RegulatorRequired
from performance.models import SupervisionCase, SupervisionStep
from performance.policy import ObligationChange, StepKind
from performance.recording import (
    Author,
    change_obligation,
    document_entries,
    notarise,
    obligation_facts,
    write_history,
)


def open_supervision(uow: UnitOfWork, actor: Actor, obligation_id: UUID, *, reason: str) -> SupervisionCase:
    """Puts an overdue obligation under supervision.

    Raises `RegulatorRequired`, `ObligationNotFound` or `ObligationStateForbids`.
    """
    require_regulator(actor)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    case = SupervisionCase(
        id=uow.new_id(),
        contract_id=hand.obligation.contract_id,
        obligation_id=obligation_id,
        regulator_organisation_id=actor.organisation_id,
        reason=reason,
        opened_at=uow.now,
    )
    facts = {"supervision": ids.public(ids.SUPERVISION, case.id)}
    change_obligation(uow, hand, ObligationChange.SUPERVISE, Author.of(actor), reason=reason, facts=facts)
    uow.session.add(case)
    return case


def record_step(
    uow: UnitOfWork,
    actor: Actor,
    case_id: UUID,
    *,
    kind: StepKind,
    held_on: date,
    minutes: str,
    outcome: str,
    participants: Sequence[str] = (),
    document_ids: Sequence[UUID] = (),
) -> SupervisionStep:
    """Adds a step with its minutes and outcome; a step is never changed afterwards.

    Raises `RegulatorRequired`, `SupervisionNotFound`, `SupervisionClosed`, `StepInFuture`, `DemandMissing`, or
    `EvidenceDocumentNotFound`.
    """
    require_regulator(actor)
    hand, case = repository.locked_with(uow.session, actor, SupervisionCase, case_id)
    earlier = [StepKind(step.kind) for step in repository.steps_of(uow.session, [case.id])]
    today = china_day(uow.now)
    policy.check_step(kind, earlier, held_on=held_on, today=today, outcome=case.outcome)
    documents = repository.documents_of(uow.session, actor, document_ids)
    step = SupervisionStep(
        id=uow.new_id(),
        case_id=case.id,
        position=len(earlier) + 1,
        kind=kind,
        held_on=held_on,
        participants=list(participants),
        minutes=minutes,
        outcome=outcome,
        documents=document_entries(documents),
        recorded_at=uow.now,
        recorded_by_organisation_id=actor.organisation_id,
        recorded_by_person_id=actor.person_id,
    )
    uow.session.add(step)
    facts = {
        **obligation_facts(hand.obligation),
        "supervision": ids.public(ids.SUPERVISION, case.id),
        "step": kind,
        "held_on": held_on.isoformat(),
        "participants": list(participants),
        "minutes": minutes,
        "outcome": outcome,
    }
    evidence_id = notarise(uow, hand.file, "supervision.step", Author.of(actor), facts, documents=documents)
    write_history(
        uow,
        hand.file,
        Author.of(actor),
        change="supervision_step",
        after=kind,
        reason=outcome,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    return step


def require_regulator(actor: Actor) -> None:
    """Raises `ScopeMissing`, or `RegulatorRequired` for anybody but a regulator."""
    actor.require(Scope.SUPERVISION_WRITE)
    if actor.organisation_kind is not OrganisationKind.REGULATOR:
        raise RegulatorRequired
