"""Search and lists of contracts, newest first, page by page; each page is one query that indexes answer.

What an actor may see has three reasons (`performance.repository.visible_to`): the contract is its own or of a unit
below, it names one of those as a party, or the actor oversees its region. Asked in one condition with OR, PostgreSQL
would walk the whole register; asked one by one, each has an index in the order of the list, so that a page costs as
much in a register of a thousand contracts as in one of a million. A number or a name is found by how it begins: the
embedded PostgreSQL has no trigrams, and a condition that only some installations can index is none to promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from accounts.policy import Actor
from performance.models import Contract, ContractParty
from performance.policy import ContractState
from performance.register.errors import SearchRangeInvalid
from performance.register.repository import units_of

_USCC_LENGTH = 18


@dataclass(frozen=True, slots=True)
class ContractFilter:
    """What a list is narrowed to. `number` is how the number begins; `party` is a credit code, or how a party's name
    begins; `unit_id` is whose entry it is; days and amounts (minor units) are inclusive."""

    number: str | None = None
    party: str | None = None
    class_code: str | None = None
    unit_id: UUID | None = None
    state: str | None = None
    region: str | None = None
    signed_from: date | None = None
    signed_to: date | None = None
    amount_from: int | None = None
    amount_to: int | None = None

    def check(self) -> None:
        """Raises `SearchRangeInvalid`."""
        ranges: tuple[tuple[date | int | None, date | int | None], ...] = (
            (self.signed_from, self.signed_to),
            (self.amount_from, self.amount_to),
        )
        for start, end in ranges:
            if start is not None and end is not None and start > end:  # type: ignore[operator]  # of one kind each
                raise SearchRangeInvalid(start=str(start), end=str(end))


def contracts(
    session: Session, actor: Actor, wanted: ContractFilter, *, before: UUID | None, limit: int
) -> Sequence[Contract]:
    """Newest first. `before` is the last id of the previous page. Raises `SearchRangeInvalid`."""
    wanted.check()
    units = units_of(session, actor.organisation_id)
    usccs = [unit.uscc for unit in units]
    return session.scalars(
        page_statement(actor, [unit.id for unit in units], usccs, wanted, before=before, limit=limit)
    ).all()


def page_statement(
    actor: Actor,
    unit_ids: Sequence[UUID],
    usccs: Sequence[str],
    wanted: ContractFilter,
    *,
    before: UUID | None,
    limit: int,
) -> Select[Contract]:
    """`unit_ids` and `usccs` are the actor's own and those below it."""
    narrowed = _conditions(wanted)
    if before is not None:
        narrowed.append(Contract.id < before)
    owned = select(Contract.id).where(_one_of(Contract.owner_organisation_id, unit_ids), *narrowed)
    named = (
        select(Contract.id)
        .join(ContractParty, ContractParty.contract_id == Contract.id)
        .where(_one_of(ContractParty.uscc, usccs), Contract.state != ContractState.DRAFT, *narrowed)
    )
    if before is not None:
        named = named.where(ContractParty.contract_id < before)
    branches = [
        owned.order_by(Contract.id.desc()).limit(limit),
        named.order_by(ContractParty.contract_id.desc()).limit(limit),
    ]
    if actor.oversees:
        overseen = select(Contract.id).where(
            Contract.region == actor.region, Contract.registered_at.is_not(None), *narrowed
        )
        branches.append(overseen.order_by(Contract.id.desc()).limit(limit))
    found = union(*(select(branch.subquery().c.id) for branch in branches)).subquery()
    return select(Contract).where(Contract.id.in_(select(found.c.id))).order_by(Contract.id.desc()).limit(limit)


def _one_of(column: InstrumentedAttribute[Any], values: Sequence[object]) -> ColumnElement[bool]:
    """A single value keeps the index's order; several need a sort."""
    return column == values[0] if len(values) == 1 else column.in_(values)


def _conditions(wanted: ContractFilter) -> list[ColumnElement[bool]]:
    exact: tuple[tuple[InstrumentedAttribute[Any], object], ...] = (
        (Contract.class_code, wanted.class_code),
        (Contract.owner_organisation_id, wanted.unit_id),
        (Contract.state, wanted.state),
        (Contract.region, wanted.region),
    )
    conditions = [column == value for column, value in exact if value is not None]
    if wanted.number is not None:
        conditions.append(_begins(Contract.number, wanted.number))
    if wanted.party is not None:
        conditions.append(_has_party(wanted.party))
    if wanted.signed_from is not None:
        conditions.append(Contract.signed_on >= wanted.signed_from)
    if wanted.signed_to is not None:
        conditions.append(Contract.signed_on <= wanted.signed_to)
    if wanted.amount_from is not None:
        conditions.append(Contract.amount_minor >= wanted.amount_from)
    if wanted.amount_to is not None:
        conditions.append(Contract.amount_minor <= wanted.amount_to)
    return conditions


def _has_party(text: str) -> ColumnElement[bool]:
    party = aliased(ContractParty)  # The statement may join the actor's own party row.
    is_code = len(text) == _USCC_LENGTH and text.isascii()
    found = party.uscc == text if is_code else _begins(party.name, text)
    return exists().where(party.contract_id == Contract.id, found)


def _begins(column: InstrumentedAttribute[str], text: str) -> ColumnElement[bool]:
    return column.like(_prefix(text), escape="\\")


def _prefix(text: str) -> str:
    """Nothing in it is a wildcard but the end."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"{escaped}%"
