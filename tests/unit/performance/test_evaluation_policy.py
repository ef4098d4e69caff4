"""Evaluation (R8): scores, grades, the diagram and its guards; schemes and the calendar of comment periods."""

import json
from datetime import date
from itertools import permutations
from pathlib import Path
from uuid import uuid4

import pytest

from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import HolidayTableMissing
from performance.due_dates.policy import DueUnit, period_end
from performance.errors import RegionUnknown
from performance.evaluation import errors, policy
from performance.evaluation.models import EvaluationAssessment
from performance.evaluation.policy import EVALUATION_TRANSITIONS, EvaluationChange, EvaluationState, Factor, Grade
from performance.evaluation.reading import explain_grade
from performance.evaluation.schemes import SCHEMES, Schemes

WORKS = Schemes().current("yulin").weights_for("key_works_tendering")
BOUNDS = Schemes().current("yulin").bounds
EVEN = dict.fromkeys(Factor, 90)


def assessment(factor: Factor, points: int) -> EvaluationAssessment:
    return EvaluationAssessment(factor=factor, points=points, narrative=f"{factor} 的事实", documents=[])


def test_a_score_is_the_weighted_sum_of_whole_points() -> None:
    points = dict(zip(Factor, (80, 90, 70, 100, 60, 50), strict=True))
    found = policy.score(points, WORKS, BOUNDS)
    assert found.hundredths == 15 * 80 + 30 * 90 + 20 * 70 + 20 * 100 + 10 * 60 + 5 * 50 == 8150
    assert (str(found), found.grade) == ("81.50", Grade.GOOD)
    assert [share.adds for share in found.shares] == [1200, 2700, 1400, 2000, 600, 250]


def test_the_order_of_entry_changes_nothing() -> None:
    scheme = Schemes().current("yulin")
    rows = [assessment(factor, 60 + 7 * number) for number, factor in enumerate(Factor)]
    explanations = [
        explain_grade(scheme, "key_works_tendering", {Factor(row.factor): row for row in order})
        for order in permutations(rows)
    ]
    assert all(each == explanations[0] for each in explanations)


@pytest.mark.parametrize(
    ("hundredths", "grade"),
    [(10000, "excellent"), (9000, "excellent"), (8999, "good"), (7500, "good"), (7499, "fair"), (6000, "fair"),
     (5999, "poor"), (0, "poor")],
)  # fmt: skip
def test_a_grade_includes_its_own_figure_and_nothing_is_rounded_up_to_it(hundredths: int, grade: str) -> None:
    assert policy.grade_of(hundredths, BOUNDS) == grade


def test_a_factor_without_weight_is_not_asked_for_and_one_with_weight_is() -> None:
    weights = Schemes().current("yulin").weights_for("government_procurement")
    points = {factor: 90 for factor in Factor if weights[factor]}
    assert Factor.SAFETY not in points
    assert policy.score(points, weights, BOUNDS).grade is Grade.EXCELLENT
    del points[Factor.PROGRESS]
    with pytest.raises(errors.FactorsIncomplete, match="progress"):
        policy.score(points, weights, BOUNDS)


@pytest.mark.parametrize("points", [-1, 101])
def test_points_are_from_0_to_100(points: int) -> None:
    with pytest.raises(errors.PointsInvalid):
        policy.check_assessment(Factor.QUALITY, points, "合格率 98%")


def test_points_without_a_narrative_are_refused() -> None:
    policy.check_assessment(Factor.QUALITY, 100, "合格率 98%")
    with pytest.raises(errors.NarrativeMissing):
        policy.check_assessment(Factor.QUALITY, 100, " \n")


@pytest.mark.parametrize("state", EvaluationState)
@pytest.mark.parametrize("change", EvaluationChange)
def test_what_the_diagram_does_not_have_cannot_happen(state: EvaluationState, change: EvaluationChange) -> None:
    if (state, change) in EVALUATION_TRANSITIONS:
        assert policy.next_evaluation_state(state, change) is EVALUATION_TRANSITIONS[state, change]
    else:
        with pytest.raises(errors.EvaluationStateForbids):
            policy.next_evaluation_state(state, change)


def test_nothing_is_assessed_after_submission() -> None:
    assessable = {state for state, change in EVALUATION_TRANSITIONS if change is EvaluationChange.ASSESS}
    assert assessable == {EvaluationState.DRAFT}


