"""Evaluations of performance 履约评价 (R8), and fulfilment rates of monthly volumes."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.evaluations import (
    EvaluationPage,
    EvaluationText,
    EvaluationView,
    FulfilmentRatesView,
    NewAssessment,
    NewComment,
    NewEvaluation,
    NewPrompt,
    PromptView,
    RequiredEvaluationText,
    evaluation_item,
    evaluation_view,
    first_of,
    prompt_view,
    rates_view,
)
from api.schemas.following import document_ids
from core import ids
from performance.evaluation.policy import EVALUATION, EvaluationState

router = APIRouter(tags=["evaluations"])


@router.post("/contracts/{contract_id}/evaluations", status_code=201)
def open_evaluation(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewEvaluation
) -> EvaluationView:
    """Opens a draft: the purchaser of its supplier, a regulator of either side. Only you see it until you submit it."""
    contract = ids.parse(ids.CONTRACT, contract_id)
    return evaluation_view(services.evaluations.open(actor, contract, role=body.role, reason=body.reason))


@router.get("/evaluations")
def list_evaluations(
    actor: CurrentActor,
    services: CurrentServices,
    *,
    contract_id: Annotated[str | None, Query(max_length=40, description="Only those of this contract")] = None,
    state: EvaluationState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EvaluationPage:
    """Evaluations you may see, newest first; drafts are their evaluator's alone."""
    contract = ids.parse(ids.CONTRACT, contract_id) if contract_id is not None else None
    page = services.evaluations.evaluations(actor, contract_id=contract, state=state, cursor=cursor, limit=limit)
    return EvaluationPage(items=[evaluation_item(*each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/evaluations/{evaluation_id}")
def read_evaluation(actor: CurrentActor, services: CurrentServices, evaluation_id: str) -> EvaluationView:
    """With every step, and why its grade is what it is."""
    return evaluation_view(services.evaluations.evaluation(actor, ids.parse(EVALUATION, evaluation_id)))


@router.post("/evaluations/{evaluation_id}/assessments", status_code=201)
def assess_factor(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: NewAssessment
) -> EvaluationView:
    """Assesses one factor of a draft; an earlier assessment of it stays on record and no longer counts."""
    about = services.evaluations.assess(
        actor,
        ids.parse(EVALUATION, evaluation_id),
        factor=body.factor,
        points=body.points,
        narrative=body.narrative,
        document_ids=document_ids(body.document_ids),
    )
    return evaluation_view(about)


@router.post("/evaluations/{evaluation_id}/submit")
def submit_evaluation(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: EvaluationText
) -> EvaluationView:
    """Fixes score and grade and begins the evaluated party's comment period."""
    return evaluation_view(services.evaluations.submit(actor, ids.parse(EVALUATION, evaluation_id), text=body.text))


@router.post("/evaluations/{evaluation_id}/withdraw")
def withdraw_evaluation(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: RequiredEvaluationText
) -> EvaluationView:
    """Ends an evaluation before review, with the reason."""
    return evaluation_view(services.evaluations.withdraw(actor, ids.parse(EVALUATION, evaluation_id), text=body.text))


@router.post("/evaluations/{evaluation_id}/comments", status_code=201)
def comment_on_evaluation(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: NewComment
) -> EvaluationView:
    """What the evaluated party says, within its comment period; it stays beside the evaluation for good."""
    about = services.evaluations.comment(
        actor,
        ids.parse(EVALUATION, evaluation_id),
        text=body.text,
        is_last=body.is_last,
        document_ids=document_ids(body.document_ids),
    )
    return evaluation_view(about)


@router.post("/evaluations/{evaluation_id}/review-request")
def request_review(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: EvaluationText
) -> EvaluationView:
    """After the comment period: asks for review one level up, with the answer to the comments."""
    evaluation = ids.parse(EVALUATION, evaluation_id)
    return evaluation_view(services.evaluations.request_review(actor, evaluation, text=body.text))


@router.post("/evaluations/{evaluation_id}/confirm")
def confirm_evaluation(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: EvaluationText
) -> EvaluationView:
    """Another person, of the regulator's, makes it final; an earlier final version no longer counts."""
    return evaluation_view(services.evaluations.confirm(actor, ids.parse(EVALUATION, evaluation_id), text=body.text))


@router.post("/evaluations/{evaluation_id}/return")
def return_evaluation(
    actor: CurrentActor, services: CurrentServices, evaluation_id: str, body: RequiredEvaluationText
) -> EvaluationView:
    """Another person, of the regulator's, returns it with the reason; the evaluator may open a new version."""
    evaluation = ids.parse(EVALUATION, evaluation_id)
    return evaluation_view(services.evaluations.return_to_evaluator(actor, evaluation, text=body.text))


@router.get("/contracts/{contract_id}/fulfilment-rates")
def fulfilment_rates(actor: CurrentActor, services: CurrentServices, contract_id: str) -> FulfilmentRatesView:
    """How much of each contracted month, quarter and year was delivered, and why it counts as it does."""
    return rates_view(services.evaluations.fulfilment(actor, ids.parse(ids.CONTRACT, contract_id)))


@router.post("/contracts/{contract_id}/volume-prompts", status_code=201)
def prompt_report(actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewPrompt) -> PromptView:
    """The regulator prompts both parties for a month's volume; what is then unreported counts as not delivered."""
    contract = ids.parse(ids.CONTRACT, contract_id)
    return prompt_view(services.evaluations.prompt_report(actor, contract, month=first_of(body.month)))
