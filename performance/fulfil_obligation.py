"""Fulfilment: the debtor claims it with evidence, the creditor confirms or disputes it.

The less favourable view stands until the two agree (R6): a disputed claim changes nothing. What is confirmed after
supervision is met after supervision and leaves no negative mark (R12).
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import policy, repository
from performance.errors import ClaimPending, NotAParty
from performance.models import Fulfilment
from performance.policy import ClaimState, ObligationChange, ObligationState
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


def claim_fulfilment(
    uow: UnitOfWork,
    actor: Actor,
    obligation_id: UUID,
    *,
    fulfilled_on: date,
    statement: str,
    document_ids: Sequence[UUID] = (),
) -> Fulfilment:
    """The debtor says it is done.

    Raises `ObligationNotFound`, `NotAParty`, `ObligationStateForbids`, `FulfilledInFuture`, `ClaimPending`, or
    `EvidenceDocumentNotFound`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    obligation = hand.obligation
    require_role(uow, actor, hand, obligation.debtor_role)
    today = china_day(uow.now)
    policy.check_claim(ObligationState(obligation.state), fulfilled_on, today)
    if repository.pending_claim(uow.session, obligation.id) is not None:
        raise ClaimPending
    documents = repository.documents_of(uow.session, actor, document_ids)
    claim = Fulfilment(
        id=uow.new_id(),
        obligation_id=obligation.id,
        due_version=obligation.due_version,
        fulfilled_on=fulfilled_on,
        statement=statement,
        documents=document_entries(documents),
        state=ClaimState.CLAIMED,
        claimed_at=uow.now,
        claimed_on=today,
        claimed_by_person_id=actor.person_id,
    )
    uow.session.add(claim)
    facts = {**_claim_facts(hand, claim), "statement": statement}
    evidence_id = notarise(uow, hand.file, "fulfilment.claimed", Author.of(actor), facts, documents=documents)
    _write(uow, actor, hand, claim, evidence_id, before=None, reason=statement)
    return claim


def confirm_fulfilment(uow: UnitOfWork, actor: Actor, claim_id: UUID, *, answer: str = "") -> Fulfilment:
    """The creditor agrees: the obligation is met on the day the claim names.

    Raises `FulfilmentNotFound`, `NotAParty`, `ClaimAnswered` or `ObligationStateForbids`.
    """
    hand, claim = _claim_to_answer(uow, actor, claim_id)
    _answer(uow, actor, claim, ClaimState.CONFIRMED, answer)
    reason = answer or "对方确认履行完成"
    evidence_id = change_obligation(
        uow,
        hand,
        ObligationChange.MEET,
        Author.of(actor),
        reason=reason,
        facts=_claim_facts(hand, claim),
    )
    _write(uow, actor, hand, claim, evidence_id, before=ClaimState.CLAIMED, reason=reason)
    hand.obligation.closed_on = claim.fulfilled_on
    leave_registers(uow, hand, hand.obligation.state)
    close_obligation(uow, hand, hand.obligation.state, evidence_id)
    return claim


def dispute_fulfilment(uow: UnitOfWork, actor: Actor, claim_id: UUID, *, answer: str) -> Fulfilment:
    """The creditor disagrees and says why: the obligation stays as it is, and a new claim may follow.

    Raises `FulfilmentNotFound`, `NotAParty` or `ClaimAnswered`.
    """
    hand, claim = _claim_to_answer(uow, actor, claim_id)
    _answer(uow, actor, claim, ClaimState.DISPUTED, answer)
    facts = {**_claim_facts(hand, claim), "reason": answer}
    evidence_id = notarise(uow, hand.file, "fulfilment.disputed", Author.of(actor), facts)
    _write(uow, actor, hand, claim, evidence_id, before=ClaimState.CLAIMED, reason=answer)
    return claim


def require_role(uow: UnitOfWork, actor: Actor, hand: ObligationInHand, role: str) -> None:
    """Raises `NotAParty` unless the actor's organisation is on that side of the contract."""
    if repository.own_role(uow.session, actor, hand.file) != role:
        raise NotAParty(role=role)


def _claim_to_answer(uow: UnitOfWork, actor: Actor, claim_id: UUID) -> tuple[ObligationInHand, Fulfilment]:
    actor.require(Scope.CONTRACTS_WRITE)
    hand, claim = repository.locked_with(uow.session, actor, Fulfilment, claim_id)
    require_role(uow, actor, hand, hand.obligation.creditor_role)
    policy.check_unanswered(ClaimState(claim.state))
    return hand, claim


def _answer(uow: UnitOfWork, actor: Actor, claim: Fulfilment, state: ClaimState, answer: str) -> None:
    claim.state, claim.answer = state, answer
    claim.answered_at, claim.answered_by_person_id = uow.now, actor.person_id


def _claim_facts(hand: ObligationInHand, claim: Fulfilment) -> dict[str, object]:
    return {
        **obligation_facts(hand.obligation),
        "fulfilment": ids.public(ids.FULFILMENT, claim.id),
        "fulfilled_on": claim.fulfilled_on.isoformat(),
        "documents": claim.documents,
    }


def _write(
    uow: UnitOfWork,
    actor: Actor,
    hand: ObligationInHand,
    claim: Fulfilment,
    evidence_id: UUID,
    *,
    before: str | None,
    reason: str,
) -> None:
    write_history(
        uow,
        hand.file,
        Author.of(actor),
        change="fulfilment",
        before=before,
        after=claim.state,
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
