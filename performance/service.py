"""Use cases of the contract register and of what happens after signature, behind one facade.

Each use case is one unit of work in a file of its own; this class opens it. Reads are scoped to the actor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core.clock import china_day
from core.events import Reaction, Subscription
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance import (
    close_contract,
    enter_contract,
    exempt_obligation,
    fulfil_obligation,
    reading,
    register_contract,
    supervise_obligation,
    sweep_due,
    terminate_obligation,
)
from performance.due_dates import set_due
from performance.due_dates.calendar import HolidayCalendar
from performance.explanation import Explanation
from performance.fulfil_obligation import THE_REST, Part
from performance.intake import ContractElements
from performance.late_interest.tables import RateTables
from performance.listing import ObligationFilter
from performance.models import (
    Contract,
    ContractHistory,
    Exemption,
    Fulfilment,
    SupervisionCase,
    TerminationCase,
)
from performance.policy import ExemptionGround
from performance.reading import ContractDossier, ListedObligation, ObligationDossier, Page
from performance.regions import RegionProfiles
from performance.register.search import ContractFilter
from performance.terminate_obligation import Resolution
from signing.events import EnvelopeCompleted, EnvelopeEnded


@dataclass(frozen=True, slots=True)
class PerformanceService:
    unit_of_work: UnitOfWorkFactory
    profiles: RegionProfiles = field(default_factory=RegionProfiles)
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)
    rates: RateTables = field(default_factory=RateTables)

    # Register

    def enter_contract(self, actor: Actor, elements: ContractElements) -> ContractDossier:
        """A draft, or with `signed_on` a self-entry. See `enter_contract.enter_contract` for what it raises."""
        with self.unit_of_work() as uow:
            file = enter_contract.enter_contract(uow, actor, elements, self.profiles)
            return reading.dossier(uow.session, file, self.profiles)

    def attach_envelope(self, actor: Actor, contract_id: UUID, envelope_id: UUID) -> ContractDossier:
        with self.unit_of_work() as uow:
            file = enter_contract.attach_envelope(uow, actor, contract_id, envelope_id)
            return reading.dossier(uow.session, file, self.profiles)

    def contract(self, actor: Actor, contract_id: UUID) -> ContractDossier:
        """Raises `ContractNotFound`."""
        with self.unit_of_work() as uow:
            return reading.contract(uow.session, actor, contract_id, self.profiles)

    def contracts(
        self, actor: Actor, wanted: ContractFilter | None = None, *, cursor: str | None = None, limit: int = 50
    ) -> Page[Contract]:
        """Newest first. Raises `ListCursorInvalid` or `SearchRangeInvalid`."""
        with self.unit_of_work() as uow:
            return reading.contracts(uow.session, actor, wanted or ContractFilter(), cursor=cursor, limit=limit)

    def history(
        self, actor: Actor, contract_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> Page[ContractHistory]:
        """Who changed what, when, from what to what and why; oldest first. Raises `ContractNotFound`."""
        with self.unit_of_work() as uow:
            return reading.history(uow.session, actor, contract_id, cursor=cursor, limit=limit)

    def contract_counts(self, actor: Actor) -> dict[str, int]:
        """How many contracts the actor sees, by state."""
        with self.unit_of_work() as uow:
            return reading.contract_counts(uow.session, actor)

    # Obligations

    def obligations(
        self,
        actor: Actor,
        *,
        due_before: date | None = None,
        states: Sequence[str] = (),
        is_overdue: bool = False,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[ListedObligation]:
        """The soonest due first. `is_overdue`: only those whose day has passed and that are still open."""
        with self.unit_of_work() as uow:
            wanted = ObligationFilter(
                due_before, reading.obligation_states(states), china_day(uow.now) if is_overdue else None
            )
            return reading.obligations(uow.session, actor, wanted, cursor=cursor, limit=limit)

    def obligation(self, actor: Actor, obligation_id: UUID) -> ObligationDossier:
        """With its claims, register entries, cases, requests. Raises `ObligationNotFound`."""
        with self.unit_of_work() as uow:
            return reading.obligation(uow.session, actor, obligation_id, uow.now, self.rates)

    def explain(self, actor: Actor, obligation_id: UUID) -> Explanation:
        """Why it is overdue, met, exempt, not on record. Raises `ObligationNotFound`."""
        with self.unit_of_work() as uow:
            return reading.explain(
                uow.session,
                actor,
                obligation_id,
                profiles=self.profiles,
                now=uow.now,
                rates=self.rates,
                calendar=self.calendar,
            )

    def claim_fulfilment(
        self,
        actor: Actor,
        obligation_id: UUID,
        *,
        fulfilled_on: date,
        statement: str,
        part: Part = THE_REST,
        document_ids: Sequence[UUID] = (),
    ) -> Fulfilment:
        with self.unit_of_work() as uow:
            return fulfil_obligation.claim_fulfilment(
                uow,
                actor,
                obligation_id,
                fulfilled_on=fulfilled_on,
                statement=statement,
                part=part,
                document_ids=document_ids,
            )

    def confirm_fulfilment(self, actor: Actor, claim_id: UUID, *, answer: str = "") -> Fulfilment:
        with self.unit_of_work() as uow:
            return fulfil_obligation.confirm_fulfilment(uow, actor, claim_id, self.calendar, answer=answer)

    def dispute_fulfilment(self, actor: Actor, claim_id: UUID, *, answer: str) -> Fulfilment:
        with self.unit_of_work() as uow:
            return fulfil_obligation.dispute_fulfilment(uow, actor, claim_id, answer=answer)

    def request_exemption(
        self,
        actor: Actor,
        obligation_id: UUID,
        *,
        ground: ExemptionGround,
        occurred_on: date,
        reason: str,
        document_ids: Sequence[UUID],
    ) -> Exemption:
        with self.unit_of_work() as uow:
            return exempt_obligation.request_exemption(
                uow,
                actor,
                obligation_id,
                ground=ground,
                occurred_on=occurred_on,
                reason=reason,
                document_ids=document_ids,
            )

    def approve_exemption(self, actor: Actor, exemption_id: UUID, *, answer: str) -> Exemption:
        with self.unit_of_work() as uow:
            return exempt_obligation.approve_exemption(uow, actor, exemption_id, answer=answer)

    def refuse_exemption(self, actor: Actor, exemption_id: UUID, *, answer: str) -> Exemption:
        with self.unit_of_work() as uow:
            return exempt_obligation.refuse_exemption(uow, actor, exemption_id, answer=answer)

    def report_anchor(
        self, actor: Actor, obligation_id: UUID, *, occurred_on: date, statement: str, document_ids: Sequence[UUID]
    ) -> ObligationDossier:
        """When the delivery, acceptance or invoice was that its period runs from. See `set_due.report_anchor`."""
        with self.unit_of_work() as uow:
            set_due.report_anchor(
                uow,
                actor,
                obligation_id,
                self.calendar,
                occurred_on=occurred_on,
                statement=statement,
                document_ids=document_ids,
            )
            uow.session.flush()
            return reading.obligation(uow.session, actor, obligation_id, uow.now, self.rates)

    def publish_contract(self, actor: Actor, contract_id: UUID, *, published_on: date, where: str) -> ContractDossier:
        with self.unit_of_work() as uow:
            file = close_contract.publish_contract(uow, actor, contract_id, published_on=published_on, where=where)
            return reading.dossier(uow.session, file, self.profiles)

    def archive_contract(self, actor: Actor, contract_id: UUID, *, reason: str) -> ContractDossier:
        with self.unit_of_work() as uow:
            file = close_contract.archive_contract(uow, actor, contract_id, reason=reason)
            return reading.dossier(uow.session, file, self.profiles)

    # Supervision and termination

    def sweep_due(self) -> int:
        """Enters what is past due into the overdue register; run it daily or whenever. Returns how many entered.

        First what silence confirms and what a new holiday table dates, so that neither is late by the order of things.
        """
        fulfil_obligation.confirm_by_silence(self.unit_of_work, self.calendar)
        set_due.determine_open(self.unit_of_work, self.calendar)
        return sweep_due.sweep_due(self.unit_of_work)

    def open_supervision(self, actor: Actor, obligation_id: UUID, *, reason: str) -> SupervisionCase:
        with self.unit_of_work() as uow:
            return supervise_obligation.open_supervision(uow, actor, obligation_id, reason=reason)

    def enter_termination_register(
        self, actor: Actor, obligation_id: UUID, *, reason: str, document_ids: Sequence[UUID] = ()
    ) -> TerminationCase:
        with self.unit_of_work() as uow:
            return terminate_obligation.enter_termination_register(
                uow, actor, obligation_id, reason=reason, document_ids=document_ids
            )

    def record_outcome(self, actor: Actor, case_id: UUID, resolution: Resolution) -> TerminationCase:
        with self.unit_of_work() as uow:
            return terminate_obligation.record_outcome(uow, actor, case_id, resolution)

    # Events

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return [
            Subscription("performance.register_contract", EnvelopeCompleted, self._register),
            Subscription("performance.cancel_contract", EnvelopeEnded, register_contract.cancel_ended_envelope),
        ]

    def _register(self, uow: UnitOfWork, event: EnvelopeCompleted) -> None:
        register_contract.register_completed_envelope(uow, event, self.profiles)
