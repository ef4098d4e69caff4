"""Use cases of the registers, supervision and rectification, behind one facade; each is one unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from accounts.policy import Actor
from core.unit_of_work import UnitOfWorkFactory
from performance.models import SupervisionStep
from performance.policy import PartyRole, TerminationState
from performance.reading import Page
from performance.supervision import end_demands, reading, record_step, rectify
from performance.supervision.models import PublicDemand
from performance.supervision.policy import ItemChange
from performance.supervision.reading import OrderDossier, OverdueItem, SupervisionDossier, TerminationItem
from performance.supervision.record_step import NewStep
from performance.supervision.rectify import NewItem
from performance.supervision.repository import OverdueFilter


@dataclass(frozen=True, slots=True)
class SupervisionService:
    unit_of_work: UnitOfWorkFactory

    def overdue_register(
        self, actor: Actor, wanted: OverdueFilter | None = None, *, cursor: str | None = None, limit: int = 50
    ) -> Page[OverdueItem]:
        """逾期执行库, newest first. Raises `ListCursorInvalid`."""
        with self.unit_of_work() as uow:
            return reading.overdue_register(
                uow.session, actor, wanted or OverdueFilter(), now=uow.now, cursor=cursor, limit=limit
            )

    def terminations(
        self, actor: Actor, *, state: TerminationState | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[TerminationItem]:
        """终止库, newest first. Raises `ListCursorInvalid`."""
        with self.unit_of_work() as uow:
            return reading.terminations(uow.session, actor, state=state, cursor=cursor, limit=limit)

    def supervision(self, actor: Actor, case_id: UUID) -> SupervisionDossier:
        """Raises `SupervisionNotFound`."""
        with self.unit_of_work() as uow:
            return reading.supervision(uow.session, actor, case_id, uow.now)

    def record_step(self, actor: Actor, case_id: UUID, new: NewStep) -> SupervisionStep:
        with self.unit_of_work() as uow:
            return record_step.record_step(uow, actor, case_id, new)

    def public_demands(
        self, *, region: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[PublicDemand]:
        """For anybody, without an account."""
        with self.unit_of_work() as uow:
            return reading.public_demands(uow.session, region=region, now=uow.now, cursor=cursor, limit=limit)

    def withdraw_demand(self, actor: Actor, demand_id: UUID, *, reason: str) -> PublicDemand:
        with self.unit_of_work() as uow:
            return end_demands.withdraw_demand(uow, actor, demand_id, reason=reason)

    def end_expired_demands(self) -> int:
        """Run it daily or whenever; touches only what is over."""
        return end_demands.end_expired(self.unit_of_work)

    def issue_order(
        self,
        actor: Actor,
        case_id: UUID,
        *,
        party_role: PartyRole,
        reason: str,
        items: Sequence[NewItem],
        document_ids: Sequence[UUID] = (),
    ) -> OrderDossier:
        with self.unit_of_work() as uow:
            order = rectify.issue_order(
                uow, actor, case_id, party_role=party_role, reason=reason, items=items, document_ids=document_ids
            )
            return reading.rectification(uow.session, actor, order.id)

    def rectification(self, actor: Actor, order_id: UUID) -> OrderDossier:
        """Raises `RectificationNotFound`."""
        with self.unit_of_work() as uow:
            return reading.rectification(uow.session, actor, order_id)

    def report_item(self, actor: Actor, item_id: UUID, *, text: str, document_ids: Sequence[UUID] = ()) -> OrderDossier:
        with self.unit_of_work() as uow:
            item = rectify.report_item(uow, actor, item_id, text=text, document_ids=document_ids)
            return reading.rectification(uow.session, actor, item.order_id)

    def decide_item(
        self,
        actor: Actor,
        item_id: UUID,
        change: ItemChange,
        *,
        text: str,
        due_on: date | None = None,
        document_ids: Sequence[UUID] = (),
    ) -> OrderDossier:
        with self.unit_of_work() as uow:
            item = rectify.decide_item(uow, actor, item_id, change, text=text, due_on=due_on, document_ids=document_ids)
            return reading.rectification(uow.session, actor, item.order_id)
