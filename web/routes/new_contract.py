"""`/contracts/new`: upload a contract, say who signs and what is owed, and send it for signing."""

from typing import Annotated
from uuid import UUID

from fastapi import File, Request, Response, UploadFile
from starlette.datastructures import FormData

from accounts.policy import OrganisationKind, Scope
from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.errors import DingyueError, NotAuthenticated
from performance.policy import ObligationKind, PartyRole
from performance.reading import today
from web.drafts import SIDES, USUAL_BOXES, Draft, shown_rows
from web.errors import FormIncomplete
from web.forms import Submitted
from web.page_images import page_image, page_shapes
from web.pages import page_router, see
from web.rendering import language_of, render
from web.uploads import is_given
from web.viewer import CurrentViewer, Viewer

router = page_router()


@router.get("/contracts/new")
def upload_form(request: Request, viewer: CurrentViewer) -> Response:
    viewer.actor.require(Scope.ENVELOPES_WRITE)
    return render(request, "new_upload.html", refusal=None)


@router.post("/contracts/new")
def upload(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    document: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Screens and stores the PDF; the form again, with the reason, if it can't be signed."""
    try:
        if document is None or not is_given(document):
            raise FormIncomplete(fields="PDF")
        stored = services.signing.upload_document(viewer.actor, name=document.filename or "", data=document.file.read())
    except DingyueError as error:
        refusal = error.message(language_of(request))
        return render(request, "new_upload.html", status=error.status, refusal=refusal)
    return see(f"/contracts/new/{ids.public(ids.DOCUMENT, stored.id)}")


@router.get("/contracts/new/{document_id}")
def details_form(request: Request, services: CurrentServices, viewer: CurrentViewer, document_id: str) -> Response:
    return _show(request, services, viewer, Draft(FormData(), ids.parse(ids.DOCUMENT, document_id)))


@router.get("/contracts/new/{document_id}/pages/{number}.png")
def page(services: CurrentServices, viewer: CurrentViewer, document_id: str, number: int) -> Response:
    stored = services.signing.document_content(viewer.actor, ids.parse(ids.DOCUMENT, document_id))
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(page_image(stored.data, number, width=900), media_type="image/png", headers=headers)


@router.post("/contracts/new/{document_id}")
def send(
    request: Request, services: CurrentServices, viewer: CurrentViewer, document_id: str, form: Submitted
) -> Response:
    """Makes the envelope and the register's draft, then sends. What was typed comes back if something is wrong."""
    draft = Draft(form, ids.parse(ids.DOCUMENT, document_id))
    try:
        contract_id, envelope_id = _enter(services, viewer, draft)
    except NotAuthenticated:
        raise
    except DingyueError as error:
        return _show(request, services, viewer, draft, error)
    # From here on the contract's own page tells how far sending came, and offers to send again.
    services.signing.send_envelope(viewer.actor, envelope_id)
    return see(f"/contracts/{ids.public(ids.CONTRACT, contract_id)}")


def _enter(services: Services, viewer: Viewer, draft: Draft) -> tuple[UUID, UUID]:
    """The contract's id and the envelope's. An envelope whose contract is refused is withdrawn at once."""
    envelope_id = services.signing.create_envelope(viewer.actor, draft.envelope())
    try:
        entered = services.performance.enter_contract(viewer.actor, draft.elements(envelope_id))
    except DingyueError:
        services.signing.void_envelope(viewer.actor, envelope_id, "合同要素未通过检查")
        raise
    return entered.file.contract.id, envelope_id


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    draft: Draft,
    refusal: DingyueError | None = None,
) -> Response:
    viewer.actor.require(Scope.ENVELOPES_WRITE)
    stored = services.signing.document_content(viewer.actor, draft.document_id)
    shapes = page_shapes(stored.data)
    is_government = viewer.actor.organisation_kind is OrganisationKind.GOVERNMENT
    return render(
        request,
        "new_details.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        here=f"/contracts/new/{ids.public(ids.DOCUMENT, draft.document_id)}",
        file_name=stored.name,
        shapes=shapes,
        draft=draft,
        is_new=not draft.form,
        own_side=PartyRole.PURCHASER if is_government else PartyRole.SUPPLIER,
        sides=SIDES,
        boxes=USUAL_BOXES,
        rows=shown_rows(draft.rows()),
        kinds=list(ObligationKind),
        classes=services.performance.profiles.for_organisation_in(viewer.actor.region).classes,
        today=today(services.clock.now()),
    )
