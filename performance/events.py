"""What performance tells the packages above it. `notify` and `credit` learn of the world through these alone."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from core.events import Event


class PartyFact(BaseModel):
    """A party of a contract. `kind` is `government` or `enterprise`; `organisation_id` is set if it has an account."""

    model_config = ConfigDict(frozen=True)

    role: str
    name: str
    uscc: str
    kind: str
    organisation_id: UUID | None


class ContactFact(BaseModel):
    """A contact a party left (预留的联系人)."""

    model_config = ConfigDict(frozen=True)

    contact_id: UUID
    party_role: str
    name: str
    phone: str
    email: str | None
    language: str


class ContractRegistered(Event):
    type: ClassVar[str] = "contract.registered"

    contract_id: UUID
    number: str
    title: str
    parties: list[PartyFact]
    registered_at: datetime


class ObligationScheduled(Event):
    """An obligation has a (new) due date. `due_version` grows with every variation; plans for older ones end."""

    type: ClassVar[str] = "obligation.scheduled"

    obligation_id: UUID
    contract_id: UUID
    contract_number: str
    contract_title: str
    title: str
    kind: str
    debtor_name: str
    due_on: date
    due_version: int
    contacts: list[ContactFact]


class ObligationOverdue(Event):
    """Past due and entered into the overdue register 逾期执行库."""

    type: ClassVar[str] = "obligation.overdue"

    obligation_id: UUID
    contract_id: UUID
    contract_number: str
    contract_title: str
    title: str
    kind: str
    debtor_name: str
    due_on: date
    due_version: int
    contacts: list[ContactFact]


class ObligationClosed(Event):
    """No more reminders: `outcome` is met, met_after_supervision, exempt, terminated or cancelled."""

    type: ClassVar[str] = "obligation.closed"

    obligation_id: UUID
    contract_id: UUID
    contract_title: str
    title: str
    kind: str
    outcome: str
    due_on: date
    closed_on: date
    debtor: PartyFact
    creditor: PartyFact
    evidence_id: UUID


class BreachRecorded(Event):
    """A dispute was lawfully resolved and found a breach (R13). Only this makes a negative credit event."""

    type: ClassVar[str] = "breach.recorded"

    termination_id: UUID
    obligation_id: UUID
    contract_id: UUID
    contract_title: str
    party: PartyFact
    outcome: str
    source_document: str
    decided_on: date
    evidence_id: UUID
