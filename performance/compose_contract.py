"""The rows of a new contract, from its elements or from an envelope that nobody described."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.models import Organisation
from accounts.policy import Actor
from accounts.repository import organisation, organisations_by_uscc
from core.clock import CHINA
from core.unit_of_work import UnitOfWork
from performance import intake
from performance.due_dates.policy import DueRule, Occurrence
from performance.due_dates.rules import rule_json
from performance.errors import ContractNumberTaken
from performance.intake import ContractElements, PartyElement
from performance.models import Contract, ContractContact, ContractParty, Obligation
from performance.policy import ContractState, Intake, ObligationState, PartyRole
from performance.regions import RegionProfile, RegionProfiles
from performance.repository import ContractFile
from signing.events import EnvelopeCompleted, SignerFact

RowMaker = Callable[[type[Any]], Callable[..., Any]]


def as_object(model: type[Any]) -> Callable[..., Any]:
    """Rows as the session knows them."""
    return model


def compose_contract(
    uow: UnitOfWork,
    actor: Actor,
    elements: ContractElements,
    profile: RegionProfile,
    accounts: Mapping[str, Organisation],
    *,
    owner_id: UUID,
) -> ContractFile:
    """Raises `ContractNumberTaken`."""
    is_own = owner_id == actor.organisation_id
    intake_way = Intake.SELF_ENTRY if is_own else Intake.OFFICER_ENTRY
    way = Intake.ONLINE_SIGNING if elements.signed_on is None else intake_way
    file = build_contract(uow, elements, profile, accounts, owner_id=owner_id, way=way)
    uow.session.add(file.contract)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key decides, also between two who enter it at the same time.
        raise ContractNumberTaken(number=file.contract.number) from error
    uow.session.add_all(file.parties)
    uow.session.flush()
    uow.session.add_all([*file.contacts, *file.obligations])
    uow.session.flush()
    return file


def build_contract(
    uow: UnitOfWork,
    elements: ContractElements,
    profile: RegionProfile,
    accounts: Mapping[str, Organisation],
    *,
    owner_id: UUID,
    way: Intake,
    row: RowMaker = as_object,
) -> ContractFile:
    """The rows of a draft, written nowhere yet; `accounts` are the parties that have one, by credit code. `row` makes
    them: objects of the session, or `core.copying.plain` ones."""
    contract_id = uow.new_id()
    contract = row(Contract)(
        id=contract_id,
        owner_organisation_id=owner_id,
        number=elements.number or _number(profile.region, uow, contract_id),
        title=elements.title,
        form=elements.form,
        class_code=elements.class_code,
        region=profile.region,
        profile_version=profile.version,
        summary=elements.summary,
        amount_minor=elements.amount.minor if elements.amount else None,
        currency=elements.amount.currency if elements.amount else "CNY",
        intake=way,
        state=ContractState.DRAFT,
        performance_due_on=intake.performance_due_on(elements),
        silence_days=elements.silence_days,
        late_interest=elements.late_interest.json() if elements.late_interest else None,
        created_at=uow.now,
    )
    parties = [_party(uow, contract_id, party, accounts.get(party.uscc), row) for party in elements.parties]
    contacts = [
        contact
        for made, party in zip(parties, elements.parties, strict=True)
        for contact in _contacts(uow, made, party, row)
    ]
    obligations = _obligations(uow, contract_id, elements, row)
    return ContractFile(contract, tuple(parties), tuple(contacts), tuple(obligations))


def compose_from_envelope(uow: UnitOfWork, event: EnvelopeCompleted, profiles: RegionProfiles) -> ContractFile:
    """An envelope nobody described: its title, its signers as parties and contacts, its date. No obligations."""
    signers = signed_by(event.signers)
    accounts = organisations_by_uscc(uow.session, list(signers))
    owner = organisation(uow.session, event.organisation_id)
    profile = profiles.for_organisation_in(owner.region if owner else "")
    contract_id = uow.new_id()
    contract = Contract(
        id=contract_id,
        owner_organisation_id=event.organisation_id,
        number=_number(profile.region, uow, contract_id),
        title=event.title,
        form="contract",
        region=profile.region,
        profile_version=profile.version,
        summary="",
        currency="CNY",
        intake=Intake.ONLINE_SIGNING,
        state=ContractState.SIGNING,
        envelope_id=event.envelope_id,
        created_at=uow.now,
    )
    uow.session.add(contract)
    uow.session.flush()
    elements = [
        PartyElement(PartyRole.SIGNATORY, facts[0].organisation_name, uscc, _signers_as_contacts(facts))
        for uscc, facts in signers.items()
    ]
    parties = [_party(uow, contract_id, element, accounts.get(element.uscc)) for element in elements]
    uow.session.add_all(parties)
    uow.session.flush()
    contacts = [
        contact for row, element in zip(parties, elements, strict=True) for contact in _contacts(uow, row, element)
    ]
    uow.session.add_all(contacts)
    return ContractFile(contract, tuple(parties), tuple(contacts), ())


def signed_by(signers: Sequence[SignerFact]) -> dict[str, list[SignerFact]]:
    """The signers by the code of the organisation they signed for, in the order of signing."""
    found: dict[str, list[SignerFact]] = {}
    for signer in sorted(signers, key=lambda signer: signer.signed_at):
        found.setdefault(signer.uscc, []).append(signer)
    return found


def _party(
    uow: UnitOfWork, contract_id: UUID, party: PartyElement, account: Organisation | None, row: RowMaker = as_object
) -> ContractParty:
    made: ContractParty = row(ContractParty)(
        id=uow.new_id(),
        contract_id=contract_id,
        role=party.role,
        name=party.name,
        uscc=party.uscc,
        kind=party.kind or intake.kind_of_party(party.uscc, account.kind if account else None),
        organisation_id=account.id if account else None,
    )
    return made


def _contacts(
    uow: UnitOfWork, made: ContractParty, party: PartyElement, row: RowMaker = as_object
) -> list[ContractContact]:
    return [
        row(ContractContact)(
            id=uow.new_id(),
            contract_id=made.contract_id,
            party_id=made.id,
            party_role=made.role,
            name=contact.name,
            phone=contact.phone,
            email=contact.email,
            language=contact.language,
        )
        for contact in party.contacts
    ]


def _obligations(uow: UnitOfWork, contract_id: UUID, elements: ContractElements, row: RowMaker) -> list[Obligation]:
    return [
        row(Obligation)(
            id=uow.new_id(),
            contract_id=contract_id,
            position=position,
            kind=element.kind,
            title=element.title,
            debtor_role=element.debtor_role,
            creditor_role=intake.creditor_of(element.debtor_role),
            due_on=element.due_on,
            due_version=1,
            due_rule=rule_json(element.rule) if isinstance(element.rule, DueRule | Occurrence) else None,
            amount_minor=element.amount.minor if element.amount else None,
            currency=element.amount.currency if element.amount else "CNY",
            quantity=element.quantity,
            state=ObligationState.DRAFTED,
        )
        for position, element in enumerate(elements.obligations, start=1)
    ]


def _signers_as_contacts(signers: Sequence[SignerFact]) -> tuple[intake.ContactElement, ...]:
    return tuple(intake.ContactElement(each.name, each.phone, each.email) for each in signers)


def _number(region: str, uow: UnitOfWork, contract_id: UUID) -> str:
    """A number for a contract that has none of its own, such as `YULIN-20261122-3F9A1C0B`."""
    day = uow.now.astimezone(CHINA).strftime("%Y%m%d")
    return f"{region.upper()}-{day}-{contract_id.hex[-8:].upper()}"
