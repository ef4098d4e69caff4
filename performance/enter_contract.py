"""Entering a contract: a draft for an envelope to complete, or a self-entry of one signed elsewhere (R3)."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.policy import Actor, Scope
from accounts.repository import organisations_by_uscc
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import intake, repository
from performance.compose_contract import compose_contract
from performance.errors import (
    ContractStateForbids,
    EnvelopeBindsNobody,
    EnvelopeNotOpen,
    EnvelopeTaken,
    NotAParty,
    SignedOnWithEnvelope,
)
from performance.intake import ContractElements
from performance.policy import ContractState
from performance.recording import Author, change_contract, write_history
from performance.regions import RegionProfiles
from performance.register_contract import register
from performance.repository import ContractFile
from signing.errors import EnvelopeNotFound
from signing.policy import ENDED


def enter_contract(uow: UnitOfWork, actor: Actor, elements: ContractElements, profiles: RegionProfiles) -> ContractFile:
    """A draft, or with `signed_on` a self-entry that is registered at once.

    The organisation that enters a contract is one of its parties. Raises what `intake.check_elements` raises, and
    `RegionUnknown`, `ClassUnknown`, `FormUnknown`, `NotAParty`, `SignedOnWithEnvelope`, `ContractNumberTaken`,
    `EnvelopeNotFound`, `EnvelopeNotOpen`, `EnvelopeBindsNobody` or `EnvelopeTaken`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    intake.check_elements(elements, china_day(uow.now))
    if elements.signed_on is not None and elements.envelope_id is not None:
        raise SignedOnWithEnvelope
    profile = profiles.current(elements.region or actor.region)
    profile.contract_class(elements.class_code)
    profile.check_form(elements.form)
    accounts = organisations_by_uscc(uow.session, [party.uscc for party in elements.parties])
    if actor.organisation_id not in {account.id for account in accounts.values()}:
        raise NotAParty(role="当事人 / parties")
    file = compose_contract(uow, actor, elements, profile, accounts)
    author = Author.of(actor)
    write_history(uow, file, author, change="enter", after=ContractState.DRAFT, reason="合同要素录入")
    if elements.envelope_id is not None:
        _attach(uow, actor, file, elements.envelope_id)
    if elements.signed_on is not None:
        change_contract(uow, file, ContractState.SIGNED, author, reason="线下签订，自主录入")
        register(uow, file, author, signed_on=elements.signed_on, reason="自主录入登记")
    return file


def attach_envelope(uow: UnitOfWork, actor: Actor, contract_id: UUID, envelope_id: UUID) -> ContractFile:
    """From now on the envelope's end decides the draft's.

    Raises `ContractNotFound`, `ContractStateForbids`, `EnvelopeNotFound`, `EnvelopeNotOpen`, `EnvelopeBindsNobody` or
    `EnvelopeTaken`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    file = repository.locked_contract(uow.session, actor, contract_id)
    if file.contract.state != ContractState.DRAFT:
        raise ContractStateForbids(state=file.contract.state)
    _attach(uow, actor, file, envelope_id)
    return file


def _attach(uow: UnitOfWork, actor: Actor, file: ContractFile, envelope_id: UUID) -> None:
    found = repository.own_envelope(uow.session, actor, envelope_id)
    if found is None:
        raise EnvelopeNotFound
    state, is_test = found
    if state in ENDED:
        raise EnvelopeNotOpen(state=state)
    if is_test:
        raise EnvelopeBindsNobody
    file.contract.envelope_id = envelope_id
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key decides, also between two who attach at the same time.
        raise EnvelopeTaken from error
    reason = f"关联签署信封 {ids.public(ids.ENVELOPE, envelope_id)}"
    change_contract(uow, file, ContractState.SIGNING, Author.of(actor), reason=reason)
