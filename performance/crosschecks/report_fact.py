"""Taking in what others report about a contract (R3(c)): an award, invoice, payment, acceptance, completion, filing, or
a month's volume. Every report is checked against all the others at once, in the same unit of work."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.policy import Actor, OrganisationKind, Scope
from core import ids
from core.clock import china_day
from core.money import Money
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.crosschecks import policy, repository
from performance.crosschecks.errors import FactTaken
from performance.crosschecks.events import FactReported
from performance.crosschecks.gather_facts import gather_facts
from performance.crosschecks.models import Finding, ReportedFact
from performance.crosschecks.open_findings import open_findings
from performance.crosschecks.policy import REPORT, AcceptanceOutcome, ReportKind, ReportSide
from performance.crosschecks.quantities import contracted_volumes, parse_quantity
from performance.errors import AmountNegative, ContractStateForbids, NotAParty, ObligationNotFound
from performance.models import Contract
from performance.policy import PartyRole
from performance.recording import Author, document_entries, notarise, write_history
from performance.repository import ContractFile
from signing.models import Document


@dataclass(frozen=True, slots=True)
class FactReport:
    """What is reported. `external_id` is the record's number in `source_system`; `quantity` has its unit (30000 吨);
    `period` is any day of the month meant; `sha256` (hex) is what the source says its file's digest is."""

    kind: ReportKind
    source_system: str
    external_id: str
    occurred_on: date
    statement: str = ""
    obligation_id: UUID | None = None
    amount: Money | None = None
    quantity: str | None = None
    period: date | None = None
    outcome: AcceptanceOutcome | None = None
    signed_on: date | None = None
    sha256: str | None = None
    corrects_id: UUID | None = None
    document_ids: tuple[UUID, ...] = ()


def report_fact(
    uow: UnitOfWork, actor: Actor, contract_id: UUID, report: FactReport
) -> tuple[ReportedFact, list[tuple[Finding, Contract]]]:
    """The stored fact, and the findings it gave rise to with their contract.

    Raises `ContractNotFound`, `ContractStateForbids`, `NotAParty`, `ObligationNotFound`, `EvidenceDocumentNotFound`,
    `AmountNegative`, `QuantityUnreadable`, `ReportedFactNotFound`, `FactTaken`, and what `policy.check_fact` raises.
    """
    _require_scope(actor)
    file = contracts.locked_contract(uow.session, actor, contract_id)
    if file.contract.registered_at is None:
        raise ContractStateForbids(state=file.contract.state)
    side = _side(uow, actor, file)
    _check(file, report, china_day(uow.now))
    if report.corrects_id is not None:
        repository.own_fact(uow.session, actor, contract_id, report.corrects_id)
    documents = contracts.documents_of(uow.session, actor, report.document_ids)
    fact = _row(uow, actor, report, contract_id=contract_id, side=side, documents=documents)
    facts = fact_facts(fact)
    fact.evidence_id = notarise(uow, file, "fact.reported", Author.of(actor), facts, documents=documents)
    uow.session.add(fact)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique keys decide, also between two who report at the same time.
        raise FactTaken(source_system=report.source_system, external_id=report.external_id) from error
    _tell(uow, actor, file, fact)
    found = open_findings(uow, file, gather_facts(uow.session, file))
    return fact, [(finding, file.contract) for finding in found]


def fact_facts(fact: ReportedFact) -> dict[str, object]:
    """A reported fact as an evidence record tells it: what holds something, amounts as strings of minor units."""
    told = {
        "fact": ids.public(REPORT, fact.id),
        "kind": fact.kind,
        "side": fact.side,
        "source_system": fact.source_system,
        "external_id": fact.external_id,
        "corrects": ids.public(REPORT, fact.corrects_id) if fact.corrects_id else None,
        "obligation": ids.public(ids.OBLIGATION, fact.obligation_id) if fact.obligation_id else None,
        "occurred_on": fact.occurred_on.isoformat(),
        "amount_minor": None if fact.amount_minor is None else str(fact.amount_minor),
        "currency": fact.currency,
        "quantity": fact.quantity,
        "period": f"{fact.period:%Y-%m}" if fact.period else None,
        "outcome": fact.outcome,
        "signed_on": fact.signed_on.isoformat() if fact.signed_on else None,
        "stated_sha256": fact.sha256,
        "statement": fact.statement,
    }
    return {name: value for name, value in told.items() if value is not None}


