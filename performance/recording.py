"""What every change leaves behind: an evidence record, a history row, and events for the packages above.

`change_obligation` is the only place that writes an obligation's state, and `change_contract` the only one that
writes a contract's, so no change can go without its trace (R4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from ledger.record import EvidenceFile, StoredFile, Subject
from ledger.service import record_evidence
from performance import policy, repository
from performance.events import (
    ContactFact,
    ContractMoved,
    ObligationClosed,
    ObligationMoved,
    ObligationScheduled,
    PartyFact,
)
from performance.models import ContractContact, ContractHistory, ContractParty, Obligation
from performance.policy import ContractState, ObligationChange, ObligationState, TerminationState
from performance.repository import ContractFile, ObligationInHand
from performance.supervision.events import PublicDemandEnded
from performance.supervision.models import PublicDemand
from performance.supervision.policy import PUBLIC_DEMAND
from signing.models import Document


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a change; neither is set when the system itself did (a sweep, an envelope's completion)."""

    organisation_id: UUID | None = None
    person_id: UUID | None = None

    @classmethod
    def of(cls, actor: Actor) -> "Author":
        return cls(actor.organisation_id, actor.person_id)

    def facts(self) -> dict[str, str | None]:
        return {
            "organisation": ids.public(ids.ORGANISATION, self.organisation_id) if self.organisation_id else None,
            "person": ids.public(ids.PERSON, self.person_id) if self.person_id else None,
        }


SYSTEM = Author()


def notarise(
    uow: UnitOfWork,
    file: ContractFile,
    record_type: str,
    author: Author,
    facts: Mapping[str, Any],
    *,
    documents: Sequence[Document] = (),
) -> UUID:
    """An evidence record about the contract, readable for its owner and its parties."""
    organisations = [file.contract.owner_organisation_id]
    organisations += [party.organisation_id for party in file.parties if party.organisation_id is not None]
    if author.organisation_id is not None:
        organisations.append(author.organisation_id)
    return record_evidence(
        uow,
        type=record_type,
        subject=Subject("contract", ids.public(ids.CONTRACT, file.contract.id)),
        organisation_ids=list(dict.fromkeys(organisations)),
        facts={"contract_number": file.contract.number, "by": author.facts(), **facts},
        files=[stored_file(document) for document in documents],
    )


def write_history(
    uow: UnitOfWork,
    file: ContractFile,
    author: Author,
    *,
    change: str,
    reason: str,
    before: str | None = None,
    after: str | None = None,
    obligation: Obligation | None = None,
    evidence_id: UUID | None = None,
) -> None:
    uow.session.add(
        ContractHistory(
            contract_id=file.contract.id,
            obligation_id=None if obligation is None else obligation.id,
            at=uow.now,
            organisation_id=author.organisation_id,
            person_id=author.person_id,
            change=change,
            before=before,
            after=after,
            reason=reason,
            evidence_id=evidence_id,
        )
    )


def change_contract(
    uow: UnitOfWork,
    file: ContractFile,
    after: ContractState,
    author: Author,
    *,
    reason: str,
    evidence_id: UUID | None = None,
) -> None:
    """Raises `ContractStateForbids` unless the diagram has such a move."""
    for step in policy.contract_steps(ContractState(file.contract.state), after):
        before = ContractState(file.contract.state)
        policy.check_contract_move(before, step)
        file.contract.state = step
        write_history(
            uow,
            file,
            author,
            change="contract_state",
            before=before,
            after=step,
            reason=reason,
            evidence_id=evidence_id,
        )
        uow.emit(
            ContractMoved(
                contract_id=file.contract.id,
                number=file.contract.number,
                before=before,
                after=step,
                reason=reason,
                evidence_id=evidence_id,
            )
        )


def change_obligation(
    uow: UnitOfWork,
    hand: ObligationInHand,
    change: ObligationChange,
    author: Author,
    *,
    reason: str,
    facts: Mapping[str, Any],
    documents: Sequence[Document] = (),
) -> UUID:
    """Moves an obligation, and its contract with it, and returns the id of the evidence.

    Raises `ObligationStateForbids` or `DisputeUnresolved`, before anything is written.
    """
    obligation, file = hand.obligation, hand.file
    before = ObligationState(obligation.state)
    after = policy.next_obligation_state(before, change)
    obligation.state = after
    evidence_id = notarise(
        uow,
        file,
        f"obligation.{change}",
        author,
        {**obligation_facts(obligation), "before": before, "after": after, "reason": reason, **facts},
        documents=documents,
    )
    write_history(
        uow,
        file,
        author,
        change=change,
        before=before,
        after=after,
        reason=reason,
        obligation=obligation,
        evidence_id=evidence_id,
    )
    uow.emit(
        ObligationMoved(
            obligation_id=obligation.id,
            contract_id=obligation.contract_id,
            change=change,
            before=before,
            after=after,
            due_on=obligation.due_on,
            due_version=obligation.due_version,
            evidence_id=evidence_id,
        )
    )
    follow_obligations(uow, file, author, reason=reason, evidence_id=evidence_id)
    return evidence_id