def test_the_last_day_of_the_comment_period_belongs_to_the_party() -> None:
    until = date(2026, 12, 7)
    policy.check_comment(until, until)
    with pytest.raises(errors.CommentPeriodOver):
        policy.check_comment(date(2026, 12, 8), until)
    with pytest.raises(errors.CommentPeriodOpen):
        policy.check_ready_for_review(until, until, has_said_all=False)
    policy.check_ready_for_review(until, until, has_said_all=True)
    policy.check_ready_for_review(date(2026, 12, 8), until, has_said_all=False)


def test_drafter_cannot_review_and_a_program_cannot_either() -> None:
    drafter, reviewer = uuid4(), uuid4()
    policy.check_reviewer(reviewer, is_above=True, took_part={drafter, None})
    for who, is_above in ((drafter, True), (None, True), (reviewer, False)):
        with pytest.raises(errors.ReviewerRequired):
            policy.check_reviewer(who, is_above=is_above, took_part={drafter})


def test_an_explanation_names_every_share_the_bound_and_the_source() -> None:
    scheme = Schemes().current("yulin")
    rows = {factor: assessment(factor, points) for factor, points in EVEN.items()}
    found = explain_grade(scheme, "key_works_tendering", rows)
    assert "质量90×30%" in found.conclusion_zh
    assert "＝90.00 分，达到 90 分，评为“优”" in found.conclusion_zh
    assert "安全" in found.clause
    assert found.scheme == "yulin.v1"
    poor = explain_grade(scheme, "bulk_supply", {factor: assessment(factor, 59) for factor in Factor})
    assert "未达 60 分，评为“差”" in poor.conclusion_zh


def test_without_all_factors_there_is_no_grade_to_explain() -> None:
    found = explain_grade(Schemes().current("yulin"), None, {Factor.QUALITY: assessment(Factor.QUALITY, 90)})
    assert found.score is None
    assert [each.points for each in found.factors].count(None) == 5


def test_an_unknown_region_or_class_is_named() -> None:
    with pytest.raises(RegionUnknown, match="yulin"):
        Schemes().current("atlantis")
    with pytest.raises(errors.KPIUnknown, match="government_procurement"):
        Schemes().current("yulin").rates_for("government_procurement")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weights": {"default": {"quality": 99}}}, "make 100"),
        ({"weights": {"bulk_supply": {"quality": 100}}}, "no default weights"),
        ({"bounds": {"excellent": 90, "good": 90, "fair": 60}}, "don't fall"),
        ({"factors": {}}, "no words"),
        ({"version": 2}, "its name"),
        ({"mystery": 1}, "Extra inputs"),
    ],
)
def test_a_broken_scheme_is_refused_with_its_reason(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    whole = json.loads((SCHEMES / "yulin.v1.json").read_text(encoding="utf-8"))
    (tmp_path / "yulin.v1.json").write_text(json.dumps({**whole, **change}), encoding="utf-8")
    with pytest.raises(errors.SchemeInvalid, match=reason):
        Schemes(tmp_path).current("yulin")


def test_a_newer_scheme_leaves_the_old_one_readable(tmp_path: Path) -> None:
    whole = json.loads((SCHEMES / "yulin.v1.json").read_text(encoding="utf-8"))
    for version, bound in ((1, 90), (2, 95)):
        changed = {**whole, "version": version, "bounds": {**whole["bounds"], "excellent": bound}}
        (tmp_path / f"yulin.v{version}.json").write_text(json.dumps(changed), encoding="utf-8")
    schemes = Schemes(tmp_path)
    assert schemes.current("yulin").bounds[Grade.EXCELLENT] == 95
    assert schemes.version("yulin", 1).bounds[Grade.EXCELLENT] == 90


@pytest.mark.parametrize(
    ("start", "days", "unit", "last"),
    [
        ("2026-11-23", 14, "calendar_days", "2026-12-07"),
        ("2026-09-21", 14, "calendar_days", "2026-10-08"),  # ends on 5 October, a holiday
        ("2026-11-23", 12, "calendar_days", "2026-12-07"),  # ends on a Saturday
        ("2026-09-30", 2, "working_days", "2026-10-09"),
        ("2026-10-08", 2, "working_days", "2026-10-10"),  # a Saturday that is worked
    ],
)
def test_a_period_ending_on_a_day_off_ends_on_the_next_working_day(start: str, days: int, unit: str, last: str) -> None:
    found = period_end(date.fromisoformat(start), days, DueUnit(unit), HolidayCalendar())
    assert found.due_on == date.fromisoformat(last)


def test_a_year_without_holidays_fails_loudly() -> None:
    with pytest.raises(HolidayTableMissing, match="2027"):
        period_end(date(2026, 12, 25), 14, DueUnit.CALENDAR_DAYS, HolidayCalendar())
