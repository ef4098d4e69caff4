"""The fold, worked out by hand under the published rule set."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from credit.errors import RuleSetNotFound
from credit.rule_sets import RuleSet, rule_set_at, rule_set_named, rule_sets
from credit.scoring import Fact, Score, Weight, score

RULES = rule_set_named("jiuding-2026.1")
DAY = date(2026, 12, 10)


def met(number: int, on: date = DAY) -> Fact:
    return Fact(UUID(int=number), "obligation_met_on_time", on)


def breach(number: int, on: date = DAY) -> Fact:
    return Fact(UUID(int=number), "breach_recorded", on)


def reversal(number: int, of: Fact, on: date = DAY) -> Fact:
    return Fact(UUID(int=number), "reversal", on, of.id)


def scored(*facts: Fact, at: date = DAY) -> Score:
    return score(RULES, "enterprise", facts, at)


def test_a_clean_sheet_has_the_base_score() -> None:
    assert (scored().value, scored().grade.grade, scored().contributions) == (100, "B", ())


def test_points_add_up_and_grades_follow() -> None:
    assert scored(met(1)).value == 102
    assert scored(*(met(number) for number in range(5))).grade.grade == "A"
    assert scored(met(1), breach(2)).value == 82
    assert scored(breach(1)).grade.grade == "C"
    assert scored(*(breach(number) for number in range(3))).grade.grade == "D"


def test_events_after_the_day_do_not_count_yet() -> None:
    assert scored(breach(1, DAY + timedelta(days=1))).value == 100


@pytest.mark.parametrize(
    ("age", "points", "weight"),
    [
        (0, -20, Weight.FULL),
        (1094, -20, Weight.FULL),
        (1095, -10, Weight.DECAYED),
        (1824, -10, Weight.DECAYED),
        (1825, 0, Weight.EXPIRED),
    ],
)
def test_a_breach_weighs_less_with_age_and_ends_by_itself(age: int, points: int, weight: Weight) -> None:
    (contribution,) = scored(breach(1), at=DAY + timedelta(days=age)).contributions
    assert (contribution.points, contribution.weight) == (points, weight)


def test_a_cap_limits_a_rule_newest_first() -> None:
    result = scored(*(met(number, DAY - timedelta(days=number)) for number in range(30)))

    assert result.value == 150
    assert [item.weight for item in result.contributions] == [Weight.FULL] * 25 + [Weight.CAPPED] * 5


def test_the_score_never_leaves_its_range() -> None:
    assert scored(*(breach(number) for number in range(9))).value == 0


def test_a_reversed_event_counts_from_its_reversal_on_for_nothing() -> None:
    wrong = breach(1)
    later = DAY + timedelta(days=30)
    facts = (wrong, reversal(2, wrong, later))

    assert scored(*facts, at=later - timedelta(days=1)).value == 80
    assert scored(*facts, at=later).value == 100
    assert [item.weight for item in scored(*facts, at=later).contributions] == [Weight.REVERSED]


def test_rule_sets_are_found_by_name_and_by_day() -> None:
    assert rule_set_at(date(2026, 1, 1)).id == "jiuding-2026.1"
    for attempt in (lambda: rule_set_at(date(2025, 12, 31)), lambda: rule_set_named("jiuding-1999.9")):
        with pytest.raises(RuleSetNotFound):
            attempt()


def test_every_published_rule_set_says_what_it_assumes_and_on_what_basis() -> None:
    for rule_set in rule_sets().values():
        assert rule_set.assumption is not None
        assert all(rule.source.zh and rule.source.en for rule in rule_set.rules)


@pytest.mark.parametrize(
    "change",
    [
        {"points": -2},  # points taken away for something that isn't an established breach
        {"points": 0},
        {"cap": 1},
        {"subject_kinds": ["person"]},
        {"decay": [{"after_days": 10, "percent": 50}, {"after_days": 5, "percent": 0}]},
        {"decay": [{"after_days": 5, "percent": 50}, {"after_days": 10, "percent": 60}]},
        {"surprise": 1},
    ],
)
def test_a_rule_that_breaks_the_law_of_rules_is_refused(change: dict[str, Any]) -> None:
    data = RULES.model_dump(mode="json")
    data["rules"][0] |= change
    with pytest.raises(ValidationError):
        RuleSet.model_validate(data)


@pytest.mark.parametrize("change", [{"is_assumption": False}, {"floor": 1}, {"grades": []}, {"rules": "twice"}])
def test_an_incomplete_rule_set_is_refused(change: dict[str, Any]) -> None:
    data = RULES.model_dump(mode="json")
    data |= {"rules": data["rules"] * 2} if change == {"rules": "twice"} else change
    with pytest.raises(ValidationError):
        RuleSet.model_validate(data)
