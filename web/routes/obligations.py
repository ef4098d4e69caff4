"""`/obligations/{id}`: one obligation, why it is where it is, and what its viewer may do about it."""

from datetime import date
from typing import Annotated, Literal

from fastapi import Form, Response, UploadFile
from pydantic import BaseModel, Field

from core import ids
from performance.errors import EvidenceMissing
from performance.policy import EXEMPTION, VARIATION, DisputeOutcome, ExemptionGround, PartyRole, StepKind
from performance.supervision.record_step import NewStep
from performance.terminate_obligation import Resolution
from performance.variations.policy import Terms
from web.desk import CurrentDesk
from web.pages import page_router

router = page_router()

Text = Annotated[str, Field(min_length=1, max_length=2000)]
OptionalText = Annotated[str, Field(max_length=2000)]
PublicId = Annotated[str, Field(max_length=60)]


class ClaimForm(BaseModel):
    fulfilled_on: date
    statement: Text
    document: UploadFile | None = None


class ClaimAnswerForm(BaseModel):
    claim_id: PublicId
    decision: Literal["confirm", "dispute"]
    answer: OptionalText = ""


class ExemptionForm(BaseModel):
    ground: ExemptionGround
    occurred_on: date
    reason: Text
    document: UploadFile | None = None


class ExemptionAnswerForm(BaseModel):
    exemption_id: PublicId
    decision: Literal["approve", "refuse"]
    answer: Text


class VariationForm(BaseModel):
    due_on: date
    reason: Text
    document: UploadFile | None = None


class VariationAnswerForm(BaseModel):
    variation_id: PublicId
    decision: Literal["agree", "drop"]
    answer: OptionalText = ""


class AmendmentForm(BaseModel):
    """An envelope of one's own that isn't completed yet, or a PDF that both sides signed elsewhere."""

    variation_id: PublicId
    envelope_id: Annotated[str, Field(max_length=60)] = ""
    document: UploadFile | None = None


class SupervisionForm(BaseModel):
    reason: Text


class StepForm(BaseModel):
    """Participants are written on lines of their own or with commas between them."""

    supervision_id: PublicId
    kind: StepKind
    held_on: date
    minutes: Text
    outcome: Text
    participants: OptionalText = ""
    document: UploadFile | None = None


class TerminationForm(BaseModel):
    reason: Text
    document: UploadFile | None = None


class OutcomeForm(BaseModel):
    termination_id: PublicId
    outcome: DisputeOutcome
    decided_on: date
    at_fault: Literal["purchaser", "supplier", "nobody"]
    body: OptionalText = ""
    case_number: OptionalText = ""
    document: UploadFile | None = None


@router.get("/obligations/{obligation_id}")
def obligation(desk: CurrentDesk) -> Response:
    return desk.show()


@router.post("/obligations/{obligation_id}/claim")
def claim(desk: CurrentDesk, form: Annotated[ClaimForm, Form()]) -> Response:
    return desk.act(
        form,
        lambda: desk.performance.claim_fulfilment(
            desk.actor,
            desk.obligation_id,
            fulfilled_on=form.fulfilled_on,
            statement=form.statement,
            document_ids=desk.store(form.document),
        ),
    )


@router.post("/obligations/{obligation_id}/answer-claim")
def answer_claim(desk: CurrentDesk, form: Annotated[ClaimAnswerForm, Form()]) -> Response:
    claim_id = ids.parse(ids.FULFILMENT, form.claim_id)
    answer = desk.performance.confirm_fulfilment if form.decision == "confirm" else desk.performance.dispute_fulfilment
    return desk.act(form, lambda: answer(desk.actor, claim_id, answer=form.answer))


@router.post("/obligations/{obligation_id}/exemption")
def request_exemption(desk: CurrentDesk, form: Annotated[ExemptionForm, Form()]) -> Response:
    return desk.act(
        form,
        lambda: desk.performance.request_exemption(
            desk.actor,
            desk.obligation_id,
            ground=form.ground,
            occurred_on=form.occurred_on,
            reason=form.reason,
            document_ids=desk.store(form.document),
        ),
    )


