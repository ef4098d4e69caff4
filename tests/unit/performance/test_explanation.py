"""Every state of an obligation can be explained under every shipped profile."""

from datetime import date

import pytest

from performance.due_dates.explain_due import DueExplanation
from performance.explanation import explain
from performance.policy import ObligationState
from performance.regions import RegionProfiles

NAMED = DueExplanation("named", "合同写明", "The contract names it", "合同约定 the contract", None, {})


@pytest.mark.parametrize("region", ["yulin", "baoji"])
@pytest.mark.parametrize("state", list(ObligationState))
def test_every_state_has_its_rule_and_source(region: str, state: ObligationState) -> None:
    profile = RegionProfiles().current(region)
    found = explain(
        state,
        profile,
        due=NAMED,
        due_on=date(2026, 12, 1),
        due_version=1,
        closed_on=None,
        today=date(2026, 12, 4),
        is_suspended=False,
        evidence={"claim": "disputed"},
    )
    assert found.rule_zh == profile.rules[found.rule].zh
    assert profile.source in found.source
    assert found.clause
    assert found.conclusion_zh
    assert found.conclusion_en
    assert found.facts["days_late"] == 3
    assert found.facts["claim"] == "disputed"


def test_what_was_done_in_time_is_not_late_later() -> None:
    found = explain(
        ObligationState.MET,
        RegionProfiles().current("yulin"),
        due=NAMED,
        due_on=date(2026, 12, 1),
        due_version=1,
        closed_on=date(2026, 12, 1),
        today=date(2027, 1, 1),
        is_suspended=False,
        evidence={},
    )
    assert found.facts["days_late"] == 0
    assert found.facts["is_past_due"] is False


@pytest.mark.parametrize(("due_on", "is_suspended"), [(date(2026, 12, 1), True), (None, False)])
def test_what_has_no_day_or_stands_still_is_explained_as_not_late(due_on: date | None, *, is_suspended: bool) -> None:
    found = explain(
        ObligationState.SCHEDULED,
        RegionProfiles().current("yulin"),
        due=NAMED,
        due_on=due_on,
        due_version=1,
        closed_on=None,
        today=date(2026, 12, 1),
        is_suspended=is_suspended,
        evidence={},
    )
    assert found.facts["is_past_due"] is False
    assert "can't be overdue" in found.conclusion_en or "clocks stand still" in found.conclusion_en
