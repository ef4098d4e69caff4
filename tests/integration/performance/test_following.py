"""After signature (R9–R14): met, overdue, supervised, terminated, exempt, rescheduled; each with its trace."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.unit_of_work import UnitOfWork
from performance import errors
from performance.models import ContractHistory, Obligation, OverdueEntry
from performance.policy import (
    DisputeOutcome,
    ExemptionGround,
    ObligationChange,
    PartyRole,
    StepKind,
    replay,
)
from performance.supervision.errors import StepNotOpen
from performance.supervision.record_step import NewStep
from performance.supervision.repository import OverdueFilter
from performance.sweep_due import sweep_due
from performance.terminate_obligation import Resolution

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


@pytest.fixture
def delivery(world: "World") -> Obligation:
    """The supplier's delivery, due in ten days, of a registered contract."""
    return world.registered().file.obligations[0]


@pytest.fixture
def late_delivery(world: "World", delivery: Obligation) -> Obligation:
    """The same, in the overdue register since today."""
    world.pass_days(11)
    assert world.service.sweep_due() == 1
    return delivery


def test_claimed_with_evidence_and_confirmed_is_met(world: "World", delivery: Obligation) -> None:
    document_id = world.document(world.supplier)
    claim = world.service.claim_fulfilment(
        world.supplier, delivery.id, fulfilled_on=world.today, statement="80 台已交付", document_ids=[document_id]
    )
    assert claim.documents[0]["document_id"] == f"doc_{document_id.hex}"
    with pytest.raises(errors.ClaimPending):
        world.service.claim_fulfilment(world.supplier, delivery.id, fulfilled_on=world.today, statement="又一次")
    with pytest.raises(errors.NotAParty):
        world.service.confirm_fulfilment(world.supplier, claim.id)

    world.service.confirm_fulfilment(world.purchaser, claim.id)

    assert world.state_of(delivery) == "met"
    (closed,) = world.events("obligation.closed")
    assert (closed["outcome"], closed["closed_on"]) == ("met", world.today.isoformat())
    assert closed["debtor"]["role"] == "supplier"
    with pytest.raises(errors.ClaimAnswered):
        world.service.dispute_fulfilment(world.purchaser, claim.id, answer="反悔")


def test_only_the_debtor_claims_and_only_what_has_happened(world: "World", delivery: Obligation) -> None:
    tomorrow = world.today + timedelta(days=1)
    with pytest.raises(errors.NotAParty):
        world.service.claim_fulfilment(world.purchaser, delivery.id, fulfilled_on=world.today, statement="替对方申报")
    with pytest.raises(errors.FulfilledInFuture):
        world.service.claim_fulfilment(world.supplier, delivery.id, fulfilled_on=tomorrow, statement="预报")
    with pytest.raises(errors.EvidenceDocumentNotFound):
        world.service.claim_fulfilment(
            world.supplier,
            delivery.id,
            fulfilled_on=world.today,
            statement="引用他人文件",
            document_ids=[world.document(world.purchaser)],
        )
    with pytest.raises(errors.ObligationNotFound):
        world.service.claim_fulfilment(world.outsider, delivery.id, fulfilled_on=world.today, statement="局外人")
    assert world.service.obligation(world.supplier, delivery.id).fulfilments == []


def test_all_met_completes_the_contract(world: "World") -> None:
    file = world.registered().file
    world.meet(file.obligations[0], world.supplier, world.purchaser)
    assert world.service.contract(world.purchaser, file.contract.id).file.contract.state == "performing"
    for payment in file.obligations[1:]:
        world.meet(payment, world.purchaser, world.supplier)
    assert world.service.contract(world.purchaser, file.contract.id).file.contract.state == "completed"


