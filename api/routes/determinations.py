"""Determinations 认定 of malicious breach (R15): every step of the procedure, the document, and what is public."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.responses import pdf_response
from api.schemas.determinations import (
    DeterminationPage,
    DeterminationView,
    NewDetermination,
    NewDeterminationStep,
    NewNotice,
    PublicDeterminationPage,
    PublicDeterminationView,
    determination_item,
    determination_view,
    public_determination_view,
)
from api.schemas.following import document_ids
from core import ids
from performance.determinations.policy import DETERMINATION, DeterminationChange, DeterminationState

router = APIRouter(tags=["determinations"])


@router.post("/obligations/{obligation_id}/determinations", status_code=201)
def open_determination(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewDetermination
) -> DeterminationView:
    """The regulator opens one on a breach that is on record. Until the notice nobody else reads of it."""
    obligation = ids.parse(ids.OBLIGATION, obligation_id)
    return determination_view(services.determinations.open(actor, obligation, reason=body.reason))


@router.get("/determinations")
def list_determinations(
    actor: CurrentActor,
    services: CurrentServices,
    state: DeterminationState | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DeterminationPage:
    """Determinations you may read, newest first: your own authority's, those about you, those of your region."""
    page = services.determinations.determinations(actor, state=state, cursor=cursor, limit=limit)
    return DeterminationPage(items=[determination_item(*each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/determinations/{determination_id}")
def read_determination(actor: CurrentActor, services: CurrentServices, determination_id: str) -> DeterminationView:
    """With every step, the notice, the periods it goes by, and its document."""
    return determination_view(services.determinations.determination(actor, _id(determination_id)))


@router.get("/determinations/{determination_id}/document", response_class=Response)
def read_document(actor: CurrentActor, services: CurrentServices, determination_id: str) -> Response:
    """认定文书: the sealed PDF. The header `Dingyue-Document-Standing` says `revised` of one that no longer holds."""
    document, standing = services.determinations.document(actor, _id(determination_id))
    response = pdf_response(document)
    response.headers["Dingyue-Document-Standing"] = str(standing)
    return response


@router.post("/determinations/{determination_id}/facts")
def freeze_facts(actor: CurrentActor, services: CurrentServices, determination_id: str) -> DeterminationView:
    """Freezes the facts it rests on; their digest is evidence."""
    return determination_view(services.determinations.freeze_facts(actor, _id(determination_id)))


@router.post("/determinations/{determination_id}/notice")
def notify(actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewNotice) -> DeterminationView:
    """The prior notice: facts, reasons, basis. The party's period for its defence begins."""
    return determination_view(services.determinations.notify(actor, _id(determination_id), body.notice()))


@router.post("/determinations/{determination_id}/statements")
def state_defence(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """The party's statement and defence, within the period."""
    return _step(actor, services, determination_id, DeterminationChange.STATE, body)


@router.post("/determinations/{determination_id}/hearing-request")
def ask_for_hearing(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """The party asks for a hearing, within the period; there is no review before it was held."""
    return _step(actor, services, determination_id, DeterminationChange.ASK_FOR_HEARING, body)


@router.post("/determinations/{determination_id}/hearing")
def hold_hearing(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """A hearing was held, with its minutes; somebody other than the drafter chairs it."""
    return _step(actor, services, determination_id, DeterminationChange.HOLD_HEARING, body)


@router.post("/determinations/{determination_id}/review-request")
def submit_for_review(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """Submits it for review, after the defence period and any hearing."""
    return _step(actor, services, determination_id, DeterminationChange.SUBMIT, body)


@router.post("/determinations/{determination_id}/issue")
def issue(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """Another person issues it; the document is made and sealed."""
    return _step(actor, services, determination_id, DeterminationChange.ISSUE, body)


@router.post("/determinations/{determination_id}/dismissal")
def dismiss(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """Another person finds it not established."""
    return _step(actor, services, determination_id, DeterminationChange.DISMISS, body)


@router.post("/determinations/{determination_id}/service")
def serve(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """The document was served on the party; the objection period begins."""
    return _step(actor, services, determination_id, DeterminationChange.SERVE, body)


@router.post("/determinations/{determination_id}/publication")
def publish(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """Publishes it after the objection period; `text` is the summary the public reads, masked."""
    return _step(actor, services, determination_id, DeterminationChange.PUBLISH, body)


@router.post("/determinations/{determination_id}/revision")
def revise(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """Another person revises it: it ends, marked as revised, and a new one may be opened."""
    return _step(actor, services, determination_id, DeterminationChange.REVISE, body)


@router.post("/determinations/{determination_id}/revocation")
def revoke(
    actor: CurrentActor, services: CurrentServices, determination_id: str, body: NewDeterminationStep
) -> DeterminationView:
    """Another person revokes it: it is withdrawn, its document with it."""
    return _step(actor, services, determination_id, DeterminationChange.REVOKE, body)


@router.get("/public/determinations")
def public_determinations(
    services: CurrentServices,
    region: Annotated[str | None, Query(pattern=r"^[a-z_]{3,60}$", examples=["yulin"])] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> PublicDeterminationPage:
    """Published determinations, masked, newest first. For anybody; no token is asked for."""
    page = services.determinations.published(region=region, cursor=cursor, limit=limit)
    items = [public_determination_view(each) for each in page.items]
    return PublicDeterminationPage(items=items, next_cursor=page.next_cursor)


@router.get("/public/determinations/{determination_id}")
def public_determination(services: CurrentServices, determination_id: str) -> PublicDeterminationView:
    """One of them: whether it stands, and the digest by which a copy of its document is recognised."""
    return public_determination_view(services.determinations.published_one(_id(determination_id)))


def _step(
    actor: CurrentActor,
    services: CurrentServices,
    determination_id: str,
    change: DeterminationChange,
    body: NewDeterminationStep,
) -> DeterminationView:
    about = services.determinations.take_step(
        actor, _id(determination_id), change, text=body.text, document_ids=document_ids(body.document_ids)
    )
    return determination_view(about)


def _id(determination_id: str) -> UUID:
    """Raises `InvalidId`."""
    return ids.parse(DETERMINATION, determination_id)
