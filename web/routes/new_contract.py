"""`/contracts/new`: upload a contract, say who signs and what is owed, and send it for signing."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import File, Query, Request, Response, UploadFile
from starlette.datastructures import FormData

from accounts.policy import OrganisationKind, Scope
from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.clock import china_day
from core.errors import DingyueError, NotAuthenticated
from performance.policy import ObligationKind, PartyRole
from signing.plan import LONGEST_LIFETIME, LONGEST_REMINDER_DAYS, MOST_DOCUMENTS
from web.drafts import BOTH_AT_ONCE, SIDES, USUAL_BOXES, USUAL_SEALS, Draft, shown_rows
from web.errors import FormIncomplete
from web.forms import Submitted
from web.page_images import PDFSource, page_image, shapes_of
from web.pages import page_router, see
from web.rendering import language_of, render
from web.uploads import is_given
from web.viewer import CurrentViewer, Viewer

router = page_router()

Annexes = Annotated[list[str], Query(default_factory=list, max_length=MOST_DOCUMENTS)]


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
    annexes: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Screens and stores the PDFs; the form again, with the reason, if one can't be signed."""
    name = ""
    try:
        if document is None or not is_given(document):
            raise FormIncomplete(fields="PDF")
        stored = []
        for upload in (document, *filter(is_given, annexes)):
            name = upload.filename or ""
            stored.append(services.signing.upload_document(viewer.actor, name=name, data=upload.file.read()).id)
    except DingyueError as error:
        refusal = f"{name}: {error.message(language_of(request))}" if name else error.message(language_of(request))
        return render(request, "new_upload.html", status=error.status, refusal=refusal)
    # The same file twice is one document to the object store, but two of an envelope's: signing refuses that.
    query = urlencode([("annex", ids.public(ids.DOCUMENT, each)) for each in stored[1:]])
    return see(f"/contracts/new/{ids.public(ids.DOCUMENT, stored[0])}" + (f"?{query}" if query else ""))


@router.get("/contracts/new/{document_id}")
def details_form(
    request: Request, services: CurrentServices, viewer: CurrentViewer, document_id: str, annex: Annexes
) -> Response:
    return _show(request, services, viewer, _draft(services, viewer, FormData(), document_id, annex))


@router.get("/contracts/new/{document_id}/pages/{number}.png")
def page(services: CurrentServices, viewer: CurrentViewer, document_id: str, number: int) -> Response:
    stored = services.signing.document_content(viewer.actor, ids.parse(ids.DOCUMENT, document_id))
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(page_image(stored.data, number, width=900), media_type="image/png", headers=headers)


@router.post("/contracts/new/{document_id}")
def send(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    *,
    document_id: str,
    annex: Annexes,
    form: Submitted,
) -> Response:
    """Makes the envelope and the register's draft, then sends. What was typed comes back if something is wrong."""
    draft = _draft(services, viewer, form, document_id, annex)
    try:
        envelope_id = services.signing.create_envelope(viewer.actor, draft.envelope(services.clock.now()))
        address = f"/envelopes/{ids.public(ids.ENVELOPE, envelope_id)}"
        if not draft.is_test:  # of a test comes no contract, so the register hears nothing of it
            address = f"/contracts/{ids.public(ids.CONTRACT, _enter(services, viewer, draft, envelope_id))}"
    except NotAuthenticated:
        raise
    except DingyueError as error:
        return _show(request, services, viewer, draft, error)
    # From here on the page of the contract, or of the test, tells how far sending came, and offers to send again.
    services.signing.send_envelope(viewer.actor, envelope_id)
    return see(address)


def _draft(services: Services, viewer: Viewer, form: FormData, document_id: str, annexes: Sequence[str]) -> Draft:
    """Raises `DocumentNotFound` unless all documents are the viewer's organisation's."""
    wanted = [ids.parse(ids.DOCUMENT, each) for each in (document_id, *annexes)]
    return Draft(form, wanted, [services.signing.document(viewer.actor, each).pages for each in wanted])


def _enter(services: Services, viewer: Viewer, draft: Draft, envelope_id: UUID) -> UUID:
    """The contract's id. An envelope whose contract is refused is withdrawn at once."""
    try:
        return services.performance.enter_contract(viewer.actor, draft.elements(envelope_id)).file.contract.id
    except DingyueError:
        services.signing.void_envelope(viewer.actor, envelope_id, "合同要素未通过检查")
        raise


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    draft: Draft,
    refusal: DingyueError | None = None,
) -> Response:
    viewer.actor.require(Scope.ENVELOPES_WRITE)
    documents = [services.signing.document(viewer.actor, each) for each in draft.document_ids]

    def content() -> bytes:
        return services.signing.document_content(viewer.actor, documents[0].id).data

    is_government = viewer.actor.organisation_kind is OrganisationKind.GOVERNMENT
    return render(
        request,
        "new_details.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        here=f"/contracts/new/{ids.public(ids.DOCUMENT, documents[0].id)}",
        annex_query=urlencode([("annex", ids.public(ids.DOCUMENT, each.id)) for each in documents[1:]]),
        file_name=documents[0].name,
        documents=documents,
        shapes=shapes_of(PDFSource(documents[0].sha256, content)),
        draft=draft,
        is_new=not draft.form,
        own_side=PartyRole.PURCHASER if is_government else PartyRole.SUPPLIER,
        sides=SIDES,
        boxes=USUAL_BOXES,
        seal_boxes=USUAL_SEALS,
        both=BOTH_AT_ONCE,
        longest_reminder=LONGEST_REMINDER_DAYS,
        longest_lifetime=LONGEST_LIFETIME.days,
        rows=shown_rows(draft.rows()),
        kinds=list(ObligationKind),
        classes=services.performance.profiles.for_organisation_in(viewer.actor.region).classes,
        today=china_day(services.clock.now()),
    )