def test_the_whole_due_day_belongs_to_the_debtor(world: "World", delivery: Obligation) -> None:
    world.pass_days(10)
    assert world.service.sweep_due() == 0
    world.pass_days(1)
    assert world.service.sweep_due() == 1
    assert world.service.sweep_due() == 0

    assert world.state_of(delivery) == "overdue"
    (overdue,) = world.events("obligation.overdue")
    assert {contact["party_role"] for contact in overdue["contacts"]} == {"purchaser", "supplier"}
    (item,) = world.supervision.overdue_register(world.regulator, OverdueFilter(is_open=True)).items
    assert item.obligation.id == delivery.id
    assert world.supervision.overdue_register(world.outsider).items == []
    late = world.service.obligations(world.purchaser, is_overdue=True).items
    assert [each.obligation.id for each in late] == [delivery.id]


def test_a_claim_made_in_time_holds_the_sweep_until_it_is_disputed(world: "World", delivery: Obligation) -> None:
    claim = world.service.claim_fulfilment(world.supplier, delivery.id, fulfilled_on=world.today, statement="已交付")
    world.pass_days(11)
    assert world.service.sweep_due() == 0

    world.service.dispute_fulfilment(world.purchaser, claim.id, answer="少 3 台")

    assert world.service.sweep_due() == 1


def test_sweeps_at_the_same_time_enter_everything_once(world: "World") -> None:
    for _ in range(12):
        world.registered()
    world.pass_days(21)
    with ThreadPoolExecutor(3) as pool:
        entered = list(pool.map(lambda _: sweep_due(world.unit_of_work, batch=2), range(3)))
    left_behind = world.service.sweep_due()
    assert sum(entered) + left_behind == 24
    with world.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(OverdueEntry)) == 24
    assert len(world.events("obligation.overdue")) == 24


def test_a_sweep_that_dies_in_a_batch_goes_on_where_it_was(world: "World") -> None:
    for _ in range(2):
        world.registered()
    world.pass_days(21)
    batches = iter(range(100))

    def dying_in_the_second_batch() -> UnitOfWork:
        return DyingUnitOfWork(world) if next(batches) == 1 else world.unit_of_work()

    with pytest.raises(ConnectionError):
        sweep_due(dying_in_the_second_batch, batch=2)
    assert len(world.events("obligation.overdue")) == 2

    assert world.service.sweep_due() == 2
    assert len(world.events("obligation.overdue")) == 4


class DyingUnitOfWork(UnitOfWork):
    """Loses its connection when everything is written and the commit is due."""

    def __init__(self, world: "World") -> None:
        alive = world.unit_of_work()
        super().__init__(alive._engine, world.clock)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.flush()
        self.session.close()
        raise ConnectionError


def test_met_after_supervision_leaves_no_negative_mark(world: "World", late_delivery: Obligation) -> None:
    case = world.service.open_supervision(world.regulator, late_delivery.id, reason="逾期一日")
    step = world.supervision.record_step(
        world.regulator,
        case.id,
        NewStep(
            kind=StepKind.REMINDER,
            held_on=world.today,
            participants=("李供应", "张督查"),
            minutes="供应方承诺五日内交付。",
            outcome="限期五日",
        ),
    )
    assert step.participants == ["李供应", "张督查"]
    world.pass_days(3)

    world.meet(late_delivery, world.supplier, world.purchaser)

    assert world.state_of(late_delivery) == "met_after_supervision"
    assert world.events("breach.recorded") == []
    (closed,) = world.events("obligation.closed")
    assert closed["outcome"] == "met_after_supervision"
    (item,) = world.supervision.overdue_register(world.regulator).items
    assert item.entry.outcome == "met_after_supervision"
    explained = world.service.explain(world.supplier, late_delivery.id)
    assert explained.rule == "met_after_supervision"
    assert "不作为失信信息" in explained.rule_zh
    assert explained.facts["days_late"] == 4
    with pytest.raises(errors.SupervisionClosed):
        world.supervision.record_step(
            world.regulator, case.id, NewStep(StepKind.REMINDER, world.today, minutes="", outcome="已结束")
        )


