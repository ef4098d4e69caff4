"""`/seals`: an organisation's seals: who may use which, for what, and what was sealed with them.

The pages show everybody the same seal and offer only what the viewer's duty allows; the services decide again.
"""

from collections.abc import Callable
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.datastructures import FormData, UploadFile

from accounts.policy import Role, Scope
from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.clock import CHINA, china_day
from core.errors import DingyueError, NotAuthenticated, NotFound
from signing.pki.policy import RevocationReason
from signing.seals.apply_for_seal import NewSeal
from signing.seals.authorise_user import NewAuthorisation
from signing.seals.policy import MOST_USES, AuthorisationState, SealKind, SealState
from web.errors import FormIncomplete, NotConfirmed
from web.forms import Submitted
from web.pages import page_router, see
from web.rendering import language_of, render
from web.signing_form import SigningForm
from web.viewer import CurrentViewer, Viewer

router = page_router()

PAGE_SIZE = 20
LISTED = 100
CAUSES = (
    RevocationReason.CESSATION_OF_OPERATION,
    RevocationReason.SUPERSEDED,
    RevocationReason.AFFILIATION_CHANGED,
    RevocationReason.KEY_COMPROMISE,
)


class SealAction(StrEnum):
    WITHDRAW = "withdraw"
    APPROVE = "approve"
    REFUSE = "refuse"
    AUTHORISE = "authorise"
    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"


