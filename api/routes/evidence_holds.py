"""Legal holds on evidence, for those whose token holds `evidence:hold`: what is held can't be erased (ADR 0031)."""

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices
from api.schemas.evidence_holds import HoldList, HoldView, NewHold, NewRelease, ReleaseView
from core import ids

router = APIRouter(tags=["evidence"])


@router.post("/evidence/{evidence_id}/holds", status_code=201)
def place_hold(actor: CurrentActor, services: CurrentServices, evidence_id: str, body: NewHold) -> HoldView:
    """Keeps a record, or all of its subject, from being erased until the hold is released."""
    identifier = ids.parse(ids.EVIDENCE, evidence_id)
    placed = services.ledger.place_hold(actor, identifier, body.to_order(), is_for_subject=body.is_for_subject)
    return HoldView.of(placed)


@router.get("/evidence/{evidence_id}/holds")
def list_holds(actor: CurrentActor, services: CurrentServices, evidence_id: str) -> HoldList:
    """Your organisation's holds on the record or its subject, released or not, oldest first."""
    found = services.ledger.holds(actor, ids.parse(ids.EVIDENCE, evidence_id))
    return HoldList(items=[HoldView.of(hold, release) for hold, release in found])


@router.post("/evidence-holds/{hold_id}/release", status_code=201)
def release_hold(actor: CurrentActor, services: CurrentServices, hold_id: str, body: NewRelease) -> ReleaseView:
    """Ends a hold of your organisation's. It takes a person, and another one than who placed it."""
    identifier = ids.parse(ids.EVIDENCE_HOLD, hold_id)
    return ReleaseView.of(services.ledger.release_hold(actor, identifier, body.reference))
