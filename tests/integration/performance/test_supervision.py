"""Supervision by the ladder, public demands, rectification and the registers (R10–R13), on the real database."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from accounts.policy import OrganisationKind
from core.money import Money
from credit.service import CreditService
from performance import errors
from performance.models import Obligation, SupervisionCase
from performance.policy import DisputeOutcome, ObligationKind, PartyRole, StepKind, TerminationState
from performance.supervision.errors import (
    DemandOver,
    DemandRunning,
    ItemStateForbids,
    PublicationMisplaced,
    PublicationTooLong,
    RectificationNotFound,
    StepBackdated,
    StepNotOpen,
)
from performance.supervision.models import RectificationStep
from performance.supervision.policy import ItemChange, OrderState
from performance.supervision.publication import Publication, ShownField
from performance.supervision.record_step import NewStep
from performance.supervision.rectify import NewItem
from performance.supervision.repository import OverdueFilter
from performance.terminate_obligation import Resolution

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

_K = StepKind


@pytest.fixture
def late(world: "World") -> Obligation:
    """The supplier's delivery, eight days late."""
    delivery = world.registered().file.obligations[0]
    world.pass_days(18)
    world.service.sweep_due()
    return delivery


@pytest.fixture
def case(world: "World", late: Obligation) -> SupervisionCase:
    return world.service.open_supervision(world.regulator, late.id, reason="逾期八日")


def step(world: "World", case: SupervisionCase, kind: StepKind, publication: Publication | None = None) -> None:
    new = NewStep(kind, world.today, minutes="记录", outcome="结果", participants=("张督查",), publication=publication)
    world.supervision.record_step(world.regulator, case.id, new)


def demand_in_public(world: "World", case: SupervisionCase, publication: Publication | None = None) -> None:
    step(world, case, _K.REMINDER)
    step(world, case, _K.DEMAND)
    world.pass_days(3)
    step(world, case, _K.PUBLIC_DEMAND, publication)


def test_r11_the_ladder_is_shown_with_its_reasons_and_each_step_leaves_evidence_and_an_event(
    world: "World", case: SupervisionCase
) -> None:
    before = world.supervision.supervision(world.supplier, case.id)
    assert [rung.step for rung in before.rungs if rung.is_open] == ["reminder"]
    document_id = world.document(world.regulator, "约谈通知.pdf")
    step(world, case, _K.REMINDER)
    new = NewStep(_K.DEMAND, world.today, "书面催告", "限期三日", ("李供应",), (document_id,))
    taken = world.supervision.record_step(world.regulator, case.id, new)
    assert taken.documents[0]["document_id"] == f"doc_{document_id.hex}"
    assert [event["kind"] for event in world.events("supervision.step_taken")] == ["reminder", "demand"]
    history = world.service.history(world.supplier, case.contract_id, limit=200).items
    assert [row.after for row in history if row.change == "supervision_step"] == ["reminder", "demand"]
    assert all(row.evidence_id for row in history if row.change == "supervision_step")
    world.pass_days(3)
    with pytest.raises(StepBackdated):
        world.supervision.record_step(
            world.regulator, case.id, replace(new, kind=_K.INTERVIEW, held_on=world.today - timedelta(days=4))
        )
    with pytest.raises(StepNotOpen):
        step(world, case, _K.INSPECTION)
    step(world, case, _K.INTERVIEW)
    world.pass_days(5)
    step(world, case, _K.INSPECTION)
    assert len(world.supervision.supervision(world.regulator, case.id).steps) == 4


def test_r10_a_public_demand_shows_no_more_than_it_must_and_ends_by_itself_when_met(
    world: "World", case: SupervisionCase, late: Obligation
) -> None:
    demand_in_public(world, case, Publication(frozenset({ShownField.OBLIGATION_TITLE}), remark="电话 13912345678"))
    (shown,) = world.supervision.public_demands(region="yulin").items
    assert shown.published["shown"] == {"obligation_title": "交付设备"}
    assert shown.published["remark"] == "电话 139****5678"
    assert "办公设备" not in str(shown.published)
    assert {each["field"] for each in shown.withheld} == {"contract_title", "contract_number", "counterparty"}
    assert world.supervision.public_demands(region="baoji").items == []
    (told,) = world.events("public_demand.published")
    assert told["ends_on"] == (world.today + timedelta(days=29)).isoformat()
    with pytest.raises(DemandRunning):
        step(world, case, _K.PUBLIC_DEMAND)

    world.meet(late, world.supplier, world.purchaser)

    assert world.supervision.public_demands().items == []
    (ended,) = world.events("public_demand.ended")
    assert ended["because"] == "met_after_supervision"
    (demand,) = world.supervision.supervision(world.supplier, case.id).demands
    assert demand.ended_because == "met_after_supervision"
    with pytest.raises(DemandOver):
        world.supervision.withdraw_demand(world.regulator, demand.id, reason="已履行")


