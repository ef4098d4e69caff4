"""Correcting the entry of a registered contract (R4): every field leaves who, when, from what, to what, and why.

A correction mends what was typed; what the parties agreed anew is an amendment they sign. So what comes from a file
that was signed here (amount, day, parties) can't be corrected, and whom the contract binds (the credit codes) never.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.policy import Actor, Scope
from core.clock import check_day, china_day
from core.money import Money
from core.unit_of_work import UnitOfWork
from performance import repository
from performance.errors import AmountNegative, ContractNumberTaken, DueBeforeSigning, SignedInFuture
from performance.policy import Intake, PartyRole
from performance.recording import Author, notarise, write_history
from performance.regions import RegionProfiles
from performance.register.errors import (
    ContractNotRegistered,
    CorrectionEmpty,
    CorrectionNotYours,
    FieldNotCorrectable,
)
from performance.register.events import ContractCorrected, FieldChange
from performance.register.repository import units_of
from performance.repository import ContractFile

SIGNED_FIELDS = frozenset({"amount", "signed_on", "purchaser_name", "supplier_name"})


@dataclass(frozen=True, slots=True)
class Correction:
    """What the entry should say; None leaves a field as it is."""

    number: str | None = None
    title: str | None = None
    class_code: str | None = None
    form: str | None = None
    summary: str | None = None
    amount: Money | None = None
    signed_on: date | None = None
    performance_due_on: date | None = None
    purchaser_name: str | None = None
    supplier_name: str | None = None


def correct_contract(
    uow: UnitOfWork, actor: Actor, contract_id: UUID, correction: Correction, profiles: RegionProfiles, *, reason: str
) -> ContractFile:
    """Raises `ContractNotFound`, `ContractNotRegistered`, `CorrectionNotYours`, `CorrectionEmpty`,
    `FieldNotCorrectable`, `ClassUnknown`, `FormUnknown`, `AmountNegative`, `InvalidDay`, `SignedInFuture`,
    `DueBeforeSigning` or `ContractNumberTaken`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    file = repository.locked_contract(uow.session, actor, contract_id)
    check_may_amend(uow, actor, file)
    changes = _changes(file, correction)
    if not changes:
        raise CorrectionEmpty
    _check(file, correction, changes, profiles, china_day(uow.now))
    _apply(file, correction)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key of numbers, also between two who correct at the same time.
        raise ContractNumberTaken(number=correction.number or "") from error
    _record(uow, file, Author.of(actor), changes, reason)
    return file


def check_may_amend(uow: UnitOfWork, actor: Actor, file: ContractFile) -> None:
    """The entry is its owner's, and that of units above. Raises `CorrectionNotYours` or `ContractNotRegistered`."""
    units = {unit.id for unit in units_of(uow.session, actor.organisation_id)}
    if file.contract.owner_organisation_id not in units:
        raise CorrectionNotYours
    if file.contract.registered_at is None:
        raise ContractNotRegistered(state=file.contract.state)


def _told(value: object) -> str | None:
    return None if value is None else str(value)


def _amount(file: ContractFile) -> Money | None:
    contract = file.contract
    return None if contract.amount_minor is None else Money(contract.amount_minor, contract.currency)


def _party_name(file: ContractFile, role: PartyRole) -> str | None:
    return next((party.name for party in file.parties if party.role == role), None)


_READ: dict[str, Callable[[ContractFile], object]] = {
    "number": lambda file: file.contract.number,
    "title": lambda file: file.contract.title,
    "class_code": lambda file: file.contract.class_code,
    "form": lambda file: file.contract.form,
    "summary": lambda file: file.contract.summary,
    "amount": _amount,
    "signed_on": lambda file: file.contract.signed_on,
    "performance_due_on": lambda file: file.contract.performance_due_on,
    "purchaser_name": lambda file: _party_name(file, PartyRole.PURCHASER),
    "supplier_name": lambda file: _party_name(file, PartyRole.SUPPLIER),
}


def _changes(file: ContractFile, correction: Correction) -> list[FieldChange]:
    """The fields that would say something else, in their order."""
    wanted = {field: getattr(correction, field) for field in _READ}
    return [
        FieldChange(field=field, before=_told(read(file)), after=_told(wanted[field]))
        for field, read in _READ.items()
        if wanted[field] is not None and wanted[field] != read(file)
    ]


def _check(
    file: ContractFile, correction: Correction, changes: list[FieldChange], profiles: RegionProfiles, today: date
) -> None:
    contract = file.contract
    fields = [change.field for change in changes]
    if contract.intake == Intake.ONLINE_SIGNING:
        for field in fields:
            if field in SIGNED_FIELDS:
                raise FieldNotCorrectable(field=field)
    for field, role in (("purchaser_name", PartyRole.PURCHASER), ("supplier_name", PartyRole.SUPPLIER)):
        if field in fields and _party_name(file, role) is None:
            raise FieldNotCorrectable(field=field)
    profile = profiles.version(contract.region, contract.profile_version)
    if correction.class_code is not None:
        profile.contract_class(correction.class_code)
    if correction.form is not None:
        profile.check_form(correction.form)
    if correction.amount is not None and correction.amount.minor < 0:
        raise AmountNegative(title=contract.title, amount=str(correction.amount))
    _check_days(file, correction, today)


def _check_days(file: ContractFile, correction: Correction, today: date) -> None:
    signed_on = correction.signed_on or file.contract.signed_on
    if correction.signed_on is not None and check_day(correction.signed_on) > today:
        raise SignedInFuture(signed_on=correction.signed_on.isoformat(), today=today.isoformat())
    if signed_on is None:
        return
    due = [(each.title, each.due_on) for each in file.obligations] if correction.signed_on is not None else []
    ends = correction.performance_due_on or file.contract.performance_due_on
    if ends is not None:
        due.append((file.contract.title, check_day(ends)))
    for title, due_on in due:
        if due_on is not None and due_on < signed_on:
            raise DueBeforeSigning(title=title, due_on=due_on.isoformat(), signed_on=signed_on.isoformat())


def _apply(file: ContractFile, correction: Correction) -> None:
    contract = file.contract
    for field in ("number", "title", "class_code", "form", "summary", "signed_on", "performance_due_on"):
        value = getattr(correction, field)
        if value is not None:
            setattr(contract, field, value)
    if correction.amount is not None:
        contract.amount_minor, contract.currency = correction.amount.minor, correction.amount.currency
    names = {PartyRole.PURCHASER: correction.purchaser_name, PartyRole.SUPPLIER: correction.supplier_name}
    for party in file.parties:
        party.name = names.get(PartyRole(party.role)) or party.name


def _record(uow: UnitOfWork, file: ContractFile, author: Author, changes: list[FieldChange], reason: str) -> None:
    told = [change.model_dump() for change in changes]
    evidence_id = notarise(uow, file, "contract.corrected", author, {"changes": told, "reason": reason})
    for change in changes:
        write_history(
            uow,
            file,
            author,
            change=f"correct.{change.field}",
            before=change.before,
            after=change.after,
            reason=reason,
            evidence_id=evidence_id,
        )
    uow.emit(
        ContractCorrected(
            contract_id=file.contract.id,
            number=file.contract.number,
            changes=changes,
            reason=reason,
            corrected_at=uow.now,
            evidence_id=evidence_id,
        )
    )
