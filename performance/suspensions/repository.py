"""Reading suspensions; what an actor may see is decided by the contract they belong to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from performance import repository as contracts
from performance.errors import ContractNotFound
from performance.models import Fulfilment
from performance.policy import ClaimState
from performance.repository import ContractFile
from performance.suspensions.errors import SuspensionNotFound
from performance.suspensions.models import Suspension
from performance.suspensions.policy import OPEN_STATES


def locked_suspension(session: Session, actor: Actor, suspension_id: UUID) -> tuple[ContractFile, Suspension]:
    """The suspension and its contract, for changing them. Raises `SuspensionNotFound`."""
    contract_id = session.scalar(select(Suspension.contract_id).where(Suspension.id == suspension_id))
    if contract_id is None:
        raise SuspensionNotFound
    try:
        file = contracts.locked_contract(session, actor, contract_id)
    except ContractNotFound as error:
        raise SuspensionNotFound from error
    return file, session.scalars(select(Suspension).where(Suspension.id == suspension_id)).one()


def open_suspension(session: Session, contract_id: UUID) -> Suspension | None:
    return session.scalar(
        select(Suspension).where(Suspension.contract_id == contract_id, Suspension.state.in_(OPEN_STATES))
    )


def suspensions_of(session: Session, contract_id: UUID) -> Sequence[Suspension]:
    """Oldest first."""
    return session.scalars(
        select(Suspension).where(Suspension.contract_id == contract_id).order_by(Suspension.id)
    ).all()


def waiting_claims(session: Session, obligation_ids: Sequence[UUID]) -> Sequence[Fulfilment]:
    """Claims whose time for an answer stands still."""
    return session.scalars(
        select(Fulfilment).where(
            Fulfilment.obligation_id.in_(obligation_ids),
            Fulfilment.state == ClaimState.CLAIMED,
            Fulfilment.answer_by.is_not(None),
        )
    ).all()
