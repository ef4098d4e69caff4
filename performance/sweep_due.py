"""The due sweep: what wasn't met by its day enters the overdue register 逾期执行库 (R11).

It may run at any time, several at once, and after a crash anywhere: each batch is one transaction, what another
sweep holds is skipped, and an obligation that has entered is no longer scheduled. The register's unique key
(obligation, due version) is the last line of defence. It touches only what is due.
"""

from core.clock import china_day, rfc3339
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance import repository
from performance.events import ObligationOverdue
from performance.models import OverdueEntry
from performance.policy import ObligationChange, StepKind
from performance.recording import SYSTEM, change_obligation, due_fields
from performance.repository import ObligationInHand

BATCH = 100


def sweep_due(unit_of_work: UnitOfWorkFactory, batch: int = BATCH) -> int:
    """One pass; returns how many obligations entered the register."""
    entered = 0
    while True:
        with unit_of_work() as uow:
            due = repository.due_obligations(uow.session, china_day(uow.now), batch)
            for hand in due:
                _enter_register(uow, hand)
        entered += len(due)
        if not due:
            return entered


def _enter_register(uow: UnitOfWork, hand: ObligationInHand) -> None:
    obligation = hand.obligation
    uow.session.add(
        OverdueEntry(
            id=uow.new_id(),
            contract_id=obligation.contract_id,
            obligation_id=obligation.id,
            due_version=obligation.due_version,
            due_on=hand.past_due_on,
            region=hand.file.contract.region,
            class_code=hand.file.contract.class_code,
            debtor_uscc=hand.debtor.uscc,
            next_step=StepKind.REMINDER,
            next_step_on=china_day(uow.now),
            entered_at=uow.now,
        )
    )
    change_obligation(
        uow,
        hand,
        ObligationChange.FALL_OVERDUE,
        SYSTEM,
        reason=f"超过约定期限 {hand.past_due_on.isoformat()} 未履行",
        facts={"found_at": rfc3339(uow.now)},
    )
    uow.emit(ObligationOverdue(**due_fields(hand)))
