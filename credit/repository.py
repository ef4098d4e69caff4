"""Reading and writing credit records. Who may see a subject is decided here and nowhere else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor
from core.unit_of_work import UnitOfWork
from credit.models import CreditContractParty, CreditEvent, CreditSubject
from performance.events import PartyFact


def ensure_subject(uow: UnitOfWork, party: PartyFact) -> CreditSubject:
    """The party's record, begun if it has none yet. Two handlers that begin it at once get the same one."""
    uow.session.execute(
        insert(CreditSubject)
        .values(id=uow.new_id(), uscc=party.uscc, name=party.name, kind=party.kind, created_at=uow.now)
        .on_conflict_do_nothing(index_elements=[CreditSubject.uscc])
    )
    return uow.session.scalars(select(CreditSubject).where(CreditSubject.uscc == party.uscc)).one()


def lock_subject(session: Session, subject_id: UUID) -> None:
    """Holds the subject's row until the unit of work ends: reversals of one subject's events queue up."""
    session.execute(select(CreditSubject.id).where(CreditSubject.id == subject_id).with_for_update())


def add_contract_party(session: Session, contract_id: UUID, subject_id: UUID) -> None:
    session.execute(
        insert(CreditContractParty).values(contract_id=contract_id, subject_id=subject_id).on_conflict_do_nothing()
    )


def has_event(session: Session, business_key: str) -> bool:
    found = session.scalar(select(CreditEvent.id).where(CreditEvent.business_key == business_key))
    return found is not None


def events_of(session: Session, subject_id: UUID) -> Sequence[CreditEvent]:
    """All events of a subject, oldest first."""
    return session.scalars(
        select(CreditEvent)
        .where(CreditEvent.subject_id == subject_id)
        .order_by(CreditEvent.effective_on, CreditEvent.id)
    ).all()


def organisations_of_contract(session: Session, contract_id: UUID) -> Sequence[UUID]:
    """Accounts of the contract's parties."""
    return session.scalars(
        select(Organisation.id)
        .join(CreditSubject, CreditSubject.uscc == Organisation.uscc)
        .join(CreditContractParty, CreditContractParty.subject_id == CreditSubject.id)
        .where(CreditContractParty.contract_id == contract_id)
        .order_by(Organisation.id)
    ).all()


def visible_subject(session: Session, actor: Actor, uscc: str) -> CreditSubject | None:
    """The subject, if it is the actor itself, a counterparty, or in a region the actor oversees."""
    return session.scalar(select(CreditSubject).where(CreditSubject.uscc == uscc, _is_visible(actor)))


def visible_event(session: Session, actor: Actor, event_id: UUID) -> tuple[CreditEvent, CreditSubject] | None:
    found = session.execute(
        select(CreditEvent, CreditSubject)
        .join(CreditSubject, CreditSubject.id == CreditEvent.subject_id)
        .where(CreditEvent.id == event_id, _is_visible(actor))
    ).first()
    return None if found is None else (found[0], found[1])


def _is_visible(actor: Actor) -> ColumnElement[bool]:
    if actor.oversees:
        organisations = select(Organisation.uscc).where(Organisation.region == actor.region)
    else:
        organisations = select(Organisation.uscc).where(Organisation.id == actor.organisation_id)
    return or_(CreditSubject.uscc.in_(organisations), CreditSubject.id.in_(_sharing_a_contract_with(organisations)))


def _sharing_a_contract_with(usccs: Select[str]) -> Select[UUID]:
    contracts = (
        select(CreditContractParty.contract_id)
        .join(CreditSubject, CreditSubject.id == CreditContractParty.subject_id)
        .where(CreditSubject.uscc.in_(usccs))
    )
    return select(CreditContractParty.subject_id).where(CreditContractParty.contract_id.in_(contracts))