def test_supervision_is_the_regulators_and_follows_the_ladder(
    world: "World", late_delivery: Obligation, delivery: Obligation
) -> None:
    far = replace(world.regulator, region="baoji")
    with pytest.raises(errors.RegulatorRequired):
        world.service.open_supervision(world.outsider, late_delivery.id, reason="")
    with pytest.raises(errors.ObligationNotFound):
        world.service.open_supervision(far, late_delivery.id, reason="")
    case = world.service.open_supervision(world.regulator, late_delivery.id, reason="逾期")
    with pytest.raises(errors.ObligationStateForbids):
        world.service.open_supervision(world.regulator, late_delivery.id, reason="再次")

    def step(kind: StepKind, in_days: int = 0) -> None:
        held_on = world.today + timedelta(days=in_days)
        world.supervision.record_step(world.regulator, case.id, NewStep(kind, held_on, minutes="记录", outcome="结果"))

    with pytest.raises(errors.StepInFuture):
        step(StepKind.REMINDER, in_days=1)
    with pytest.raises(StepNotOpen):
        step(StepKind.DEMAND)  # a first delay of one day: reminded, and no more (容错)
    world.pass_days(7)
    with pytest.raises(errors.DemandMissing):
        step(StepKind.PUBLIC_DEMAND)
    step(StepKind.REMINDER)
    step(StepKind.DEMAND)
    world.pass_days(3)
    step(StepKind.PUBLIC_DEMAND)
    steps = world.service.obligation(world.regulator, late_delivery.id).supervision_steps
    assert [each.kind for each in steps] == ["reminder", "demand", "public_demand"]


def test_a_breach_is_recorded_only_after_the_outcome(world: "World", late_delivery: Obligation) -> None:
    case = world.service.enter_termination_register(world.regulator, late_delivery.id, reason="供应方停产")
    assert world.state_of(late_delivery) == "in_termination_register"
    assert world.events("breach.recorded") == []
    award = Resolution(
        DisputeOutcome.AWARD,
        decided_on=world.today,
        body="榆林仲裁委员会",
        case_number="（2026）榆仲裁字第12号",
        party_at_fault=PartyRole.SUPPLIER,
        document_ids=(world.document(world.regulator, "裁决书.pdf"),),
    )
    for error, change in [
        (errors.OutcomeIncomplete, {"document_ids": ()}),
        (errors.OutcomeIncomplete, {"party_at_fault": None}),
        (errors.OutcomeIncomplete, {"case_number": ""}),
        (errors.OutcomeContradictory, {"is_no_fault": True}),
        (errors.OutcomeInFuture, {"decided_on": world.today + timedelta(days=1)}),
        (errors.MediationWalledOff, {"outcome": DisputeOutcome.MEDIATION}),
    ]:
        with pytest.raises(error):
            world.service.record_outcome(world.regulator, case.id, replace(award, **change))
    assert world.events("breach.recorded") == []

    resolved = world.service.record_outcome(world.regulator, case.id, award)

    assert resolved.state == "breach_recorded"
    assert world.state_of(late_delivery) == "breached"
    (breach,) = world.events("breach.recorded")
    assert breach["party"]["role"] == "supplier"
    assert "（2026）榆仲裁字第12号" in breach["source_document"]
    contract = world.service.contract(world.purchaser, late_delivery.contract_id).file.contract
    assert contract.state == "resolved"
    with pytest.raises(errors.DisputeResolved):
        world.service.record_outcome(world.regulator, case.id, award)


def test_a_dispute_without_fault_closes_without_a_breach(world: "World", late_delivery: Obligation) -> None:
    case = world.service.enter_termination_register(world.regulator, late_delivery.id, reason="标的灭失")
    mediated = Resolution(DisputeOutcome.MEDIATION, decided_on=world.today, is_no_fault=True)

    world.service.record_outcome(world.regulator, case.id, mediated)

    assert world.state_of(late_delivery) == "terminated"
    assert world.events("breach.recorded") == []
    assert world.events("obligation.closed")[0]["outcome"] == "terminated"


