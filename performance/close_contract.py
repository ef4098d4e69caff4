"""The steps of a contract that no obligation decides: published, evaluated, archived.

    registered ─▶ published ─▶ performing …          completed ─▶ evaluated ─▶ archived

A contract that performs already is published, too: then only the day is kept, for the diagram has no way back.
"""

from datetime import date
from uuid import UUID

from accounts.policy import Actor, OrganisationKind, Scope
from core.clock import check_day, china_day
from core.unit_of_work import UnitOfWork
from performance import repository
from performance.errors import ContractStateForbids, NotAParty, PublishedAlready, PublishedInFuture
from performance.events import ContractPublished
from performance.policy import ContractState
from performance.recording import Author, change_contract, notarise, write_history
from performance.repository import ContractFile


def publish_contract(
    uow: UnitOfWork, actor: Actor, contract_id: UUID, *, published_on: date, where: str
) -> ContractFile:
    """A party or the regulator says where the contract was made public, and when (R16).

    Raises `ContractNotFound`, `ContractStateForbids`, `NotAParty`, `InvalidDay`, `PublishedInFuture` or
    `PublishedAlready`.
    """
    file = _of_party_or_regulator(uow, actor, contract_id)
    contract = file.contract
    if contract.registered_at is None or contract.signed_on is None:
        raise ContractStateForbids(state=contract.state)
    if contract.published_on is not None:
        raise PublishedAlready(published_on=contract.published_on.isoformat())
    today = china_day(uow.now)
    if not contract.signed_on <= check_day(published_on) <= today:
        raise PublishedInFuture(
            published_on=published_on.isoformat(), signed_on=contract.signed_on.isoformat(), today=today.isoformat()
        )
    contract.published_on = published_on
    author = Author.of(actor)
    facts = {"published_on": published_on.isoformat(), "where": where}
    evidence_id = notarise(uow, file, "contract.published", author, facts)
    write_history(
        uow, file, author, change="published", after=published_on.isoformat(), reason=where, evidence_id=evidence_id
    )
    if contract.state == ContractState.REGISTERED:
        change_contract(uow, file, ContractState.PUBLISHED, author, reason=where, evidence_id=evidence_id)
    uow.emit(
        ContractPublished(
            contract_id=contract.id,
            number=contract.number,
            title=contract.title,
            published_on=published_on,
            where=where,
            evidence_id=evidence_id,
        )
    )
    return file


def note_evaluated(uow: UnitOfWork, file: ContractFile, author: Author, *, reason: str, evidence_id: UUID) -> None:
    """A final grade: what is completed is evaluated now. An evaluation on the way moves nothing."""
    if file.contract.state == ContractState.COMPLETED:
        change_contract(uow, file, ContractState.EVALUATED, author, reason=reason, evidence_id=evidence_id)


def archive_contract(uow: UnitOfWork, actor: Actor, contract_id: UUID, *, reason: str) -> ContractFile:
    """Nothing more is expected. Raises `ContractNotFound`, `NotAParty`, or `ContractStateForbids` unless evaluated."""
    file = _of_party_or_regulator(uow, actor, contract_id)
    if file.contract.state != ContractState.EVALUATED:
        raise ContractStateForbids(state=file.contract.state)
    author = Author.of(actor)
    evidence_id = notarise(uow, file, "contract.archived", author, {"reason": reason})
    change_contract(uow, file, ContractState.ARCHIVED, author, reason=reason, evidence_id=evidence_id)
    return file


def _of_party_or_regulator(uow: UnitOfWork, actor: Actor, contract_id: UUID) -> ContractFile:
    is_regulator = actor.organisation_kind is OrganisationKind.REGULATOR
    actor.require(Scope.SUPERVISION_WRITE if is_regulator else Scope.CONTRACTS_WRITE)
    file = repository.locked_contract(uow.session, actor, contract_id)
    if not is_regulator and repository.own_role(uow.session, actor, file) is None:
        raise NotAParty(role="当事人 / parties")
    return file
