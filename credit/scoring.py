"""The score: a pure fold over the events in effect on a day, under one rule set.

    score = base + Σ over rules of clip(Σ over events of points at their age, cap), kept between floor and ceiling

It depends on nothing else: not on the order in which events became known, not on the clock. A reversed event counts
for nothing from the day of its reversal on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from credit.rule_sets import Grade, Rule, RuleSet


@dataclass(frozen=True, slots=True)
class Fact:
    """What scoring needs to know of a credit event."""

    id: UUID
    type: str
    effective_on: date
    reversal_of: UUID | None = None


class Weight(StrEnum):
    """How an event counts, and if not in full, why."""

    FULL = "full"
    DECAYED = "decayed"
    EXPIRED = "expired"
    CAPPED = "capped"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class Contribution:
    """The points one event adds under one rule."""

    event_id: UUID
    rule: Rule
    points: int
    weight: Weight


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is base plus all contributions, kept between the rule set's floor and ceiling."""

    value: int
    grade: Grade
    contributions: tuple[Contribution, ...]


def score(rule_set: RuleSet, subject_kind: str, facts: Iterable[Fact], at: date) -> Score:
    """The score of a subject at the end of the day `at`; contributions by rule, the newest event first."""
    in_effect = [fact for fact in facts if fact.effective_on <= at]
    reversed_ids = {fact.reversal_of for fact in in_effect} - {None}
    contributions = tuple(
        contribution
        for rule in rule_set.rules
        if subject_kind in rule.subject_kinds
        for contribution in _under_rule(rule, in_effect, reversed_ids, at)
    )
    total = rule_set.base_score + sum(contribution.points for contribution in contributions)
    value = max(rule_set.floor, min(rule_set.ceiling, total))
    return Score(value, rule_set.grade_of(value), contributions)


def _under_rule(rule: Rule, facts: Sequence[Fact], reversed_ids: set[UUID | None], at: date) -> Iterable[Contribution]:
    """The newest events count first; what is left of the cap goes to the older ones."""
    left = rule.cap
    matching = [fact for fact in facts if fact.type == rule.event_type]
    for fact in sorted(matching, key=lambda fact: (fact.effective_on, fact.id), reverse=True):
        if fact.id in reversed_ids:
            yield Contribution(fact.id, rule, 0, Weight.REVERSED)
            continue
        points = rule.points_at((at - fact.effective_on).days)
        counted = min(abs(points), left)
        left -= counted
        yield Contribution(fact.id, rule, counted if points > 0 else -counted, _weight(rule, points, counted))


def _weight(rule: Rule, points: int, counted: int) -> Weight:
    if points == 0:
        return Weight.EXPIRED
    if counted < abs(points):
        return Weight.CAPPED
    return Weight.FULL if points == rule.points else Weight.DECAYED
