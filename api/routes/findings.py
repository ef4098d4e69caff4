"""Reported facts (R3(c)), cross-checks and their findings (R6)."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.findings import (
    FindingList,
    FindingPage,
    FindingView,
    NewFindingAnswer,
    NewReportedFact,
    NewResolution,
    ReportedFactPage,
    ReportedView,
    fact_view,
    finding_view,
    listed_finding,
)
from api.schemas.following import document_ids
from core import ids
from performance.crosschecks.policy import FINDING, FindingState

router = APIRouter(tags=["findings"])


@router.post("/contracts/{contract_id}/reported-facts", status_code=201)
def report_fact(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewReportedFact
) -> ReportedView:
    """Takes in an award, invoice, payment, acceptance, completion, filing or a month's volume, and compares it."""
    fact, found = services.crosschecks.report(actor, ids.parse(ids.CONTRACT, contract_id), body.report())
    return ReportedView(fact=fact_view(fact), findings=[listed_finding(*each) for each in found])


@router.get("/contracts/{contract_id}/reported-facts")
def list_reported_facts(
    actor: CurrentActor, services: CurrentServices, contract_id: str, limit: Limit = 50, cursor: Cursor = None
) -> ReportedFactPage:
    """Everything that was reported of a contract, newest first, corrected facts too."""
    page = services.crosschecks.facts(actor, ids.parse(ids.CONTRACT, contract_id), cursor=cursor, limit=limit)
    return ReportedFactPage(items=[fact_view(each) for each in page.items], next_cursor=page.next_cursor)


@router.post("/contracts/{contract_id}/cross-checks")
def check_contract(actor: CurrentActor, services: CurrentServices, contract_id: str) -> FindingList:
    """Compares everything about a contract now, its signed file too; the findings that are new or have new values."""
    found = services.crosschecks.check(actor, ids.parse(ids.CONTRACT, contract_id))
    return FindingList(items=[listed_finding(*each) for each in found])


@router.get("/findings")
def list_findings(
    actor: CurrentActor,
    services: CurrentServices,
    *,
    contract_id: Annotated[str | None, Query(max_length=40, description="Only those of this contract")] = None,
    state: FindingState | None = None,
    rule: Annotated[str | None, Query(pattern=r"^X[0-9]{2}$", description="Only those of this rule")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> FindingPage:
    """Findings on the contracts you may see, newest first."""
    contract = ids.parse(ids.CONTRACT, contract_id) if contract_id is not None else None
    page = services.crosschecks.findings(
        actor, contract_id=contract, state=state, rule=rule, cursor=cursor, limit=limit
    )
    return FindingPage(items=[listed_finding(*each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/findings/{finding_id}")
def read_finding(actor: CurrentActor, services: CurrentServices, finding_id: str) -> FindingView:
    """Both values and their sources, the rule and its basis, what counts meanwhile, and every step."""
    return finding_view(services.crosschecks.finding(actor, ids.parse(FINDING, finding_id)))


@router.post("/findings/{finding_id}/answers", status_code=201)
def answer_finding(
    actor: CurrentActor, services: CurrentServices, finding_id: str, body: NewFindingAnswer
) -> FindingView:
    """What a party of the contract says about it."""
    about = services.crosschecks.answer(
        actor, ids.parse(FINDING, finding_id), text=body.text, document_ids=document_ids(body.document_ids)
    )
    return finding_view(about)


@router.post("/findings/{finding_id}/resolve")
def resolve_finding(
    actor: CurrentActor, services: CurrentServices, finding_id: str, body: NewResolution
) -> FindingView:
    """A person who reported neither value says which is true and shows why; a party may only concede."""
    about = services.crosschecks.resolve(
        actor,
        ids.parse(FINDING, finding_id),
        choice=body.choice,
        other=body.other,
        reason=body.reason,
        document_ids=document_ids(body.document_ids),
    )
    return finding_view(about)
