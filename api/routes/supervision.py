"""The overdue register, supervision with its ladder, public demands, and the termination register."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.following import (
    NewOutcome,
    NewSupervision,
    NewTermination,
    StepView,
    SupervisionView,
    TerminationView,
    document_ids,
    step_view,
    supervision_view,
    termination_view,
)
from api.schemas.supervision import (
    DemandView,
    NewStep,
    OverduePage,
    PublicDemandPage,
    SupervisionCaseView,
    TerminationPage,
    Withdrawal,
    demand_view,
    overdue_item_view,
    public_demand_view,
    supervision_case_view,
    termination_item_view,
)
from core import ids
from core.clock import china_day
from performance.policy import StepKind, TerminationState
from performance.supervision.policy import PUBLIC_DEMAND
from performance.supervision.repository import OverdueFilter

router = APIRouter(tags=["supervision"])

Days = Annotated[int | None, Query(ge=1, le=3660, description="Days late, both ends included")]
Code = Annotated[str | None, Query(pattern=r"^[a-z_]{3,60}$", examples=["government_procurement", "yulin"])]
USCC = Annotated[str | None, Query(pattern=r"^[0-9A-Z]{18}$", description="Unified social credit code")]


@router.get("/overdue")
def overdue_register(
    actor: CurrentActor,
    services: CurrentServices,
    *,
    is_open: Annotated[
        bool | None, Query(alias="open", description="Only those still in it, or those that left")
    ] = None,
    days_late_from: Days = None,
    days_late_to: Days = None,
    class_code: Code = None,
    debtor_uscc: USCC = None,
    step_due: Annotated[
        StepKind | None, Query(description="Only those whose next step is this one and may be taken")
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> OverduePage:
    """The overdue register 逾期执行库 as far as you may see it, newest first; a regulator sees that of its region."""
    today = china_day(services.clock.now())
    wanted = OverdueFilter(
        is_open=is_open,
        due_from=today - timedelta(days=days_late_to) if days_late_to is not None else None,
        due_to=today - timedelta(days=days_late_from) if days_late_from is not None else None,
        class_code=class_code,
        unit=debtor_uscc,
        step_due=step_due,
    )
    page = services.supervision.overdue_register(actor, wanted, cursor=cursor, limit=limit)
    return OverduePage(items=[overdue_item_view(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("/obligations/{obligation_id}/supervision", status_code=201)
def open_supervision(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewSupervision
) -> SupervisionView:
    """The regulator takes an overdue obligation under supervision."""
    obligation = ids.parse(ids.OBLIGATION, obligation_id)
    return supervision_view(services.performance.open_supervision(actor, obligation, reason=body.reason))


@router.get("/supervision/{supervision_id}")
def read_supervision(actor: CurrentActor, services: CurrentServices, supervision_id: str) -> SupervisionCaseView:
    """With every step, public demand and rectification order, and which steps are open today and why."""
    return supervision_case_view(services.supervision.supervision(actor, ids.parse(ids.SUPERVISION, supervision_id)))


@router.post("/supervision/{supervision_id}/steps", status_code=201)
def record_step(actor: CurrentActor, services: CurrentServices, supervision_id: str, body: NewStep) -> StepView:
    """Records a reminder, demand, public demand, interview or inspection; it is never changed afterwards."""
    case = ids.parse(ids.SUPERVISION, supervision_id)
    return step_view(services.supervision.record_step(actor, case, body.step()))


@router.post("/supervision/public-demands/{demand_id}/withdrawal")
def withdraw_demand(actor: CurrentActor, services: CurrentServices, demand_id: str, body: Withdrawal) -> DemandView:
    """The regulator takes a public demand down before its days are over."""
    demand = ids.parse(PUBLIC_DEMAND, demand_id)
    return demand_view(services.supervision.withdraw_demand(actor, demand, reason=body.reason))


@router.get("/public/demands")
def public_demands(
    services: CurrentServices, region: Code = None, limit: Limit = 50, cursor: Cursor = None
) -> PublicDemandPage:
    """催告公示: public demands that run today, newest first. For anybody; no token is asked for."""
    page = services.supervision.public_demands(region=region, cursor=cursor, limit=limit)
    return PublicDemandPage(items=[public_demand_view(each) for each in page.items], next_cursor=page.next_cursor)


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


@router.get("/terminations")
def termination_register(
    actor: CurrentActor,
    services: CurrentServices,
    state: TerminationState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TerminationPage:
    """The termination register 终止库 with its outcomes as far as you may see it, newest first."""
    page = services.supervision.terminations(actor, state=state, cursor=cursor, limit=limit)
    return TerminationPage(items=[termination_item_view(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("/terminations/{termination_id}/outcome")
def record_outcome(
    actor: CurrentActor, services: CurrentServices, termination_id: str, body: NewOutcome
) -> TerminationView:
    """Records how the dispute was lawfully resolved; only now can a breach go on record."""
    case_id = ids.parse(ids.TERMINATION, termination_id)
    return termination_view(services.performance.record_outcome(actor, case_id, body.resolution()))
