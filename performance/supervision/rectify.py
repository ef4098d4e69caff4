"""Rectification orders 整改: items with days, reported done by the party, then verified, extended or failed.

They belong to a supervision case and end with it. An item that failed counts as repeated failure on the ladder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.errors import NotAParty, SupervisionClosed
from performance.models import SupervisionCase
from performance.policy import PartyRole
from performance.recording import Author, document_entries, notarise, obligation_facts, party_fact, write_history
from performance.repository import ObligationInHand
from performance.supervise_obligation import require_regulator
from performance.supervision import policy, repository
from performance.supervision.errors import ItemsMissing
from performance.supervision.events import RectificationChanged
from performance.supervision.ladders import ladder_of
from performance.supervision.models import RectificationItem, RectificationOrder, RectificationStep
from performance.supervision.policy import RECTIFICATION, RECTIFICATION_ITEM, ItemChange, ItemState
from performance.supervision.record_step import refresh_next_step


@dataclass(frozen=True, slots=True)
class NewItem:
    task: str
    due_on: date


def issue_order(
    uow: UnitOfWork,
    actor: Actor,
    case_id: UUID,
    *,
    party_role: PartyRole,
    reason: str,
    items: Sequence[NewItem],
    document_ids: Sequence[UUID] = (),
) -> RectificationOrder:
    """Raises `RegulatorRequired`, `SupervisionNotFound`, `SupervisionClosed`, `NotAParty`, `ItemsMissing`,
    `ItemDueTooEarly` or `EvidenceDocumentNotFound`."""
    require_regulator(actor)
    hand, case = contracts.locked_with(uow.session, actor, SupervisionCase, case_id)
    _check_open(case)
    if not items:
        raise ItemsMissing
    if party_role not in {party.role for party in hand.file.parties}:
        raise NotAParty(role=party_role)
    for item in items:
        policy.check_item_due(item.due_on, today=china_day(uow.now))
    documents = contracts.documents_of(uow.session, actor, document_ids)
    order_id, author = uow.new_id(), Author.of(actor)
    facts = {
        **obligation_facts(hand.obligation),
        "rectification": ids.public(RECTIFICATION, order_id),
        "supervision": ids.public(ids.SUPERVISION, case.id),
        "party_role": party_role,
        "reason": reason,
        "items": [{"task": item.task, "due_on": item.due_on.isoformat()} for item in items],
    }
    evidence_id = notarise(uow, hand.file, "rectification.order", author, facts, documents=documents)
    order = RectificationOrder(
        id=order_id,
        case_id=case.id,
        contract_id=case.contract_id,
        obligation_id=case.obligation_id,
        party_role=party_role,
        reason=reason,
        issued_at=uow.now,
        issued_by_person_id=actor.person_id,
        evidence_id=evidence_id,
    )
    uow.session.add(order)
    uow.session.flush()
    uow.session.add_all(
        RectificationItem(
            id=uow.new_id(),
            order_id=order_id,
            obligation_id=case.obligation_id,
            position=position,
            task=item.task,
            due_on=item.due_on,
            state=ItemState.ORDERED,
        )
        for position, item in enumerate(items, 1)
    )
    last = max(item.due_on for item in items)
    _tell(uow, hand, author, order, None, change="order", due_on=last, text=reason, evidence_id=evidence_id)
    return order


def report_item(
    uow: UnitOfWork, actor: Actor, item_id: UUID, *, text: str, document_ids: Sequence[UUID] = ()
) -> RectificationItem:
    """The ordered party says that an item is done.

    Raises `RectificationNotFound`, `NotAParty`, `SupervisionClosed`, `ItemStateForbids` or `EvidenceDocumentNotFound`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    hand, case, order, item = repository.locked_item(uow.session, actor, item_id)
    if contracts.own_role(uow.session, actor, hand.file) != order.party_role:
        raise NotAParty(role=order.party_role)
    _check_open(case)
    _change(uow, actor, hand, order=order, item=item, change=ItemChange.REPORT, text=text, document_ids=document_ids)
    return item


def decide_item(
    uow: UnitOfWork,
    actor: Actor,
    item_id: UUID,
    change: ItemChange,
    *,
    text: str,
    due_on: date | None = None,
    document_ids: Sequence[UUID] = (),
) -> RectificationItem:
    """The regulator verifies, returns, extends or fails an item; `due_on` with an extension.

    Raises `RegulatorRequired`, `RectificationNotFound`, `SupervisionClosed`, `EvidenceDocumentNotFound`, and what
    `policy.check_item_change` raises.
    """
    require_regulator(actor)
    hand, case, order, item = repository.locked_item(uow.session, actor, item_id)
    _check_open(case)
    _change(
        uow,
        actor,
        hand,
        order=order,
        item=item,
        change=change,
        text=text,
        due_on=due_on,
        document_ids=document_ids,
    )
    if change is ItemChange.FAIL:
        refresh_next_step(uow, hand, case, ladder_of(hand.file.contract.region, case.ladder_version))
    return item


def _check_open(case: SupervisionCase) -> None:
    if case.outcome is not None:
        raise SupervisionClosed(outcome=case.outcome)


def _change(
    uow: UnitOfWork,
    actor: Actor,
    hand: ObligationInHand,
    *,
    order: RectificationOrder,
    item: RectificationItem,
    change: ItemChange,
    text: str,
    due_on: date | None = None,
    document_ids: Sequence[UUID] = (),
) -> None:
    """The only place that writes an item's state: with its step, its evidence, its history row and its event."""
    before = ItemState(item.state)
    policy.check_item_change(before, change, due_on=item.due_on, new_due_on=due_on, today=china_day(uow.now))
    documents, author = contracts.documents_of(uow.session, actor, document_ids), Author.of(actor)
    item.state = policy.next_item_state(before, change)
    if change is ItemChange.EXTEND and due_on is not None:
        item.due_on = due_on
    facts = {
        "rectification": ids.public(RECTIFICATION, order.id),
        "item": ids.public(RECTIFICATION_ITEM, item.id),
        "task": item.task,
        "due_on": item.due_on.isoformat(),
        "before": before,
        "after": item.state,
        "text": text,
    }
    evidence_id = notarise(uow, hand.file, f"rectification.{change}", author, facts, documents=documents)
    uow.session.add(
        RectificationStep(
            item_id=item.id,
            change=change,
            before=before,
            after=item.state,
            due_on=item.due_on,
            text=text,
            documents=document_entries(documents),
            at=uow.now,
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            evidence_id=evidence_id,
        )
    )
    _tell(uow, hand, author, order, item, change=change, due_on=item.due_on, text=text, evidence_id=evidence_id)


def _tell(
    uow: UnitOfWork,
    hand: ObligationInHand,
    author: Author,
    order: RectificationOrder,
    item: RectificationItem | None,
    *,
    change: str,
    due_on: date,
    text: str,
    evidence_id: UUID,
) -> None:
    write_history(
        uow,
        hand.file,
        author,
        change=f"rectification_{change}",
        after=item.state if item else None,
        reason=text,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    uow.emit(
        RectificationChanged(
            order_id=order.id,
            item_id=item.id if item else None,
            contract_id=order.contract_id,
            obligation_id=order.obligation_id,
            party=party_fact(hand.file.party(order.party_role)),
            change=change,
            due_on=due_on,
            evidence_id=evidence_id,
        )
    )
