"""Envelopes, for the sender and the parties' organisations."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.deps import CurrentActor, CurrentServices, Cursor, Limit, VersionSeen
from api.responses import pdf_response
from api.schemas.envelope_plans import EnvelopeInput, ExtensionInput, ReasonInput, ReplacementInput
from api.schemas.envelopes import (
    DeliverableList,
    EnvelopeList,
    EnvelopeOutput,
    EventList,
    Reminded,
    deliverables,
    event,
    full,
    summary,
)
from core import ids
from signing.plan import MOST_DOCUMENTS
from signing.policy import EnvelopeState

Position = Annotated[int, Query(ge=1, le=MOST_DOCUMENTS, description="Which document, counted from 1")]

router = APIRouter(prefix="/envelopes", tags=["envelopes"])


@router.post("", status_code=201)
def create_envelope(actor: CurrentActor, services: CurrentServices, body: EnvelopeInput) -> EnvelopeOutput:
    """Makes a draft: the document, who signs it in which order, and where."""
    envelope_id = services.signing.create_envelope(actor, body.to_plan())
    return _read(actor, services, envelope_id)


@router.get("")
def list_envelopes(
    actor: CurrentActor,
    services: CurrentServices,
    limit: Limit = 50,
    cursor: Cursor = None,
    state: Annotated[EnvelopeState | None, Query(description="Only envelopes in this state")] = None,
) -> EnvelopeList:
    """Envelopes the organisation sent or is a party to, newest first."""
    before = _id(cursor) if cursor else None
    found = services.signing.envelopes(actor, state=state, before=before, limit=limit + 1)
    items = [summary(view, actor.organisation_id) for view in found[:limit]]
    return EnvelopeList(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@router.get("/{envelope_id}")
def read_envelope(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, response: Response
) -> EnvelopeOutput:
    """The envelope; its ETag is what a change of the draft must show as `If-Match`."""
    return _read(actor, services, _id(envelope_id), response)


@router.put("/{envelope_id}")
def update_envelope(
    actor: CurrentActor,
    services: CurrentServices,
    envelope_id: str,
    *,
    version: VersionSeen,
    body: EnvelopeInput,
    response: Response,
) -> EnvelopeOutput:
    """Replaces everything about a draft. 412 if somebody changed it since you read it."""
    services.signing.update_envelope(actor, _id(envelope_id), body.to_plan(), version)
    return _read(actor, services, _id(envelope_id), response)


@router.post("/{envelope_id}/send")
def send_envelope(actor: CurrentActor, services: CurrentServices, envelope_id: str) -> EnvelopeOutput:
    """Prepares the PDF and sends the first recipients their links, to their own phones."""
    services.signing.send_envelope(actor, _id(envelope_id))
    return _read(actor, services, _id(envelope_id))


@router.post("/{envelope_id}/void")
def void_envelope(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, body: ReasonInput
) -> EnvelopeOutput:
    """Withdraws the envelope. Not possible once everybody has signed."""
    services.signing.void_envelope(actor, _id(envelope_id), body.reason)
    return _read(actor, services, _id(envelope_id))


@router.post("/{envelope_id}/correct")
def correct_envelope(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, body: ReasonInput
) -> EnvelopeOutput:
    """Takes back an envelope that nobody has signed yet: a draft again, all links dead, to be mended and sent anew."""
    services.signing.correct_envelope(actor, _id(envelope_id), body.reason)
    return _read(actor, services, _id(envelope_id))


@router.post("/{envelope_id}/extend")
def extend_envelope(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, body: ExtensionInput
) -> EnvelopeOutput:
    """Gives the recipients more time."""
    services.signing.extend_envelope(actor, _id(envelope_id), body.expires_at)
    return _read(actor, services, _id(envelope_id))


@router.post("/{envelope_id}/recipients/{recipient_id}/replace")
def replace_recipient(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, recipient_id: str, body: ReplacementInput
) -> EnvelopeOutput:
    """Somebody else of the same organisation acts in a recipient's place; only before they have acted."""
    services.signing.replace_recipient(actor, _id(envelope_id), ids.parse(ids.RECIPIENT, recipient_id), body.to_plan())
    return _read(actor, services, _id(envelope_id))


@router.post("/{envelope_id}/rescind", status_code=201)
def rescind_envelope(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, body: ReasonInput
) -> EnvelopeOutput:
    """解约: the draft of an agreement, written by us, that undoes a completed envelope; all its signers sign it."""
    rescission_id = services.signing.rescind_envelope(actor, _id(envelope_id), body.reason)
    return _read(actor, services, rescission_id)


@router.post("/{envelope_id}/remind")
def remind_recipients(actor: CurrentActor, services: CurrentServices, envelope_id: str) -> Reminded:
    """Sends those whose turn it is a new link; their old one stops working."""
    return Reminded(recipients=services.signing.remind_recipients(actor, _id(envelope_id)))


@router.get("/{envelope_id}/document", response_class=Response)
def read_envelope_document(
    actor: CurrentActor, services: CurrentServices, envelope_id: str, position: Position = 1
) -> Response:
    """A PDF as it stands; the final one once the envelope is completed."""
    return pdf_response(services.signing.envelope_content(actor, _id(envelope_id), position))


@router.get("/{envelope_id}/deliverables")
def list_deliverables(actor: CurrentActor, services: CurrentServices, envelope_id: str) -> DeliverableList:
    """Every file of the envelope, with its digest and where to fetch it."""
    return deliverables(services.signing.envelope(actor, _id(envelope_id)))


@router.get("/{envelope_id}/report", response_class=Response)
def read_completion_report(actor: CurrentActor, services: CurrentServices, envelope_id: str) -> Response:
    """The completion report: a PDF of its own, sealed by the platform, on who signed what, when and how."""
    return pdf_response(services.signing.completion_report(actor, _id(envelope_id)))


@router.get("/{envelope_id}/events")
def list_envelope_events(
    actor: CurrentActor,
    services: CurrentServices,
    envelope_id: str,
    limit: Limit = 100,
    cursor: Annotated[int, Query(ge=0, le=1_000_000_000, description="`next_cursor` of the previous page")] = 0,
) -> EventList:
    """Every step and its evidence, oldest first."""
    found = services.signing.envelope_events(actor, _id(envelope_id), after=cursor - 1, limit=limit + 1)
    items = [event(step) for step in found[:limit]]
    next_cursor = str(items[-1].position + 1) if len(found) > limit else None
    return EventList(items=items, next_cursor=next_cursor)


def _id(text: str) -> UUID:
    return ids.parse(ids.ENVELOPE, text)


def _read(
    actor: CurrentActor, services: CurrentServices, envelope_id: UUID, response: Response | None = None
) -> EnvelopeOutput:
    view = services.signing.envelope(actor, envelope_id)
    if response is not None:
        response.headers["ETag"] = f'"{view.envelope.version}"'
    return full(view, actor.organisation_id)
