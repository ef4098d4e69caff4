"""Determinations: every move and every guard of the diagram."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from performance.determinations import errors, policy
from performance.determinations.policy import DETERMINATION_TRANSITIONS, DeterminationChange, DeterminationState
from performance.policy import ObligationState

_S, _C = DeterminationState, DeterminationChange
TO_SERVICE = [_C.FREEZE_FACTS, _C.NOTIFY, _C.SUBMIT, _C.ISSUE, _C.SERVE]
LAST_DAY = date(2026, 12, 4)


def test_the_whole_way_to_publication() -> None:
    assert policy.replay([*TO_SERVICE, _C.PUBLISH]) is _S.PUBLIC


def test_publication_cant_precede_service() -> None:
    with pytest.raises(errors.PublicationBeforeService):
        policy.replay([*TO_SERVICE[:-1], _C.PUBLISH])


@pytest.mark.parametrize("change", [_C.REVOKE, _C.REVISE])
def test_what_was_revoked_or_revised_is_never_public_again(change: DeterminationChange) -> None:
    after = policy.replay([*TO_SERVICE, _C.PUBLISH, change])
    assert {move for state, move in DETERMINATION_TRANSITIONS if state is after} == set()


def test_the_drafter_cant_decide_nor_can_a_program() -> None:
    drafter, other = UUID(int=1), UUID(int=2)
    for decides in (drafter, None):
        with pytest.raises(errors.DrafterCannotDecide):
            policy.check_decider({drafter}, decides)
        with pytest.raises(errors.DrafterCannotHear):
            policy.check_hearing_chair(drafter, decides)
    policy.check_decider({drafter}, other)
    policy.check_hearing_chair(drafter, other)


@pytest.mark.parametrize("state", [each for each in ObligationState if each is not ObligationState.BREACHED])
def test_nothing_is_determined_without_a_recorded_breach(state: ObligationState) -> None:
    with pytest.raises(errors.ObligationNotDeterminable):
        policy.check_obligation(state)


def test_the_last_day_of_a_period_belongs_to_the_party() -> None:
    policy.check_in_time(LAST_DAY, LAST_DAY)
    with pytest.raises(errors.PeriodRunning):
        policy.check_over(_C.SUBMIT, LAST_DAY, LAST_DAY)
    policy.check_over(_C.SUBMIT, LAST_DAY + timedelta(days=1), LAST_DAY)
    with pytest.raises(errors.DefencePeriodOver):
        policy.check_in_time(LAST_DAY + timedelta(days=1), LAST_DAY)


def test_a_hearing_that_was_asked_for_is_held_before_review() -> None:
    with pytest.raises(errors.HearingOutstanding):
        policy.check_heard([_C.NOTIFY, _C.ASK_FOR_HEARING, _C.STATE])
    policy.check_heard([_C.NOTIFY, _C.ASK_FOR_HEARING, _C.HOLD_HEARING])


def test_a_notice_tells_facts_reasons_and_basis() -> None:
    for told in (("", "b", "c"), ("a", " ", "c"), ("a", "b", "")):
        with pytest.raises(errors.NoticeIncomplete):
            policy.check_notice(*told)


@given(st.lists(st.sampled_from(list(DeterminationChange)), max_size=40))
def test_random_changes_never_skip_a_stage_and_replay_gives_the_same_state(tried: list[DeterminationChange]) -> None:
    state, taken = _S.OPENED, []
    for change in tried:
        try:
            state = policy.next_determination_state(state, change)
        except (errors.DeterminationStateForbids, errors.PublicationBeforeService):
            continue
        taken.append(change)
    assert policy.replay(taken) is state
    stages = [change for change in taken if change in {*TO_SERVICE, _C.PUBLISH}]
    assert stages == [*TO_SERVICE, _C.PUBLISH][: len(stages)] or _C.DISMISS in taken
