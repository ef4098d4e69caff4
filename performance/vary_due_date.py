"""Rescheduling: one side proposes a new due date, the other accepts it; nothing else moves a due date (R14).

An accepted variation starts a new version of the due date: the obligation is scheduled again, leaves the registers,
and reminders for older versions end.
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
from performance.errors import NotAParty, ObligationStateForbids, VariationAnswered, VariationPending
from performance.models import Variation
from performance.policy import (
    OBLIGATION_TRANSITIONS,
    VARIATION,
    ObligationChange,
    ObligationState,
    PartyRole,
    RequestState,
)
from performance.recording import (
    Author,
    announce_schedule,
    change_obligation,
    document_entries,
    leave_registers,
    notarise,
    obligation_facts,
    write_history,
)
from performance.repository import ObligationInHand


def propose_variation(
    uow: UnitOfWork,
    actor: Actor,
    obligation_id: UUID,
    *,
    due_on: date,
    reason: str,
    document_ids: Sequence[UUID] = (),
) -> Variation:
    """Raises `ObligationNotFound`, `NotAParty`, `ObligationStateForbids`, `NewDueDatePassed`, `VariationPending`, or
    `EvidenceDocumentNotFound`."""
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    role = _own_role(uow, actor, hand)
    if (ObligationState(hand.obligation.state), ObligationChange.RESCHEDULE) not in OBLIGATION_TRANSITIONS:
        raise ObligationStateForbids(state=hand.obligation.state, change=str(ObligationChange.RESCHEDULE))
    policy.check_new_due_date(due_on, china_day(uow.now))
    is_pending = select(Variation.id).where(
        Variation.obligation_id == obligation_id, Variation.state == RequestState.PROPOSED
    )
    if uow.session.scalar(is_pending) is not None:
        raise VariationPending
    documents = repository.documents_of(uow.session, actor, document_ids)
    variation = Variation(
        id=uow.new_id(),
        obligation_id=obligation_id,
        from_due_on=hand.obligation.due_on,
        to_due_on=due_on,
        reason=reason,
        documents=document_entries(documents),
        state=RequestState.PROPOSED,
        proposed_by_role=role,
        proposed_at=uow.now,
    )
    uow.session.add(variation)
    facts = {**obligation_facts(hand.obligation), **_facts(variation), "reason": reason}
    evidence_id = notarise(uow, hand.file, "variation.proposed", Author.of(actor), facts, documents=documents)
    _write(uow, actor, hand, variation, evidence_id, reason=reason)
    return variation


def accept_variation(uow: UnitOfWork, actor: Actor, variation_id: UUID) -> Variation:
    """The due date moves. Raises `VariationNotFound`, `NotAParty` (the proposer's own side), `VariationAnswered`,
    `NewDueDatePassed` or `ObligationStateForbids`."""
    hand, variation = _variation_to_answer(uow, actor, variation_id)
    policy.check_new_due_date(variation.to_due_on, china_day(uow.now))
    variation.state, variation.answered_at = RequestState.ACCEPTED, uow.now
    leave_registers(uow, hand, "rescheduled")
    hand.obligation.due_on = variation.to_due_on
    hand.obligation.due_version += 1
    evidence_id = change_obligation(
        uow,
        hand,
        ObligationChange.RESCHEDULE,
        Author.of(actor),
        reason=variation.reason,
        facts=_facts(variation),
    )
    _write(uow, actor, hand, variation, evidence_id, reason=variation.reason)
    announce_schedule(uow, hand)
    return variation


def refuse_variation(uow: UnitOfWork, actor: Actor, variation_id: UUID, *, answer: str) -> Variation:
    """The due date stays. Raises `VariationNotFound`, `NotAParty` or `VariationAnswered`."""
    hand, variation = _variation_to_answer(uow, actor, variation_id)
    variation.state, variation.answered_at, variation.answer = RequestState.REFUSED, uow.now, answer
    facts = {**obligation_facts(hand.obligation), **_facts(variation), "reason": answer}
    evidence_id = notarise(uow, hand.file, "variation.refused", Author.of(actor), facts)
    _write(uow, actor, hand, variation, evidence_id, reason=answer)
    return variation


def _own_role(uow: UnitOfWork, actor: Actor, hand: ObligationInHand) -> PartyRole:
    role = repository.own_role(uow.session, actor, hand.file)
    if role is None:
        raise NotAParty(role="当事人 / parties")
    return role


def _variation_to_answer(uow: UnitOfWork, actor: Actor, variation_id: UUID) -> tuple[ObligationInHand, Variation]:
    actor.require(Scope.CONTRACTS_WRITE)
    hand, variation = repository.locked_with(uow.session, actor, Variation, variation_id)
    if _own_role(uow, actor, hand) == variation.proposed_by_role:
        raise NotAParty(role="对方 / other side")
    if variation.state != RequestState.PROPOSED:
        raise VariationAnswered(state=variation.state)
    return hand, variation


def _facts(variation: Variation) -> dict[str, object]:
    return {
        "variation": ids.public(VARIATION, variation.id),
        "from_due_on": variation.from_due_on.isoformat(),
        "to_due_on": variation.to_due_on.isoformat(),
        "proposed_by": variation.proposed_by_role,
    }


def _write(
    uow: UnitOfWork, actor: Actor, hand: ObligationInHand, variation: Variation, evidence_id: UUID, *, reason: str
) -> None:
    write_history(
        uow,
        hand.file,
        Author.of(actor),
        change=f"variation_{variation.state}",
        before=variation.from_due_on.isoformat(),
        after=variation.to_due_on.isoformat(),
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
