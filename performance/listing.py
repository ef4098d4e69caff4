"""Queries behind the lists and pages; what an actor may see is what `repository.visible_to` says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, tuple_, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from accounts.policy import Actor
from performance.errors import ObligationNotFound
from performance.models import Contract, ContractHistory, ContractParty, Obligation, OverdueEntry
from performance.policy import OPEN_OBLIGATION_STATES, UNSHARED_STATES, ObligationState
from performance.register.repository import units_of
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
    last row. The undated ones are asked for only once a page has room."""
    seen = _seen_by(session, actor)
    narrowed = _conditions(wanted)
    found: list[tuple[Obligation, Contract]] = []
    after_day, after_id = after or (date.min, None)
    if after_day is not None:
        dated = [*narrowed, Obligation.due_on.is_not(None)]
        if after_id is not None:
            dated.append(tuple_(Obligation.due_on, Obligation.id) > tuple_(after_day, after_id))
        found = _page(session, seen, dated, (Obligation.due_on, Obligation.id), limit)
        after_id = None
    is_dated_only = wanted.due_before is not None or wanted.overdue_on is not None
    if len(found) < limit and not is_dated_only:
        undated = [*narrowed, Obligation.due_on.is_(None)]
        if after_id is not None:
            undated.append(Obligation.id > after_id)
        found += _page(session, seen, undated, (Obligation.id,), limit - len(found))
    return found


def _conditions(wanted: ObligationFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Contract.registered_at.is_not(None)]
    if wanted.states:
        conditions.append(Obligation.state.in_([str(state) for state in wanted.states]))
    if wanted.due_before is not None:
        conditions.append(Obligation.due_on < wanted.due_before)
    if wanted.overdue_on is not None:
        still_open = [str(state) for state in OPEN_OBLIGATION_STATES]
        conditions += [Obligation.due_on < wanted.overdue_on, Obligation.state.in_(still_open)]
    return conditions


def _seen_by(session: Session, actor: Actor) -> list[Select[UUID]]:
    """Ids of obligations, by each reason for which an actor may see their contract; as in `register.search`, each is
    asked for by itself, so that each has its index."""
    units = units_of(session, actor.organisation_id)
    every = select(Obligation.id).join(Contract, Contract.id == Obligation.contract_id)
    seen = [
        every.where(Contract.owner_organisation_id.in_([unit.id for unit in units])),
        every.join(ContractParty, ContractParty.contract_id == Contract.id).where(
            ContractParty.uscc.in_([unit.uscc for unit in units]), Contract.state.not_in(UNSHARED_STATES)
        ),
    ]
    return [*seen, every.where(Contract.region == actor.region)] if actor.oversees else seen


def _page(
    session: Session,
    seen: Sequence[Select[UUID]],
    narrowed: Sequence[ColumnElement[bool]],
    order: Sequence[InstrumentedAttribute[Any]],
    limit: int,
) -> list[tuple[Obligation, Contract]]:
    pages = [each.where(*narrowed).order_by(*order).limit(limit).subquery() for each in seen]
    found = union(*(select(page.c.id) for page in pages)).subquery()
    rows = session.execute(
        select(Obligation, Contract)
        .join(Contract, Contract.id == Obligation.contract_id)
        .where(Obligation.id.in_(select(found.c.id)))
        .order_by(*order)
        .limit(limit)
    ).all()
    return [(row[0], row[1]) for row in rows]


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
