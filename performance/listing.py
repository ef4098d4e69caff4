"""Queries behind the lists and pages; what an actor may see is decided by `repository.visible_to` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from accounts.policy import Actor
from performance.errors import ObligationNotFound
from performance.models import Contract, ContractHistory, Obligation, OverdueEntry
from performance.policy import OPEN_OBLIGATION_STATES, ObligationState
from performance.repository import Row, visible_to


@dataclass(frozen=True, slots=True)
class ObligationFilter:
    """What a list of obligations is narrowed to. `overdue_on`: only those late on that day."""

    due_before: date | None = None
    states: tuple[ObligationState, ...] = ()
    overdue_on: date | None = None


def obligations(
    session: Session,
    actor: Actor,
    wanted: ObligationFilter,
    *,
    after: tuple[date | None, UUID] | None,
    limit: int,
) -> Sequence[tuple[Obligation, Contract]]:
    """The soonest due first, then what has no day yet, oldest first. `after` is (due date, id) of the previous page's
    last row. Two queries at most, so that each walks an index: the undated ones follow only once a page has room."""
    statement = (
        select(Obligation, Contract)
        .join(Contract, Contract.id == Obligation.contract_id)
        .where(visible_to(actor), Contract.registered_at.is_not(None))
    )
    if wanted.states:
        statement = statement.where(Obligation.state.in_([str(state) for state in wanted.states]))
    if wanted.due_before is not None:
        statement = statement.where(Obligation.due_on < wanted.due_before)
    if wanted.overdue_on is not None:
        still_open = [str(state) for state in OPEN_OBLIGATION_STATES]
        statement = statement.where(Obligation.due_on < wanted.overdue_on, Obligation.state.in_(still_open))
    found: list[tuple[Obligation, Contract]] = []
    after_day, after_id = after or (date.min, None)
    if after_day is not None:
        dated = statement.where(Obligation.due_on.is_not(None))
        if after_id is not None:
            dated = dated.where(tuple_(Obligation.due_on, Obligation.id) > tuple_(after_day, after_id))
        rows = session.execute(dated.order_by(Obligation.due_on, Obligation.id).limit(limit)).all()
        found = [(row[0], row[1]) for row in rows]
        after_id = None
    is_dated_only = wanted.due_before is not None or wanted.overdue_on is not None
    if len(found) < limit and not is_dated_only:
        undated = statement.where(Obligation.due_on.is_(None))
        if after_id is not None:
            undated = undated.where(Obligation.id > after_id)
        rows = session.execute(undated.order_by(Obligation.id).limit(limit - len(found))).all()
        found += [(row[0], row[1]) for row in rows]
    return found


def obligation_of(session: Session, actor: Actor, obligation_id: UUID) -> tuple[Obligation, Contract]:
    """Raises `ObligationNotFound`."""
    row = session.execute(
        select(Obligation, Contract)
        .join(Contract, Contract.id == Obligation.contract_id)
        .where(Obligation.id == obligation_id, visible_to(actor))
    ).one_or_none()
    if row is None:
        raise ObligationNotFound
    return row[0], row[1]


def history(session: Session, contract_id: UUID, *, after: int, limit: int) -> Sequence[ContractHistory]:
    """Oldest first, from the row after `after` on."""
    return session.scalars(
        select(ContractHistory)
        .where(ContractHistory.contract_id == contract_id, ContractHistory.sequence > after)
        .order_by(ContractHistory.sequence)
        .limit(limit)
    ).all()


def rows_of(session: Session, model: type[Row], obligation_ids: Sequence[UUID]) -> Sequence[Row]:
    """Claims, cases, requests or variations of these obligations, oldest first."""
    return session.scalars(select(model).where(model.obligation_id.in_(obligation_ids)).order_by(model.id)).all()


def overdue_entries_of(session: Session, obligation_id: UUID) -> Sequence[OverdueEntry]:
    return session.scalars(
        select(OverdueEntry).where(OverdueEntry.obligation_id == obligation_id).order_by(OverdueEntry.due_version)
    ).all()


def number_of_contracts(session: Session, actor: Actor) -> dict[str, int]:
    """How many contracts the actor sees, by state."""
    rows = session.execute(select(Contract.state, func.count()).where(visible_to(actor)).group_by(Contract.state)).all()
    return {row[0]: row[1] for row in rows}
