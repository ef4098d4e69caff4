"""Reading contracts and what belongs to them.

Tenancy is in one place, `visible_to`: an organisation sees the contracts it entered and those that name its unified
social credit code as a party, and the same of the units below it; regulators and the credit office see those registered
in their region. Whatever isn't visible is not found, the same as what doesn't exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, tuple_
from sqlalchemy.orm import Session

from accounts.models import Organisation
from accounts.policy import Actor
from performance.errors import (
    ContractNotFound,
    ContractStateForbids,
    EvidenceDocumentNotFound,
    ExemptionNotFound,
    FulfilmentNotFound,
    ObligationNotFound,
    ObligationStateForbids,
    SupervisionNotFound,
    TerminationNotFound,
    VariationNotFound,
)
from performance.models import (
    Contract,
    ContractContact,
    ContractParty,
    Exemption,
    Fulfilment,
    Obligation,
    OverdueEntry,
    SupervisionCase,
    SupervisionStep,
    TerminationCase,
)
from performance.policy import (
    CLAIMABLE_STATES,
    RUNNING_STATES,
    UNSHARED_STATES,
    ClaimState,
    ContractState,
    ObligationState,
    PartyRole,
    TerminationState,
)
from performance.register.repository import family
from performance.supervision.models import PublicDemand
from performance.variations.models import Variation
from signing.models import Document, Envelope

Row = TypeVar("Row", Fulfilment, SupervisionCase, TerminationCase, Exemption, Variation)


@dataclass(frozen=True, slots=True)
class ContractFile:
    """A contract with all that a use case needs to move it: parties, contacts, obligations in their order."""

    contract: Contract
    parties: tuple[ContractParty, ...]
    contacts: tuple[ContractContact, ...]
    obligations: tuple[Obligation, ...]

    def party(self, role: str) -> ContractParty:
        return next(party for party in self.parties if party.role == role)


@dataclass(frozen=True, slots=True)
class ObligationInHand:
    """An obligation and the contract it belongs to, both locked."""

    file: ContractFile
    obligation: Obligation

    @property
    def past_due_on(self) -> date:
        """The day of what is late. Raises `ObligationStateForbids` for what has no day: that is never late."""
        if self.obligation.due_on is None:
            raise ObligationStateForbids(state=self.obligation.state, change="without_due_date")
        return self.obligation.due_on

    @property
    def debtor(self) -> ContractParty:
        return self.file.party(self.obligation.debtor_role)

    @property
    def creditor(self) -> ContractParty:
        return self.file.party(self.obligation.creditor_role)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition on `Contract` under which the actor may read it."""
    own = select(family(actor.organisation_id).c.id)
    is_owner = Contract.owner_organisation_id.in_(own)
    own_usccs = select(Organisation.uscc).where(Organisation.id.in_(own))
    names_actor = exists().where(ContractParty.contract_id == Contract.id, ContractParty.uscc.in_(own_usccs))
    is_party = and_(Contract.state.not_in(UNSHARED_STATES), names_actor)
    if not actor.oversees:
        return or_(is_owner, is_party)
    is_overseen = and_(Contract.region == actor.region, Contract.registered_at.is_not(None))
    return or_(is_owner, is_party, is_overseen)


def contract_of(session: Session, actor: Actor, contract_id: UUID) -> Contract:
    """Raises `ContractNotFound`."""
    found = session.scalar(select(Contract).where(Contract.id == contract_id, visible_to(actor)))
    if found is None:
        raise ContractNotFound
    return found


def locked_contract(session: Session, actor: Actor, contract_id: UUID) -> ContractFile:
    """For changing it. Raises `ContractNotFound`."""
    statement = select(Contract).where(Contract.id == contract_id, visible_to(actor))
    found = session.scalar(statement.with_for_update(of=Contract))
    if found is None:
        raise ContractNotFound
    return files_of(session, [found])[found.id]


def contract_by_envelope(session: Session, envelope_id: UUID) -> ContractFile | None:
    """The contract an envelope makes, locked. Only for handlers of signing's events: it asks for no actor."""
    statement = select(Contract).where(Contract.envelope_id == envelope_id)
    found = session.scalar(statement.with_for_update(of=Contract))
    return None if found is None else files_of(session, [found])[found.id]


def own_envelope(session: Session, actor: Actor, envelope_id: UUID) -> tuple[str, bool] | None:
    """State and test mode of an envelope the actor's organisation made; None if it made none of that id.

    It can't end before the caller's transaction does: its end would tell of a contract that nobody can see yet.
    """
    owned = Envelope.organisation_id == actor.organisation_id
    query = select(Envelope.state, Envelope.is_test).where(Envelope.id == envelope_id, owned)
    found = session.execute(query.with_for_update(read=True)).one_or_none()
    return None if found is None else (found.state, found.is_test)


