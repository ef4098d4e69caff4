"""Reading determinations. Who may read one is decided by `readable_by` alone.

The authority that draws it up always; from the notice on the accused party and the region's regulators; once it was
published, whoever may see the contract. Whatever isn't readable is not found.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind
from performance import repository as contracts
from performance.determinations.errors import DeterminationNotFound
from performance.determinations.models import Determination, DeterminationStep
from performance.determinations.policy import DeterminationState
from performance.errors import ObligationNotFound, TerminationNotFound
from performance.models import Contract, ContractParty, TerminationCase
from performance.policy import TerminationState
from performance.repository import ObligationInHand, visible_to

_PUBLISHED = (DeterminationState.PUBLIC, DeterminationState.REVISED)


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """The condition on `Determination`, joined with its `Contract`."""
    own_uscc = select(Organisation.uscc).where(Organisation.id == actor.organisation_id).scalar_subquery()
    is_accused = exists().where(
        ContractParty.contract_id == Determination.contract_id,
        ContractParty.role == Determination.party_role,
        ContractParty.uscc == own_uscc,
    )
    is_told: ColumnElement[bool] = is_accused
    if actor.organisation_kind is OrganisationKind.REGULATOR:
        is_told = or_(is_accused, Contract.region == actor.region)
    return or_(
        Determination.organisation_id == actor.organisation_id,
        and_(Determination.notified_at.is_not(None), is_told),
        and_(Determination.published_at.is_not(None), visible_to(actor)),
    )


def determination_of(session: Session, actor: Actor, determination_id: UUID) -> tuple[Determination, Contract]:
    """Raises `DeterminationNotFound`."""
    row = session.execute(
        select(Determination, Contract)
        .join(Contract, Contract.id == Determination.contract_id)
        .where(Determination.id == determination_id, readable_by(actor))
    ).one_or_none()
    if row is None:
        raise DeterminationNotFound
    return row[0], row[1]


def locked(session: Session, actor: Actor, determination_id: UUID) -> tuple[ObligationInHand, Determination]:
    """For taking a step; its contract is locked first, as everybody does. Raises `DeterminationNotFound`."""
    row, _ = determination_of(session, actor, determination_id)
    try:
        hand = contracts.locked_obligation(session, actor, row.obligation_id)
    except ObligationNotFound as error:
        raise DeterminationNotFound from error
    session.refresh(row)  # What it was before the contract was locked may be over.
    return hand, row


def locked_for_document(session: Session, determination_id: UUID) -> tuple[ObligationInHand, Determination]:
    """Only for the reaction that makes the document: it asks for no actor. Raises `DeterminationNotFound`."""
    row = session.get(Determination, determination_id)
    if row is None:
        raise DeterminationNotFound
    contract = session.scalars(select(Contract).where(Contract.id == row.contract_id).with_for_update()).one()
    session.refresh(row)
    file = contracts.files_of(session, [contract])[contract.id]
    obligation = next(each for each in file.obligations if each.id == row.obligation_id)
    return ObligationInHand(file, obligation), row


def determinations(
    session: Session, actor: Actor, *, state: DeterminationState | None, before: UUID | None, limit: int
) -> Sequence[tuple[Determination, Contract]]:
    """Newest first."""
    statement = (
        select(Determination, Contract)
        .join(Contract, Contract.id == Determination.contract_id)
        .where(readable_by(actor))
    )
    if state is not None:
        statement = statement.where(Determination.state == state)
    if before is not None:
        statement = statement.where(Determination.id < before)
    rows = session.execute(statement.order_by(Determination.id.desc()).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def published(
    session: Session, *, region: str | None, before: UUID | None, limit: int
) -> Sequence[tuple[Determination, UUID | None]]:
    """What anybody may read, newest first, each with the one that took its place; it asks for no actor."""
    statement = select(Determination).where(
        Determination.published_at.is_not(None), Determination.state.in_([str(state) for state in _PUBLISHED])
    )
    if region is not None:
        statement = statement.where(Determination.limits_region == region)
    if before is not None:
        statement = statement.where(Determination.id < before)
    rows = session.scalars(statement.order_by(Determination.id.desc()).limit(limit)).all()
    return [(row, successor) for row, successor in zip(rows, _successors(session, rows), strict=True)]


def published_one(session: Session, determination_id: UUID) -> tuple[Determination, UUID | None]:
    """Raises `DeterminationNotFound`, also for what was revoked: it is withdrawn."""
    row = session.get(Determination, determination_id)
    if row is None or row.published_at is None or row.state not in _PUBLISHED:
        raise DeterminationNotFound
    return row, _successors(session, [row])[0]


def _successors(session: Session, rows: Sequence[Determination]) -> list[UUID | None]:
    """For each the public determination that replaces it, if there is one. One query."""
    statement = select(Determination.replaces_id, Determination.id).where(
        Determination.replaces_id.in_([row.id for row in rows]), Determination.state == DeterminationState.PUBLIC
    )
    found = {row[0]: row[1] for row in session.execute(statement)}
    return [found.get(row.id) for row in rows]


def revised_of(session: Session, obligation_id: UUID) -> Determination | None:
    """The latest revised one of the obligation, whose place a new one takes."""
    return session.scalar(
        select(Determination)
        .where(Determination.obligation_id == obligation_id, Determination.state == DeterminationState.REVISED)
        .order_by(Determination.id.desc())
        .limit(1)
    )


def recorded_breach(session: Session, obligation_id: UUID) -> TerminationCase:
    """Raises `TerminationNotFound`."""
    case = session.scalar(
        select(TerminationCase).where(
            TerminationCase.obligation_id == obligation_id, TerminationCase.state == TerminationState.BREACH_RECORDED
        )
    )
    if case is None:
        raise TerminationNotFound
    return case


def steps_of(session: Session, determination_id: UUID) -> Sequence[DeterminationStep]:
    """Oldest first."""
    return session.scalars(
        select(DeterminationStep)
        .where(DeterminationStep.determination_id == determination_id)
        .order_by(DeterminationStep.sequence)
    ).all()
