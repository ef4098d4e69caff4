"""Entering a contract: a draft for an envelope to complete, or a self-entry of one signed elsewhere (R3)."""

from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.policy import Actor, Scope
from accounts.repository import organisations_by_uscc
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import intake, repository
from performance.compose_contract import compose_contract
from performance.due_dates.set_due import settle_at_signing
from performance.errors import (
    ContractStateForbids,
    EnvelopeBindsNobody,
    EnvelopeNotOpen,
    EnvelopeTaken,
    SignedOnWithEnvelope,
)
from performance.intake import ContractElements
from performance.policy import UNSHARED_STATES, ContractState, Intake
from performance.recording import Author, change_contract, write_history
from performance.regions import RegionProfiles
from performance.register.duplicates import likeness, lookalikes
from performance.register.errors import ContractLooksDuplicate
from performance.register.filing import check_reason
from performance.register.owning import reporting_unit
from performance.register.repository import units_of
from performance.register_contract import filing_verdicts, register
from performance.repository import ContractFile
from performance.variations.repository import is_amendment
from signing.errors import EnvelopeNotFound
from signing.policy import ENDED

_MOST_TOLD = 5


def enter_contract(
    uow: UnitOfWork,
    actor: Actor,
    elements: ContractElements,
    profiles: RegionProfiles,
) -> ContractFile:
    """A draft, or with `signed_on` an entry that is registered at once.

    The organisation that enters a contract is one of its parties, or above one of them. Raises what
    `intake.check_elements` and `owning.reporting_unit` raise, and `RegionUnknown`, `ClassUnknown`, `FormUnknown`,
    `SignedOnWithEnvelope`, `ContractNumberTaken`, `ContractLooksDuplicate`, `LateReasonMissing`, `EnvelopeNotFound`,
    `EnvelopeNotOpen`, `EnvelopeBindsNobody`, `EnvelopeTaken`, or `HolidayTableMissing` if a period that runs from the
    signing ends in a year without one.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    elements = intake.expand_recurring(elements)
    intake.check_elements(elements, china_day(uow.now))
    if elements.signed_on is not None and elements.envelope_id is not None:
        raise SignedOnWithEnvelope
    profile = profiles.current(elements.region or actor.region)
    profile.contract_class(elements.class_code)
    profile.check_form(elements.form)
    accounts = organisations_by_uscc(uow.session, [party.uscc for party in elements.parties])
    units = {unit.uscc: unit for unit in units_of(uow.session, actor.organisation_id)}
    own_uscc = next(iter(units))  # Its own unit comes first.
    owner = reporting_unit(units, own_uscc, [party.uscc for party in elements.parties], elements.unit_uscc)
    similar = _check_similar(uow, elements)
    file = compose_contract(uow, actor, elements, profile, accounts, owner_id=owner.id)
    author = Author.of(actor)
    write_history(uow, file, author, change="enter", after=ContractState.DRAFT, reason="合同要素录入")
    if elements.envelope_id is not None:
        _attach(uow, actor, file, elements.envelope_id)
    if similar:
        reason = f"录入人确认并非重复：与合同 {similar} 的双方、金额、签订日期相同"
        write_history(uow, file, author, change="duplicate_acknowledged", after=similar, reason=reason)
    if elements.signed_on is not None:
        settle_at_signing(file, elements.signed_on, profiles.calendar, is_strict=True)
        _register_entry(uow, file, author, profiles, signed_on=elements.signed_on, late_reason=elements.late_reason)
    return file


def _register_entry(
    uow: UnitOfWork, file: ContractFile, author: Author, profiles: RegionProfiles, *, signed_on: date, late_reason: str
) -> None:
    file.contract.signed_on = signed_on
    check_reason(filing_verdicts(file, profiles, china_day(uow.now)), late_reason)
    how = "专人代下属单位录入" if file.contract.intake == Intake.OFFICER_ENTRY else "自主录入"
    change_contract(uow, file, ContractState.SIGNED, author, reason=f"线下签订，{how}")
    register(uow, file, author, profiles, signed_on=signed_on, reason=f"{how}登记", late_reason=late_reason)


def _check_similar(uow: UnitOfWork, elements: ContractElements) -> str:
    """The numbers of registered contracts that look the same, once that is acknowledged. Raises
    `ContractLooksDuplicate` before."""
    (numbers,) = lookalikes(uow.session, [likeness(elements)])
    told = ", ".join(numbers[:_MOST_TOLD])
    if numbers and not elements.acknowledges_duplicate:
        raise ContractLooksDuplicate(numbers=told)
    return told


def attach_envelope(uow: UnitOfWork, actor: Actor, contract_id: UUID, envelope_id: UUID) -> ContractFile:
    """From now on the envelope's end decides the draft's.

    Raises `ContractNotFound`, `ContractStateForbids`, `EnvelopeNotFound`, `EnvelopeNotOpen`, `EnvelopeBindsNobody` or
    `EnvelopeTaken`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    file = repository.locked_contract(uow.session, actor, contract_id)
    if file.contract.state not in UNSHARED_STATES:
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
    if is_amendment(uow.session, envelope_id):
        raise EnvelopeTaken
    file.contract.envelope_id = envelope_id
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key decides, also between two who attach at the same time.
        raise EnvelopeTaken from error
    reason = f"关联签署信封 {ids.public(ids.ENVELOPE, envelope_id)}"
    change_contract(uow, file, ContractState.SIGNING, Author.of(actor), reason=reason)