@router.post("/obligations/{obligation_id}/answer-exemption")
def answer_exemption(desk: CurrentDesk, form: Annotated[ExemptionAnswerForm, Form()]) -> Response:
    exemption_id = ids.parse(EXEMPTION, form.exemption_id)
    answer = desk.performance.approve_exemption if form.decision == "approve" else desk.performance.refuse_exemption
    return desk.act(form, lambda: answer(desk.actor, exemption_id, answer=form.answer))


@router.post("/obligations/{obligation_id}/variation")
def propose_variation(desk: CurrentDesk, form: Annotated[VariationForm, Form()]) -> Response:
    return desk.act(
        form,
        lambda: desk.services.variations.propose(
            desk.actor,
            desk.obligation_id,
            Terms(due_on=form.due_on),
            reason=form.reason,
            document_ids=desk.store(form.document),
        ),
    )


@router.post("/obligations/{obligation_id}/answer-variation")
def answer_variation(desk: CurrentDesk, form: Annotated[VariationAnswerForm, Form()]) -> Response:
    variation_id = ids.parse(VARIATION, form.variation_id)
    if form.decision == "agree":
        return desk.act(form, lambda: desk.services.variations.agree(desk.actor, variation_id))
    return desk.act(form, lambda: desk.services.variations.drop(desk.actor, variation_id, answer=form.answer))


@router.post("/obligations/{obligation_id}/amendment")
def sign_amendment(desk: CurrentDesk, form: Annotated[AmendmentForm, Form()]) -> Response:
    """An envelope if one is named, else the uploaded PDF."""
    variation_id = ids.parse(VARIATION, form.variation_id)

    def sign() -> object:
        variations = desk.services.variations
        if form.envelope_id.strip():
            envelope_id = ids.parse(ids.ENVELOPE, form.envelope_id.strip())
            return variations.attach_envelope(desk.actor, variation_id, envelope_id)
        stored = desk.store(form.document)
        if not stored:
            raise EvidenceMissing
        return variations.sign_with_document(desk.actor, variation_id, stored[0])

    return desk.act(form, sign)


@router.post("/obligations/{obligation_id}/supervision")
def open_supervision(desk: CurrentDesk, form: Annotated[SupervisionForm, Form()]) -> Response:
    return desk.act(form, lambda: desk.performance.open_supervision(desk.actor, desk.obligation_id, reason=form.reason))


@router.post("/obligations/{obligation_id}/step")
def record_step(desk: CurrentDesk, form: Annotated[StepForm, Form()]) -> Response:
    supervision_id = ids.parse(ids.SUPERVISION, form.supervision_id)
    return desk.act(
        form,
        lambda: desk.services.supervision.record_step(
            desk.actor,
            supervision_id,
            NewStep(
                kind=form.kind,
                held_on=form.held_on,
                minutes=form.minutes,
                outcome=form.outcome,
                participants=tuple(_names(form.participants)),
                document_ids=tuple(desk.store(form.document)),
            ),
        ),
    )


@router.post("/obligations/{obligation_id}/termination")
def find_impossible(desk: CurrentDesk, form: Annotated[TerminationForm, Form()]) -> Response:
    return desk.act(
        form,
        lambda: desk.performance.enter_termination_register(
            desk.actor, desk.obligation_id, reason=form.reason, document_ids=desk.store(form.document)
        ),
    )


@router.post("/obligations/{obligation_id}/outcome")
def record_outcome(desk: CurrentDesk, form: Annotated[OutcomeForm, Form()]) -> Response:
    termination_id = ids.parse(ids.TERMINATION, form.termination_id)
    is_no_fault = form.at_fault == "nobody"

    def record() -> None:
        resolution = Resolution(
            outcome=form.outcome,
            decided_on=form.decided_on,
            body=form.body,
            case_number=form.case_number,
            is_no_fault=is_no_fault,
            party_at_fault=None if is_no_fault else PartyRole(form.at_fault),
            document_ids=tuple(desk.store(form.document)),
        )
        desk.performance.record_outcome(desk.actor, termination_id, resolution)

    return desk.act(form, record)


def _names(text: str) -> list[str]:
    separated = text.replace("，", ",").replace("、", ",").replace("\n", ",").split(",")
    return [name.strip() for name in separated if name.strip()]
