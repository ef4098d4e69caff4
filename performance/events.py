"""What performance tells the packages above it. `notify` and `credit` learn of the world through these alone."""

from datetime import date, datetime
from typing import Any, ClassVar
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


class ContractPublished(Event):
    """Somebody answers for it that the contract was made public (R16)."""

    type: ClassVar[str] = "contract.published"

    contract_id: UUID
    number: str
    title: str
    published_on: date
    where: str
    evidence_id: UUID


class ContractMoved(Event):
    """A contract went from one state to another (`policy.ContractState`). The events of a contract, in their order,
    replay its state."""

    type: ClassVar[str] = "contract.moved"

    contract_id: UUID
    number: str
    before: str
    after: str
    reason: str
    evidence_id: UUID | None


class ObligationMoved(Event):
    """Any change of an obligation (`policy.ObligationChange`). The events of an obligation, in their order, replay its
    state; the more telling events besides say what follows from it."""

    type: ClassVar[str] = "obligation.moved"

    obligation_id: UUID
    contract_id: UUID
    change: str
    before: str
    after: str
    due_on: date | None
    due_version: int
    evidence_id: UUID


class PausedObligation(BaseModel):
    """An obligation whose clock stands still, and the version of its due date that no longer counts."""

    model_config = ConfigDict(frozen=True)

    obligation_id: UUID
    due_version: int


class ContractSuspended(Event):
    """The clocks of a contract stand still: reminders of its obligations end, and nothing of it falls due."""

    type: ClassVar[str] = "contract.suspended"

    suspension_id: UUID
    contract_id: UUID
    contract_number: str
    contract_title: str
    suspended_on: date
    obligations: list[PausedObligation]
    evidence_id: UUID


class ContractResumed(Event):
    """It goes on. Obligations that were open and not late have later due dates: `obligation.scheduled` tells each."""

    type: ClassVar[str] = "contract.resumed"

    suspension_id: UUID
    contract_id: UUID
    contract_number: str
    contract_title: str
    suspended_on: date
    resumed_on: date
    days: int
    evidence_id: UUID


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


class ObligationDueSet(Event):
    """What waited for an event has a day now. `due_on` is None if the holiday table of its year isn't there yet: the
    day follows once it is. `basis` tells how the day was found (`due_dates.rules.basis_json`)."""

    type: ClassVar[str] = "obligation.due_set"

    obligation_id: UUID
    contract_id: UUID
    contract_title: str
    title: str
    anchored_on: date
    due_on: date | None
    due_version: int
    basis: dict[str, Any] | None
    evidence_id: UUID


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
    """No more reminders: `outcome` is met, met_after_supervision, exempt, terminated or cancelled. `due_on` is None if
    it ended before its day was known."""

    type: ClassVar[str] = "obligation.closed"

    obligation_id: UUID
    contract_id: UUID
    contract_title: str
    title: str
    kind: str
    outcome: str
    due_on: date | None
    closed_on: date
    debtor: PartyFact
    creditor: PartyFact
    evidence_id: UUID


class FulfilmentClaimed(Event):
    """The debtor says it is done, or a part of it. With `answer_by` the creditor's silence confirms it after that
    day: this is its notice, and it reaches the creditor's contacts."""

    type: ClassVar[str] = "fulfilment.claimed"

    fulfilment_id: UUID
    obligation_id: UUID
    contract_id: UUID
    contract_number: str
    contract_title: str
    title: str
    part: str | None
    fulfilled_on: date
    answer_by: date | None
    creditor: PartyFact
    contacts: list[ContactFact]
    evidence_id: UUID


class FulfilmentAnswered(Event):
    """`state` is confirmed or disputed; `is_deemed`: confirmed by silence. `met` and `owed` are the sums after it."""

    type: ClassVar[str] = "fulfilment.answered"

    fulfilment_id: UUID
    obligation_id: UUID
    contract_id: UUID
    state: str
    is_deemed: bool
    met: str
    owed: str
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