def test_r12_met_after_a_public_demand_leaves_no_mark(world: "World", case: SupervisionCase, late: Obligation) -> None:
    demand_in_public(world, case)
    world.meet(late, world.supplier, world.purchaser)
    assert world.state_of(late) == "met_after_supervision"
    assert world.events("breach.recorded") == []
    credit_effects(world)
    with world.unit_of_work() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM credit_event")).scalar_one() == 0
    # Nor does it count as a failure the next time.
    other = world.registered().file.obligations[0]
    world.pass_days(12)
    world.service.sweep_due()
    next_case = world.service.open_supervision(world.regulator, other.id, reason="逾期")
    rungs = world.supervision.supervision(world.regulator, next_case.id).rungs
    demanded = next(rung for rung in rungs if rung.step is _K.DEMAND)
    assert demanded.reasons[-1].code == "tolerance:first_short_delay"


def credit_effects(world: "World") -> None:
    """What credit makes of everything performance has told so far."""
    for subscription in CreditService(world.unit_of_work).subscriptions():
        for payload in world.events(subscription.event.type):
            with world.unit_of_work() as uow:
                subscription.handle(uow, subscription.event.model_validate(payload))  # type: ignore[union-attr]


def test_a_public_demand_is_withdrawn_or_expires(world: "World", case: SupervisionCase) -> None:
    with pytest.raises(PublicationTooLong):
        demand_in_public(world, case, Publication(days=31))
    step(world, case, _K.PUBLIC_DEMAND, Publication(days=2))
    (demand,) = world.supervision.public_demands().items
    with pytest.raises(errors.RegulatorRequired):
        world.supervision.withdraw_demand(world.outsider, demand.id, reason="无权")
    world.pass_days(1)
    assert world.supervision.end_expired_demands() == 0
    assert len(world.supervision.public_demands().items) == 1
    world.pass_days(1)
    assert world.supervision.public_demands().items == []  # by the day, before any sweep
    assert world.supervision.end_expired_demands() == 1
    assert world.supervision.end_expired_demands() == 0
    step(world, case, _K.PUBLIC_DEMAND)
    (second,) = world.supervision.public_demands().items
    assert world.supervision.withdraw_demand(world.regulator, second.id, reason="有误").ended_because == "withdrawn"
    assert [event["because"] for event in world.events("public_demand.ended")] == ["expired", "withdrawn"]


def test_only_a_public_demand_is_published(world: "World", case: SupervisionCase) -> None:
    with pytest.raises(PublicationMisplaced):
        step(world, case, _K.REMINDER, Publication())


def test_repeated_failure_goes_straight_to_the_public_demand(world: "World") -> None:
    """一再爽约: two other obligations of the same party are late, too."""
    delivery = world.obligation(ObligationKind.DELIVERY, "交付", PartyRole.SUPPLIER, 10)
    third = world.registered(obligations=(delivery, delivery, delivery)).file.obligations[2]
    world.pass_days(11)
    world.service.sweep_due()
    case = world.service.open_supervision(world.regulator, third.id, reason="再次逾期")
    step(world, case, _K.PUBLIC_DEMAND)
    assert len(world.supervision.public_demands().items) == 1


