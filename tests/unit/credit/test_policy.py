"""Which facts count: the guards of R12, R13, R14 and R23."""

from datetime import date, timedelta

import pytest

from credit import policy
from credit.policy import CreditEventType

DUE_ON = date(2026, 12, 10)


@pytest.mark.parametrize("days", [-30, 0])
def test_met_on_time_is_a_plus(days: int) -> None:
    closed_on = DUE_ON + timedelta(days=days)
    assert policy.event_of_closing("met", DUE_ON, closed_on) == CreditEventType.OBLIGATION_MET_ON_TIME


def test_met_late_without_supervision_counts_for_nothing() -> None:
    assert policy.event_of_closing("met", DUE_ON, DUE_ON + timedelta(days=1)) is None


@pytest.mark.parametrize("outcome", ["met_after_supervision", "exempt", "terminated"])
@pytest.mark.parametrize("days", [-1, 0, 400])
def test_no_other_end_of_an_obligation_is_an_event_of_any_kind(outcome: str, days: int) -> None:
    assert policy.event_of_closing(outcome, DUE_ON, DUE_ON + timedelta(days=days)) is None


@pytest.mark.parametrize("outcome", ["settlement", "award", "judgment"])
def test_an_established_breach_is_a_minus_if_there_is_a_document(outcome: str) -> None:
    assert policy.event_of_breach(outcome, "榆仲裁字〔2027〕8号") == CreditEventType.BREACH_RECORDED
    assert policy.event_of_breach(outcome, " ") is None


def test_what_is_conceded_in_mediation_never_counts() -> None:
    assert policy.event_of_breach("mediation", "调解书") is None


@pytest.mark.parametrize(
    ("kind", "expected"), [("government", True), ("enterprise", True), ("person", False), ("", False)]
)
def test_natural_persons_have_no_record(kind: str, expected: bool) -> None:
    assert policy.has_record(kind) is expected
