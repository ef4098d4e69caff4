"""Reads of evaluations, scoped to the actor, and why a grade is what it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from accounts.policy import Actor, Scope
from performance.evaluation import policy, repository
from performance.evaluation.models import Evaluation, EvaluationAssessment, EvaluationStep
from performance.evaluation.policy import Factor, Grade, Score
from performance.evaluation.schemes import Scheme, Schemes
from performance.models import Contract
from performance.reading import Page, page_of, read_cursor

GRADE_NAMES = {Grade.EXCELLENT: "优", Grade.GOOD: "良", Grade.FAIR: "中", Grade.POOR: "差"}


@dataclass(frozen=True, slots=True)
class ExplainedFactor:
    """One factor's part in the score. `adds_hundredths` is weight × points."""

    factor: Factor
    zh: str
    en: str
    weight: int
    points: int | None
    adds_hundredths: int | None
    narrative: str | None
    documents: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class GradeExplanation:
    """Why the grade is what it is: each factor, the sum, the bound it reaches, and the rules applied.

    `conclusion_*` say it in a sentence; without all factors there is no score, grade or conclusion yet.
    """

    scheme: str
    source: str
    clause: str
    factors: tuple[ExplainedFactor, ...]
    bounds: dict[Grade, int]
    score: Score | None
    conclusion_zh: str
    conclusion_en: str


@dataclass(frozen=True, slots=True)
class EvaluationDossier:
    """An evaluation, its steps (oldest first) and its explanation."""

    evaluation: Evaluation
    contract: Contract
    steps: Sequence[EvaluationStep]
    explanation: GradeExplanation
    comment_basis: str


def evaluation(session: Session, actor: Actor, evaluation_id: UUID, schemes: Schemes) -> EvaluationDossier:
    """Raises `EvaluationNotFound`."""
    actor.require(Scope.CONTRACTS_READ)
    return dossier(session, actor, evaluation_id, schemes)


def dossier(session: Session, actor: Actor, evaluation_id: UUID, schemes: Schemes) -> EvaluationDossier:
    """The same for whoever has just moved it. Raises `EvaluationNotFound`."""
    session.flush()
    row, contract = repository.evaluation_of(session, actor, evaluation_id)
    scheme = schemes.version(row.scheme_region, row.scheme_version)
    assessments = repository.standing_assessments(repository.assessments_of(session, row.id))
    return EvaluationDossier(
        evaluation=row,
        contract=contract,
        steps=repository.steps_of(session, row.id),
        explanation=explain_grade(scheme, contract.class_code, assessments),
        comment_basis=scheme.comment.basis,
    )


def evaluations(
    session: Session, actor: Actor, *, contract_id: UUID | None, state: str | None, cursor: str | None, limit: int
) -> Page[tuple[Evaluation, Contract]]:
    """Newest first. Raises `ListCursorInvalid`."""
    actor.require(Scope.CONTRACTS_READ)
    before = read_cursor(cursor, lambda text: UUID(hex=text))
    rows = repository.evaluations(session, actor, contract_id=contract_id, state=state, before=before, limit=limit + 1)
    return page_of(rows, limit, lambda row: row[0].id.hex)


def explain_grade(
    scheme: Scheme, class_code: str | None, assessments: dict[Factor, EvaluationAssessment]
) -> GradeExplanation:
    """Pure. The same assessments give the same explanation, in whatever order they were entered."""
    weights = scheme.weights_for(class_code)
    factors = tuple(
        _explained(scheme, factor, weights[factor], assessments.get(factor)) for factor in Factor if weights.get(factor)
    )
    score = None
    zh, en = "尚有因素未评分。", "Some factors have no points yet."
    if all(each.points is not None for each in factors):
        score = policy.score({factor: row.points for factor, row in assessments.items()}, weights, scheme.bounds)
        zh, en = _conclusions(scheme, score)
    return GradeExplanation(scheme.name, scheme.source, scheme.clause, factors, scheme.bounds, score, zh, en)


def _explained(scheme: Scheme, factor: Factor, weight: int, row: EvaluationAssessment | None) -> ExplainedFactor:
    return ExplainedFactor(
        factor=factor,
        zh=scheme.factors[factor].zh,
        en=scheme.factors[factor].en,
        weight=weight,
        points=row.points if row else None,
        adds_hundredths=weight * row.points if row else None,
        narrative=row.narrative if row else None,
        documents=row.documents if row else [],
    )


def _conclusions(scheme: Scheme, score: Score) -> tuple[str, str]:
    shares_zh = "＋".join(f"{scheme.factors[each.factor].zh}{each.points}×{each.weight}%" for each in score.shares)
    shares_en = " + ".join(f"{each.factor} {each.points}×{each.weight}%" for each in score.shares)
    name = GRADE_NAMES[score.grade]
    if score.grade is Grade.POOR:
        least = scheme.bounds[Grade.FAIR]
        return (
            f"{shares_zh}＝{score} 分，未达 {least} 分，评为“{name}”。",
            f"{shares_en} = {score}, below {least}: {score.grade}.",
        )
    least = scheme.bounds[score.grade]
    return (
        f"{shares_zh}＝{score} 分，达到 {least} 分，评为“{name}”。",
        f"{shares_en} = {score}, at least {least}: {score.grade}.",
    )
