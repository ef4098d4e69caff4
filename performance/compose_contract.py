"""The rows of a new contract, from its elements or from an envelope that nobody described."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind
from accounts.repository import organisation, organisations_by_uscc
from core.clock import CHINA
from core.unit_of_work import UnitOfWork
from performance import intake
from performance.errors import ContractNumberTaken
from performance.intake import ContractElements, PartyElement
from performance.models import Contract, ContractContact, ContractParty, Obligation
from performance.policy import ContractState, Intake, ObligationState, PartyRole
from performance.regions import RegionProfile, RegionProfiles
from performance.repository import ContractFile
from signing.events import EnvelopeCompleted, SignerFact


def compose_contract(
    uow: UnitOfWork,
    actor: Actor,
    elements: ContractElements,
    profile: RegionProfile,
    accounts: dict[str, Organisation],
) -> ContractFile:
    contract_id = uow.new_id()
    contract = Contract(
        id=contract_id,
        owner_organisation_id=actor.organisation_id,
        number=elements.number or _number(profile.region, uow, contract_id),
        title=elements.title,
        form=elements.form,
        class_code=elements.class_code,
        region=profile.region,
        profile_version=profile.version,
        summary=elements.summary,
        amount_minor=elements.amount.minor if elements.amount else None,
        currency=elements.amount.currency if elements.amount else "CNY",
        intake=Intake.ONLINE_SIGNING if elements.signed_on is None else Intake.SELF_ENTRY,
        state=ContractState.DRAFT,
        performance_due_on=intake.performance_due_on(elements),
        created_at=uow.now,
    )
    uow.session.add(contract)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key decides, also between two who enter it at the same time.
        raise ContractNumberTaken(number=contract.number) from error
    parties = [_party(uow, contract_id, party, accounts.get(party.uscc)) for party in elements.parties]
    uow.session.flush()
    contacts = [
        contact for row, party in zip(parties, elements.parties, strict=True) for contact in _contacts(uow, row, party)
    ]
    obligations = _obligations(uow, contract_id, elements)
    uow.session.flush()
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
    uow.session.flush()
    contacts = [
        contact for row, element in zip(parties, elements, strict=True) for contact in _contacts(uow, row, element)
    ]
    return ContractFile(contract, tuple(parties), tuple(contacts), ())


def signed_by(signers: Sequence[SignerFact]) -> dict[str, list[SignerFact]]:
    """The signers by the code of the organisation they signed for, in the order of signing."""
    found: dict[str, list[SignerFact]] = {}
    for signer in sorted(signers, key=lambda signer: signer.signed_at):
        found.setdefault(signer.uscc, []).append(signer)
    return found


def _party(uow: UnitOfWork, contract_id: UUID, party: PartyElement, account: Organisation | None) -> ContractParty:
    row = ContractParty(
        id=uow.new_id(),
        contract_id=contract_id,
        role=party.role,
        name=party.name,
        uscc=party.uscc,
        kind=party.kind or _kind(party.uscc, account),
        organisation_id=account.id if account else None,
    )
    uow.session.add(row)
    return row


def _contacts(uow: UnitOfWork, row: ContractParty, party: PartyElement) -> list[ContractContact]:
    contacts = [
        ContractContact(
            id=uow.new_id(),
            contract_id=row.contract_id,
            party_id=row.id,
            party_role=row.role,
            name=contact.name,
            phone=contact.phone,
            email=contact.email,
            language=contact.language,
        )
        for contact in party.contacts
    ]
    uow.session.add_all(contacts)
    return contacts


def _obligations(uow: UnitOfWork, contract_id: UUID, elements: ContractElements) -> list[Obligation]:
    obligations = [
        Obligation(
            id=uow.new_id(),
            contract_id=contract_id,
            position=position,
            kind=element.kind,
            title=element.title,
            debtor_role=element.debtor_role,
            creditor_role=intake.creditor_of(element.debtor_role),
            due_on=element.due_on,
            due_version=1,
            amount_minor=element.amount.minor if element.amount else None,
            currency=element.amount.currency if element.amount else "CNY",
            quantity=element.quantity,
            state=ObligationState.DRAFTED,
        )
        for position, element in enumerate(elements.obligations, start=1)
    ]
    uow.session.add_all(obligations)
    return obligations


def _signers_as_contacts(signers: Sequence[SignerFact]) -> tuple[intake.ContactElement, ...]:
    return tuple(intake.ContactElement(each.name, each.phone, each.email) for each in signers)


def _kind(uscc: str, account: Organisation | None) -> OrganisationKind:
    """What the account says if it is one of the two kinds a party can be; else what the code says."""
    if account is not None and account.kind in {OrganisationKind.GOVERNMENT, OrganisationKind.ENTERPRISE}:
        return OrganisationKind(account.kind)
    return intake.kind_of_uscc(uscc)


def _number(region: str, uow: UnitOfWork, contract_id: UUID) -> str:
    """A number for a contract that has none of its own, such as `YULIN-20261122-3F9A1C0B`."""
    day = uow.now.astimezone(CHINA).strftime("%Y%m%d")
    return f"{region.upper()}-{day}-{contract_id.hex[-8:].upper()}"
