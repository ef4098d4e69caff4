"""Fulfilment: the debtor claims it with evidence, the creditor confirms or disputes it.

    claimed ─▶ confirmed | disputed            (confirmed by silence, if the contract says so)

A claim is about a part, in money or in quantity, or about all that is still owed. The less favourable view stands
until the two agree (R6): a disputed claim changes nothing, and only confirmed parts count. Silence confirms nothing
unless the contract says after how many days it does; then the claim's evidence and its notice name the last day for an
answer. What is confirmed after supervision is met after supervision and leaves no negative mark (R12).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.money import Money
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance import policy, repository
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.set_due import start_periods_after
from performance.errors import ClaimPending, NotAParty
from performance.events import FulfilmentAnswered, FulfilmentClaimed
from performance.models import Fulfilment
from performance.parts import check_part, progress, size_of
from performance.policy import ClaimState, ObligationChange, ObligationState
from performance.recording import (
    SYSTEM,
    Author,
    change_obligation,
    close_obligation,
    contact_fact,
    document_entries,
    leave_registers,
    notarise,
    obligation_facts,
    party_fact,
    write_history,
)
from performance.repository import ObligationInHand

BATCH = 100


@dataclass(frozen=True, slots=True)
class Part:
    """What a claim is about: an amount or a quantity (30 吨). `exceeds_owed`: the debtor says itself that with it more
    is done than was owed."""

    amount: Money | None = None
    quantity: str | None = None
    exceeds_owed: bool = False


THE_REST = Part()


def claim_fulfilment(
    uow: UnitOfWork,
    actor: Actor,
    obligation_id: UUID,
    *,
    fulfilled_on: date,
    statement: str,
    part: Part = THE_REST,
    document_ids: Sequence[UUID] = (),
) -> Fulfilment:
    """The debtor says it is done, or a part of it.

    Raises `ObligationNotFound`, `NotAParty`, `ObligationStateForbids`, `FulfilledInFuture`, `ClaimPending`,
    `EvidenceDocumentNotFound`, and what `parts.check_part` raises.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_obligation(uow.session, actor, obligation_id)
    obligation = hand.obligation
    require_role(uow, actor, hand, obligation.debtor_role)
    today = china_day(uow.now)
    policy.check_claim(ObligationState(obligation.state), fulfilled_on, today)
    claims = repository.claims_of(uow.session, obligation.id)
    if any(claim.state == ClaimState.CLAIMED for claim in claims):
        raise ClaimPending
    so_far = progress(size_of(obligation), claims)
    size, is_whole = check_part(so_far, amount=part.amount, quantity=part.quantity, says_more=part.exceeds_owed)
    documents = repository.documents_of(uow.session, actor, document_ids)
    silence_days = hand.file.contract.silence_days
    claim = Fulfilment(
        id=uow.new_id(),
        obligation_id=obligation.id,
        due_version=obligation.due_version,
        fulfilled_on=fulfilled_on,
        amount_minor=part.amount.minor if part.amount else None,
        quantity=part.quantity,
        is_whole=is_whole,
        answer_by=None if silence_days is None else today + timedelta(days=silence_days),
        is_deemed=False,
        statement=statement,
        documents=document_entries(documents),
        state=ClaimState.CLAIMED,
        claimed_at=uow.now,
        claimed_on=today,
        claimed_by_person_id=actor.person_id,
    )
    uow.session.add(claim)
    facts = {**_claim_facts(hand, claim), "statement": statement}
    author = Author.of(actor)
    evidence_id = notarise(uow, hand.file, "fulfilment.claimed", author, facts, documents=documents)
    _write(uow, author, hand, claim, evidence_id, before=None, reason=statement)
    _announce_claim(uow, hand, claim, evidence_id, part=None if size is None else so_far.text(size))
    return claim


