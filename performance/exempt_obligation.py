"""Exemption on the four grounds of R14: asked for by the debtor with evidence, decided by a different person.

Reachable until a breach is recorded. What happened after the delay had begun doesn't excuse.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import policy, repository
from performance.errors import ExemptionAnswered, ExemptionPending, ObligationStateForbids
from performance.fulfil_obligation import require_role
from performance.models import Exemption
from performance.policy import (
    EXEMPTION,
    OBLIGATION_TRANSITIONS,
    ExemptionGround,
    ObligationChange,
    ObligationState,
    RequestState,
)
from performance.recording import (
    Author,
    change_obligation,
    close_obligation,
    document_entries,
    leave_registers,
    notarise,
    obligation_facts,
    write_history,
)
from performance.repository import ObligationInHand
from performance.supervise_obligation import require_regulator


def request_exemption(
    uow: UnitOfWork,
    actor: Actor,
    obligation_id: UUID,
    *,
    ground: ExemptionGround,
    occurred_on: date,
    reason: str,
    document_ids: Sequence[UUID],
) -> Exemption:
    """Raises `ObligationNotFound`, `NotAParty`, `ObligationStateForbids`, `ExemptionPending`,
    `EvidenceDocumentNotFound`, and what `policy.check_exemption` raises."""
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    obligation = hand.obligation
    require_role(uow, actor, hand, obligation.debtor_role)
    if (ObligationState(obligation.state), ObligationChange.EXEMPT) not in OBLIGATION_TRANSITIONS:
        raise ObligationStateForbids(state=obligation.state, change=str(ObligationChange.EXEMPT))
    is_pending = select(Exemption.id).where(
        Exemption.obligation_id == obligation_id, Exemption.state == RequestState.REQUESTED
    )
    if uow.session.scalar(is_pending) is not None:
        raise ExemptionPending
    documents = repository.documents_of(uow.session, actor, document_ids)
    policy.check_exemption(
        ground,
        occurred_on=occurred_on,
        due_on=obligation.due_on,
        today=china_day(uow.now),
        has_evidence=bool(documents),
    )
    request = Exemption(
        id=uow.new_id(),
        obligation_id=obligation_id,
        ground=ground,
        occurred_on=occurred_on,
        reason=reason,
        documents=document_entries(documents),
        state=RequestState.REQUESTED,
        requested_at=uow.now,
        requested_by_person_id=actor.person_id,
    )
    uow.session.add(request)
    facts = {**obligation_facts(obligation), **_facts(request), "reason": reason}
    evidence_id = notarise(uow, hand.file, "exemption.requested", Author.of(actor), facts, documents=documents)
    _write(uow, actor, hand, request, evidence_id, before=None, reason=reason)
    return request


def approve_exemption(uow: UnitOfWork, actor: Actor, exemption_id: UUID, *, answer: str) -> Exemption:
    """The non-performance is excused. Raises `RegulatorRequired`, `ExemptionNotFound`, `ExemptionAnswered`,
    `SamePersonApproves` or `ObligationStateForbids`."""
    hand, request = _request_to_answer(uow, actor, exemption_id)
    _answer(uow, actor, request, RequestState.APPROVED, answer)
    evidence_id = change_obligation(
        uow, hand, ObligationChange.EXEMPT, Author.of(actor), reason=answer, facts=_facts(request)
    )
    _write(uow, actor, hand, request, evidence_id, before=RequestState.REQUESTED, reason=answer)
    leave_registers(uow, hand, ObligationState.EXEMPT)
    close_obligation(uow, hand, ObligationState.EXEMPT, evidence_id)
    return request


def refuse_exemption(uow: UnitOfWork, actor: Actor, exemption_id: UUID, *, answer: str) -> Exemption:
    """The obligation stays as it is. Raises as `approve_exemption` does."""
    hand, request = _request_to_answer(uow, actor, exemption_id)
    _answer(uow, actor, request, RequestState.REFUSED, answer)
    facts = {**obligation_facts(hand.obligation), **_facts(request), "reason": answer}
    evidence_id = notarise(uow, hand.file, "exemption.refused", Author.of(actor), facts)
    _write(uow, actor, hand, request, evidence_id, before=RequestState.REQUESTED, reason=answer)
    return request


def _request_to_answer(uow: UnitOfWork, actor: Actor, exemption_id: UUID) -> tuple[ObligationInHand, Exemption]:
    require_regulator(actor)
    hand, request = repository.locked_with(uow.session, actor, Exemption, exemption_id)
    if request.state != RequestState.REQUESTED:
        raise ExemptionAnswered(state=request.state)
    policy.check_approver(request.requested_by_person_id, actor.person_id)
    return hand, request


def _answer(uow: UnitOfWork, actor: Actor, request: Exemption, state: RequestState, answer: str) -> None:
    request.state, request.answer = state, answer
    request.answered_at, request.answered_by_person_id = uow.now, actor.person_id


def _facts(request: Exemption) -> dict[str, object]:
    return {
        "exemption": ids.public(EXEMPTION, request.id),
        "ground": request.ground,
        "occurred_on": request.occurred_on.isoformat(),
    }


def _write(
    uow: UnitOfWork,
    actor: Actor,
    hand: ObligationInHand,
    request: Exemption,
    evidence_id: UUID,
    *,
    before: str | None,
    reason: str,
) -> None:
    write_history(
        uow,
        hand.file,
        Author.of(actor),
        change="exemption",
        before=before,
        after=request.state,
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
