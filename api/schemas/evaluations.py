"""Shapes of evaluations and of fulfilment rates. Scores are decimal strings of points, rates whole basis points."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from api.schemas.contracts import DocumentIds, RequiredText, Side, Text
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from core import ids
from performance.crosschecks.policy import spelt
from performance.evaluation.kpi import Basis, Period, PeriodResult, Verdict
from performance.evaluation.models import Evaluation, EvaluationStep, VolumePrompt
from performance.evaluation.policy import EVALUATION, EvaluationChange, EvaluationState, Factor, Grade
from performance.evaluation.reading import EvaluationDossier, ExplainedFactor, GradeExplanation
from performance.evaluation.watch_volumes import Fulfilment
from performance.models import Contract
from performance.policy import PartyRole

Month = Annotated[str, Field(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-10"])]


class NewEvaluation(Request):
    """Who is evaluated, and why, or why again."""

    role: Side
    reason: RequiredText


class NewAssessment(Request):
    """Whole points (0–100) for one factor, the facts behind them, and the documents that show those."""

    factor: Factor
    points: Annotated[int, Field(ge=0, le=100)]
    narrative: RequiredText
    document_ids: DocumentIds


class EvaluationText(Request):
    text: Text = ""


class RequiredEvaluationText(Request):
    text: RequiredText


class NewComment(Request):
    """What the evaluated party says. With `is_last` it has no more to say, and its comment period ends."""

    text: RequiredText
    is_last: bool = False
    document_ids: DocumentIds = Field(default_factory=list)


class NewPrompt(Request):
    month: Month


class EvaluationItem(BaseModel):
    """`score` and `grade` are there once it was submitted; they count once its state is `final`."""

    id: str
    contract_id: str
    contract_title: str
    evaluated_role: PartyRole
    version: int
    state: EvaluationState
    score: str | None
    grade: Grade | None
    comment_until: date | None
    opened_at: datetime
    submitted_at: datetime | None
    closed_at: datetime | None


class EvaluationPage(BaseModel):
    items: list[EvaluationItem]
    next_cursor: str | None


class FactorView(BaseModel):
    factor: Factor
    zh: str
    en: str
    weight: int
    points: int | None
    adds_hundredths: int | None
    narrative: str | None
    documents: list[DocumentView]


class GradeExplanationView(BaseModel):
    """Why the grade is what it is: the scheme and its source, each factor's part, the bounds, and the sum in words."""

    scheme: str
    source: str
    clause: str
    factors: list[FactorView]
    bounds: dict[Grade, int]
    conclusion_zh: str
    conclusion_en: str


class EvaluationStepView(BaseModel):
    change: EvaluationChange
    before: EvaluationState | None
    after: EvaluationState
    text: str
    is_last_comment: bool
    documents: list[DocumentView]
    at: datetime
    organisation_id: str
    evidence_id: str


class EvaluationView(EvaluationItem):
    reason: str
    comment_basis: str
    explanation: GradeExplanationView
    steps: list[EvaluationStepView]


class BasisView(BaseModel):
    month: str
    basis: Basis


class RateView(BaseModel):
    """A month, quarter or year. `delivered` is null while it isn't known; `basis` says of each month why."""

    period: Period
    starts_on: date
    contracted: str
    delivered: str | None
    rate_basis_points: int | None
    required_percent: int
    verdict: Verdict
    basis: list[BasisView]


class FulfilmentRatesView(BaseModel):
    scheme: str
    source: str
    unit: str
    judged_on: date
    results: list[RateView]


class PromptView(BaseModel):
    contract_id: str
    month: str
    respond_by: date
    prompted_at: datetime
    evidence_id: str


def first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def evaluation_item(row: Evaluation, contract: Contract) -> EvaluationItem:
    hundredths = row.score_hundredths
    return EvaluationItem(
        id=ids.public(EVALUATION, row.id),
        contract_id=ids.public(ids.CONTRACT, row.contract_id),
        contract_title=contract.title,
        evaluated_role=PartyRole(row.evaluated_role),
        version=row.version,
        state=EvaluationState(row.state),
        score=None if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}",
        grade=Grade(row.grade) if row.grade else None,
        comment_until=row.comment_until,
        opened_at=row.opened_at,
        submitted_at=row.submitted_at,
        closed_at=row.closed_at,
    )


def evaluation_view(about: EvaluationDossier) -> EvaluationView:
    return EvaluationView(
        **evaluation_item(about.evaluation, about.contract).model_dump(),
        reason=about.evaluation.reason,
        comment_basis=about.comment_basis,
        explanation=_explanation_view(about.explanation),
        steps=[_step_view(step) for step in about.steps],
    )


def rates_view(about: Fulfilment) -> FulfilmentRatesView:
    return FulfilmentRatesView(
        scheme=about.scheme,
        source=about.rates.source,
        unit=about.unit,
        judged_on=about.judged_on,
        results=[_rate_view(result) for result in about.results],
    )


def prompt_view(prompt: VolumePrompt) -> PromptView:
    return PromptView(
        contract_id=ids.public(ids.CONTRACT, prompt.contract_id),
        month=f"{prompt.month:%Y-%m}",
        respond_by=prompt.respond_by,
        prompted_at=prompt.prompted_at,
        evidence_id=ids.public(ids.EVIDENCE, prompt.evidence_id),
    )


def _explanation_view(explanation: GradeExplanation) -> GradeExplanationView:
    return GradeExplanationView(
        scheme=explanation.scheme,
        source=explanation.source,
        clause=explanation.clause,
        factors=[_factor_view(each) for each in explanation.factors],
        bounds=explanation.bounds,
        conclusion_zh=explanation.conclusion_zh,
        conclusion_en=explanation.conclusion_en,
    )


def _factor_view(factor: ExplainedFactor) -> FactorView:
    return FactorView(
        factor=factor.factor,
        zh=factor.zh,
        en=factor.en,
        weight=factor.weight,
        points=factor.points,
        adds_hundredths=factor.adds_hundredths,
        narrative=factor.narrative,
        documents=[DocumentView(**document) for document in factor.documents],
    )


def _step_view(step: EvaluationStep) -> EvaluationStepView:
    return EvaluationStepView(
        change=EvaluationChange(step.change),
        before=EvaluationState(step.before) if step.before else None,
        after=EvaluationState(step.after),
        text=step.text,
        is_last_comment=step.is_last_comment,
        documents=[DocumentView(**document) for document in step.documents],
        at=step.at,
        organisation_id=ids.public(ids.ORGANISATION, step.organisation_id),
        evidence_id=ids.public(ids.EVIDENCE, step.evidence_id),
    )


def _rate_view(result: PeriodResult) -> RateView:
    return RateView(
        period=result.period,
        starts_on=result.starts_on,
        contracted=spelt(result.contracted),
        delivered=None if result.delivered is None else spelt(result.delivered),
        rate_basis_points=result.basis_points,
        required_percent=result.required_percent,
        verdict=result.verdict,
        basis=[BasisView(month=f"{month:%Y-%m}", basis=basis) for month, basis in result.basis],
    )
