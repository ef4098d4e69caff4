"""Entering credit events: from performance's events, each with its own evidence, each at most once."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from core import ids
from core.unit_of_work import UnitOfWork
from credit import policy, repository
from credit.models import CreditEvent, CreditSubject
from credit.policy import CreditEventType
from ledger.record import Subject
from ledger.service import record_evidence
from performance.events import BreachRecorded, ContractRegistered, ObligationClosed, PartyFact


def note_parties(uow: UnitOfWork, event: ContractRegistered) -> None:
    """Begins the parties' records and remembers that they share a contract."""
    for party in sorted(event.parties, key=lambda party: party.uscc):
        if policy.has_record(party.kind):
            subject = repository.ensure_subject(uow, party)
            repository.add_contract_party(uow.session, event.contract_id, subject.id)


def record_closing(uow: UnitOfWork, event: ObligationClosed) -> None:
    """Met on time is a plus for the debtor; every other end of an obligation counts for nothing (`policy`)."""
    event_type = policy.event_of_closing(event.outcome, event.due_on, event.closed_on)
    if event_type is None:
        return
    _record_for(
        uow,
        event.debtor,
        others=[event.creditor],
        business_key=f"met:{event.obligation_id.hex}",
        type=event_type,
        effective_on=event.closed_on,
        contract_id=event.contract_id,
        contract_title=event.contract_title,
        obligation_id=event.obligation_id,
        title=event.title,
        source_document=ids.public(ids.EVIDENCE, event.evidence_id),
        source_evidence_id=event.evidence_id,
    )


def record_breach(uow: UnitOfWork, event: BreachRecorded) -> None:
    """An established breach is a minus for the party at fault, effective from the day of the decision."""
    event_type = policy.event_of_breach(event.outcome, event.source_document)
    if event_type is None:
        return
    _record_for(
        uow,
        event.party,
        others=[],
        business_key=f"breach:{event.termination_id.hex}",
        type=event_type,
        effective_on=event.decided_on,
        contract_id=event.contract_id,
        contract_title=event.contract_title,
        obligation_id=event.obligation_id,
        title=None,
        source_document=event.source_document,
        source_evidence_id=event.evidence_id,
    )


def record_reversal(
    uow: UnitOfWork, reversed_event: CreditEvent, subject: CreditSubject, *, on: date, source_document: str
) -> CreditEvent:
    """Answers an event by its reversal; the event itself stays."""
    return _record(
        uow,
        subject,
        [],
        business_key=f"reversal:{reversed_event.id.hex}",
        type=CreditEventType.REVERSAL,
        effective_on=on,
        contract_id=reversed_event.contract_id,
        contract_title=reversed_event.contract_title,
        obligation_id=reversed_event.obligation_id,
        title=reversed_event.title,
        source_document=source_document,
        source_evidence_id=reversed_event.evidence_id,
        reversal_of=reversed_event.id,
    )


def _record_for(uow: UnitOfWork, party: PartyFact, *, others: Sequence[PartyFact], **fields: Any) -> None:
    """Nothing is recorded for a party that has no record (a natural person), nor twice for one business key."""
    if not policy.has_record(party.kind):
        return
    subject = repository.ensure_subject(uow, party)
    if repository.has_event(uow.session, fields["business_key"]):
        return
    accounts = [fact.organisation_id for fact in (party, *others) if fact.organisation_id is not None]
    _record(uow, subject, accounts, **fields)


def _record(uow: UnitOfWork, subject: CreditSubject, accounts: Sequence[UUID], **fields: Any) -> CreditEvent:
    """Writes the event and its evidence. Its subject is the contract, so that the contract's chain of evidence tells
    the whole story; the contract's parties may read it."""
    event = CreditEvent(id=uow.new_id(), subject_id=subject.id, recorded_at=uow.now, **{"reversal_of": None, **fields})
    readers = {*accounts, *repository.organisations_of_contract(uow.session, event.contract_id)}
    event.evidence_id = record_evidence(
        uow,
        type="credit.event_recorded",
        subject=Subject("contract", ids.public(ids.CONTRACT, event.contract_id)),
        organisation_ids=sorted(readers),
        facts=_facts(event, subject),
    )
    uow.session.add(event)
    return event


def _facts(event: CreditEvent, subject: CreditSubject) -> dict[str, Any]:
    return {
        "credit_event": ids.public(ids.CREDIT_EVENT, event.id),
        "uscc": subject.uscc,
        "name": subject.name,
        "type": str(event.type),
        "effective_on": event.effective_on.isoformat(),
        "obligation": ids.public(ids.OBLIGATION, event.obligation_id),
        "source_document": event.source_document,
        "source_evidence": ids.public(ids.EVIDENCE, event.source_evidence_id),
        "reversal_of": ids.public(ids.CREDIT_EVENT, event.reversal_of) if event.reversal_of else None,
    }