def files_of(session: Session, contracts: Sequence[Contract]) -> dict[UUID, ContractFile]:
    """Three queries however many contracts."""
    contract_ids = [contract.id for contract in contracts]
    parties = session.scalars(
        select(ContractParty)
        .where(ContractParty.contract_id.in_(contract_ids))
        .order_by(ContractParty.contract_id, ContractParty.role, ContractParty.id)
    ).all()
    contacts = session.scalars(
        select(ContractContact)
        .where(ContractContact.contract_id.in_(contract_ids))
        .order_by(ContractContact.contract_id, ContractContact.party_role, ContractContact.id)
    ).all()
    obligations = session.scalars(
        select(Obligation)
        .where(Obligation.contract_id.in_(contract_ids))
        .order_by(Obligation.contract_id, Obligation.position)
    ).all()
    return {
        contract.id: ContractFile(
            contract,
            tuple(party for party in parties if party.contract_id == contract.id),
            tuple(contact for contact in contacts if contact.contract_id == contract.id),
            tuple(obligation for obligation in obligations if obligation.contract_id == contract.id),
        )
        for contract in contracts
    }


def locked_obligation(session: Session, actor: Actor, obligation_id: UUID) -> ObligationInHand:
    """The obligation for changing it. Its contract is locked, which everybody who changes one does first.

    Raises `ObligationNotFound`, or `ContractStateForbids` for a contract that isn't registered.
    """
    statement = (
        select(Contract)
        .join(Obligation, Obligation.contract_id == Contract.id)
        .where(Obligation.id == obligation_id, visible_to(actor))
    )
    contract = session.scalar(statement.with_for_update(of=Contract))
    if contract is None:
        raise ObligationNotFound
    if contract.registered_at is None:
        raise ContractStateForbids(state=contract.state)
    file = files_of(session, [contract])[contract.id]
    obligation = next(obligation for obligation in file.obligations if obligation.id == obligation_id)
    return ObligationInHand(file, obligation)


def due_obligations(session: Session, today: date, limit: int) -> list[ObligationInHand]:
    """The next `limit` scheduled obligations whose day has passed, their contracts locked; others' are skipped."""
    due = session.execute(due_statement(today, limit)).all()
    files = files_of(session, list({contract.id: contract for _, contract in due}.values()))
    return [ObligationInHand(files[contract.id], obligation) for obligation, contract in due]


def undetermined_obligations(
    session: Session, last_day: date, after: tuple[date, UUID] | None, limit: int
) -> list[tuple[ObligationInHand, date]]:
    """The next `limit` whose anchor is known and whose day isn't, with that anchor; only those that run from a day up
    to `last_day`, beyond which no holiday table reaches. Index-driven, locked; others' are skipped."""
    statement = (
        select(Obligation, Contract)
        .join(Contract, Contract.id == Obligation.contract_id)
        .where(
            Obligation.due_on.is_(None),
            Obligation.anchored_on <= last_day,
            Obligation.state != ObligationState.DRAFTED,
            Obligation.state.in_(RUNNING_STATES),
        )
        .order_by(Obligation.anchored_on, Obligation.id)
        .limit(limit)
        .with_for_update(of=[Contract, Obligation], skip_locked=True)
    )
    if after is not None:
        statement = statement.where(tuple_(Obligation.anchored_on, Obligation.id) > tuple_(*after))
    rows = session.execute(statement).all()
    files = files_of(session, list({contract.id: contract for _, contract in rows}.values()))
    return [
        (ObligationInHand(files[contract.id], obligation), obligation.anchored_on)
        for obligation, contract in rows
        if obligation.anchored_on is not None
    ]


def due_statement(today: date, limit: int) -> Select[Obligation, Contract]:
    """Index-driven: (state, due_on) finds exactly what is due, however large the register.

    A claim to the whole rest that was made in time and is still unanswered holds the obligation back: the creditor's
    silence isn't the debtor's delay. While a contract is suspended nothing of it falls due.
    """
    is_claimed_in_time = exists().where(
        Fulfilment.obligation_id == Obligation.id,
        Fulfilment.state == ClaimState.CLAIMED,
        Fulfilment.is_whole,
        Fulfilment.claimed_on <= Obligation.due_on,
    )
    return (
        select(Obligation, Contract)
        .join(Contract, Contract.id == Obligation.contract_id)
        .where(
            Obligation.state.in_(RUNNING_STATES),
            Obligation.due_on < today,
            Contract.state != ContractState.SUSPENDED,
            ~is_claimed_in_time,
        )
        .order_by(Obligation.due_on, Obligation.id)
        .limit(limit)
        .with_for_update(of=[Contract, Obligation], skip_locked=True)
    )


def overdue_entry(session: Session, obligation: Obligation) -> OverdueEntry | None:
    """The open entry of this version of the due date."""
    return session.scalar(
        select(OverdueEntry).where(
            OverdueEntry.obligation_id == obligation.id,
            OverdueEntry.due_version == obligation.due_version,
            OverdueEntry.left_at.is_(None),
        )
    )


