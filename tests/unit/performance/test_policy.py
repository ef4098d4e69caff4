"""Guards of requirements.md §2, one by one."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from performance import errors, policy
from performance.policy import (
    ClaimState,
    ContractState,
    DisputeOutcome,
    ExemptionGround,
    ObligationChange,
    ObligationState,
    PartyRole,
    TerminationState,
)

DUE = date(2026, 12, 1)


def test_the_due_day_itself_is_not_late() -> None:
    assert not policy.is_overdue(DUE, DUE)
    assert policy.is_overdue(DUE, DUE + timedelta(days=1))


def test_supervised_then_met_is_not_plainly_met() -> None:
    after = policy.next_obligation_state(ObligationState.UNDER_SUPERVISION, ObligationChange.MEET)
    assert after is ObligationState.MET_AFTER_SUPERVISION
    assert policy.next_obligation_state(ObligationState.OVERDUE, ObligationChange.MEET) is ObligationState.MET


@pytest.mark.parametrize(
    "state", [ObligationState.SCHEDULED, ObligationState.OVERDUE, ObligationState.UNDER_SUPERVISION]
)
def test_no_breach_before_the_dispute_is_resolved(state: ObligationState) -> None:
    with pytest.raises(errors.DisputeUnresolved):
        policy.next_obligation_state(state, ObligationChange.RECORD_BREACH)


def test_after_a_breach_nothing_moves() -> None:
    for change in ObligationChange:
        with pytest.raises(errors.ObligationStateForbids):
            policy.next_obligation_state(ObligationState.BREACHED, change)


@pytest.mark.parametrize("ground", [g for g in ExemptionGround if g is not ExemptionGround.AGREED_VARIATION])
def test_what_happens_after_the_delay_began_does_not_excuse(ground: ExemptionGround) -> None:
    today = DUE + timedelta(days=9)
    policy.check_exemption(ground, occurred_on=DUE, due_on=DUE, today=today, has_evidence=True)
    with pytest.raises(errors.GroundTooLate):
        policy.check_exemption(ground, occurred_on=DUE + timedelta(days=1), due_on=DUE, today=today, has_evidence=True)


def test_an_agreed_variation_may_follow_the_due_date() -> None:
    ground = ExemptionGround.AGREED_VARIATION
    later = DUE + timedelta(days=3)
    policy.check_exemption(ground, occurred_on=later, due_on=DUE, today=later, has_evidence=True)
    with pytest.raises(errors.EvidenceMissing):
        policy.check_exemption(ground, occurred_on=later, due_on=DUE, today=later, has_evidence=False)
    with pytest.raises(errors.GroundInFuture):
        policy.check_exemption(ground, occurred_on=later, due_on=DUE, today=DUE, has_evidence=True)


def test_a_different_person_approves() -> None:
    one, other = uuid4(), uuid4()
    policy.check_approver(one, other)
    policy.check_approver(None, other)
    for decides in (one, None):
        with pytest.raises(errors.SamePersonApproves):
            policy.check_approver(one, decides)


def test_a_claim_is_answered_once() -> None:
    policy.check_unanswered(ClaimState.CLAIMED)
    for state in (ClaimState.CONFIRMED, ClaimState.DISPUTED):
        with pytest.raises(errors.ClaimAnswered):
            policy.check_unanswered(state)


@pytest.mark.parametrize("outcome", list(DisputeOutcome))
def test_only_a_mediation_never_makes_a_breach(outcome: DisputeOutcome) -> None:
    def find(*, party: PartyRole | None, is_no_fault: bool) -> ObligationChange:
        return policy.finding(
            TerminationState.AWAITING_RESOLUTION,
            outcome,
            party_at_fault=party,
            is_no_fault=is_no_fault,
            is_documented=True,
            decided_on=DUE,
            today=DUE,
        )

    assert find(party=None, is_no_fault=True) is ObligationChange.CLEAR
    if outcome is DisputeOutcome.MEDIATION:
        with pytest.raises(errors.MediationWalledOff):
            find(party=PartyRole.SUPPLIER, is_no_fault=False)
    else:
        assert find(party=PartyRole.SUPPLIER, is_no_fault=False) is ObligationChange.RECORD_BREACH


S, C = ObligationState, ContractState


@pytest.mark.parametrize(
    ("current", "obligations", "after"),
    [
        (C.REGISTERED, [S.SCHEDULED, S.SCHEDULED], C.REGISTERED),
        (C.REGISTERED, [], C.REGISTERED),
        (C.REGISTERED, [S.OVERDUE, S.SCHEDULED], C.PERFORMING),
        (C.PERFORMING, [S.SCHEDULED, S.SCHEDULED], C.PERFORMING),
        (C.PERFORMING, [S.MET, S.EXEMPT, S.MET_AFTER_SUPERVISION], C.COMPLETED),
        (C.PERFORMING, [S.IN_TERMINATION_REGISTER, S.MET], C.IN_TERMINATION_REGISTER),
        (C.IN_TERMINATION_REGISTER, [S.SCHEDULED, S.SCHEDULED], C.PERFORMING),
        (C.IN_TERMINATION_REGISTER, [S.BREACHED, S.SCHEDULED], C.RESOLVED),
        (C.IN_TERMINATION_REGISTER, [S.BREACHED, S.MET], C.CLOSED),
        (C.RESOLVED, [S.TERMINATED, S.MET], C.CLOSED),
        (C.CLOSED, [S.SCHEDULED], C.CLOSED),
        (C.SIGNING, [S.CANCELLED], C.SIGNING),
    ],
)
def test_a_contracts_state_follows_its_obligations(
    current: ContractState, obligations: list[ObligationState], after: ContractState
) -> None:
    assert policy.contract_state_after(current, obligations) is after


def test_every_state_that_is_no_end_can_still_move() -> None:
    moving = {state for state, _ in policy.OBLIGATION_TRANSITIONS}
    assert moving == set(policy.OPEN_OBLIGATION_STATES)
