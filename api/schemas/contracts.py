"""Shapes of contracts, obligations, supervision and termination at the edge.

Ids are prefixed, dates are calendar days in China (ISO 8601), amounts are decimal strings with a currency.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, field_validator

from accounts.policy import OrganisationKind
from api.schemas.due_rules import DueShape, FixedDue, LateInterestShape, rule_of
from api.schemas.request import Request
from core import ids
from core.money import Money
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.models import Contract, Obligation
from performance.policy import ContractState, Intake, ObligationKind, ObligationState, PartyRole
from performance.reading import ContractDossier, ListedObligation
from performance.regions import ReportingDuty
from performance.register.models import ContractFiling
from performance.register.search import ContractFilter

Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
RequiredText = Annotated[str, Field(min_length=1, max_length=4000)]
DocumentIds = Annotated[
    list[str],
    Field(max_length=20, description="Evidence: documents uploaded with POST /v1/documents", examples=[["doc_…"]]),
]
Side = Literal[PartyRole.PURCHASER, PartyRole.SUPPLIER]


class AmountShape(Request):
    amount: Annotated[str, Field(max_length=20, examples=["480000.00"])]
    currency: Annotated[str, Field(max_length=3, examples=["CNY"])] = "CNY"

    def money(self) -> Money:
        """Raises `InvalidAmount`."""
        return Money.parse(self.amount, self.currency)


class ContactShape(Request):
    name: Name
    phone: Annotated[str, Field(max_length=20, description="11 digits of a mainland mobile, or + and digits")]
    email: Annotated[str | None, Field(max_length=200, pattern=r"^[^@\s]+@[^@\s]+$")] = None
    language: Literal["zh", "en"] = "zh"


class PartyShape(Request):
    """`kind` may be left out: the party's account says, or else its credit code."""

    role: Side
    name: Name
    uscc: Annotated[str, Field(max_length=40, description="Unified social credit code (GB 32100)")]
    kind: Literal[OrganisationKind.GOVERNMENT, OrganisationKind.ENTERPRISE] | None = None
    contacts: Annotated[list[ContactShape], Field(max_length=10, description="Whom reminders go to")]


class ObligationShape(Request):
    """What `debtor_role` owes the other side by the end of `due_on`, or by the day that `due` gives: one of the two."""

    kind: ObligationKind
    title: Name
    debtor_role: Side
    due_on: date | None = None
    due: DueShape | None = None
    amount: AmountShape | None = None
    quantity: Annotated[str | None, Field(max_length=100, examples=["80 台"])] = None


class NewContract(Request):
    """The elements of a contract. With `signed_on` it was signed elsewhere and is registered at once; with
    `envelope_id` the envelope's completion registers it; with neither it is a draft."""

    title: Name
    class_code: Annotated[str, Field(max_length=50, examples=["government_procurement"])]
    parties: Annotated[list[PartyShape], Field(max_length=10)]
    obligations: Annotated[list[ObligationShape], Field(max_length=500)]
    summary: Text = ""
    amount: AmountShape | None = None
    form: Annotated[str, Field(max_length=50, description="contract, agreement or commitment")] = "contract"
    number: Annotated[
        str | None, Field(min_length=1, max_length=100, description="Your own number, else one is given")
    ] = None
    region: Annotated[
        str | None, Field(max_length=50, description="Whose rules apply, else your region's", examples=["yulin"])
    ] = None
    signed_on: date | None = None
    performance_due_on: date | None = None
    silence_days: Annotated[
        int | None, Field(description="By the contract, a claim nobody answers in so many days is confirmed")
    ] = None
    late_interest: LateInterestShape | None = None
    envelope_id: Annotated[str | None, Field(max_length=40, examples=["env_…"])] = None
    unit_uscc: Annotated[
        str | None, Field(max_length=40, description="The unit below yours whose contract it is, else your own")
    ] = None
    late_reason: Annotated[str, Field(max_length=500, description="Needed if the time for filing is over")] = ""
    acknowledge_duplicate: Annotated[
        bool, Field(description="You have seen that another contract has the same parties, amount and day")
    ] = False

    def elements(self) -> ContractElements:
        """Raises `InvalidAmount`, `InvalidId` or `RateInvalid`."""
        return ContractElements(
            title=self.title,
            class_code=self.class_code,
            parties=tuple(_party_element(party) for party in self.parties),
            obligations=tuple(_obligation_element(obligation) for obligation in self.obligations),
            summary=self.summary,
            amount=self.amount.money() if self.amount else None,
            form=self.form,
            number=self.number,
            region=self.region,
            signed_on=self.signed_on,
            performance_due_on=self.performance_due_on,
            silence_days=self.silence_days,
            late_interest=self.late_interest.agreed() if self.late_interest else None,
            envelope_id=ids.parse(ids.ENVELOPE, self.envelope_id) if self.envelope_id else None,
            unit_uscc=self.unit_uscc,
            late_reason=self.late_reason,
            acknowledges_duplicate=self.acknowledge_duplicate,
        )


