"""The escalation ladder and its tolerances (R10, R11), rectification items, and what a public demand says: pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from core.money import Money
from performance.errors import DemandMissing, ProfileInvalid, RegionUnknown, StepInFuture, SupervisionClosed
from performance.policy import StepKind
from performance.supervision import errors, policy
from performance.supervision.ladders import LADDERS, current_ladder, ladder_of
from performance.supervision.policy import ItemChange, ItemState, OrderState, Standing, TakenStep
from performance.supervision.publication import (
    DemandFacts,
    Publication,
    ShownField,
    WithheldReason,
    published_content,
    withheld_fields,
)

DUE = date(2026, 11, 2)
LADDER = current_ladder("yulin")
_K = StepKind


def after(days: int) -> date:
    return DUE + timedelta(days=days)


def steps(*taken: tuple[StepKind, int]) -> tuple[TakenStep, ...]:
    return tuple(TakenStep(kind, after(days)) for kind, days in taken)


def opened(standing: Standing, days: int) -> list[StepKind]:
    """The steps that are open that many days after the due date."""
    return [rung.step for rung in policy.ladder_standing(LADDER, standing, after(days)) if rung.is_open]


def test_each_step_opens_after_its_days_and_what_must_precede_it() -> None:
    fresh = Standing(DUE)
    assert opened(fresh, 0) == []
    assert opened(fresh, 5) == [_K.REMINDER]
    reminded = Standing(DUE, steps((_K.REMINDER, 4)))
    assert opened(reminded, 4) == [_K.REMINDER, _K.DEMAND]
    demanded = Standing(DUE, steps((_K.REMINDER, 4), (_K.DEMAND, 6)))
    assert opened(demanded, 8) == [_K.REMINDER, _K.DEMAND]
    assert opened(demanded, 9) == [_K.REMINDER, _K.DEMAND, _K.PUBLIC_DEMAND, _K.INTERVIEW]
    talked = Standing(DUE, (*demanded.steps, *steps((_K.INTERVIEW, 10))))
    assert _K.INSPECTION not in opened(talked, 14)
    assert _K.INSPECTION in opened(talked, 15)


def test_why_a_step_is_closed_is_told_with_its_clause() -> None:
    rung = policy.rung_standing(LADDER, Standing(DUE), _K.INTERVIEW, after(1))
    assert rung.opens_on is None
    assert [reason.code for reason in rung.reasons] == ["delay", "required_missing", "tolerance:first_short_delay"]
    assert all(reason.zh and reason.en and reason.clause for reason in rung.reasons)


def test_a_first_short_delay_is_met_with_a_reminder_only() -> None:
    reminded = Standing(DUE, steps((_K.REMINDER, 1)))
    assert opened(reminded, 3) == [_K.REMINDER]
    assert policy.rung_standing(LADDER, reminded, _K.DEMAND, after(3)).opens_on == after(4)
    assert opened(reminded, 4) == [_K.REMINDER, _K.DEMAND]
    assert opened(replace(reminded, failures=1), 3) == [_K.REMINDER, _K.DEMAND]  # not the first


def test_a_small_amount_is_never_demanded_in_public() -> None:
    small = Standing(DUE, steps((_K.REMINDER, 4), (_K.DEMAND, 5)), amount=Money.parse("9999.99"))
    assert opened(small, 60) == [_K.REMINDER, _K.DEMAND, _K.INTERVIEW]
    assert _K.PUBLIC_DEMAND in opened(replace(small, amount=Money.parse("10000.00")), 60)
    assert _K.PUBLIC_DEMAND in opened(replace(small, amount=None), 60)  # unknown isn't small


@pytest.mark.parametrize("changes", [{"failures": 2}, {"failed_items": 1}])
def test_repeated_failure_goes_straight_to_the_public_demand(changes: dict[str, int]) -> None:
    broken = replace(Standing(DUE, amount=Money.parse("500.00")), **changes)
    assert opened(broken, 0) == []
    assert _K.PUBLIC_DEMAND in opened(broken, 1)
    rung = policy.rung_standing(LADDER, broken, _K.PUBLIC_DEMAND, after(1))
    assert [reason.code for reason in rung.reasons] == ["repeated"]
    found = policy.next_step(LADDER, broken, after(1))
    assert found is not None
    assert (found.step, found.opens_on) == (_K.PUBLIC_DEMAND, after(1))
    assert _K.PUBLIC_DEMAND not in opened(replace(broken, failures=1, failed_items=0), 1)


def test_the_next_step_is_the_one_above_the_highest() -> None:
    def following(*taken: tuple[StepKind, int]) -> StepKind | None:
        found = policy.next_step(LADDER, Standing(DUE, steps(*taken)), after(20))
        return found.step if found else None

    assert following() == _K.REMINDER
    assert following((_K.REMINDER, 1)) == _K.DEMAND
    assert following((_K.REMINDER, 1), (_K.DEMAND, 4)) == _K.PUBLIC_DEMAND
    assert following((_K.REMINDER, 1), (_K.DEMAND, 4), (_K.PUBLIC_DEMAND, 9)) == _K.INTERVIEW
    assert following((_K.REMINDER, 1), (_K.DEMAND, 4), (_K.INTERVIEW, 9)) == _K.INSPECTION
    assert following((_K.REMINDER, 1), (_K.DEMAND, 4), (_K.INTERVIEW, 9), (_K.INSPECTION, 15)) is None
    small = Standing(DUE, steps((_K.REMINDER, 1), (_K.DEMAND, 4), (_K.INTERVIEW, 9)), amount=Money.parse("1.00"))
    assert policy.next_step(LADDER, small, after(20)) is None


def check(
    step: StepKind, taken: Sequence[TakenStep], *, held: int, opened_on: int = 1, outcome: str | None = None
) -> None:
    policy.check_step(
        LADDER,
        Standing(DUE, tuple(taken)),
        step,
        held_on=after(held),
        opened_on=after(opened_on),
        today=after(30),
        outcome=outcome,
    )


def test_steps_are_not_dated_before_the_one_before_them_nor_before_the_case_nor_ahead() -> None:
    taken = steps((_K.REMINDER, 6))
    with pytest.raises(errors.StepBackdated):
        check(_K.DEMAND, taken, held=5)
    with pytest.raises(errors.StepBackdated):
        check(_K.REMINDER, (), held=5, opened_on=6)
    with pytest.raises(StepInFuture):
        check(_K.DEMAND, taken, held=31)
    with pytest.raises(SupervisionClosed):
        check(_K.DEMAND, taken, held=6, outcome="met_after_supervision")
    check(_K.DEMAND, taken, held=6)


def test_the_ladder_is_asked_about_the_day_a_step_was_held() -> None:
    """Recorded on day 30, held on day 3: what wasn't open then can't be back-filled."""
    with pytest.raises(errors.StepNotOpen) as refused:
        check(_K.DEMAND, steps((_K.REMINDER, 2)), held=3)
    assert refused.value.facts["opens_on"] == after(4).isoformat()
    with pytest.raises(DemandMissing):
        check(_K.PUBLIC_DEMAND, steps((_K.REMINDER, 2)), held=20)


def test_ladders_of_both_regions_say_what_is_our_own_assumption() -> None:
    for region in ("yulin", "baoji"):
        ladder = current_ladder(region)
        assert "假设" in ladder.verify
        assert ladder_of(region, ladder.version) is ladder
    with pytest.raises(RegionUnknown):
        current_ladder("atlantis")
    with pytest.raises(RegionUnknown):
        ladder_of("yulin", 99)


def test_a_ladder_that_lacks_a_step_is_refused(tmp_path: Path) -> None:
    whole = (LADDERS / "yulin.v1.json").read_text()
    (tmp_path / "yulin.v1.json").write_text(whole.replace('"step": "inspection"', '"step": "interview"'))
    with pytest.raises(ProfileInvalid):
        current_ladder("yulin", tmp_path)


def test_an_item_goes_only_where_the_diagram_says() -> None:
    allowed = {
        (state, change): policy.next_item_state(state, change)
        for state in ItemState
        for change in ItemChange
        if (state, change) in policy.ITEM_TRANSITIONS
    }
    assert len(allowed) == 6
    for state in (ItemState.VERIFIED, ItemState.FAILED):
        for change in ItemChange:
            with pytest.raises(errors.ItemStateForbids):
                policy.next_item_state(state, change)


def test_guards_of_rectification() -> None:
    def change(state: ItemState, how: ItemChange, today: int, new: int | None = None) -> None:
        new_due_on = None if new is None else after(new)
        policy.check_item_change(state, how, due_on=after(10), new_due_on=new_due_on, today=after(today))

    with pytest.raises(errors.ItemStillRunning):
        change(ItemState.ORDERED, ItemChange.FAIL, today=10)
    change(ItemState.ORDERED, ItemChange.FAIL, today=11)
    change(ItemState.REPORTED, ItemChange.FAIL, today=5)
    with pytest.raises(errors.ItemDueTooEarly):
        change(ItemState.ORDERED, ItemChange.EXTEND, today=5, new=10)
    with pytest.raises(errors.ItemDueTooEarly):
        change(ItemState.ORDERED, ItemChange.EXTEND, today=20, new=15)
    change(ItemState.ORDERED, ItemChange.EXTEND, today=5, new=11)
    assert policy.order_state([ItemState.VERIFIED, ItemState.REPORTED]) is OrderState.OPEN
    assert policy.order_state([ItemState.VERIFIED, ItemState.FAILED]) is OrderState.FAILED
    assert policy.order_state([ItemState.VERIFIED]) is OrderState.VERIFIED


FACTS = DemandFacts(
    debtor_name="榆林市示范科技有限公司",
    debtor_uscc="91610802MA7000001X",
    kind_zh="交付",
    kind_en="delivery",
    due_on=DUE,
    days_late=9,
    authority="榆林市发改委",
    optional={ShownField.CONTRACT_TITLE: "涉密设备采购合同", ShownField.AMOUNT: "480000.00 CNY"},
)


def test_what_is_not_named_is_withheld_by_itself() -> None:
    least = published_content(FACTS, Publication())
    assert least["shown"] == {}
    assert "涉密" not in str(least)
    assert "480000" not in str(least)
    assert "9 日" in str(least["text_zh"])
    secret = Publication(frozenset(ShownField), {ShownField.CONTRACT_TITLE: WithheldReason.STATE_SECRET})
    assert published_content(FACTS, secret)["shown"] == {"amount": "480000.00 CNY"}
    assert withheld_fields(FACTS, secret) == [{"field": "contract_title", "because": "state_secret"}]


def test_people_are_masked_in_what_is_published() -> None:
    remark = "联系人李四 13912345678，身份证 610802199001011234，邮箱 li.si@example.cn"
    shown = published_content(FACTS, Publication(remark=remark))["remark"]
    assert shown == "联系人李四 139****5678，身份证 610802********1234，邮箱 ***@example.cn"
    trader = replace(FACTS, debtor_name="张三", debtor_uscc="92610802MA7000001X")
    assert published_content(trader, Publication())["debtor"] == "张*"
