"""The overdue register, supervision, and the termination register."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.following import (
    NewOutcome,
    NewStep,
    NewSupervision,
    NewTermination,
    OverduePage,
    StepView,
    SupervisionView,
    TerminationView,
    document_ids,
    overdue_view,
    step_view,
    supervision_view,
    termination_view,
)
from core import ids
from performance.reading import ListedObligation

router = APIRouter(tags=["supervision"])


@router.get("/overdue")
def overdue_register(
    actor: CurrentActor,
    services: CurrentServices,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those still in it, or those that left")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OverduePage:
    """The overdue register 逾期执行库 as far as you may see it, newest first."""
    page = services.performance.overdue_register(actor, is_open=is_open, cursor=cursor, limit=limit)
    items = [overdue_view(each.entry, ListedObligation(each.obligation, each.contract)) for each in page.items]
    return OverduePage(items=items, next_cursor=page.next_cursor)


@router.post("/obligations/{obligation_id}/supervision", status_code=201)
def open_supervision(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewSupervision
) -> SupervisionView:
    """The regulator takes an overdue obligation under supervision."""
    obligation = ids.parse(ids.OBLIGATION, obligation_id)
    return supervision_view(services.performance.open_supervision(actor, obligation, reason=body.reason))


@router.post("/supervision/{supervision_id}/steps", status_code=201)
def record_step(actor: CurrentActor, services: CurrentServices, supervision_id: str, body: NewStep) -> StepView:
    """Records a reminder, demand, public demand, interview or inspection; it is never changed afterwards."""
    step = services.performance.record_step(
        actor,
        ids.parse(ids.SUPERVISION, supervision_id),
        kind=body.kind,
        held_on=body.held_on,
        minutes=body.minutes,
        outcome=body.outcome,
        participants=body.participants,
        document_ids=document_ids(body.document_ids),
    )
    return step_view(step)


@router.post("/obligations/{obligation_id}/termination", status_code=201)
def enter_termination_register(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewTermination
) -> TerminationView:
    """The regulator confirms that an overdue obligation can't be performed: it enters the termination register."""
    case = services.performance.enter_termination_register(
        actor,
        ids.parse(ids.OBLIGATION, obligation_id),
        reason=body.reason,
        document_ids=document_ids(body.document_ids),
    )
    return termination_view(case)


@router.post("/terminations/{termination_id}/outcome")
def record_outcome(
    actor: CurrentActor, services: CurrentServices, termination_id: str, body: NewOutcome
) -> TerminationView:
    """Records how the dispute was lawfully resolved; only now can a breach go on record."""
    case_id = ids.parse(ids.TERMINATION, termination_id)
    return termination_view(services.performance.record_outcome(actor, case_id, body.resolution()))