def test_a_rectification_order_from_its_issue_to_verified_extended_and_failed(
    world: "World", case: SupervisionCase
) -> None:
    items = [NewItem("补交 3 台设备", world.today + timedelta(days=5)), NewItem("报送整改报告", world.today)]
    with pytest.raises(errors.RegulatorRequired):
        world.supervision.issue_order(
            world.outsider, case.id, party_role=PartyRole.SUPPLIER, reason="整改", items=items
        )
    about = world.supervision.issue_order(
        world.regulator, case.id, party_role=PartyRole.SUPPLIER, reason="检查发现", items=items
    )
    first, second = about.items
    with pytest.raises(errors.NotAParty):
        world.supervision.report_item(world.purchaser, first.id, text="替对方")
    with pytest.raises(RectificationNotFound):
        world.supervision.rectification(world.outsider, about.order.id)
    with pytest.raises(ItemStateForbids):
        world.supervision.decide_item(world.regulator, first.id, ItemChange.VERIFY, text="未报告")
    later = world.today + timedelta(days=9)
    world.supervision.decide_item(world.regulator, first.id, ItemChange.EXTEND, text="同意延期", due_on=later)
    paper = world.document(world.supplier, "整改报告.pdf")
    world.supervision.report_item(world.supplier, first.id, text="已补交", document_ids=[paper])
    world.supervision.decide_item(world.regulator, first.id, ItemChange.RETURN, text="仍少 1 台")
    world.supervision.report_item(world.supplier, first.id, text="已补齐")
    about = world.supervision.decide_item(world.regulator, first.id, ItemChange.VERIFY, text="属实")
    assert about.state is OrderState.OPEN
    world.pass_days(1)
    about = world.supervision.decide_item(world.regulator, second.id, ItemChange.FAIL, text="到期未报送")
    assert (about.state, about.items[0].due_on) == (OrderState.FAILED, later)
    changes = [event["change"] for event in world.events("rectification.changed")]
    assert changes == ["order", "extend", "report", "return", "report", "verify", "fail"]
    # It feeds the case: what failed counts as repeated failure.
    rungs = world.supervision.supervision(world.regulator, case.id).rungs
    assert next(rung for rung in rungs if rung.step is _K.PUBLIC_DEMAND).is_open
    assert RectificationStep.__append_only__
    with pytest.raises(ProgrammingError), world.unit_of_work() as uow:
        uow.session.execute(text("UPDATE rectification_step SET text = ''"))


def test_rectification_ends_with_its_case(world: "World", case: SupervisionCase, late: Obligation) -> None:
    about = world.supervision.issue_order(
        world.regulator,
        case.id,
        party_role=PartyRole.SUPPLIER,
        reason="整改",
        items=[NewItem("补交", world.today)],
    )
    world.meet(late, world.supplier, world.purchaser)
    with pytest.raises(errors.SupervisionClosed):
        world.supervision.report_item(world.supplier, about.items[0].id, text="已补交")
    assert world.supervision.supervision(world.supplier, case.id).rungs == ()


def test_r11_the_register_is_listed_by_age_class_unit_and_the_step_that_is_due(
    world: "World", case: SupervisionCase, late: Obligation
) -> None:
    other = world.registered(class_code="bulk_supply", amount=Money.parse("100.00")).file.obligations[0]
    world.pass_days(11)
    world.service.sweep_due()

    def listed(**wanted: object) -> set[str]:
        page = world.supervision.overdue_register(world.regulator, OverdueFilter(**wanted))  # type: ignore[arg-type]
        return {item.obligation.title + str(item.days_late) for item in page.items}

    assert listed(is_open=True) == {"交付设备19", "首付款9", "交付设备1"}
    assert listed(due_to=world.today - timedelta(days=10)) == {"交付设备19"}
    assert listed(due_from=world.today - timedelta(days=2)) == {"交付设备1"}
    assert listed(class_code="bulk_supply") == {"交付设备1"}
    assert listed(unit=world.usccs[world.purchaser.organisation_id]) == {"首付款9"}
    assert listed(step_due=_K.REMINDER) == {"交付设备19", "首付款9", "交付设备1"}
    step(world, case, _K.REMINDER)
    assert listed(step_due=_K.REMINDER) == {"首付款9", "交付设备1"}
    assert listed(step_due=_K.DEMAND) == {"交付设备19"}
    step(world, case, _K.DEMAND)
    assert listed(step_due=_K.PUBLIC_DEMAND) == set()  # open in three days
    world.pass_days(3)
    assert listed(step_due=_K.PUBLIC_DEMAND) == {"交付设备22"}
    first = world.supervision.overdue_register(world.regulator, limit=2)
    rest = world.supervision.overdue_register(world.regulator, limit=2, cursor=first.next_cursor)
    assert (len(first.items), len(rest.items), rest.next_cursor) == (2, 1, None)
    far = replace(world.regulator, region="baoji")
    assert world.supervision.overdue_register(far).items == []
    assert other.id != late.id


