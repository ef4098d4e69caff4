"""Every state of an obligation can be explained under every shipped profile."""

from datetime import date

import pytest

from performance.explanation import explain
from performance.policy import ObligationState
from performance.regions import RegionProfiles


@pytest.mark.parametrize("region", ["yulin", "baoji"])
@pytest.mark.parametrize("state", list(ObligationState))
def test_every_state_has_its_rule_and_source(region: str, state: ObligationState) -> None:
    profile = RegionProfiles().current(region)
    found = explain(
        state,
        profile,
        due_on=date(2026, 12, 1),
        due_version=1,
        closed_on=None,
        today=date(2026, 12, 4),
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
        due_on=date(2026, 12, 1),
        due_version=1,
        closed_on=date(2026, 12, 1),
        today=date(2027, 1, 1),
        evidence={},
    )
    assert found.facts["days_late"] == 0
    assert found.facts["is_past_due"] is False
