"""The termination register 终止库 and the way out of it (R13).

    overdue | under supervision ─▶ awaiting resolution ─▶ no fault | breach recorded

A breach is recorded only with the document that resolved the dispute, and never out of a mediation (R23). Of a
mediation only that it took place, when and before whom is kept: its papers tell what was conceded, and both the
register and the evidence are read by others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.policy import Actor
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import policy, repository
from performance.errors import MediationConfidential
from performance.events import BreachRecorded
from performance.models import TerminationCase
from performance.policy import (
    DisputeOutcome,
    ObligationChange,
    ObligationState,
    PartyRole,
    TerminationState,
)
from performance.recording import (
    Author,
    change_obligation,
    close_obligation,
    document_entries,
    leave_registers,
    party_fact,
)
from performance.repository import ObligationInHand
from performance.supervise_obligation import require_regulator
from performance.supervision.events import TerminationEntered

_NAMES = {
    DisputeOutcome.SETTLEMENT: "和解书 settlement",
    DisputeOutcome.MEDIATION: "调解书 mediation",
    DisputeOutcome.AWARD: "仲裁裁决书 award",
    DisputeOutcome.JUDGMENT: "判决书 judgment",
}


@dataclass(frozen=True, slots=True)
class Resolution:
    """How a dispute was lawfully resolved: by whom (`body`), under which number, when, and who is at fault.

    `party_at_fault` is None exactly when `is_no_fault`.
    """

    outcome: DisputeOutcome
    decided_on: date
    body: str = ""
    case_number: str = ""
    is_no_fault: bool = False
    party_at_fault: PartyRole | None = None
    document_ids: tuple[UUID, ...] = ()


def enter_termination_register(
    uow: UnitOfWork, actor: Actor, obligation_id: UUID, *, reason: str, document_ids: Sequence[UUID] = ()
) -> TerminationCase:
    """The regulator confirms that an overdue obligation can't be performed any more.

    Raises `RegulatorRequired`, `ObligationNotFound`, `ObligationStateForbids` or `EvidenceDocumentNotFound`.
    """
    require_regulator(actor)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    documents = repository.documents_of(uow.session, actor, document_ids)
    case = TerminationCase(
        id=uow.new_id(),
        contract_id=hand.obligation.contract_id,
        obligation_id=obligation_id,
        reason=reason,
        state=TerminationState.AWAITING_RESOLUTION,
        entered_at=uow.now,
        documents=document_entries(documents),
    )
    evidence_id = change_obligation(
        uow,
        hand,
        ObligationChange.FIND_IMPOSSIBLE,
        Author.of(actor),
        reason=reason,
        facts={"termination": ids.public(ids.TERMINATION, case.id)},
        documents=documents,
    )
    leave_registers(uow, hand, ObligationState.IN_TERMINATION_REGISTER)
    uow.session.add(case)  # After leaving the registers: that would end this case, too.
    uow.emit(
        TerminationEntered(
            termination_id=case.id,
            contract_id=case.contract_id,
            obligation_id=obligation_id,
            evidence_id=evidence_id,
        )
    )
    return case


def record_outcome(uow: UnitOfWork, actor: Actor, case_id: UUID, resolution: Resolution) -> TerminationCase:
    """The dispute is resolved: a breach goes on record, or nobody was at fault.

    Raises `RegulatorRequired`, `TerminationNotFound`, `EvidenceDocumentNotFound`, `MediationConfidential`, and
    what `policy.finding` raises.
    """
    require_regulator(actor)
    hand, case = repository.locked_with(uow.session, actor, TerminationCase, case_id)
    documents = repository.documents_of(uow.session, actor, resolution.document_ids)
    change = policy.finding(
        TerminationState(case.state),
        resolution.outcome,
        party_at_fault=resolution.party_at_fault,
        is_no_fault=resolution.is_no_fault,
        is_documented=bool(documents and resolution.body and resolution.case_number),
        decided_on=resolution.decided_on,
        today=china_day(uow.now),
    )
    if resolution.outcome is DisputeOutcome.MEDIATION and documents:
        raise MediationConfidential
    is_breach = change is ObligationChange.RECORD_BREACH
    case.state = TerminationState.BREACH_RECORDED if is_breach else TerminationState.NO_FAULT
    case.outcome, case.decided_on, case.resolved_at = resolution.outcome, resolution.decided_on, uow.now
    case.body, case.case_number = resolution.body or None, resolution.case_number or None
    case.party_at_fault = resolution.party_at_fault
    case.documents = [*case.documents, *document_entries(documents)]
    source = _source(resolution)
    evidence_id = change_obligation(
        uow,
        hand,
        change,
        Author.of(actor),
        reason=source,
        facts=_facts(case),
        documents=documents,
    )
    if is_breach:
        _announce_breach(uow, hand, case, source, evidence_id)
    else:
        hand.obligation.closed_on = resolution.decided_on
        close_obligation(uow, hand, ObligationState.TERMINATED, evidence_id)
    return case


def _announce_breach(
    uow: UnitOfWork, hand: ObligationInHand, case: TerminationCase, source: str, evidence_id: UUID
) -> None:
    hand.obligation.closed_on = case.decided_on
    uow.emit(
        BreachRecorded(
            termination_id=case.id,
            obligation_id=hand.obligation.id,
            contract_id=case.contract_id,
            contract_title=hand.file.contract.title,
            party=party_fact(hand.file.party(str(case.party_at_fault))),
            outcome=str(case.outcome),
            source_document=source,
            decided_on=case.decided_on or china_day(uow.now),
            evidence_id=evidence_id,
        )
    )


def _source(resolution: Resolution) -> str:
    """The document a record of breach rests on, such as `仲裁裁决书 award（2027）榆仲裁字第12号 榆林仲裁委员会`."""
    parts = (_NAMES[resolution.outcome], resolution.case_number, resolution.body)
    return " ".join(part for part in parts if part)


def _facts(case: TerminationCase) -> dict[str, object]:
    return {
        "termination": ids.public(ids.TERMINATION, case.id),
        "outcome": case.outcome,
        "body": case.body,
        "case_number": case.case_number,
        "decided_on": case.decided_on.isoformat() if case.decided_on else None,
        "party_at_fault": case.party_at_fault,
    }
