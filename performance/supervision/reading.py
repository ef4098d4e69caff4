"""Reads of the registers, of supervision cases and of what is public."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from core.clock import china_day
from performance import repository as contracts
from performance.mediation_wall import walled_off
from performance.models import Contract, Obligation, OverdueEntry, SupervisionCase, SupervisionStep, TerminationCase
from performance.policy import TerminationState
from performance.reading import Page, page_of, read_cursor
from performance.supervision import policy, repository
from performance.supervision.ladders import Ladder, ladder_of
from performance.supervision.models import PublicDemand, RectificationItem, RectificationOrder, RectificationStep
from performance.supervision.policy import ItemState, OrderState, RungStanding
from performance.supervision.repository import OverdueFilter


@dataclass(frozen=True, slots=True)
class OverdueItem:
    """An entry and how many days late its obligation is; counting stops when it leaves."""

    entry: OverdueEntry
    obligation: Obligation
    contract: Contract
    days_late: int


@dataclass(frozen=True, slots=True)
class TerminationItem:
    case: TerminationCase
    obligation: Obligation
    contract: Contract


@dataclass(frozen=True, slots=True)
class OrderDossier:
    """An order, its state, its items by position and their steps, oldest first."""

    order: RectificationOrder
    state: OrderState
    items: Sequence[RectificationItem]
    steps: Sequence[RectificationStep]


@dataclass(frozen=True, slots=True)
class SupervisionDossier:
    """A case, what happened in it, and which steps are open today and why; none is once it is closed."""

    case: SupervisionCase
    contract: Contract
    steps: Sequence[SupervisionStep]
    demands: Sequence[PublicDemand]
    orders: Sequence[OrderDossier]
    ladder: Ladder
    rungs: Sequence[RungStanding]


def overdue_register(
    session: Session, actor: Actor, wanted: OverdueFilter, *, now: datetime, cursor: str | None, limit: int
) -> Page[OverdueItem]:
    actor.require(Scope.CONTRACTS_READ)
    before, today = read_cursor(cursor, lambda text: UUID(hex=text)), china_day(now)
    rows = repository.overdue_register(session, actor, wanted, today=today, before=before, limit=limit + 1)
    items = [OverdueItem(entry, owed, contract, _days_late(entry, today)) for entry, owed, contract in rows]
    return page_of(items, limit, lambda item: item.entry.id.hex)


def _days_late(entry: OverdueEntry, today: date) -> int:
    until = today if entry.left_at is None else china_day(entry.left_at)
    return max(0, (until - entry.due_on).days)


def terminations(
    session: Session, actor: Actor, *, state: TerminationState | None, cursor: str | None, limit: int
) -> Page[TerminationItem]:
    actor.require(Scope.CONTRACTS_READ)
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.terminations(session, actor, state=state, before=before, limit=limit + 1)
    items = [TerminationItem(walled_off(session, actor, case), owed, contract) for case, owed, contract in rows]
    return page_of(items, limit, lambda item: item.case.id.hex)


def supervision(session: Session, actor: Actor, case_id: UUID, now: datetime) -> SupervisionDossier:
    """Raises `SupervisionNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    case, obligation, contract = repository.supervision_of(session, actor, case_id)
    file = contracts.files_of(session, [contract])[contract.id]
    hand = contracts.ObligationInHand(file, obligation)
    ladder = ladder_of(contract.region, case.ladder_version)
    rungs: Sequence[RungStanding] = ()
    if case.closed_at is None:
        standing = repository.standing(session, hand, case, ladder, now)
        rungs = policy.ladder_standing(ladder, standing, china_day(now))
    return SupervisionDossier(
        case=case,
        contract=contract,
        steps=repository.steps_of(session, case_id),
        demands=repository.demands_of(session, case_id),
        orders=_dossiers(session, repository.orders_of(session, case_id)),
        ladder=ladder,
        rungs=rungs,
    )


def rectification(session: Session, actor: Actor, order_id: UUID) -> OrderDossier:
    """Raises `RectificationNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    order, _ = repository.order_of(session, actor, order_id)
    return _dossiers(session, [order])[0]


def public_demands(
    session: Session, *, region: str | None, now: datetime, cursor: str | None, limit: int
) -> Page[PublicDemand]:
    """For anybody. Raises `ListCursorInvalid`."""
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.public_demands(session, region=region, today=china_day(now), before=before, limit=limit + 1)
    return page_of(rows, limit, lambda row: row.id.hex)


def _dossiers(session: Session, orders: Sequence[RectificationOrder]) -> list[OrderDossier]:
    """Two queries however many orders."""
    items = repository.items_of(session, [order.id for order in orders])
    steps = repository.item_steps_of(session, [item.id for item in items])
    found = []
    for order in orders:
        own = [item for item in items if item.order_id == order.id]
        own_ids = {item.id for item in own}
        state = policy.order_state([ItemState(item.state) for item in own])
        found.append(OrderDossier(order, state, own, [step for step in steps if step.item_id in own_ids]))
    return found
