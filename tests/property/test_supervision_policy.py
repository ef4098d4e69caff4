"""The ladder, rectification items and determinations under any sequence of events."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.errors import DingyueError
from core.money import Money
from performance.policy import StepKind
from performance.supervision import policy
from performance.supervision.ladders import current_ladder
from performance.supervision.policy import ITEM_TRANSITIONS, ItemChange, ItemState, Standing, TakenStep

DUE = date(2026, 11, 2)
LADDERS = st.sampled_from([current_ladder("yulin"), current_ladder("baoji")])
ATTEMPTS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from(StepKind)), max_size=14)


@given(LADDERS, ATTEMPTS, st.integers(0, 3), st.integers(0, 1), st.none() | st.integers(0, 2_000_000))
def test_no_sequence_of_attempts_climbs_the_ladder_otherwise_than_it_says(
    ladder: object, attempts: list[tuple[int, StepKind]], failures: int, failed_items: int, amount: int | None
) -> None:
    """Whatever is tried on whatever day: what was taken is in order of days, and each had what it requires."""
    ladder = current_ladder(ladder.region)  # type: ignore[attr-defined]
    standing = Standing(DUE, (), failures, failed_items, None if amount is None else Money(amount))
    day = DUE
    for days, kind in attempts:
        day += timedelta(days=days)
        rung = policy.rung_standing(ladder, standing, kind, day)
        assert rung.is_open == (rung.opens_on is not None and rung.opens_on <= day)
        try:
            policy.check_step(ladder, standing, kind, held_on=day, opened_on=DUE, today=day, outcome=None)
        except DingyueError:
            assert not rung.is_open
            continue
        assert rung.is_open
        assert day > DUE
        required = ladder.rung(kind).requires
        is_straight = ladder.rung(kind).is_straight_when_repeated and policy.is_repeated(ladder, standing)
        assert is_straight or not required or {step.kind for step in standing.steps} & set(required)
        assert is_straight or all(kind in each.allows for each in policy.tolerances_for(ladder, standing, day))
        standing = Standing(DUE, (*standing.steps, TakenStep(kind, day)), failures, failed_items, standing.amount)
    held = [step.held_on for step in standing.steps]
    assert held == sorted(held)
    following = policy.next_step(ladder, standing, day)
    assert following is None or following.opens_on is not None


@given(st.lists(st.sampled_from(ItemChange), max_size=12))
def test_an_items_steps_tell_its_state_and_ends_stay_ends(changes: list[ItemChange]) -> None:
    state, taken = ItemState.ORDERED, []
    for change in changes:
        try:
            after = policy.next_item_state(state, change)
        except DingyueError:
            assert (state, change) not in ITEM_TRANSITIONS
            continue
        assert state not in {ItemState.VERIFIED, ItemState.FAILED}
        taken.append(change)
        state = after
    replayed = ItemState.ORDERED
    for change in taken:
        replayed = policy.next_item_state(replayed, change)
    assert replayed is state
    assert state is not ItemState.VERIFIED or taken[-2:] == [ItemChange.REPORT, ItemChange.VERIFY]