def test_the_registers_filters_are_backed_by_indexes(world: "World") -> None:
    """With sequential scans forbidden PostgreSQL must still find each by an index of its own."""
    wanted = {
        "ix_overdue_entry_region_class_code_id": "region = 'yulin' AND class_code = 'bulk_supply' ORDER BY id DESC",
        "ix_overdue_entry_debtor_uscc_id": "debtor_uscc = 'x' ORDER BY id DESC",
        "ix_overdue_entry_region_due_on": "region = 'yulin' AND due_on <= '2026-01-01'",
        "ix_overdue_entry_next_step": (
            "left_at IS NULL AND region = 'yulin' AND next_step = 'demand' AND next_step_on <= '2026-01-01'"
        ),
    }
    with world.unit_of_work() as uow:
        uow.session.execute(text("SET LOCAL enable_seqscan = off"))
        uow.session.execute(text("SET LOCAL enable_bitmapscan = off"))
        for index, condition in wanted.items():
            query = text(f"EXPLAIN SELECT id FROM overdue_entry WHERE {condition} LIMIT 50")  # noqa: S608
            plan = "\n".join(uow.session.scalars(query))
            assert index in plan, plan


def test_r13_the_termination_register_lists_cases_with_their_outcomes(world: "World", late: Obligation) -> None:
    entered = world.service.enter_termination_register(world.regulator, late.id, reason="停产")
    assert [event["termination_id"] for event in world.events("termination.entered")] == [str(entered.id)]
    waiting = TerminationState.AWAITING_RESOLUTION
    (item,) = world.supervision.terminations(world.supplier, state=waiting).items
    assert item.case.id == entered.id
    assert world.supervision.terminations(world.outsider).items == []
    award = Resolution(
        DisputeOutcome.AWARD,
        decided_on=world.today,
        body="榆林仲裁委员会",
        case_number="（2026）榆仲裁字第12号",
        party_at_fault=PartyRole.SUPPLIER,
        document_ids=(world.document(world.regulator),),
    )
    world.service.record_outcome(world.regulator, entered.id, award)
    assert world.supervision.terminations(world.regulator, state=waiting).items == []
    (item,) = world.supervision.terminations(world.regulator, state=TerminationState.BREACH_RECORDED).items
    assert item.case.case_number == "（2026）榆仲裁字第12号"


def test_r23_mediation_is_walled_off_from_credit(world: "World", late: Obligation) -> None:
    entered = world.service.enter_termination_register(world.regulator, late.id, reason="停产")
    mediated = Resolution(
        DisputeOutcome.MEDIATION,
        decided_on=world.today,
        body="某调解中心",
        case_number="调解〔2026〕7号",
        is_no_fault=True,
    )
    papers = (world.document(world.regulator, "调解书.pdf"),)
    with pytest.raises(errors.MediationConfidential):
        world.service.record_outcome(world.regulator, entered.id, replace(mediated, document_ids=papers))
    world.service.record_outcome(world.regulator, entered.id, mediated)
    credit_office = replace(world.regulator, organisation_kind=OrganisationKind.CREDIT_OFFICE)
    credit_office = replace(credit_office, organisation_id=world.outsider.organisation_id)
    (seen,) = world.supervision.terminations(credit_office).items
    assert (seen.case.state, seen.case.outcome, seen.case.body, seen.case.case_number) == ("no_fault", None, None, None)
    explained = world.service.explain(credit_office, late.id)
    assert "调解" not in str(explained)
    assert "mediation" not in str(explained)
    (own,) = world.supervision.terminations(world.supplier).items
    assert (own.case.outcome, own.case.body) == ("mediation", "某调解中心")
    assert "mediation" not in str(world.events("obligation.closed"))
    credit_effects(world)
    with world.unit_of_work() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM credit_event")).scalar_one() == 0
        assert uow.session.scalars(select(SupervisionCase)).all() == []
