"""Everybody tries everything in a random order on a real database: nothing but our own errors ever comes back, and
the traces (history, registers, events) always agree with the states."""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from performance.models import ContractHistory, Obligation, OverdueEntry
from performance.policy import (
    DisputeOutcome,
    ExemptionGround,
    ObligationChange,
    ObligationState,
    PartyRole,
    StepKind,
    contract_state_after,
    replay,
)
from performance.supervision.record_step import NewStep
from performance.terminate_obligation import Resolution

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

STEPS = 120


class Walk:
    """Random moves of random people on the obligations of one contract."""

    def __init__(self, world: "World", seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.file = world.registered().file
        self.known: dict[str, list[Any]] = {
            "claim": [],
            "case": [],
            "termination": [],
            "exemption": [],
            "variation": [],
        }
        self.documents = {actor: world.document(actor) for actor in (world.purchaser, world.supplier, world.regulator)}
        self.took = 0

    def step(self) -> None:
        with suppress(Conflict, InvalidInput, NotAllowed, NotFound):
            self.random.choice(self.moves())()
            self.took += 1

    def moves(self) -> list[Callable[[], Any]]:
        world, service = self.world, self.world.service
        actor = self.random.choice([world.purchaser, world.supplier, world.regulator, world.outsider])
        regulator = world.regulator
        obligation_id = self.random.choice(self.file.obligations).id
        documents = [self.documents[actor]] if actor in self.documents else []
        today = world.today

        def keep(kind: str, row: Any) -> None:
            self.known[kind].append(row.id)

        def some(kind: str) -> Any:
            return self.random.choice(self.known[kind] or [obligation_id])

        award = Resolution(
            self.random.choice(list(DisputeOutcome)),
            decided_on=today,
            body="榆林仲裁委员会",
            case_number="1",
            is_no_fault=self.random.random() < 0.4,
            party_at_fault=self.random.choice([None, PartyRole.SUPPLIER]),
            document_ids=(self.documents[regulator],),
        )
        return [
            lambda: world.pass_days(self.random.randint(1, 8)) and service.sweep_due(),
            lambda: keep(
                "claim", service.claim_fulfilment(actor, obligation_id, fulfilled_on=today, statement="已履行")
            ),
            lambda: service.confirm_fulfilment(actor, some("claim")),
            lambda: service.dispute_fulfilment(actor, some("claim"), answer="不符"),
            lambda: keep("case", service.open_supervision(regulator, obligation_id, reason="逾期")),
            lambda: world.supervision.record_step(
                regulator, some("case"), NewStep(self.random.choice(list(StepKind)), today, "记录", "结果")
            ),
            lambda: keep("termination", service.enter_termination_register(regulator, obligation_id, reason="停产")),
            lambda: service.record_outcome(regulator, some("termination"), award),
            lambda: keep(
                "exemption",
                service.request_exemption(
                    actor,
                    obligation_id,
                    ground=self.random.choice(list(ExemptionGround)),
                    occurred_on=today,
                    reason="事由",
                    document_ids=documents,
                ),
            ),
            lambda: service.approve_exemption(regulator, some("exemption"), answer="属实"),
            lambda: service.refuse_exemption(regulator, some("exemption"), answer="不属实"),
            lambda: keep(
                "variation",
                service.propose_variation(
                    actor, obligation_id, due_on=today + timedelta(days=self.random.randint(-2, 9)), reason="协商"
                ),
            ),
            lambda: service.accept_variation(actor, some("variation")),
            lambda: service.refuse_variation(actor, some("variation"), answer="不同意"),
        ]


@pytest.mark.parametrize("seed", range(2))
def test_states_and_traces_agree_whatever_is_tried(world: "World", seed: int) -> None:
    walk = Walk(world, seed)
    for _ in range(STEPS):
        walk.step()
    assert walk.took > 10
    with world.unit_of_work() as uow:
        obligations = uow.session.scalars(select(Obligation)).all()
        rows = uow.session.scalars(select(ContractHistory).order_by(ContractHistory.sequence)).all()
        open_entries = set(
            uow.session.scalars(select(OverdueEntry.obligation_id).where(OverdueEntry.left_at.is_(None)))
        )
        entries = uow.session.scalar(select(func.count()).select_from(OverdueEntry))
    moves = set(ObligationChange)
    for obligation in obligations:
        changes = [ObligationChange(r.change) for r in rows if r.obligation_id == obligation.id and r.change in moves]
        assert replay(changes) == obligation.state
    late = {ObligationState.OVERDUE, ObligationState.UNDER_SUPERVISION}
    assert open_entries == {each.id for each in obligations if each.state in late}
    assert entries == len(world.events("obligation.overdue"))
    breached = {str(each.id) for each in obligations if each.state == ObligationState.BREACHED}
    assert {event["obligation_id"] for event in world.events("breach.recorded")} == breached
    closed = {
        ObligationState.MET,
        ObligationState.MET_AFTER_SUPERVISION,
        ObligationState.EXEMPT,
        ObligationState.TERMINATED,
    }
    outcomes = {event["obligation_id"]: event["outcome"] for event in world.events("obligation.closed")}
    assert outcomes == {str(each.id): each.state for each in obligations if each.state in closed}
    contract = world.service.contract(world.purchaser, walk.file.contract.id).file.contract
    assert contract.state == contract_state_after(contract.state, [ObligationState(o.state) for o in obligations])
