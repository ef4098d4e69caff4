"""Collects what all sources say about one contract into the plain values that the rules look at."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import ids
from core.clock import china_day
from core.money import Money
from performance.crosschecks import repository
from performance.crosschecks.facts import Claim, ContractFacts, FileFacts, ObligationFacts, PartyFacts, Report
from performance.crosschecks.models import ReportedFact
from performance.crosschecks.policy import REPORT, AcceptanceOutcome, ReportKind, ReportSide
from performance.crosschecks.quantities import parse_quantity
from performance.models import Fulfilment, Obligation
from performance.policy import ClaimState, ObligationState
from performance.repository import ContractFile

_MET = {ObligationState.MET, ObligationState.MET_AFTER_SUPERVISION}


def gather_facts(session: Session, file: ContractFile, signed_file: FileFacts | None = None) -> ContractFacts:
    """`signed_file` is what was read of the object store before; without it nothing is said about the file."""
    contract = file.contract
    claims = _claims(session, file)
    return ContractFacts(
        reference=ids.public(ids.CONTRACT, contract.id),
        number=contract.number,
        owner_id=contract.owner_organisation_id,
        entered_on=china_day(contract.created_at),
        amount=_money(contract.amount_minor, contract.currency),
        signed_on=contract.signed_on,
        parties=tuple(PartyFacts(party.role, party.name, party.uscc) for party in file.parties),
        obligations=tuple(_obligation(each, claims.get(each.id)) for each in file.obligations),
        reports=tuple(_report(fact) for fact in repository.standing_facts(session, contract.id)),
        file=signed_file,
    )


def _claims(session: Session, file: ContractFile) -> dict[UUID, Claim]:
    """The latest claim of each obligation that the creditor hasn't disputed."""
    obligation_ids = [each.id for each in file.obligations]
    debtors = {each.id: file.party(each.debtor_role).organisation_id for each in file.obligations}
    statement = (
        select(Fulfilment)
        .where(Fulfilment.obligation_id.in_(obligation_ids), Fulfilment.state != ClaimState.DISPUTED)
        .order_by(Fulfilment.claimed_at, Fulfilment.id)
    )
    return {
        claim.obligation_id: Claim(
            ids.public(ids.FULFILMENT, claim.id),
            claim.fulfilled_on,
            claim.claimed_on,
            debtors[claim.obligation_id],
            claim.claimed_by_person_id,
        )
        for claim in session.scalars(statement)
    }


def _obligation(row: Obligation, claim: Claim | None) -> ObligationFacts:
    return ObligationFacts(
        id=row.id,
        reference=ids.public(ids.OBLIGATION, row.id),
        title=row.title,
        kind=row.kind,
        amount=_money(row.amount_minor, row.currency),
        is_said_done=claim is not None or row.state in _MET,
        claim=claim,
    )


def _report(row: ReportedFact) -> Report:
    return Report(
        reference=ids.public(REPORT, row.id),
        kind=ReportKind(row.kind),
        side=ReportSide(row.side),
        source_system=row.source_system,
        occurred_on=row.occurred_on,
        reported_on=china_day(row.reported_at),
        organisation_id=row.organisation_id,
        person_id=row.person_id,
        obligation_id=row.obligation_id,
        amount=_money(row.amount_minor, row.currency),
        quantity=parse_quantity(row.quantity)[0] if row.quantity else None,
        period=row.period,
        outcome=AcceptanceOutcome(row.outcome) if row.outcome else None,
        signed_on=row.signed_on,
        sha256=row.sha256,
        document_sha256=tuple(document["sha256"] for document in row.documents),
    )


def _money(minor: int | None, currency: str | None) -> Money | None:
    return None if minor is None else Money(minor, currency or "CNY")
