"""Scores don't depend on the order of entry; what stands is never more favourable than either report; evaluations
never leave their diagram."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.errors import DingyueError
from core.money import Money
from performance.crosschecks.policy import AcceptanceOutcome, Favour, Value, less_favourable
from performance.evaluation import policy
from performance.evaluation.kpi import MonthlyVolume, Verdict, judge
from performance.evaluation.policy import EVALUATION_TRANSITIONS, EvaluationChange, EvaluationState, Factor
from performance.evaluation.schemes import Schemes

SCHEME = Schemes().current("yulin")
RATES = SCHEME.rates_for("bulk_supply")
POINTS = st.fixed_dictionaries({factor: st.integers(0, 100) for factor in Factor})
CLASSES = st.sampled_from([*SCHEME.weights, None])
PAIRS = st.one_of(
    st.tuples(st.integers(0, 10**12).map(Money), st.integers(0, 10**12).map(Money), st.just(Favour.LOWER)),
    st.tuples(st.dates(), st.dates(), st.sampled_from([Favour.EARLIER, Favour.LATER])),
    st.tuples(*[st.decimals(0, 10**9, places=3)] * 2, st.just(Favour.LOWER)),
    st.tuples(*[st.sampled_from(AcceptanceOutcome)] * 2, st.just(Favour.WORSE)),
)
VOLUMES = st.one_of(st.none(), st.decimals(0, 100, places=2))
MONTHS = st.lists(
    st.builds(
        MonthlyVolume,
        month=st.integers(1, 12).map(lambda number: date(2025, number, 1)),
        contracted=st.decimals(1, 100, places=2),
        reported_by_purchaser=VOLUMES,
        reported_by_supplier=VOLUMES,
        respond_by=st.one_of(st.none(), st.just(date(2026, 1, 5))),
    ),
    max_size=12,
    unique_by=lambda volume: volume.month,
)


@given(POINTS, CLASSES, st.randoms(use_true_random=False))
def test_a_score_does_not_depend_on_the_order_of_entry(points, class_code, random) -> None:  # type: ignore[no-untyped-def]
    weights = SCHEME.weights_for(class_code)
    shuffled = list(points.items())
    random.shuffle(shuffled)
    found = policy.score(dict(shuffled), weights, SCHEME.bounds)
    assert found == policy.score(points, weights, SCHEME.bounds)
    assert 0 <= found.hundredths <= 10000
    assert min(points.values()) * 100 <= found.hundredths <= max(points.values()) * 100


@given(POINTS, CLASSES, st.sampled_from(Factor))
def test_more_points_never_lower_a_grade(points: dict[Factor, int], class_code: str | None, factor: Factor) -> None:
    weights, better = SCHEME.weights_for(class_code), {**points, factor: 100}
    ranks = list(policy.Grade)
    before, after = (policy.score(each, weights, SCHEME.bounds) for each in (points, better))
    assert after.hundredths >= before.hundredths
    assert ranks.index(after.grade) <= ranks.index(before.grade)


@given(PAIRS)
def test_what_stands_is_never_more_favourable_than_either_report(pair: tuple[Value, Value, Favour]) -> None:
    first, second, favour = pair
    standing = less_favourable(first, second, favour)
    assert standing in (first, second)
    assert standing == less_favourable(second, first, favour)
    assert all(_favour(standing, favour) <= _favour(each, favour) for each in (first, second))


def _favour(value: Value | None, favour: Favour) -> Decimal | int:
    """How favourable a value is: larger is better."""
    if isinstance(value, Money):
        return value.minor
    if isinstance(value, AcceptanceOutcome):
        return list(AcceptanceOutcome).index(value)
    if isinstance(value, date):
        return value.toordinal() if favour is Favour.EARLIER else -value.toordinal()
    assert isinstance(value, Decimal)
    return value


@given(st.lists(st.sampled_from(EvaluationChange), max_size=30))
def test_an_evaluation_never_leaves_its_diagram(wanted: list[EvaluationChange]) -> None:
    state, passed = EvaluationState.DRAFT, [EvaluationState.DRAFT]
    for change in wanted:
        with suppress(DingyueError):
            after = policy.next_evaluation_state(state, change)
            assert EVALUATION_TRANSITIONS[state, change] is after
            state = after
            passed.append(after)
    if EvaluationState.FINAL in passed:  # never without comments having been possible, and a review
        assert passed.index(EvaluationState.COMMENTING) < passed.index(EvaluationState.UNDER_REVIEW)
        assert passed.index(EvaluationState.UNDER_REVIEW) < passed.index(EvaluationState.FINAL)


@given(MONTHS, st.randoms(use_true_random=False))
def test_rates_do_not_depend_on_order_and_nothing_unknown_is_met(months, random) -> None:  # type: ignore[no-untyped-def]
    today = date(2026, 1, 6)
    shuffled = list(months)
    random.shuffle(shuffled)
    results = judge(months, RATES, today)
    assert results == judge(shuffled, RATES, today)
    for each in results:
        assert (each.verdict is Verdict.PENDING) == (each.delivered is None)
        if each.delivered is not None:
            is_enough = each.delivered * 100 >= each.contracted * each.required_percent
            assert (each.verdict is Verdict.MET) == is_enough
