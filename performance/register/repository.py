"""Reading what belongs to the register itself: units below others, filings, checks of signed files."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import CTE, Select, literal, select
from sqlalchemy.orm import Session, aliased

from accounts.models import Organisation
from accounts.policy import Actor
from performance.register.models import ContractFiling, SignedFileCheck, UnitRelation

_superior, _subordinate = aliased(Organisation), aliased(Organisation)


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation as a reporting unit."""

    id: UUID
    uscc: str
    name: str
    kind: str


def family(organisation_id: UUID) -> CTE:
    """The organisation and every one below it today, however deep: a table of one column `id`.

    A union, not a union all: should a circle ever get in, the walk still ends.
    """
    own = select(literal(organisation_id).label("id")).cte("family", recursive=True)
    below = (
        select(UnitRelation.subordinate_organisation_id)
        .join(own, UnitRelation.superior_organisation_id == own.c.id)
        .where(UnitRelation.until_on.is_(None))
    )
    return own.union(below)


def units_of(session: Session, organisation_id: UUID) -> list[Unit]:
    """The organisation and all below it; itself first."""
    tree = family(organisation_id)
    rows = session.execute(
        select(Organisation.id, Organisation.uscc, Organisation.name, Organisation.kind)
        .where(Organisation.id.in_(select(tree.c.id)))
        .order_by(Organisation.id != organisation_id, Organisation.id)
    )
    return [Unit(*row) for row in rows]


def is_below(session: Session, organisation_id: UUID, superior_id: UUID) -> bool:
    tree = family(superior_id)
    return session.scalar(select(tree.c.id).where(tree.c.id == organisation_id)) is not None


def relations(actor: Actor) -> Select[UnitRelation, Organisation, Organisation]:
    """Those the actor's organisation is in, and for a regulator those whose subordinate is in its region."""
    concerns = (UnitRelation.superior_organisation_id == actor.organisation_id) | (
        UnitRelation.subordinate_organisation_id == actor.organisation_id
    )
    if actor.oversees:
        concerns = concerns | (_subordinate.region == actor.region)
    return (
        select(UnitRelation, _superior, _subordinate)
        .join(_superior, _superior.id == UnitRelation.superior_organisation_id)
        .join(_subordinate, _subordinate.id == UnitRelation.subordinate_organisation_id)
        .where(concerns)
    )


def filings(session: Session, contract_id: UUID) -> Sequence[ContractFiling]:
    statement = select(ContractFiling).where(ContractFiling.contract_id == contract_id)
    return session.scalars(statement.order_by(ContractFiling.duty)).all()


def file_checks(session: Session, contract_id: UUID) -> Sequence[SignedFileCheck]:
    """Newest first."""
    statement = select(SignedFileCheck).where(SignedFileCheck.contract_id == contract_id)
    return session.scalars(statement.order_by(SignedFileCheck.id.desc())).all()