def confirm_fulfilment(
    uow: UnitOfWork, actor: Actor, claim_id: UUID, calendar: HolidayCalendar, *, answer: str = ""
) -> Fulfilment:
    """The creditor agrees: the obligation is met on the day the claim names, or a part of it is.

    Raises `FulfilmentNotFound`, `NotAParty`, `ClaimAnswered` or `ObligationStateForbids`.
    """
    hand, claim = _claim_to_answer(uow, actor, claim_id)
    reason = answer or "对方确认履行完成"
    _answer(uow, Author.of(actor), claim, ClaimState.CONFIRMED, answer)
    _count(uow, hand, claim, Author.of(actor), calendar, reason=reason)
    return claim


def confirm_by_silence(unit_of_work: UnitOfWorkFactory, calendar: HolidayCalendar, batch: int = BATCH) -> int:
    """One pass over the claims nobody answered in time, where the contract says that silence confirms; how many.

    It may run at any time, several at once, and after a crash anywhere: each batch is one transaction.
    """
    confirmed = 0
    while True:
        with unit_of_work() as uow:
            silent = repository.silent_claims(uow.session, china_day(uow.now), batch)
            for hand, claim in silent:
                reason = f"合同约定 {hand.file.contract.silence_days} 日内未答复视为确认，期限 {claim.answer_by} 已过"
                claim.is_deemed = True
                _answer(uow, SYSTEM, claim, ClaimState.CONFIRMED, reason)
                _count(uow, hand, claim, SYSTEM, calendar, reason=reason)
        confirmed += len(silent)
        if not silent:
            return confirmed


def dispute_fulfilment(uow: UnitOfWork, actor: Actor, claim_id: UUID, *, answer: str) -> Fulfilment:
    """The creditor disagrees and says why: the obligation stays as it is, and a new claim may follow.

    Raises `FulfilmentNotFound`, `NotAParty` or `ClaimAnswered`.
    """
    hand, claim = _claim_to_answer(uow, actor, claim_id)
    author = Author.of(actor)
    _answer(uow, author, claim, ClaimState.DISPUTED, answer)
    facts = {**_claim_facts(hand, claim), "reason": answer}
    evidence_id = notarise(uow, hand.file, "fulfilment.disputed", author, facts)
    _write(uow, author, hand, claim, evidence_id, before=ClaimState.CLAIMED, reason=answer)
    _announce_answer(uow, hand, claim, evidence_id)
    return claim


def settle_if_complete(
    uow: UnitOfWork, hand: ObligationInHand, author: Author, calendar: HolidayCalendar, *, reason: str
) -> None:
    """An amendment lowered what is owed to what is confirmed: nothing is left, so it is met, on the day of its last
    confirmed part."""
    claims = repository.claims_of(uow.session, hand.obligation.id)
    confirmed = [claim for claim in claims if claim.state == ClaimState.CONFIRMED]
    if confirmed and progress(size_of(hand.obligation), claims).is_complete:
        met_on = max(claim.fulfilled_on for claim in confirmed)
        _meet(uow, hand, met_on, author, calendar, reason=reason, facts={"met_on": met_on.isoformat()})


def require_role(uow: UnitOfWork, actor: Actor, hand: ObligationInHand, role: str) -> None:
    """Raises `NotAParty` unless the actor's organisation is on that side of the contract."""
    if repository.own_role(uow.session, actor, hand.file) != role:
        raise NotAParty(role=role)


def _count(
    uow: UnitOfWork,
    hand: ObligationInHand,
    claim: Fulfilment,
    author: Author,
    calendar: HolidayCalendar,
    *,
    reason: str,
) -> None:
    """A confirmed claim moves the obligation: met if nothing is owed any more, else partially."""
    claims = repository.claims_of(uow.session, hand.obligation.id)
    after = progress(size_of(hand.obligation), claims)
    facts = {**_claim_facts(hand, claim), "met": after.text(after.met), "owed": after.text(after.owed)}
    facts["by_silence"] = claim.is_deemed
    if after.is_complete:
        met_on = max(each.fulfilled_on for each in claims if each.state == ClaimState.CONFIRMED)
        evidence_id = _meet(uow, hand, met_on, author, calendar, reason=reason, facts=facts)
    else:
        evidence_id = change_obligation(uow, hand, ObligationChange.MEET_PARTLY, author, reason=reason, facts=facts)
    _write(uow, author, hand, claim, evidence_id, before=ClaimState.CLAIMED, reason=reason)
    _announce_answer(uow, hand, claim, evidence_id)


