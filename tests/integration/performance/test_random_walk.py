"""Everybody tries everything in a random order on a real database: nothing but our own errors ever comes back, and
the traces (history, registers, events) always agree with the states."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from core.money import Money
from performance.due_dates.policy import Anchor, DueRule, DueUnit
from performance.fulfil_obligation import Part
from performance.intake import ObligationElement
from performance.models import ContractHistory, Obligation, OverdueEntry
from performance.policy import (
    CONTRACT_TRANSITIONS,
    ContractState,
    DisputeOutcome,
    ExemptionGround,
    ObligationChange,
    ObligationKind,
    ObligationState,
    PartyRole,
    StepKind,
    contract_state_after,
    replay,
)
from performance.supervision.record_step import NewStep
from performance.suspensions.models import Suspension
from performance.suspensions.policy import SuspensionGround
from performance.terminate_obligation import Resolution
from performance.variations.policy import Terms

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

STEPS = 120


class Walk:
    """Random moves of random people on the obligations of one contract."""

    def __init__(self, world: "World", seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.file = world.registered(obligations=self.owed(), silence_days=5).file
        self.known: dict[str, list[Any]] = {
            "claim": [],
            "case": [],
            "termination": [],
            "exemption": [],
            "variation": [],
            "suspension": [],
        }
        self.documents = {actor: world.document(actor) for actor in (world.purchaser, world.supplier, world.regulator)}
        self.took = 0

    def owed(self) -> tuple[ObligationElement, ...]:
        """A delivery by a named day, a payment that waits for an invoice, one that waits for the delivery."""
        world = self.world
        invoice = DueRule(Anchor.INVOICE, 5, DueUnit.CALENDAR_DAYS, rolls=False)
        delivery = DueRule(Anchor.OBLIGATION, 3, DueUnit.CALENDAR_DAYS, after_position=1, rolls=False)
        pay = world.obligation(ObligationKind.PAYMENT, "首付款", PartyRole.PURCHASER, 0, "144000.00")
        return (
            world.obligation(ObligationKind.DELIVERY, "交付设备", PartyRole.SUPPLIER, 10),
            replace(pay, due_on=None, rule=invoice),
            replace(pay, title="尾款", due_on=None, rule=delivery),
        )

    def step(self) -> None:
        with suppress(Conflict, InvalidInput, NotAllowed, NotFound):
            self.random.choice(self.moves())()
            self.took += 1

    def part(self) -> Part:
        """The whole rest, or some of the money."""
        amount = Money(self.random.choice([1_000_000, 9_000_000, 40_000_000]))
        return self.random.choice([Part(), Part(), Part(amount=amount), Part(amount=amount, exceeds_owed=True)])

    def terms(self) -> Terms:
        day = self.world.today + timedelta(days=self.random.randint(-2, 9))
        amount = Money(self.random.choice([1_000_000, 30_000_000]))
        return self.random.choice([Terms(due_on=day), Terms(amount=amount), Terms(due_on=day, amount=amount)])

    def sign_amendment(self, variation_id: UUID) -> None:
        """Both sides sign it, or only one does."""
        world = self.world
        envelope_id = world.envelope(world.purchaser)
        world.variations.attach_envelope(world.purchaser, variation_id, envelope_id)
        signers = [world.purchaser, world.supplier] if self.random.random() < 0.7 else [world.purchaser]
        world.handle(world.completion(envelope_id, signers))

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
                "claim",
                service.claim_fulfilment(
                    actor, obligation_id, fulfilled_on=today, statement="已履行", part=self.part()
                ),
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
                world.variations.propose(actor, obligation_id, self.terms(), reason="协商", document_ids=documents),
            ),
            lambda: world.variations.agree(actor, some("variation")),
            lambda: world.variations.drop(actor, some("variation"), answer="不同意"),
            lambda: self.sign_amendment(some("variation")),
            lambda: keep(
                "suspension",
                world.suspensions.propose(
                    actor, self.file.contract.id, ground=SuspensionGround.FORCE_MAJEURE, reason="洪水"
                ),
            ),
            lambda: world.suspensions.agree(actor, some("suspension")),
            lambda: world.suspensions.refuse(actor, some("suspension"), answer="不同意"),
            lambda: world.suspensions.resume(actor, some("suspension"), reason="恢复"),
            lambda: world.suspensions.resume(regulator, some("suspension"), reason="恢复"),
            lambda: service.report_anchor(
                actor, obligation_id, occurred_on=today, statement="已开票", document_ids=documents
            ),
            lambda: service.publish_contract(actor, self.file.contract.id, published_on=today, where="政府采购网"),
            lambda: service.archive_contract(actor, self.file.contract.id, reason="归档"),
        ]


def replay_contract(moves: list[tuple[str, str]]) -> str:
    """Where a contract is after its moves, each of which starts where the one before ended."""
    state = "draft"
    for before, after in moves:
        assert before == state
        state = after
    return state


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
    moved = world.events("obligation.moved")
    for obligation in obligations:
        told = [ObligationChange(each["change"]) for each in moved if each["obligation_id"] == str(obligation.id)]
        assert replay(told) == obligation.state
    contract_moves = [(each["before"], each["after"]) for each in world.events("contract.moved")]
    assert all(ContractState(after) in CONTRACT_TRANSITIONS[ContractState(before)] for before, after in contract_moves)
    assert replay_contract(contract_moves) == world.contract_state(walk.file.contract.id)
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
    states = [ObligationState(each.state) for each in obligations]
    assert contract.state == contract_state_after(ContractState(contract.state), states)
    with world.unit_of_work() as uow:
        in_force = uow.session.scalar(select(Suspension.id).where(Suspension.state == "in_force"))
    assert (contract.state == ContractState.SUSPENDED) == (in_force is not None)