def _require_scope(actor: Actor) -> None:
    """Raises `ScopeMissing`. A regulator writes as it supervises, anybody else as a party."""
    is_regulator = actor.organisation_kind is OrganisationKind.REGULATOR
    actor.require(Scope.SUPERVISION_WRITE if is_regulator else Scope.CONTRACTS_WRITE)


def _side(uow: UnitOfWork, actor: Actor, file: ContractFile) -> ReportSide:
    """A party speaks for itself, whoever oversees the region as a third party. Raises `NotAParty` for others."""
    role = contracts.own_role(uow.session, actor, file)
    if role in {PartyRole.PURCHASER, PartyRole.SUPPLIER}:
        return ReportSide(str(role))
    if role is None and actor.oversees:
        return ReportSide.THIRD_PARTY
    raise NotAParty(role="采购方、供应方 / purchaser, supplier")


def _check(file: ContractFile, report: FactReport, today: date) -> None:
    holds = {
        "amount": report.amount,
        "obligation": report.obligation_id,
        "outcome": report.outcome,
        "quantity": report.quantity,
        "period": report.period,
    }
    given = [name for name, value in holds.items() if value is not None]
    policy.check_fact(report.kind, given, occurred_on=report.occurred_on, today=today)
    if report.amount is not None and report.amount.minor < 0:
        raise AmountNegative(title=report.external_id, amount=str(report.amount))
    if report.obligation_id is not None and report.obligation_id not in {each.id for each in file.obligations}:
        raise ObligationNotFound
    if report.quantity is not None:
        is_volume = report.kind is ReportKind.DELIVERY_VOLUME
        parse_quantity(report.quantity, contracted_volumes(file.obligations)[1] if is_volume else None)


def _row(
    uow: UnitOfWork,
    actor: Actor,
    report: FactReport,
    *,
    contract_id: UUID,
    side: ReportSide,
    documents: list[Document],
) -> ReportedFact:
    return ReportedFact(
        id=uow.new_id(),
        contract_id=contract_id,
        obligation_id=report.obligation_id,
        kind=report.kind,
        side=side,
        source_system=report.source_system,
        external_id=report.external_id,
        corrects_id=report.corrects_id,
        occurred_on=report.occurred_on,
        amount_minor=report.amount.minor if report.amount else None,
        currency=report.amount.currency if report.amount else None,
        quantity=report.quantity,
        period=report.period.replace(day=1) if report.period else None,
        outcome=report.outcome,
        signed_on=report.signed_on,
        sha256=report.sha256,
        statement=report.statement,
        documents=document_entries(documents),
        reported_at=uow.now,
        organisation_id=actor.organisation_id,
        person_id=actor.person_id,
    )


def _tell(uow: UnitOfWork, actor: Actor, file: ContractFile, fact: ReportedFact) -> None:
    write_history(
        uow,
        file,
        Author.of(actor),
        change="fact_reported",
        before=ids.public(REPORT, fact.corrects_id) if fact.corrects_id else None,
        after=ids.public(REPORT, fact.id),
        reason=f"{fact.kind} {fact.source_system} {fact.external_id}",
        obligation=next((each for each in file.obligations if each.id == fact.obligation_id), None),
        evidence_id=fact.evidence_id,
    )
    uow.emit(
        FactReported(
            fact_id=fact.id,
            contract_id=fact.contract_id,
            kind=fact.kind,
            side=fact.side,
            source_system=fact.source_system,
            evidence_id=fact.evidence_id,
        )
    )
