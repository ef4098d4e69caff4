"""Obligations: what is due, anchors, claims of fulfilment, exemptions, and why each is where it is."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.contracts import ObligationPage, obligation_view
from api.schemas.following import (
    Answer,
    Confirmation,
    ExemptionView,
    ExplanationView,
    FulfilmentView,
    NewAnchor,
    NewExemption,
    NewFulfilment,
    ObligationDossierView,
    document_ids,
    dossier_view,
    exemption_view,
    fulfilment_view,
)
from core import ids
from performance.policy import EXEMPTION, ObligationState

router = APIRouter(tags=["obligations"])


@router.get("/obligations")
def list_obligations(
    actor: CurrentActor,
    services: CurrentServices,
    *,
    due_before: date | None = None,
    state: Annotated[list[ObligationState] | None, Query(description="May be repeated")] = None,
    overdue: Annotated[bool, Query(description="Only those late and still open")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ObligationPage:
    """Obligations of the contracts you may see, the soonest due first."""
    page = services.performance.obligations(
        actor, due_before=due_before, states=state or (), is_overdue=overdue, cursor=cursor, limit=limit
    )
    return ObligationPage(items=[obligation_view(each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/obligations/{obligation_id}")
def read_obligation(actor: CurrentActor, services: CurrentServices, obligation_id: str) -> ObligationDossierView:
    """With its claims, register entries, supervision, terminations, exemptions and variations."""
    return dossier_view(services.performance.obligation(actor, ids.parse(ids.OBLIGATION, obligation_id)))


@router.get("/obligations/{obligation_id}/explanation")
def explain_obligation(actor: CurrentActor, services: CurrentServices, obligation_id: str) -> ExplanationView:
    """Why it is overdue, met, exempt or on record: the rule, its source and the facts."""
    explanation = services.performance.explain(actor, ids.parse(ids.OBLIGATION, obligation_id))
    return ExplanationView(**asdict(explanation))


@router.post("/obligations/{obligation_id}/anchor")
def report_anchor(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewAnchor
) -> ObligationDossierView:
    """A party says, with evidence, when the event was that the period runs from: the due date follows."""
    about = services.performance.report_anchor(
        actor,
        ids.parse(ids.OBLIGATION, obligation_id),
        occurred_on=body.occurred_on,
        statement=body.statement,
        document_ids=document_ids(body.document_ids),
    )
    return dossier_view(about)


@router.post("/obligations/{obligation_id}/fulfilments", status_code=201)
def claim_fulfilment(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewFulfilment
) -> FulfilmentView:
    """The debtor says it is done, or a part of it; the other side confirms or disputes it."""
    claim = services.performance.claim_fulfilment(
        actor,
        ids.parse(ids.OBLIGATION, obligation_id),
        fulfilled_on=body.fulfilled_on,
        statement=body.statement,
        part=body.part(),
        document_ids=document_ids(body.document_ids),
    )
    return fulfilment_view(claim)


@router.post("/fulfilments/{fulfilment_id}/confirm")
def confirm_fulfilment(
    actor: CurrentActor, services: CurrentServices, fulfilment_id: str, body: Confirmation | None = None
) -> FulfilmentView:
    """The creditor agrees: the obligation is met."""
    claim_id = ids.parse(ids.FULFILMENT, fulfilment_id)
    answer = body.answer if body else ""
    return fulfilment_view(services.performance.confirm_fulfilment(actor, claim_id, answer=answer))


@router.post("/fulfilments/{fulfilment_id}/dispute")
def dispute_fulfilment(
    actor: CurrentActor, services: CurrentServices, fulfilment_id: str, body: Answer
) -> FulfilmentView:
    """The creditor disagrees and says why: the obligation stays open."""
    claim_id = ids.parse(ids.FULFILMENT, fulfilment_id)
    return fulfilment_view(services.performance.dispute_fulfilment(actor, claim_id, answer=body.answer))


@router.post("/obligations/{obligation_id}/exemptions", status_code=201)
def request_exemption(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewExemption
) -> ExemptionView:
    """The debtor asks to be excused on one of the four grounds, with evidence."""
    request = services.performance.request_exemption(
        actor,
        ids.parse(ids.OBLIGATION, obligation_id),
        ground=body.ground,
        occurred_on=body.occurred_on,
        reason=body.reason,
        document_ids=document_ids(body.document_ids),
    )
    return exemption_view(request)


@router.post("/exemptions/{exemption_id}/approve")
def approve_exemption(actor: CurrentActor, services: CurrentServices, exemption_id: str, body: Answer) -> ExemptionView:
    """The regulator excuses it; never the person who asked."""
    request_id = ids.parse(EXEMPTION, exemption_id)
    return exemption_view(services.performance.approve_exemption(actor, request_id, answer=body.answer))


@router.post("/exemptions/{exemption_id}/refuse")
def refuse_exemption(actor: CurrentActor, services: CurrentServices, exemption_id: str, body: Answer) -> ExemptionView:
    """The regulator doesn't excuse it; the obligation stays as it is."""
    request_id = ids.parse(EXEMPTION, exemption_id)
    return exemption_view(services.performance.refuse_exemption(actor, request_id, answer=body.answer))