def follow_obligations(
    uow: UnitOfWork,
    file: ContractFile,
    author: Author,
    *,
    reason: str,
    evidence_id: UUID,
    is_suspended: bool | None = None,
    is_varying: bool | None = None,
) -> None:
    """Moves the contract to where its obligations, and what is under way, put it."""
    states = [ObligationState(each.state) for each in file.obligations]
    state = policy.contract_state_after(
        ContractState(file.contract.state), states, is_suspended=is_suspended, is_varying=is_varying
    )
    change_contract(uow, file, state, author, reason=reason, evidence_id=evidence_id)


def leave_registers(uow: UnitOfWork, hand: ObligationInHand, outcome: str) -> None:
    """Ends an obligation's stay in the overdue register, its supervision, public demand and termination case."""
    entry = repository.overdue_entry(uow.session, hand.obligation)
    if entry is not None:
        entry.left_at, entry.outcome = uow.now, outcome
    case = repository.open_supervision(uow.session, hand.obligation.id)
    if case is not None:
        case.closed_at, case.outcome = uow.now, outcome
    demand = repository.running_demand(uow.session, hand.obligation.id)
    if demand is not None:
        end_demand(uow, hand, demand, outcome, SYSTEM, reason=outcome)
    termination = repository.open_termination(uow.session, hand.obligation.id)
    if termination is not None:
        termination.state, termination.outcome = TerminationState.NO_FAULT, outcome
        termination.resolved_at = uow.now


def end_demand(
    uow: UnitOfWork, hand: ObligationInHand, demand: PublicDemand, because: str, author: Author, *, reason: str
) -> None:
    """The only place that ends a public demand; `because` is a `DemandEnd` or the state supervision ended with."""
    demand.ended_at, demand.ended_because = uow.now, because
    facts = {"public_demand": ids.public(PUBLIC_DEMAND, demand.id), "because": because, "reason": reason}
    evidence_id = notarise(uow, hand.file, "public_demand.end", author, {**obligation_facts(hand.obligation), **facts})
    write_history(
        uow,
        hand.file,
        author,
        change="public_demand_end",
        after=because,
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    uow.emit(
        PublicDemandEnded(
            demand_id=demand.id,
            contract_id=demand.contract_id,
            obligation_id=demand.obligation_id,
            because=because,
            evidence_id=evidence_id,
        )
    )


def close_obligation(uow: UnitOfWork, hand: ObligationInHand, outcome: str, evidence_id: UUID) -> None:
    """Tells the packages above that nothing more is expected: no more reminders, and credit may count it."""
    obligation = hand.obligation
    obligation.closed_on = obligation.closed_on or china_day(uow.now)
    uow.emit(
        ObligationClosed(
            obligation_id=obligation.id,
            contract_id=obligation.contract_id,
            contract_title=hand.file.contract.title,
            title=obligation.title,
            kind=obligation.kind,
            outcome=outcome,
            due_on=obligation.due_on,
            closed_on=obligation.closed_on,
            debtor=party_fact(hand.debtor),
            creditor=party_fact(hand.creditor),
            evidence_id=evidence_id,
        )
    )


def announce_schedule(uow: UnitOfWork, hand: ObligationInHand) -> None:
    """An obligation has a (new) due date. Of one that still waits for its day nothing is told."""
    if hand.obligation.due_on is None:
        return
    uow.emit(ObligationScheduled(**due_fields(hand)))


def due_fields(hand: ObligationInHand) -> dict[str, Any]:
    """What `ObligationScheduled` and `ObligationOverdue` both say."""
    obligation, contract = hand.obligation, hand.file.contract
    return {
        "obligation_id": obligation.id,
        "contract_id": contract.id,
        "contract_number": contract.number,
        "contract_title": contract.title,
        "title": obligation.title,
        "kind": obligation.kind,
        "debtor_name": hand.debtor.name,
        "due_on": obligation.due_on,
        "due_version": obligation.due_version,
        "contacts": [contact_fact(contact) for contact in hand.file.contacts],
    }


def party_fact(party: ContractParty) -> PartyFact:
    return PartyFact(
        role=party.role,
        name=party.name,
        uscc=party.uscc,
        kind=party.kind,
        organisation_id=party.organisation_id,
    )


def contact_fact(contact: ContractContact) -> ContactFact:
    return ContactFact(
        contact_id=contact.id,
        party_role=contact.party_role,
        name=contact.name,
        phone=contact.phone,
        email=contact.email,
        language=contact.language,
    )


def obligation_facts(obligation: Obligation) -> dict[str, Any]:
    """The obligation as an evidence record tells it. Amounts are strings of minor units."""
    return {
        "obligation": ids.public(ids.OBLIGATION, obligation.id),
        "title": obligation.title,
        "kind": obligation.kind,
        "debtor_role": obligation.debtor_role,
        "due_on": None if obligation.due_on is None else obligation.due_on.isoformat(),
        "due_version": obligation.due_version,
        "amount_minor": None if obligation.amount_minor is None else str(obligation.amount_minor),
        "currency": obligation.currency,
    }


def document_entries(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """Documents as kept beside a claim or a case: which file it was, by id and digest."""
    return [
        {
            "document_id": ids.public(ids.DOCUMENT, document.id),
            "name": document.name,
            "size": document.size,
            "sha256": document.sha256,
        }
        for document in documents
    ]


def stored_file(document: Document) -> StoredFile:
    described = EvidenceFile(document.name, "application/pdf", document.size, document.sha256, document.sm3)
    return StoredFile(described, document.object_key)
