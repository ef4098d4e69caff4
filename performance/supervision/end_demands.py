"""How a public demand ends: withdrawn by the regulator, or expired. Met, excused or terminated, it ends by itself
with the obligation's stay under supervision (`recording.leave_registers`)."""

from uuid import UUID

from accounts.policy import Actor
from core.clock import china_day
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance import repository as contracts
from performance.models import Contract
from performance.recording import SYSTEM, Author, end_demand
from performance.supervise_obligation import require_regulator
from performance.supervision import policy, repository
from performance.supervision.models import PublicDemand
from performance.supervision.policy import DemandEnd


def withdraw_demand(uow: UnitOfWork, actor: Actor, demand_id: UUID, *, reason: str) -> PublicDemand:
    """Raises `RegulatorRequired`, `DemandNotFound` or `DemandOver`."""
    require_regulator(actor)
    hand, demand = repository.locked_demand(uow.session, actor, demand_id)
    policy.check_demand_running(demand.ended_because)
    end_demand(uow, hand, demand, DemandEnd.WITHDRAWN, Author.of(actor), reason=reason)
    return demand


def end_expired(unit_of_work: UnitOfWorkFactory) -> int:
    """Ends those whose days are over, each in a unit of work of its own; returns how many. The public doesn't see
    them any more even before: `repository.public_demands` goes by the day."""
    ended = 0
    while True:
        with unit_of_work() as uow:
            demand = repository.expired_demand(uow.session, china_day(uow.now))
            if demand is None:
                return ended
            contract = uow.session.get_one(Contract, demand.contract_id)
            file = contracts.files_of(uow.session, [contract])[contract.id]
            obligation = next(each for each in file.obligations if each.id == demand.obligation_id)
            hand = contracts.ObligationInHand(file, obligation)
            end_demand(uow, hand, demand, DemandEnd.EXPIRED, SYSTEM, reason="公示期满 the publication's days are over")
        ended += 1