def test_what_is_not_overdue_cannot_be_supervised_or_terminated(world: "World", delivery: Obligation) -> None:
    with pytest.raises(errors.ObligationStateForbids):
        world.service.open_supervision(world.regulator, delivery.id, reason="")
    with pytest.raises(errors.ObligationStateForbids):
        world.service.enter_termination_register(world.regulator, delivery.id, reason="")


def test_force_majeure_after_the_delay_does_not_excuse(world: "World", late_delivery: Obligation) -> None:
    document_ids = [world.document(world.supplier, "气象证明.pdf")]
    with pytest.raises(errors.GroundTooLate):
        world.service.request_exemption(
            world.supplier,
            late_delivery.id,
            ground=ExemptionGround.FORCE_MAJEURE,
            occurred_on=world.today,
            reason="暴雨",
            document_ids=document_ids,
        )


def test_exempt_needs_evidence_and_a_different_person(world: "World", late_delivery: Obligation) -> None:
    flood_day = late_delivery.due_on - timedelta(days=2)

    def ask(**changes: object) -> object:
        given = {
            "ground": ExemptionGround.FORCE_MAJEURE,
            "occurred_on": flood_day,
            "reason": "暴雨致道路中断",
            "document_ids": [world.document(world.supplier, "气象证明.pdf")],
        }
        return world.service.request_exemption(world.supplier, late_delivery.id, **{**given, **changes})  # type: ignore[arg-type]

    with pytest.raises(errors.EvidenceMissing):
        ask(document_ids=[])
    request = ask()
    with pytest.raises(errors.ExemptionPending):
        ask()
    requester = replace(world.regulator, person_id=world.supplier.person_id)
    machine = replace(world.regulator, person_id=None)
    for nobody in (requester, machine):
        with pytest.raises(errors.SamePersonApproves):
            world.service.approve_exemption(nobody, request.id, answer="同意")

    world.service.approve_exemption(world.regulator, request.id, answer="事由属实")

    assert world.state_of(late_delivery) == "exempt"
    assert world.events("obligation.closed")[0]["outcome"] == "exempt"
    assert world.service.explain(world.purchaser, late_delivery.id).facts["ground"] == "force_majeure"
    with pytest.raises(errors.ExemptionAnswered):
        world.service.refuse_exemption(world.regulator, request.id, answer="反悔")


def test_history_replays_to_the_state_and_cannot_be_changed(world: "World", late_delivery: Obligation) -> None:
    case = world.service.open_supervision(world.regulator, late_delivery.id, reason="逾期")
    assert case.closed_at is None
    world.meet(late_delivery, world.supplier, world.purchaser)
    with world.unit_of_work() as uow:
        rows = uow.session.scalars(
            select(ContractHistory)
            .where(ContractHistory.obligation_id == late_delivery.id)
            .order_by(ContractHistory.sequence)
        ).all()
    known = set(ObligationChange)
    changes = [ObligationChange(row.change) for row in rows if row.change in known]
    assert replay(changes) == world.state_of(late_delivery)
    assert all(row.evidence_id is not None for row in rows)
    assert ContractHistory.__append_only__


def test_another_organisations_ids_look_like_missing_ones(world: "World", late_delivery: Obligation) -> None:
    claim = world.service.claim_fulfilment(
        world.supplier, late_delivery.id, fulfilled_on=world.today, statement="已补交"
    )
    for claim_id in (claim.id, uuid4()):
        with pytest.raises(errors.FulfilmentNotFound):
            world.service.confirm_fulfilment(world.outsider, claim_id)
    for obligation_id in (late_delivery.id, uuid4()):
        with pytest.raises(errors.ObligationNotFound):
            world.service.explain(world.outsider, obligation_id)
