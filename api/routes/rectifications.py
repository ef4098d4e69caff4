"""Rectification orders 整改 within a supervision case."""

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices
from api.schemas.following import document_ids
from api.schemas.supervision import (
    ItemExtension,
    ItemReport,
    NewRectification,
    RectificationView,
    rectification_view,
)
from core import ids
from performance.supervision.policy import RECTIFICATION, RECTIFICATION_ITEM, ItemChange

router = APIRouter(tags=["supervision"])


@router.post("/supervision/{supervision_id}/rectifications", status_code=201)
def issue_order(
    actor: CurrentActor, services: CurrentServices, supervision_id: str, body: NewRectification
) -> RectificationView:
    """The regulator orders a party to put things right, each by a day."""
    about = services.supervision.issue_order(
        actor,
        ids.parse(ids.SUPERVISION, supervision_id),
        party_role=body.party_role,
        reason=body.reason,
        items=body.ordered(),
        document_ids=document_ids(body.document_ids),
    )
    return rectification_view(about)


@router.get("/rectifications/{rectification_id}")
def read_order(actor: CurrentActor, services: CurrentServices, rectification_id: str) -> RectificationView:
    """With its items and all that happened to them."""
    return rectification_view(services.supervision.rectification(actor, ids.parse(RECTIFICATION, rectification_id)))


@router.post("/rectification-items/{item_id}/report")
def report_item(actor: CurrentActor, services: CurrentServices, item_id: str, body: ItemReport) -> RectificationView:
    """The ordered party says that it is done, with files."""
    about = services.supervision.report_item(
        actor, ids.parse(RECTIFICATION_ITEM, item_id), text=body.text, document_ids=document_ids(body.document_ids)
    )
    return rectification_view(about)


@router.post("/rectification-items/{item_id}/verify")
def verify_item(actor: CurrentActor, services: CurrentServices, item_id: str, body: ItemReport) -> RectificationView:
    """The regulator looked, and it is done."""
    return _decide(actor, services, item_id, ItemChange.VERIFY, body)


@router.post("/rectification-items/{item_id}/return")
def return_item(actor: CurrentActor, services: CurrentServices, item_id: str, body: ItemReport) -> RectificationView:
    """The regulator looked, and it isn't done; its day stays."""
    return _decide(actor, services, item_id, ItemChange.RETURN, body)


@router.post("/rectification-items/{item_id}/fail")
def fail_item(actor: CurrentActor, services: CurrentServices, item_id: str, body: ItemReport) -> RectificationView:
    """Not put right: counts as repeated failure. Unreported, only once its day has passed."""
    return _decide(actor, services, item_id, ItemChange.FAIL, body)


@router.post("/rectification-items/{item_id}/extension")
def extend_item(actor: CurrentActor, services: CurrentServices, item_id: str, body: ItemExtension) -> RectificationView:
    """The regulator gives more time."""
    about = services.supervision.decide_item(
        actor,
        ids.parse(RECTIFICATION_ITEM, item_id),
        ItemChange.EXTEND,
        text=body.text,
        due_on=body.due_on,
        document_ids=document_ids(body.document_ids),
    )
    return rectification_view(about)


def _decide(
    actor: CurrentActor, services: CurrentServices, item_id: str, change: ItemChange, body: ItemReport
) -> RectificationView:
    about = services.supervision.decide_item(
        actor,
        ids.parse(RECTIFICATION_ITEM, item_id),
        change,
        text=body.text,
        document_ids=document_ids(body.document_ids),
    )
    return rectification_view(about)
