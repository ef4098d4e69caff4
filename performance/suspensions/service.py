"""Use cases of suspensions, behind one facade; each is one unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWorkFactory
from performance import repository as contracts
from performance.due_dates.calendar import HolidayCalendar
from performance.suspensions import repository, suspend_contract
from performance.suspensions.models import Suspension
from performance.suspensions.policy import SuspensionGround


@dataclass(frozen=True, slots=True)
class SuspensionService:
    unit_of_work: UnitOfWorkFactory
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)

    def propose(
        self,
        actor: Actor,
        contract_id: UUID,
        *,
        ground: SuspensionGround,
        reason: str,
        document_ids: Sequence[UUID] = (),
    ) -> Suspension:
        with self.unit_of_work() as uow:
            return suspend_contract.propose_suspension(
                uow, actor, contract_id, ground=ground, reason=reason, document_ids=document_ids
            )

    def order(
        self,
        actor: Actor,
        contract_id: UUID,
        *,
        ground: SuspensionGround,
        reason: str,
        authority: str,
        case_number: str,
        document_ids: Sequence[UUID],
    ) -> Suspension:
        with self.unit_of_work() as uow:
            return suspend_contract.order_suspension(
                uow,
                actor,
                contract_id,
                ground=ground,
                reason=reason,
                authority=authority,
                case_number=case_number,
                document_ids=document_ids,
            )

    def agree(self, actor: Actor, suspension_id: UUID) -> Suspension:
        with self.unit_of_work() as uow:
            return suspend_contract.agree_to_suspension(uow, actor, suspension_id)

    def refuse(self, actor: Actor, suspension_id: UUID, *, answer: str) -> Suspension:
        with self.unit_of_work() as uow:
            return suspend_contract.refuse_suspension(uow, actor, suspension_id, answer=answer)

    def resume(self, actor: Actor, suspension_id: UUID, *, reason: str) -> Suspension:
        with self.unit_of_work() as uow:
            return suspend_contract.resume_contract(uow, actor, suspension_id, self.calendar, reason=reason)

    def of_contract(self, actor: Actor, contract_id: UUID) -> list[Suspension]:
        """Oldest first. Raises `ContractNotFound`."""
        actor.require(Scope.CONTRACTS_READ)
        with self.unit_of_work() as uow:
            found = contracts.contract_of(uow.session, actor, contract_id)
            return list(repository.suspensions_of(uow.session, found.id))
