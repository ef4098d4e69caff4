"""Pure decisions about evaluations: no I/O, time is a parameter, whole numbers only.

    draft ─▶ commenting ─▶ under review ─▶ final ─▶ superseded      (by the next version, once that is final)
      │          │              └────────▶ returned                 (the next version begins anew)
      └──────────┴─▶ withdrawn

Nothing of an evaluation changes once it was submitted for comments: whatever is wrong is put right in a new version.
A score is the weighted sum of whole points and doesn't depend on the order in which factors were entered.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from performance.evaluation.errors import (
    CommentPeriodOpen,
    CommentPeriodOver,
    EvaluationStateForbids,
    FactorsIncomplete,
    NarrativeMissing,
    PointsInvalid,
    ReviewerRequired,
)

EVALUATION = "evl"
FULL_POINTS = 100


class Factor(StrEnum):
    """项目负责人及管理班子到位, 质量, 进度, 安全, 变更, 售后服务 (R8)."""

    KEY_PERSONNEL = "key_personnel"
    QUALITY = "quality"
    PROGRESS = "progress"
    SAFETY = "safety"
    VARIATIONS = "variations"
    AFTER_SALES = "after_sales"


class Grade(StrEnum):
    """优, 良, 中, 差: the best first."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class EvaluationState(StrEnum):
    DRAFT = "draft"
    COMMENTING = "commenting"
    UNDER_REVIEW = "under_review"
    FINAL = "final"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


class EvaluationChange(StrEnum):
    """What can happen to an evaluation. Opening makes it; assessing and commenting leave its state as it is."""

    OPEN = "open"
    ASSESS = "assess"
    SUBMIT = "submit"
    COMMENT = "comment"
    REQUEST_REVIEW = "request_review"
    CONFIRM = "confirm"
    RETURN = "return"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


_S, _C = EvaluationState, EvaluationChange

EVALUATION_TRANSITIONS: dict[tuple[EvaluationState, EvaluationChange], EvaluationState] = {
    (_S.DRAFT, _C.ASSESS): _S.DRAFT,
    (_S.DRAFT, _C.SUBMIT): _S.COMMENTING,
    (_S.DRAFT, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.COMMENTING, _C.COMMENT): _S.COMMENTING,
    (_S.COMMENTING, _C.WITHDRAW): _S.WITHDRAWN,
    (_S.COMMENTING, _C.REQUEST_REVIEW): _S.UNDER_REVIEW,
    (_S.UNDER_REVIEW, _C.CONFIRM): _S.FINAL,
    (_S.UNDER_REVIEW, _C.RETURN): _S.RETURNED,
    (_S.FINAL, _C.SUPERSEDE): _S.SUPERSEDED,
}

OPEN_EVALUATION_STATES = frozenset({_S.DRAFT, _S.COMMENTING, _S.UNDER_REVIEW})


@dataclass(frozen=True, slots=True)
class Share:
    """What a factor adds: `weight` per cent of `points` (0–100); `adds` is in hundredths of a point."""

    factor: Factor
    weight: int
    points: int

    @property
    def adds(self) -> int:
        return self.weight * self.points


@dataclass(frozen=True, slots=True)
class Score:
    """`hundredths` of a point, 0–10000, and the grade the scheme's bounds give it; the shares in the factors' order."""

    hundredths: int
    grade: Grade
    shares: tuple[Share, ...]

    def __str__(self) -> str:
        return f"{self.hundredths // 100}.{self.hundredths % 100:02d}"


def next_evaluation_state(state: EvaluationState, change: EvaluationChange) -> EvaluationState:
    """Raises `EvaluationStateForbids` unless the diagram has such a move."""
    after = EVALUATION_TRANSITIONS.get((state, change))
    if after is None:
        raise EvaluationStateForbids(state=str(state), change=str(change))
    return after


def check_assessment(factor: Factor, points: int, narrative: str) -> None:
    """Raises `PointsInvalid` or `NarrativeMissing`."""
    if not 0 <= points <= FULL_POINTS:
        raise PointsInvalid(points=points)
    if not narrative.strip():
        raise NarrativeMissing(factor=str(factor))


def score(points: Mapping[Factor, int], weights: Mapping[Factor, int], bounds: Mapping[Grade, int]) -> Score:
    """The score of `points` under `weights` (per cent, together 100) and its grade.

    `bounds` are whole points; a grade includes its figure (以上). A factor of weight 0 isn't asked for.
    Raises `FactorsIncomplete` if a factor with a weight has no points.
    """
    weighted = [factor for factor in Factor if weights.get(factor)]
    missing = [str(factor) for factor in weighted if factor not in points]
    if missing:
        raise FactorsIncomplete(missing=", ".join(missing))
    shares = tuple(Share(factor, weights[factor], points[factor]) for factor in weighted)
    hundredths = sum(share.adds for share in shares)
    return Score(hundredths, grade_of(hundredths, bounds), shares)


def grade_of(hundredths: int, bounds: Mapping[Grade, int]) -> Grade:
    """The best grade whose bound the score reaches; the last one has no bound."""
    for grade in (Grade.EXCELLENT, Grade.GOOD, Grade.FAIR):
        if hundredths >= bounds[grade] * 100:
            return grade
    return Grade.POOR


def check_comment(today: date, until: date) -> None:
    """Raises `CommentPeriodOver`: the last day belongs to the party until 24:00 (民法典 §203)."""
    if today > until:
        raise CommentPeriodOver(until=until.isoformat())


def check_ready_for_review(today: date, until: date, *, has_said_all: bool) -> None:
    """Raises `CommentPeriodOpen` while the party may still comment and hasn't said that it has no more to say."""
    if today <= until and not has_said_all:
        raise CommentPeriodOpen(until=until.isoformat(), today=today.isoformat())


def check_reviewer(reviewer: UUID | None, *, is_above: bool, took_part: Collection[UUID | None]) -> None:
    """Raises `ReviewerRequired`: a person decides, one level up, who had no part in the evaluation."""
    if reviewer is None or not is_above or reviewer in took_part:
        raise ReviewerRequired
