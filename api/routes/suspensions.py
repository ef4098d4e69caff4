"""Suspending a contract and going on with it."""

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices
from api.schemas.following import Answer
from api.schemas.suspensions import (
    NewSuspension,
    NewSuspensionOrder,
    SuspensionList,
    SuspensionView,
    suspension_view,
)
from core import ids
from performance.policy import SUSPENSION

router = APIRouter(tags=["suspensions"])


@router.get("/contracts/{contract_id}/suspensions")
def list_suspensions(actor: CurrentActor, services: CurrentServices, contract_id: str) -> SuspensionList:
    """Oldest first."""
    rows = services.suspensions.of_contract(actor, ids.parse(ids.CONTRACT, contract_id))
    return SuspensionList(items=[suspension_view(row) for row in rows])


@router.post("/contracts/{contract_id}/suspensions", status_code=201)
def propose_suspension(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewSuspension
) -> SuspensionView:
    """One side proposes; once the other agrees, the clocks stand still."""
    row = services.suspensions.propose(
        actor,
        ids.parse(ids.CONTRACT, contract_id),
        ground=body.ground,
        reason=body.reason,
        document_ids=[ids.parse(ids.DOCUMENT, text) for text in body.document_ids],
    )
    return suspension_view(row)


@router.post("/contracts/{contract_id}/suspension-orders", status_code=201)
def order_suspension(
    actor: CurrentActor, services: CurrentServices, contract_id: str, body: NewSuspensionOrder
) -> SuspensionView:
    """The regulator records a court's or authority's paper: in force from today."""
    row = services.suspensions.order(
        actor,
        ids.parse(ids.CONTRACT, contract_id),
        ground=body.ground,
        reason=body.reason,
        authority=body.authority,
        case_number=body.case_number,
        document_ids=[ids.parse(ids.DOCUMENT, text) for text in body.document_ids],
    )
    return suspension_view(row)


@router.post("/suspensions/{suspension_id}/agree")
def agree_to_suspension(actor: CurrentActor, services: CurrentServices, suspension_id: str) -> SuspensionView:
    """The other side agrees: from today on nothing of the contract falls due."""
    return suspension_view(services.suspensions.agree(actor, ids.parse(SUSPENSION, suspension_id)))


@router.post("/suspensions/{suspension_id}/refuse")
def refuse_suspension(
    actor: CurrentActor, services: CurrentServices, suspension_id: str, body: Answer
) -> SuspensionView:
    """The contract goes on as it was."""
    identifier = ids.parse(SUSPENSION, suspension_id)
    return suspension_view(services.suspensions.refuse(actor, identifier, answer=body.answer))


@router.post("/suspensions/{suspension_id}/resume")
def resume_contract(actor: CurrentActor, services: CurrentServices, suspension_id: str, body: Answer) -> SuspensionView:
    """A side wants to go on; once both do, or the regulator says so, open due dates are as many days later."""
    identifier = ids.parse(SUSPENSION, suspension_id)
    return suspension_view(services.suspensions.resume(actor, identifier, reason=body.answer))
