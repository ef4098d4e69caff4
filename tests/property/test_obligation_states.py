"""Whatever happens in whatever order, an obligation never reaches a state the diagram forbids."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from core.errors import DingyueError
from performance.policy import (
    OPEN_OBLIGATION_STATES,
    ContractState,
    ObligationChange,
    ObligationState,
    contract_state_after,
    next_obligation_state,
    replay,
)

CHANGES = st.lists(st.sampled_from(ObligationChange), max_size=40)
ENDS = set(ObligationState) - OPEN_OBLIGATION_STATES


def live(wanted: list[ObligationChange]) -> tuple[list[ObligationChange], list[ObligationState]]:
    """What really happens when somebody tries all of `wanted` in order: the changes that took, the states passed."""
    taken: list[ObligationChange] = []
    states = [ObligationState.DRAFTED]
    for change in wanted:
        with suppress(DingyueError):
            states.append(next_obligation_state(states[-1], change))
            taken.append(change)
    return taken, states


STAYING = {
    ObligationChange.AMEND,
    ObligationChange.MEET_PARTLY,
    ObligationChange.POSTPONE,
    ObligationChange.RESCHEDULE,
    ObligationChange.SET_DUE,
}


@given(CHANGES)
def test_the_guards_of_the_diagram_hold(wanted: list[ObligationChange]) -> None:
    taken, states = live(wanted)
    for before, change, after in zip(states[:-1], taken, states[1:], strict=True):
        assert before not in ENDS
        if before is after:  # terms, day or a part changed; late, it stays late
            assert change in STAYING
            continue
        if after is ObligationState.BREACHED:  # R13: only out of the termination register
            assert before is ObligationState.IN_TERMINATION_REGISTER
        if after is ObligationState.MET_AFTER_SUPERVISION:  # R12
            assert before is ObligationState.UNDER_SUPERVISION
        if after is ObligationState.UNDER_SUPERVISION:  # only what is overdue is supervised
            assert before is ObligationState.OVERDUE
        if after is ObligationState.IN_TERMINATION_REGISTER:
            assert before in {ObligationState.OVERDUE, ObligationState.UNDER_SUPERVISION}
        if after is ObligationState.OVERDUE:
            assert before in {ObligationState.SCHEDULED, ObligationState.PARTIALLY_MET}
            assert change is ObligationChange.FALL_OVERDUE
        if before is ObligationState.UNDER_SUPERVISION and change is ObligationChange.MEET:
            assert after is not ObligationState.MET


@given(CHANGES)
def test_replaying_what_happened_gives_the_same_state(wanted: list[ObligationChange]) -> None:
    taken, states = live(wanted)
    assert replay(taken) is states[-1]


@given(st.lists(CHANGES, min_size=1, max_size=4))
def test_a_contract_ends_exactly_when_its_obligations_have(lives: list[list[ObligationChange]]) -> None:
    scheduled = [[ObligationChange.SCHEDULE, *changes] for changes in lives]
    obligations = [ObligationState.SCHEDULED for _ in lives]
    contract = ContractState.REGISTERED
    for step in range(max(map(len, scheduled))):
        for index, changes in enumerate(scheduled):
            if 0 < step < len(changes):
                with suppress(DingyueError):
                    obligations[index] = next_obligation_state(obligations[index], changes[step])
                    contract = contract_state_after(contract, obligations)
    is_over = OPEN_OBLIGATION_STATES.isdisjoint(obligations)
    was_disputed = bool({ObligationState.BREACHED, ObligationState.TERMINATED} & set(obligations))
    assert (contract in {ContractState.COMPLETED, ContractState.CLOSED}) == is_over
    if ObligationState.IN_TERMINATION_REGISTER in obligations:
        assert contract is ContractState.IN_TERMINATION_REGISTER
    if is_over:
        assert (contract is ContractState.CLOSED) == was_disputed
