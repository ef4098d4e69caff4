"""Rule sets: versioned data files in `rules/`, checked when they are loaded and never edited once published.

A new table of points is a new file with a new id, so that every past score can be computed again as it was.
"""

from collections.abc import Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from credit.errors import RuleSetNotFound
from credit.policy import LOWERING, SUBJECT_KINDS, CreditEventType

_FOLDER = Path(__file__).with_name("rules")


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Data):
    """The same in Chinese and in English."""

    zh: str
    en: str


class DecayStep(_Data):
    """From `after_days` days of age on, an event counts for `percent` of its points."""

    after_days: int
    percent: int


class Rule(_Data):
    """Points for each event of a type. All events under one rule together count for at most `cap` points."""

    id: str
    event_type: CreditEventType
    subject_kinds: tuple[str, ...]
    points: int
    cap: int
    decay: tuple[DecayStep, ...]
    zh: str
    en: str
    source: Words

    @model_validator(mode="after")
    def _is_lawful(self) -> Self:
        if self.points == 0 or self.cap < abs(self.points):
            raise ValueError(f"{self.id}: points must not be 0, nor more than the cap")
        if self.points < 0 and self.event_type not in LOWERING:
            raise ValueError(f"{self.id}: only an established breach may take points away (R12, R13)")
        if not set(self.subject_kinds) <= SUBJECT_KINDS:
            raise ValueError(f"{self.id}: only government bodies and enterprises are scored")
        for earlier, later in pairwise(self.decay):
            if earlier.after_days >= later.after_days or earlier.percent < later.percent:
                raise ValueError(f"{self.id}: decay steps must grow in age and shrink in weight")
        return self

    def points_at(self, age_days: int) -> int:
        """Whole points at an age, rounded towards zero."""
        percent = next((step.percent for step in reversed(self.decay) if step.after_days <= age_days), 100)
        size = abs(self.points) * percent // 100
        return size if self.points > 0 else -size


class Grade(_Data):
    """`from_score` and above, up to the next better grade."""

    grade: str
    from_score: int
    zh: str
    en: str


class RuleSet(_Data):
    """`grades` go from best to worst; the worst begins at `floor`."""

    id: str
    valid_from: date
    zh: str
    en: str
    is_assumption: bool
    assumption: Words | None
    base_score: int
    floor: int
    ceiling: int
    rules: tuple[Rule, ...]
    grades: tuple[Grade, ...]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.is_assumption != (self.assumption is not None):
            raise ValueError(f"{self.id}: an assumption says what it assumes")
        starts = [grade.from_score for grade in self.grades]
        if starts != sorted(set(starts), reverse=True) or starts[-1:] != [self.floor]:
            raise ValueError(f"{self.id}: grades must go from best to worst and reach the floor")
        types = [(rule.event_type, kind) for rule in self.rules for kind in rule.subject_kinds]
        if len(types) != len(set(types)):
            raise ValueError(f"{self.id}: two rules for one type of event and kind of subject")
        return self

    def grade_of(self, score: int) -> Grade:
        return next(grade for grade in self.grades if score >= grade.from_score)


@cache
def rule_sets() -> Mapping[str, RuleSet]:
    """All rule sets by id, oldest first."""
    loaded = [RuleSet.model_validate_json(path.read_bytes()) for path in _FOLDER.glob("*.json")]
    return {rule_set.id: rule_set for rule_set in sorted(loaded, key=lambda found: found.valid_from)}


def rule_set_named(name: str) -> RuleSet:
    """Raises `RuleSetNotFound`."""
    if name not in rule_sets():
        raise RuleSetNotFound(given=name[:40])
    return rule_sets()[name]


def rule_set_at(day: date) -> RuleSet:
    """The rule set in force on a day. Raises `RuleSetNotFound` for a day before the first."""
    in_force = [rule_set for rule_set in rule_sets().values() if rule_set.valid_from <= day]
    if not in_force:
        raise RuleSetNotFound(given=day.isoformat())
    return in_force[-1]
