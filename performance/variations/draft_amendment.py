"""The terms of a variation: one side proposes them, the other agrees. Nothing changes by that: an amendment follows."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from accounts.policy import Actor, Scope
from core.clock import china_day
from core.money import Money
from core.unit_of_work import UnitOfWork
from performance import policy as obligations
from performance import repository as contracts
from performance.crosschecks.quantities import parse_quantity
from performance.errors import AmountNegative, NotAParty, ObligationStateForbids, VariationPending
from performance.models import Obligation
from performance.parts import Measure, Size, check_amended, measure_of, progress, size_of
from performance.policy import OBLIGATION_TRANSITIONS, ObligationChange, ObligationState, PartyRole
from performance.recording import Author, document_entries
from performance.repository import ObligationInHand
from performance.variations import policy, repository
from performance.variations.models import Variation
from performance.variations.policy import Terms, VariationChange, VariationState
from performance.variations.recording import move_variation, record_variation


def propose_variation(
    uow: UnitOfWork,
    actor: Actor,
    obligation_id: UUID,
    terms: Terms,
    *,
    reason: str,
    document_ids: Sequence[UUID] = (),
) -> Variation:
    """Raises `ObligationNotFound`, `NotAParty`, `VariationEmpty`, `ObligationStateForbids`, `NewDueDatePassed`,
    `AmountNegative`, `QuantityUnreadable`, `AmendedBelowMet`, `VariationPending` or `EvidenceDocumentNotFound`."""
    actor.require(Scope.CONTRACTS_WRITE)
    hand = contracts.locked_obligation(uow.session, actor, obligation_id)
    role = own_role(uow, actor, hand)
    obligation = hand.obligation
    changed = policy.check_terms(terms, current_terms(obligation))
    for change in changes_of(changed):
        if (ObligationState(obligation.state), change) not in OBLIGATION_TRANSITIONS:
            raise ObligationStateForbids(state=obligation.state, change=str(change))
    if changed.due_on is not None:
        obligations.check_new_due_date(changed.due_on, china_day(uow.now))
    _check_size(uow, obligation, changed)
    if any(each.obligation_id == obligation_id for each in repository.pending_of(uow.session, hand.file.contract.id)):
        raise VariationPending
    documents = contracts.documents_of(uow.session, actor, document_ids)
    variation = Variation(
        id=uow.new_id(),
        contract_id=hand.file.contract.id,
        obligation_id=obligation_id,
        from_due_on=obligation.due_on,
        to_due_on=changed.due_on,
        from_amount_minor=obligation.amount_minor,
        to_amount_minor=changed.amount.minor if changed.amount else None,
        from_quantity=obligation.quantity,
        to_quantity=changed.quantity,
        reason=reason,
        documents=document_entries(documents),
        state=VariationState.PROPOSED,
        proposed_by_role=role,
        proposed_at=uow.now,
    )
    uow.session.add(variation)
    record_variation(uow, hand, variation, Author.of(actor), reason=reason, documents=documents)
    return variation


def agree_to_variation(uow: UnitOfWork, actor: Actor, variation_id: UUID) -> Variation:
    """The other side agrees to the terms; they take effect by a signed amendment.

    Raises `VariationNotFound`, `NotAParty` (the proposer's own side) or `VariationStateForbids`.
    """
    hand, variation = to_change(uow, actor, variation_id)
    if own_role(uow, actor, hand) == variation.proposed_by_role:
        raise NotAParty(role="对方 / other side")
    variation.answered_at = uow.now
    move_variation(uow, hand, variation, VariationChange.AGREE, Author.of(actor), reason=variation.reason)
    return variation


def drop_variation(uow: UnitOfWork, actor: Actor, variation_id: UUID, *, answer: str) -> Variation:
    """The other side refuses, or either side withdraws before the amendment is signed: everything stays as it was.

    Raises `VariationNotFound`, `NotAParty` or `VariationStateForbids`.
    """
    hand, variation = to_change(uow, actor, variation_id)
    is_own = own_role(uow, actor, hand) == variation.proposed_by_role
    is_refusal = variation.state == VariationState.PROPOSED and not is_own
    change = VariationChange.REFUSE if is_refusal else VariationChange.WITHDRAW
    move_variation(uow, hand, variation, change, Author.of(actor), reason=answer)
    variation.answered_at, variation.answer = uow.now, answer
    return variation


def to_change(uow: UnitOfWork, actor: Actor, variation_id: UUID) -> tuple[ObligationInHand, Variation]:
    actor.require(Scope.CONTRACTS_WRITE)
    return repository.locked_variation(uow.session, actor, variation_id)


def own_role(uow: UnitOfWork, actor: Actor, hand: ObligationInHand) -> PartyRole:
    """Raises `NotAParty`."""
    role = contracts.own_role(uow.session, actor, hand.file)
    if role is None:
        raise NotAParty(role="当事人 / parties")
    return role


def current_terms(obligation: Obligation) -> Terms:
    amount = None if obligation.amount_minor is None else Money(obligation.amount_minor, obligation.currency)
    return Terms(obligation.due_on, amount, obligation.quantity)


def changes_of(changed: Terms) -> list[ObligationChange]:
    changes = []
    if changed.amount is not None or changed.quantity is not None:
        changes.append(ObligationChange.AMEND)
    if changed.due_on is not None:
        changes.append(ObligationChange.RESCHEDULE)
    return changes


def size_after(obligation: Obligation, changed: Terms) -> Size:
    size = size_of(obligation)
    if changed.amount is not None:
        size = replace(size, amount_minor=changed.amount.minor, currency=changed.amount.currency)
    return size if changed.quantity is None else replace(size, quantity=changed.quantity)


def _check_size(uow: UnitOfWork, obligation: Obligation, changed: Terms) -> None:
    """What it is measured by stays, and what is confirmed isn't too much afterwards."""
    if changed.amount is None and changed.quantity is None:
        return
    if changed.amount is not None and changed.amount.minor < 0:
        raise AmountNegative(title=obligation.title, amount=str(changed.amount))
    before, after = size_of(obligation), size_after(obligation, changed)
    if changed.quantity is not None and measure_of(before) is Measure.QUANTITY:
        parse_quantity(changed.quantity, parse_quantity(before.quantity or "")[1])
    check_amended(progress(after, contracts.claims_of(uow.session, obligation.id)))
