"""Reading reported facts and findings: who sees a contract (`performance.repository.visible_to`) sees both."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from accounts.policy import Actor
from performance.crosschecks.errors import FindingNotFound, ReportedFactNotFound
from performance.crosschecks.models import Finding, FindingStep, ReportedFact
from performance.crosschecks.policy import FindingState
from performance.models import Contract
from performance.repository import ContractFile, files_of, visible_to


@dataclass(frozen=True, slots=True)
class FindingInHand:
    """A finding and its contract, the contract locked: everybody who changes one locks that first."""

    file: ContractFile
    finding: Finding


def standing_facts(session: Session, contract_id: UUID) -> Sequence[ReportedFact]:
    """All that nobody corrected, in the order in which they were reported."""
    later = aliased(ReportedFact)
    is_corrected = exists().where(later.corrects_id == ReportedFact.id)
    statement = select(ReportedFact).where(ReportedFact.contract_id == contract_id, ~is_corrected)
    return session.scalars(statement.order_by(ReportedFact.reported_at, ReportedFact.id)).all()


def facts_of(session: Session, contract_id: UUID, *, before: UUID | None, limit: int) -> Sequence[ReportedFact]:
    """Newest first, corrected ones too."""
    statement = select(ReportedFact).where(ReportedFact.contract_id == contract_id)
    if before is not None:
        statement = statement.where(ReportedFact.id < before)
    return session.scalars(statement.order_by(ReportedFact.id.desc()).limit(limit)).all()


def own_fact(session: Session, actor: Actor, contract_id: UUID, fact_id: UUID) -> ReportedFact:
    """What the actor's organisation itself reported. Raises `ReportedFactNotFound`."""
    found = session.scalar(
        select(ReportedFact).where(
            ReportedFact.id == fact_id,
            ReportedFact.contract_id == contract_id,
            ReportedFact.organisation_id == actor.organisation_id,
        )
    )
    if found is None:
        raise ReportedFactNotFound
    return found


def findings_of(session: Session, contract_id: UUID) -> Sequence[Finding]:
    """All of a contract, resolved ones too."""
    return session.scalars(select(Finding).where(Finding.contract_id == contract_id).order_by(Finding.id)).all()


def findings(
    session: Session,
    actor: Actor,
    *,
    contract_id: UUID | None,
    state: FindingState | None,
    rule: str | None,
    before: UUID | None,
    limit: int,
) -> Sequence[tuple[Finding, Contract]]:
    """Newest first. `before` is the last id of the previous page."""
    statement = select(Finding, Contract).join(Contract, Contract.id == Finding.contract_id).where(visible_to(actor))
    if contract_id is not None:
        statement = statement.where(Finding.contract_id == contract_id)
    if state is not None:
        statement = statement.where(Finding.state == state)
    if rule is not None:
        statement = statement.where(Finding.rule == rule)
    if before is not None:
        statement = statement.where(Finding.id < before)
    rows = session.execute(statement.order_by(Finding.id.desc()).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def finding_of(session: Session, actor: Actor, finding_id: UUID) -> tuple[Finding, Contract]:
    """Raises `FindingNotFound`."""
    row = session.execute(
        select(Finding, Contract)
        .join(Contract, Contract.id == Finding.contract_id)
        .where(Finding.id == finding_id, visible_to(actor))
    ).one_or_none()
    if row is None:
        raise FindingNotFound
    return row[0], row[1]


def locked_finding(session: Session, actor: Actor, finding_id: UUID) -> FindingInHand:
    """For changing it. Raises `FindingNotFound`."""
    statement = (
        select(Contract)
        .join(Finding, Finding.contract_id == Contract.id)
        .where(Finding.id == finding_id, visible_to(actor))
    )
    contract = session.scalar(statement.with_for_update(of=Contract))
    if contract is None:
        raise FindingNotFound
    finding = session.scalars(select(Finding).where(Finding.id == finding_id)).one()
    return FindingInHand(files_of(session, [contract])[contract.id], finding)


def registered_contract(session: Session, contract_id: UUID) -> ContractFile | None:
    """Locked, for handlers of events, which ask for no actor; None if it isn't in the register."""
    statement = select(Contract).where(Contract.id == contract_id, Contract.registered_at.is_not(None))
    found = session.scalar(statement.with_for_update(of=Contract))
    return None if found is None else files_of(session, [found])[found.id]


def steps_of(session: Session, finding_id: UUID) -> Sequence[FindingStep]:
    """Oldest first."""
    statement = select(FindingStep).where(FindingStep.finding_id == finding_id)
    return session.scalars(statement.order_by(FindingStep.sequence)).all()
