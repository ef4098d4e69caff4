"""Properties of the score that must hold for any history (Hypothesis)."""

from datetime import date, timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from credit import policy
from credit.policy import CreditEventType
from credit.rule_sets import rule_set_named
from credit.scoring import Fact, score

RULES = rule_set_named("jiuding-2026.1")
START = date(2026, 1, 1)

days = st.dates(START, START + timedelta(days=4000))
kinds = st.sampled_from(sorted(policy.SUBJECT_KINDS))


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Events of all types, with ids that say nothing of their order; some are reversed later."""
    count = draw(st.integers(0, 40))
    numbers = draw(st.lists(st.integers(1, 2**100), min_size=count, max_size=count, unique=True))
    types = st.sampled_from([CreditEventType.OBLIGATION_MET_ON_TIME, CreditEventType.BREACH_RECORDED])
    facts = [Fact(UUID(int=number), draw(types), draw(days)) for number in numbers]
    delays = draw(st.lists(st.none() | st.integers(0, 400), min_size=count, max_size=count))
    reversals = [
        reversal_of(fact, fact.effective_on + timedelta(days=delay))
        for fact, delay in zip(facts, delays, strict=True)
        if delay is not None
    ]
    return facts + reversals


def reversal_of(fact: Fact, on: date) -> Fact:
    return Fact(UUID(int=2**101 + fact.id.int), CreditEventType.REVERSAL, on, fact.id)


@given(histories(), kinds, days, st.randoms(use_true_random=False))
def test_the_score_does_not_depend_on_the_order_of_arrival(
    history: list[Fact], kind: str, at: date, random: Random
) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)

    assert score(RULES, kind, shuffled, at) == score(RULES, kind, history, at)


@given(histories(), kinds, days, days)
def test_a_reversal_restores_the_earlier_score(history: list[Fact], kind: str, happened_on: date, at: date) -> None:
    mistake = Fact(UUID(int=2**110), CreditEventType.BREACH_RECORDED, happened_on)
    reversed_at_once = [*history, mistake, reversal_of(mistake, happened_on)]

    assert score(RULES, kind, reversed_at_once, at).value == score(RULES, kind, history, at).value


@given(
    histories(),
    kinds,
    days,
    st.dates(START, START + timedelta(days=4000)),
    st.integers(-400, 4000),
)
def test_met_after_supervision_never_lowers_a_score(
    history: list[Fact], kind: str, at: date, due_on: date, days_late: int
) -> None:
    closed_on = due_on + timedelta(days=days_late)
    event_type = policy.event_of_closing("met_after_supervision", due_on, closed_on)
    added = [] if event_type is None else [Fact(UUID(int=2**111), event_type, closed_on)]

    assert event_type is None
    assert score(RULES, kind, [*history, *added], at).value >= score(RULES, kind, history, at).value


closings = st.tuples(st.sampled_from(["met", "exempt", "terminated"]), days, days)


@given(histories(), kinds, days, closings)
def test_no_end_of_an_obligation_ever_lowers_a_score(
    history: list[Fact], kind: str, at: date, closing: tuple[str, date, date]
) -> None:
    outcome, due_on, closed_on = closing
    event_type = policy.event_of_closing(outcome, due_on, closed_on)
    added = [] if event_type is None else [Fact(UUID(int=2**111), event_type, closed_on)]

    assert score(RULES, kind, [*history, *added], at).value >= score(RULES, kind, history, at).value


@given(histories(), kinds, days)
def test_the_explanation_adds_up_and_no_rule_exceeds_its_cap(history: list[Fact], kind: str, at: date) -> None:
    result = score(RULES, kind, history, at)
    total = RULES.base_score + sum(item.points for item in result.contributions)

    assert result.value == max(RULES.floor, min(RULES.ceiling, total))
    for rule in RULES.rules:
        assert abs(sum(item.points for item in result.contributions if item.rule == rule)) <= rule.cap
