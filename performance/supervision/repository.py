"""Reading the register, demands, orders and terminations. What an actor may see is decided by `visible_to` alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from core.money import Money
from performance import repository as contracts
from performance.errors import ObligationNotFound, SupervisionNotFound
from performance.models import Contract, Obligation, OverdueEntry, SupervisionCase, SupervisionStep, TerminationCase
from performance.policy import ObligationState, StepKind, TerminationState
from performance.repository import ObligationInHand, visible_to
from performance.supervision.errors import DemandNotFound, RectificationNotFound
from performance.supervision.ladders import Ladder
from performance.supervision.models import (
    PublicDemand,
    RectificationItem,
    RectificationOrder,
    RectificationStep,
)
from performance.supervision.policy import ItemState, Standing, TakenStep

FAILING = (ObligationState.OVERDUE, ObligationState.UNDER_SUPERVISION, ObligationState.BREACHED)
"""What counts as a failure of a party: not what was met in the end (R12), excused (R14), or still in dispute (R13)."""


@dataclass(frozen=True, slots=True)
class OverdueFilter:
    """What the register is narrowed to. `due_from` and `due_to` are an age; `unit` is the debtor's credit code;
    `step_due`: the next step is this one, and its day has come."""

    is_open: bool | None = None
    due_from: date | None = None
    due_to: date | None = None
    class_code: str | None = None
    unit: str | None = None
    step_due: StepKind | None = None


def overdue_register(
    session: Session, actor: Actor, wanted: OverdueFilter, *, today: date, before: UUID | None, limit: int
) -> Sequence[tuple[OverdueEntry, Obligation, Contract]]:
    """The register's entries, newest first. An overseer reads that of their region, which the indexes begin with."""
    statement = (
        select(OverdueEntry, Obligation, Contract)
        .join(Obligation, Obligation.id == OverdueEntry.obligation_id)
        .join(Contract, Contract.id == OverdueEntry.contract_id)
        .where(visible_to(actor), *_conditions(wanted, today))
    )
    if actor.oversees:
        statement = statement.where(OverdueEntry.region == actor.region)
    if before is not None:
        statement = statement.where(OverdueEntry.id < before)
    rows = session.execute(statement.order_by(OverdueEntry.id.desc()).limit(limit)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def _conditions(wanted: OverdueFilter, today: date) -> list[ColumnElement[bool]]:
    has_left = OverdueEntry.left_at.is_not(None)
    conditions: list[ColumnElement[bool]] = []
    if wanted.is_open is not None or wanted.step_due is not None:
        conditions.append(has_left if wanted.is_open is False else OverdueEntry.left_at.is_(None))
    if wanted.due_from is not None:
        conditions.append(OverdueEntry.due_on >= wanted.due_from)
    if wanted.due_to is not None:
        conditions.append(OverdueEntry.due_on <= wanted.due_to)
    if wanted.class_code is not None:
        conditions.append(OverdueEntry.class_code == wanted.class_code)
    if wanted.unit is not None:
        conditions.append(OverdueEntry.debtor_uscc == wanted.unit)
    if wanted.step_due is not None:
        conditions += [OverdueEntry.next_step == wanted.step_due, OverdueEntry.next_step_on <= today]
    return conditions


def terminations(
    session: Session, actor: Actor, *, state: TerminationState | None, before: UUID | None, limit: int
) -> Sequence[tuple[TerminationCase, Obligation, Contract]]:
    """Newest first."""
    statement = (
        select(TerminationCase, Obligation, Contract)
        .join(Obligation, Obligation.id == TerminationCase.obligation_id)
        .join(Contract, Contract.id == TerminationCase.contract_id)
        .where(visible_to(actor))
    )
    if state is not None:
        statement = statement.where(TerminationCase.state == state)
    if before is not None:
        statement = statement.where(TerminationCase.id < before)
    rows = session.execute(statement.order_by(TerminationCase.id.desc()).limit(limit)).all()
    return [(row[0], row[1], row[2]) for row in rows]


def standing(
    session: Session, hand: ObligationInHand, case: SupervisionCase, ladder: Ladder, now: datetime
) -> Standing:
    """What the ladder is applied to."""
    obligation = hand.obligation
    since = now - timedelta(days=ladder.repeated.within_days)
    failures = session.scalar(
        select(func.count(OverdueEntry.obligation_id.distinct()))
        .join(Obligation, Obligation.id == OverdueEntry.obligation_id)
        .where(
            OverdueEntry.debtor_uscc == hand.debtor.uscc,
            OverdueEntry.region == hand.file.contract.region,
            OverdueEntry.entered_at >= since,
            OverdueEntry.obligation_id != obligation.id,
            Obligation.state.in_(FAILING),
        )
    )
    failed_items = session.scalar(
        select(func.count())
        .select_from(RectificationItem)
        .join(RectificationOrder, RectificationOrder.id == RectificationItem.order_id)
        .where(RectificationOrder.case_id == case.id, RectificationItem.state == ItemState.FAILED)
    )
    amount = obligation.amount_minor
    return Standing(
        due_on=hand.past_due_on,
        steps=tuple(TakenStep(StepKind(step.kind), step.held_on) for step in contracts.steps_of(session, [case.id])),
        failures=failures or 0,
        failed_items=failed_items or 0,
        amount=None if amount is None else Money(amount, obligation.currency),
    )


def supervision_of(session: Session, actor: Actor, case_id: UUID) -> tuple[SupervisionCase, Obligation, Contract]:
    """Raises `SupervisionNotFound`."""
    row = session.execute(
        select(SupervisionCase, Obligation, Contract)
        .join(Obligation, Obligation.id == SupervisionCase.obligation_id)
        .join(Contract, Contract.id == SupervisionCase.contract_id)
        .where(SupervisionCase.id == case_id, visible_to(actor))
    ).one_or_none()
    if row is None:
        raise SupervisionNotFound
    return row[0], row[1], row[2]


def demands_of(session: Session, case_id: UUID) -> Sequence[PublicDemand]:
    return session.scalars(select(PublicDemand).where(PublicDemand.case_id == case_id).order_by(PublicDemand.id)).all()


def public_demands(
    session: Session, *, region: str | None, today: date, before: UUID | None, limit: int
) -> Sequence[PublicDemand]:
    """What anybody may read: those running today, newest first. It asks for no actor: nothing else is in the row."""
    statement = select(PublicDemand).where(
        PublicDemand.ended_at.is_(None), PublicDemand.starts_on <= today, PublicDemand.ends_on >= today
    )
    if region is not None:
        statement = statement.where(PublicDemand.region == region)
    if before is not None:
        statement = statement.where(PublicDemand.id < before)
    return session.scalars(statement.order_by(PublicDemand.id.desc()).limit(limit)).all()


def expired_demand(session: Session, today: date) -> PublicDemand | None:
    """One whose days are over, its contract locked; those that others hold are skipped. For the sweep alone."""
    return session.scalar(
        select(PublicDemand)
        .join(Contract, Contract.id == PublicDemand.contract_id)
        .where(PublicDemand.ended_at.is_(None), PublicDemand.ends_on < today)
        .order_by(PublicDemand.ends_on)
        .limit(1)
        .with_for_update(of=[Contract, PublicDemand], skip_locked=True)
    )


def locked_demand(session: Session, actor: Actor, demand_id: UUID) -> tuple[ObligationInHand, PublicDemand]:
    """Raises `DemandNotFound`."""
    row = session.get(PublicDemand, demand_id)
    if row is None:
        raise DemandNotFound
    try:
        hand = contracts.locked_obligation(session, actor, row.obligation_id)
    except ObligationNotFound as error:
        raise DemandNotFound from error
    session.refresh(row)
    return hand, row


def locked_item(
    session: Session, actor: Actor, item_id: UUID
) -> tuple[ObligationInHand, SupervisionCase, RectificationOrder, RectificationItem]:
    """Raises `RectificationNotFound`."""
    item = session.get(RectificationItem, item_id)
    if item is None:
        raise RectificationNotFound
    try:
        hand = contracts.locked_obligation(session, actor, item.obligation_id)
    except ObligationNotFound as error:
        raise RectificationNotFound from error
    session.refresh(item)  # What it was before the contract was locked may be over.
    order = session.get_one(RectificationOrder, item.order_id)
    return hand, session.get_one(SupervisionCase, order.case_id), order, item


def order_of(session: Session, actor: Actor, order_id: UUID) -> tuple[RectificationOrder, Contract]:
    """Raises `RectificationNotFound`."""
    row = session.execute(
        select(RectificationOrder, Contract)
        .join(Contract, Contract.id == RectificationOrder.contract_id)
        .where(RectificationOrder.id == order_id, visible_to(actor))
    ).one_or_none()
    if row is None:
        raise RectificationNotFound
    return row[0], row[1]


def orders_of(session: Session, case_id: UUID) -> Sequence[RectificationOrder]:
    return session.scalars(
        select(RectificationOrder).where(RectificationOrder.case_id == case_id).order_by(RectificationOrder.id)
    ).all()


def items_of(session: Session, order_ids: Iterable[UUID]) -> Sequence[RectificationItem]:
    return session.scalars(
        select(RectificationItem)
        .where(RectificationItem.order_id.in_(list(order_ids)))
        .order_by(RectificationItem.order_id, RectificationItem.position)
    ).all()


def item_steps_of(session: Session, item_ids: Iterable[UUID]) -> Sequence[RectificationStep]:
    return session.scalars(
        select(RectificationStep)
        .where(RectificationStep.item_id.in_(list(item_ids)))
        .order_by(RectificationStep.sequence)
    ).all()


def steps_of(session: Session, case_id: UUID) -> Sequence[SupervisionStep]:
    return contracts.steps_of(session, [case_id])