def _meet(
    uow: UnitOfWork,
    hand: ObligationInHand,
    met_on: date,
    author: Author,
    calendar: HolidayCalendar,
    *,
    reason: str,
    facts: dict[str, object],
) -> UUID:
    evidence_id = change_obligation(uow, hand, ObligationChange.MEET, author, reason=reason, facts=facts)
    hand.obligation.closed_on = met_on
    leave_registers(uow, hand, hand.obligation.state)
    close_obligation(uow, hand, hand.obligation.state, evidence_id)
    start_periods_after(uow, hand, met_on, author, calendar)
    return evidence_id


def _claim_to_answer(uow: UnitOfWork, actor: Actor, claim_id: UUID) -> tuple[ObligationInHand, Fulfilment]:
    actor.require(Scope.CONTRACTS_WRITE)
    hand, claim = repository.locked_with(uow.session, actor, Fulfilment, claim_id)
    require_role(uow, actor, hand, hand.obligation.creditor_role)
    policy.check_unanswered(ClaimState(claim.state))
    return hand, claim


def _answer(uow: UnitOfWork, author: Author, claim: Fulfilment, state: ClaimState, answer: str) -> None:
    claim.state, claim.answer = state, answer
    claim.answered_at, claim.answered_by_person_id = uow.now, author.person_id


def _claim_facts(hand: ObligationInHand, claim: Fulfilment) -> dict[str, object]:
    return {
        **obligation_facts(hand.obligation),
        "fulfilment": ids.public(ids.FULFILMENT, claim.id),
        "fulfilled_on": claim.fulfilled_on.isoformat(),
        "part_amount_minor": None if claim.amount_minor is None else str(claim.amount_minor),
        "part_quantity": claim.quantity,
        "is_whole": claim.is_whole,
        "answer_by": None if claim.answer_by is None else claim.answer_by.isoformat(),
        "documents": claim.documents,
    }


def _announce_claim(
    uow: UnitOfWork,
    hand: ObligationInHand,
    claim: Fulfilment,
    evidence_id: UUID,
    *,
    part: str | None,
) -> None:
    contract = hand.file.contract
    uow.emit(
        FulfilmentClaimed(
            fulfilment_id=claim.id,
            obligation_id=hand.obligation.id,
            contract_id=contract.id,
            contract_number=contract.number,
            contract_title=contract.title,
            title=hand.obligation.title,
            part=part,
            fulfilled_on=claim.fulfilled_on,
            answer_by=claim.answer_by,
            creditor=party_fact(hand.creditor),
            contacts=[contact_fact(each) for each in hand.file.contacts if each.party_role == hand.creditor.role],
            evidence_id=evidence_id,
        )
    )


def _announce_answer(uow: UnitOfWork, hand: ObligationInHand, claim: Fulfilment, evidence_id: UUID) -> None:
    after = progress(size_of(hand.obligation), repository.claims_of(uow.session, hand.obligation.id))
    uow.emit(
        FulfilmentAnswered(
            fulfilment_id=claim.id,
            obligation_id=hand.obligation.id,
            contract_id=hand.file.contract.id,
            state=claim.state,
            is_deemed=claim.is_deemed,
            met=after.text(after.met),
            owed=after.text(after.owed),
            evidence_id=evidence_id,
        )
    )


def _write(
    uow: UnitOfWork,
    author: Author,
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
        author,
        change="fulfilment",
        before=before,
        after=claim.state,
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