_CODE, _AMOUNT = r"^[a-z_]{3,60}$", r"^[0-9]{1,13}(\.[0-9]{1,2})?$"


class ContractSearch(BaseModel):
    """Days and amounts are inclusive; amounts are in CNY."""

    state: ContractState | None = None
    number: Annotated[str | None, Field(min_length=1, max_length=100, description="How the number begins")] = None
    party: Annotated[
        str | None, Field(min_length=1, max_length=200, description="A credit code, or how a party's name begins")
    ] = None
    class_code: Annotated[str | None, Field(pattern=_CODE, examples=["government_procurement"])] = None
    unit: Annotated[str | None, Field(max_length=40, description="Whose entry it is", examples=["org_…"])] = None
    region: Annotated[str | None, Field(pattern=_CODE, examples=["yulin"])] = None
    signed_from: date | None = None
    signed_to: date | None = None
    amount_from: Annotated[str | None, Field(pattern=_AMOUNT, examples=["300000.00"])] = None
    amount_to: Annotated[str | None, Field(pattern=_AMOUNT)] = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many items at most")] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="`next_cursor` of the previous page")] = None

    @field_validator("number", "party", "unit")
    @classmethod
    def _refuse_nul(cls, value: str | None) -> str | None:
        if value is not None and "\x00" in value:
            raise ValueError("must not contain U+0000")
        return value

    def wanted(self) -> ContractFilter:
        """Raises `InvalidAmount` or `InvalidId`."""
        return ContractFilter(
            number=self.number,
            party=self.party,
            class_code=self.class_code,
            unit_id=ids.parse(ids.ORGANISATION, self.unit) if self.unit else None,
            state=self.state,
            region=self.region,
            signed_from=self.signed_from,
            signed_to=self.signed_to,
            amount_from=Money.parse(self.amount_from).minor if self.amount_from else None,
            amount_to=Money.parse(self.amount_to).minor if self.amount_to else None,
        )


class NewPublication(Request):
    """Where the contract was made public, and when."""

    published_on: date
    where: Annotated[str, Field(min_length=1, max_length=500, examples=["https://www.ccgp.gov.cn/…"])]


class NewArchiving(Request):
    reason: RequiredText


class AttachEnvelope(Request):
    envelope_id: Annotated[str, Field(max_length=40, examples=["env_…"])]


class AmountView(BaseModel):
    amount: str
    currency: str


class ContactView(BaseModel):
    name: str
    phone: str
    email: str | None
    language: str


class PartyView(BaseModel):
    role: PartyRole
    name: str
    uscc: str
    kind: OrganisationKind
    organisation_id: str | None
    contacts: list[ContactView]


class DutyView(BaseModel):
    """Whether the contract's class must be reported; the threshold counts as reached at its own figure (以上)."""

    is_required: bool
    threshold: AmountView | None
    clause: str
    source: str


class FilingView(BaseModel):
    """When the contract was filed by a duty of its region; without `due_on` no holiday table covers the period."""

    duty: str
    signed_on: date
    due_on: date | None
    filed_on: date
    days_late: int
    reason: str


class ObligationView(BaseModel):
    """`due_on` is null while it waits for its anchor or a holiday table; `due_rule` is the rule it follows from."""

    id: str
    contract_id: str
    contract_title: str
    contract_number: str
    kind: ObligationKind
    title: str
    debtor_role: PartyRole
    creditor_role: PartyRole
    due_on: date | None
    due_version: int
    due_rule: dict[str, Any] | None
    anchored_on: date | None
    amount: AmountView | None
    quantity: str | None
    state: ObligationState
    closed_on: date | None


class ContractItem(BaseModel):
    id: str
    number: str
    title: str
    state: ContractState
    class_code: str | None
    region: str
    amount: AmountView | None
    signed_on: date | None
    performance_due_on: date | None
    registered_at: datetime | None


class ContractView(ContractItem):
    """`evidence_subject` finds the contract's evidence records: GET /v1/evidence?subject=…"""

    form: str
    summary: str
    intake: Intake
    profile_version: int
    published_on: date | None
    silence_days: int | None
    late_interest: dict[str, Any] | None
    envelope_id: str | None
    signed_sha256: str | None
    evidence_id: str | None
    evidence_subject: str
    created_at: datetime
    reporting_duty: DutyView | None
    filings: list[FilingView]
    parties: list[PartyView]
    obligations: list[ObligationView]


class ContractPage(BaseModel):
    items: list[ContractItem]
    next_cursor: str | None


class ObligationPage(BaseModel):
    items: list[ObligationView]
    next_cursor: str | None


