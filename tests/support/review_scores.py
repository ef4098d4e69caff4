"""How well the risk review does on the contract texts of `tests/data/contracts`."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from performance.due_dates.calendar import HolidayCalendar
from performance.review.review import review_text
from performance.review.text import ContractText
from tests.support.contract_papers import Sample

_IN_THE_DRAFT = {"ends_on": "performance_due_on"}
_MILESTONES = frozenset({"payments", "deliveries"})


@dataclass(slots=True)
class Score:
    """How often it was right, spoke without reason, and missed something."""

    right: int = 0
    false_alarms: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.false_alarms) if self.right + self.false_alarms else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


@dataclass(slots=True)
class Scores:
    """Findings by rule (a case counts once for each text), and facts of the draft by field."""

    rules: dict[str, Score] = field(default_factory=dict)
    fields: dict[str, Score] = field(default_factory=dict)

    @property
    def all_rules(self) -> Score:
        return _sum(self.rules.values())

    @property
    def all_fields(self) -> Score:
        return _sum(self.fields.values())


def cases_found(text: ContractText) -> frozenset[str]:
    return frozenset(finding.case for finding in review_text(text, HolidayCalendar()).findings)


def facts_found(text: ContractText, names: Iterable[str]) -> dict[str, str | None]:
    draft = review_text(text, HolidayCalendar()).draft
    return {name: draft.value(_IN_THE_DRAFT.get(name, name)) if draft else None for name in names}


def expected_facts(sample: Sample) -> dict[str, str | None]:
    """Those with one value; milestones are told apart by more than a word."""
    named = {name: value for name, value in sample.facts.items() if name not in _MILESTONES}
    return {name: None if value is None else str(value) for name, value in named.items()}


def score(samples: Iterable[Sample], read: Callable[[str], ContractText] = ContractText.of) -> Scores:
    scores = Scores()
    for each in samples:
        text = read(each.text)
        found = cases_found(text)
        for case in found | each.findings:
            _count(scores.rules.setdefault(case.partition(".")[0], Score()), case in each.findings, case in found)
        wanted = expected_facts(each)
        for name, value in facts_found(text, wanted).items():
            counted = scores.fields.setdefault(name, Score())
            if value is not None and value == wanted[name]:
                counted.right += 1
                continue
            counted.false_alarms += value is not None
            counted.missed += wanted[name] is not None
    return scores


def _count(counted: Score, is_expected: bool, is_found: bool) -> None:
    counted.right += is_expected and is_found
    counted.false_alarms += is_found and not is_expected
    counted.missed += is_expected and not is_found


def _sum(scores: Iterable[Score]) -> Score:
    total: Counter[str] = Counter()
    for each in scores:
        total.update(right=each.right, false_alarms=each.false_alarms, missed=each.missed)
    return Score(total["right"], total["false_alarms"], total["missed"])