def open_supervision(session: Session, obligation_id: UUID) -> SupervisionCase | None:
    return session.scalar(
        select(SupervisionCase).where(
            SupervisionCase.obligation_id == obligation_id, SupervisionCase.closed_at.is_(None)
        )
    )


def running_demand(session: Session, obligation_id: UUID) -> PublicDemand | None:
    return session.scalar(
        select(PublicDemand).where(PublicDemand.obligation_id == obligation_id, PublicDemand.ended_at.is_(None))
    )


def open_termination(session: Session, obligation_id: UUID) -> TerminationCase | None:
    return session.scalar(
        select(TerminationCase).where(
            TerminationCase.obligation_id == obligation_id,
            TerminationCase.state == TerminationState.AWAITING_RESOLUTION,
        )
    )


def pending_claim(session: Session, obligation_id: UUID) -> Fulfilment | None:
    return session.scalar(
        select(Fulfilment).where(Fulfilment.obligation_id == obligation_id, Fulfilment.state == ClaimState.CLAIMED)
    )


def claims_of(session: Session, obligation_id: UUID) -> Sequence[Fulfilment]:
    """Oldest first."""
    return session.scalars(
        select(Fulfilment).where(Fulfilment.obligation_id == obligation_id).order_by(Fulfilment.id)
    ).all()


def silent_claims(session: Session, today: date, limit: int) -> list[tuple[ObligationInHand, Fulfilment]]:
    """The next `limit` claims whose time for an answer is over. Index-driven, locked; others' are skipped, and so are
    those of suspended contracts, whose clocks stand still."""
    statement = (
        select(Fulfilment, Obligation, Contract)
        .join(Obligation, Obligation.id == Fulfilment.obligation_id)
        .join(Contract, Contract.id == Obligation.contract_id)
        .where(
            Fulfilment.state == ClaimState.CLAIMED,
            Fulfilment.answer_by < today,
            Contract.state != ContractState.SUSPENDED,
            Obligation.state.in_(CLAIMABLE_STATES),
        )
        .order_by(Fulfilment.answer_by, Fulfilment.id)
        .limit(limit)
        .with_for_update(of=[Contract, Obligation, Fulfilment], skip_locked=True)
    )
    rows = session.execute(statement).all()
    files = files_of(session, list({contract.id: contract for *_, contract in rows}.values()))
    return [(ObligationInHand(files[contract.id], obligation), claim) for claim, obligation, contract in rows]


def obligation_id_of(session: Session, model: type[Row], identifier: UUID) -> UUID:
    """The obligation a claim, case, request or variation belongs to; whether the actor may see it is asked next.

    Raises the model's own NotFound.
    """
    obligation_id = session.scalar(select(model.obligation_id).where(model.id == identifier))
    if obligation_id is None:
        raise _NOT_FOUND[model]
    return obligation_id


def locked_with(session: Session, actor: Actor, model: type[Row], identifier: UUID) -> tuple[ObligationInHand, Row]:
    """A claim, case, request or variation and its obligation, for changing them. Raises the model's NotFound."""
    try:
        hand = locked_obligation(session, actor, obligation_id_of(session, model, identifier))
    except ObligationNotFound as error:
        raise _NOT_FOUND[model] from error
    return hand, session.scalars(select(model).where(model.id == identifier)).one()


_NOT_FOUND = {
    Fulfilment: FulfilmentNotFound,
    SupervisionCase: SupervisionNotFound,
    TerminationCase: TerminationNotFound,
    Exemption: ExemptionNotFound,
    Variation: VariationNotFound,
}


def steps_of(session: Session, case_ids: Iterable[UUID]) -> Sequence[SupervisionStep]:
    return session.scalars(
        select(SupervisionStep)
        .where(SupervisionStep.case_id.in_(list(case_ids)))
        .order_by(SupervisionStep.case_id, SupervisionStep.position)
    ).all()


def documents_of(session: Session, actor: Actor, document_ids: Sequence[UUID]) -> list[Document]:
    """Documents the actor's organisation uploaded, in the order asked for. Raises `EvidenceDocumentNotFound`."""
    if not document_ids:
        return []
    owned = Document.organisation_id == actor.organisation_id
    found = {row.id: row for row in session.scalars(select(Document).where(Document.id.in_(document_ids), owned))}
    for document_id in document_ids:
        if document_id not in found:
            raise EvidenceDocumentNotFound(document_id=f"doc_{document_id.hex}")
    return [found[document_id] for document_id in dict.fromkeys(document_ids)]


def own_role(session: Session, actor: Actor, file: ContractFile) -> PartyRole | None:
    """The side of the contract the actor's organisation is on; None if it is on none."""
    uscc = session.scalar(select(Organisation.uscc).where(Organisation.id == actor.organisation_id))
    for party in file.parties:
        if party.uscc == uscc:
            return PartyRole(party.role)
    return None