@router.get("/seals")
def seals(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Seals and applications, newest first."""
    before = ids.parse(ids.SEAL, cursor) if cursor else None
    found = services.seals.seals(viewer.actor, state=None, before=before, limit=PAGE_SIZE + 1)
    next_cursor = ids.public(ids.SEAL, found[PAGE_SIZE - 1].id) if len(found) > PAGE_SIZE else None
    return render(request, "seals.html", seals=found[:PAGE_SIZE], next_cursor=next_cursor)


@router.get("/seals/new")
def application_form(request: Request, viewer: CurrentViewer) -> Response:
    return _show_application(request, viewer, FormData())


@router.post("/seals/new")
def apply(request: Request, services: CurrentServices, viewer: CurrentViewer, form: Submitted) -> Response:
    try:
        seal_id = services.seals.apply_for_seal(viewer.actor, _application(form))
    except NotAuthenticated:
        raise
    except DingyueError as error:
        return _show_application(request, viewer, form, error)
    return see(f"/seals/{ids.public(ids.SEAL, seal_id)}")


@router.get("/seals/{seal_id}")
def seal(request: Request, services: CurrentServices, viewer: CurrentViewer, seal_id: str) -> Response:
    return _show(request, services, viewer, ids.parse(ids.SEAL, seal_id))


@router.get("/seals/{seal_id}/picture.png")
def picture(services: CurrentServices, viewer: CurrentViewer, seal_id: str) -> Response:
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(
        services.seals.picture(viewer.actor, ids.parse(ids.SEAL, seal_id)), media_type="image/png", headers=headers
    )


@router.get("/seals/{seal_id}/uses.csv")
def uses(services: CurrentServices, viewer: CurrentViewer, seal_id: str) -> Response:
    """The whole use log, for a spreadsheet."""
    exported = services.seals.export_uses(viewer.actor, ids.parse(ids.SEAL, seal_id))
    headers = {"Content-Disposition": 'attachment; filename="uses.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(exported, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/seals/{seal_id}/authorisations/{authorisation_id}/revoke")
def revoke_authorisation(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    *,
    seal_id: str,
    authorisation_id: str,
    form: Submitted,
) -> Response:
    identifier = ids.parse(ids.SEAL, seal_id)
    authorisation = ids.parse(ids.SEAL_AUTHORISATION, authorisation_id)
    reason = SigningForm(form).line("reason")
    try:
        services.seals.revoke_authorisation(viewer.actor, identifier, authorisation, reason)
    except (NotFound, NotAuthenticated):
        raise
    except DingyueError as error:
        return _show(request, services, viewer, identifier, form=form, refusal=error, open_form=authorisation_id)
    return see(f"/seals/{seal_id}")


@router.post("/seals/{seal_id}/{action}")
def act(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    *,
    seal_id: str,
    action: SealAction,
    form: Submitted,
) -> Response:
    """One of the forms of the page. When it is refused, the page says why, with the form as it was typed."""
    identifier = ids.parse(ids.SEAL, seal_id)
    try:
        _ACTIONS[action](services, viewer, identifier, SigningForm(form))
    except (NotFound, NotAuthenticated):
        raise
    except DingyueError as error:
        return _show(request, services, viewer, identifier, form=form, refusal=error, open_form=action)
    return see(f"/seals/{seal_id}")


@router.get("/seals/{seal_id}/{action}")
@router.get("/seals/{seal_id}/authorisations/{authorisation_id}/revoke")
def back(request: Request, seal_id: str) -> Response:
    """Somebody reloads the answer to a form, or switches its language: the page itself, without the form."""
    query = f"?{request.url.query}" if request.url.query else ""
    return see(f"/seals/{seal_id}{query}")


def _application(form: FormData) -> NewSeal:
    """Without a picture a trial one is drawn. Raises `FormIncomplete` for an unknown kind."""
    typed = SigningForm(form)
    if typed.text("kind") not in set(SealKind):
        raise FormIncomplete(fields="kind")
    upload = form.get("picture")
    is_given = isinstance(upload, UploadFile) and bool(upload.filename)
    return NewSeal(
        name=typed.line("name"),
        kind=SealKind(typed.text("kind")),
        reason=typed.line("reason"),
        picture=upload.file.read() if isinstance(upload, UploadFile) and is_given else None,
    )


def _authorisation(form: SigningForm) -> NewAuthorisation:
    """Until the end of the chosen day in China. Raises `FormIncomplete` or `InvalidId`."""
    try:
        day = datetime.strptime(form.text("valid_until"), "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not an instant
    except ValueError as error:
        raise FormIncomplete(fields="valid_until") from error
    most = form.text("max_uses")
    if most and not (most.isdecimal() and len(most) <= len(str(MOST_USES))):
        raise FormIncomplete(fields="max_uses")
    return NewAuthorisation(
        person_id=ids.parse(ids.PERSON, form.text("person_id")),
        purpose=form.line("purpose"),
        valid_until=datetime.combine(day, time(23, 59, 59), CHINA),
        contract_classes=[str(each) for each in form.form.getlist("contract_classes")],
        max_uses=int(most) if most else None,
    )


def _revoke(services: Services, viewer: Viewer, seal_id: UUID, form: SigningForm) -> None:
    """Raises `NotConfirmed`, `FormIncomplete`."""
    if not form.is_set("confirmed"):
        raise NotConfirmed
    if form.text("cause") not in set(CAUSES):
        raise FormIncomplete(fields="cause")
    services.seals.revoke_seal(viewer.actor, seal_id, form.line("reason"), RevocationReason(form.text("cause")))


_ACTIONS: dict[SealAction, Callable[[Services, Viewer, UUID, SigningForm], object]] = {
    SealAction.WITHDRAW: lambda services, viewer, seal, _: services.seals.withdraw_application(viewer.actor, seal),
    SealAction.APPROVE: lambda services, viewer, seal, _: services.seals.approve_seal(viewer.actor, seal),
    SealAction.REFUSE: lambda services, viewer, seal, form: services.seals.refuse_seal(
        viewer.actor, seal, form.line("reason")
    ),
    SealAction.AUTHORISE: lambda services, viewer, seal, form: services.seals.authorise_user(
        viewer.actor, seal, _authorisation(form)
    ),
    SealAction.SUSPEND: lambda services, viewer, seal, form: services.seals.suspend_seal(
        viewer.actor, seal, form.line("reason")
    ),
    SealAction.RESUME: lambda services, viewer, seal, form: services.seals.resume_seal(
        viewer.actor, seal, form.line("reason")
    ),
    SealAction.REVOKE: _revoke,
}
_POSSIBLE = {
    SealState.APPLIED: {SealAction.APPROVE, SealAction.REFUSE},
    SealState.ACTIVE: {SealAction.AUTHORISE, SealAction.SUSPEND, SealAction.REVOKE},
    SealState.SUSPENDED: {SealAction.RESUME, SealAction.REVOKE},
}


def _offered(viewer: Viewer, state: SealState, applicant: UUID) -> frozenset[SealAction]:
    """What the page offers: nobody decides on their own application."""
    if state is SealState.APPLIED and applicant == viewer.actor.person_id:
        return frozenset({SealAction.WITHDRAW})
    return frozenset(_POSSIBLE.get(state, ())) if viewer.may(Scope.SEALS_WRITE) else frozenset()


def _show_application(
    request: Request, viewer: Viewer, form: FormData, refusal: DingyueError | None = None
) -> Response:
    if not viewer.may(Scope.SEALS_WRITE):
        viewer.actor.require(Scope.ENVELOPES_WRITE)
    return render(
        request,
        "new_seal.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        typed=SigningForm(form),
        kinds=list(SealKind),
    )


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    seal_id: UUID,
    *,
    form: FormData | None = None,
    refusal: DingyueError | None = None,
    open_form: str = "",
) -> Response:
    """An applicant who doesn't read seals sees their application, without authorisations and uses."""
    actor = viewer.actor
    found = services.seals.seal(actor, seal_id)
    reads = viewer.may(Scope.SEALS_READ)
    members = services.accounts.members(actor) if viewer.may(Scope.ACCOUNTS_READ) else []
    apart = {Role.SEAL_ADMINISTRATOR, Role.AUDITOR}
    return render(
        request,
        "seal.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        here=f"/seals/{ids.public(ids.SEAL, seal_id)}",
        seal=found,
        names={person.id: person.name for person, _ in members},
        users=[person for person, membership in members if not apart & set(membership.roles)],
        authorisations=services.seals.authorisations(actor, seal_id, before=None, limit=LISTED) if reads else [],
        uses=services.seals.uses(actor, seal_id, before=None, limit=LISTED) if reads else [],
        classes=services.performance.profiles.for_organisation_in(actor.region).classes,
        actions=_offered(viewer, SealState(found.state), found.applied_by),
        typed=SigningForm(form if form is not None else FormData()),
        open_form=str(open_form),
        today=china_day(services.clock.now()),
        causes=CAUSES,
        most_uses=MOST_USES,
        reads=reads,
        Action=SealAction,
        AuthorisationState=AuthorisationState,
    )