class HistoryEntry(BaseModel):
    """One change. No organisation: the system itself made it."""

    sequence: int
    at: datetime
    organisation_id: str | None
    person_id: str | None
    obligation_id: str | None
    change: str
    before: str | None
    after: str | None
    reason: str
    evidence_id: str | None


class HistoryPage(BaseModel):
    items: list[HistoryEntry]
    next_cursor: str | None


def contract_item(contract: Contract) -> ContractItem:
    return ContractItem(**_contract_fields(contract))


def contract_view(dossier: ContractDossier) -> ContractView:
    file = dossier.file
    contract = file.contract
    return ContractView(
        **_contract_fields(contract),
        form=contract.form,
        summary=contract.summary,
        intake=Intake(contract.intake),
        profile_version=contract.profile_version,
        published_on=contract.published_on,
        silence_days=contract.silence_days,
        late_interest=contract.late_interest,
        envelope_id=ids.public(ids.ENVELOPE, contract.envelope_id) if contract.envelope_id else None,
        signed_sha256=contract.signed_sha256,
        evidence_id=ids.public(ids.EVIDENCE, contract.evidence_id) if contract.evidence_id else None,
        evidence_subject=ids.public(ids.CONTRACT, contract.id),
        created_at=contract.created_at,
        reporting_duty=_duty_view(dossier.duty) if dossier.duty else None,
        filings=[_filing_view(each) for each in dossier.filings],
        parties=[
            PartyView(
                role=PartyRole(party.role),
                name=party.name,
                uscc=party.uscc,
                kind=OrganisationKind(party.kind),
                organisation_id=ids.public(ids.ORGANISATION, party.organisation_id) if party.organisation_id else None,
                contacts=[
                    ContactView(name=each.name, phone=each.phone, email=each.email, language=each.language)
                    for each in file.contacts
                    if each.party_id == party.id
                ],
            )
            for party in file.parties
        ],
        obligations=[obligation_view(ListedObligation(each, contract)) for each in file.obligations],
    )


def obligation_view(listed: ListedObligation) -> ObligationView:
    obligation, contract = listed.obligation, listed.contract
    return ObligationView(
        id=ids.public(ids.OBLIGATION, obligation.id),
        contract_id=ids.public(ids.CONTRACT, contract.id),
        contract_title=contract.title,
        contract_number=contract.number,
        kind=ObligationKind(obligation.kind),
        title=obligation.title,
        debtor_role=PartyRole(obligation.debtor_role),
        creditor_role=PartyRole(obligation.creditor_role),
        due_on=obligation.due_on,
        due_version=obligation.due_version,
        due_rule=obligation.due_rule,
        anchored_on=obligation.anchored_on,
        amount=_amount_view(obligation),
        quantity=obligation.quantity,
        state=ObligationState(obligation.state),
        closed_on=obligation.closed_on,
    )


def _contract_fields(contract: Contract) -> dict[str, Any]:
    return {
        "id": ids.public(ids.CONTRACT, contract.id),
        "number": contract.number,
        "title": contract.title,
        "state": ContractState(contract.state),
        "class_code": contract.class_code,
        "region": contract.region,
        "amount": _amount_view(contract),
        "signed_on": contract.signed_on,
        "performance_due_on": contract.performance_due_on,
        "registered_at": contract.registered_at,
    }


def _amount_view(row: Contract | Obligation) -> AmountView | None:
    if row.amount_minor is None:
        return None
    return AmountView(amount=str(Money(row.amount_minor, row.currency)), currency=row.currency)


def _duty_view(duty: ReportingDuty) -> DutyView:
    threshold = duty.threshold
    return DutyView(
        is_required=duty.is_required,
        threshold=AmountView(amount=str(threshold), currency=threshold.currency) if threshold else None,
        clause=duty.clause,
        source=duty.source,
    )


def _filing_view(filing: ContractFiling) -> FilingView:
    return FilingView(
        duty=filing.duty,
        signed_on=filing.signed_on,
        due_on=filing.due_on,
        filed_on=filing.filed_on,
        days_late=filing.days_late,
        reason=filing.reason,
    )


def _party_element(party: PartyShape) -> PartyElement:
    return PartyElement(
        role=party.role,
        name=party.name,
        uscc=party.uscc,
        kind=party.kind,
        contacts=tuple(ContactElement(each.name, each.phone, each.email, each.language) for each in party.contacts),
    )


def _obligation_element(obligation: ObligationShape) -> ObligationElement:
    return ObligationElement(
        kind=obligation.kind,
        title=obligation.title,
        debtor_role=obligation.debtor_role,
        due_on=obligation.due.on if isinstance(obligation.due, FixedDue) else obligation.due_on,
        amount=obligation.amount.money() if obligation.amount else None,
        quantity=obligation.quantity,
        rule=rule_of(obligation.due),
    )
