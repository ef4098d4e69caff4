"""`/envelopes`: the sender's side of a signing: how far everybody is, and what can still be done about it."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.datastructures import FormData

from accounts.policy import Scope
from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.clock import CHINA, china_day
from core.errors import DingyueError, NotAuthenticated, NotFound
from signing.policy import EnvelopeState
from signing.replace_recipient import Replacement
from web.downloads import download
from web.envelope_actions import EnvelopeAction, allowed, replaceable
from web.envelope_edit import edited
from web.errors import FormIncomplete, NotConfirmed
from web.forms import Submitted
from web.pages import page_router, see
from web.rendering import language_of, render
from web.signing_form import SigningForm
from web.viewer import CurrentViewer, Viewer

router = page_router()

PAGE_SIZE = 20
EVENTS_SHOWN = 200


@router.get("/envelopes")
def envelopes(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    state: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """Newest first. An unknown state shows all, as no state does."""
    wanted = EnvelopeState(state) if state in set(EnvelopeState) else None
    before = ids.parse(ids.ENVELOPE, cursor) if cursor else None
    found = services.signing.envelopes(viewer.actor, state=wanted, before=before, limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    next_cursor = ids.public(ids.ENVELOPE, shown[-1].envelope.id) if len(found) > PAGE_SIZE else None
    return render(
        request,
        "envelopes.html",
        envelopes=shown,
        next_cursor=next_cursor,
        state=wanted or "",
        states=list(EnvelopeState),
    )


@router.get("/envelopes/{envelope_id}")
def envelope(request: Request, services: CurrentServices, viewer: CurrentViewer, envelope_id: str) -> Response:
    return _show(request, services, viewer, ids.parse(ids.ENVELOPE, envelope_id))


@router.get("/envelopes/{envelope_id}/documents/{position}.pdf")
def document(services: CurrentServices, viewer: CurrentViewer, envelope_id: str, position: int) -> Response:
    """As it stands: prepared, partly signed, or sealed."""
    stored = services.signing.envelope_content(viewer.actor, ids.parse(ids.ENVELOPE, envelope_id), position)
    return download(stored.data, stored.name, "application/pdf")


@router.get("/envelopes/{envelope_id}/report.pdf")
def report(services: CurrentServices, viewer: CurrentViewer, envelope_id: str) -> Response:
    stored = services.signing.completion_report(viewer.actor, ids.parse(ids.ENVELOPE, envelope_id))
    return download(stored.data, stored.name, "application/pdf")


@router.post("/envelopes/{envelope_id}/{action}")
def act(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    *,
    envelope_id: str,
    action: EnvelopeAction,
    form: Submitted,
) -> Response:
    """One of the forms of the page. When it is refused, the page says why, with the form as it was typed."""
    identifier = ids.parse(ids.ENVELOPE, envelope_id)
    try:
        target = _ACTIONS[action](services, viewer, identifier, SigningForm(form))
    except (NotFound, NotAuthenticated):
        raise
    except DingyueError as error:
        return _show(request, services, viewer, identifier, form=form, refusal=error, open_form=action)
    return see(f"/envelopes/{ids.public(ids.ENVELOPE, target)}")


@router.post("/envelopes/{envelope_id}/recipients/{recipient_id}/replace")
def replace(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    *,
    envelope_id: str,
    recipient_id: str,
    form: Submitted,
) -> Response:
    identifier, filled = ids.parse(ids.ENVELOPE, envelope_id), SigningForm(form)
    successor = Replacement(
        name=filled.line("name"),
        phone=filled.text("phone"),
        email=filled.text("email") or None,
        reason=filled.line("reason"),
    )
    recipient = ids.parse(ids.RECIPIENT, recipient_id)
    try:
        services.signing.replace_recipient(viewer.actor, identifier, recipient, successor)
    except (NotFound, NotAuthenticated):
        raise
    except DingyueError as error:
        return _show(request, services, viewer, identifier, form=form, refusal=error, open_form=recipient_id)
    return see(f"/envelopes/{envelope_id}")


@router.get("/envelopes/{envelope_id}/{action}")
@router.get("/envelopes/{envelope_id}/recipients/{recipient_id}/replace")
def back(request: Request, envelope_id: str) -> Response:
    """Somebody reloads the answer to a form, or switches its language: the page itself, without the form."""
    query = f"?{request.url.query}" if request.url.query else ""
    return see(f"/envelopes/{envelope_id}{query}")


def _send(services: Services, viewer: Viewer, envelope_id: UUID, _: SigningForm) -> UUID:
    services.signing.send_envelope(viewer.actor, envelope_id)
    return envelope_id


def _edit(services: Services, viewer: Viewer, envelope_id: UUID, form: SigningForm) -> UUID:
    """Raises `FormIncomplete` without the version that was edited; `EnvelopeChanged` if somebody was faster."""
    if not form.text("version").isdecimal():
        raise FormIncomplete(fields="version")
    view = services.signing.envelope(viewer.actor, envelope_id)
    services.signing.update_envelope(viewer.actor, envelope_id, edited(view, form), int(form.text("version")))
    return envelope_id


def _remind(services: Services, viewer: Viewer, envelope_id: UUID, _: SigningForm) -> UUID:
    services.signing.remind_recipients(viewer.actor, envelope_id)
    return envelope_id


def _extend(services: Services, viewer: Viewer, envelope_id: UUID, form: SigningForm) -> UUID:
    """To the end of the chosen day in China. Raises `FormIncomplete` without a day."""
    try:
        day = datetime.strptime(form.text("expires_on"), "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not an instant
    except ValueError as error:
        raise FormIncomplete(fields="expires_on") from error
    expires_at = datetime.combine(day, time(23, 59, 59), CHINA)
    services.signing.extend_envelope(viewer.actor, envelope_id, expires_at)
    return envelope_id


def _correct(services: Services, viewer: Viewer, envelope_id: UUID, form: SigningForm) -> UUID:
    services.signing.correct_envelope(viewer.actor, envelope_id, form.line("reason"))
    return envelope_id


def _void(services: Services, viewer: Viewer, envelope_id: UUID, form: SigningForm) -> UUID:
    services.signing.void_envelope(viewer.actor, envelope_id, form.line("reason"))
    return envelope_id


def _rescind(services: Services, viewer: Viewer, envelope_id: UUID, form: SigningForm) -> UUID:
    """The draft of the agreement, to be looked at and sent. Raises `NotConfirmed`."""
    if not form.is_set("confirmed"):
        raise NotConfirmed
    return services.signing.rescind_envelope(viewer.actor, envelope_id, form.line("reason"))


_ACTIONS: dict[EnvelopeAction, Callable[[Services, Viewer, UUID, SigningForm], UUID]] = {
    EnvelopeAction.SEND: _send,
    EnvelopeAction.EDIT: _edit,
    EnvelopeAction.REMIND: _remind,
    EnvelopeAction.EXTEND: _extend,
    EnvelopeAction.CORRECT: _correct,
    EnvelopeAction.VOID: _void,
    EnvelopeAction.RESCIND: _rescind,
}


def _show(
    request: Request,
    services: Services,
    viewer: Viewer,
    envelope_id: UUID,
    *,
    form: FormData | None = None,
    refusal: DingyueError | None = None,
    open_form: str = "",
) -> Response:
    """`open_form` names the form that was refused: an action, or the public id of a recipient."""
    view = services.signing.envelope(viewer.actor, envelope_id)
    can_read_evidence = viewer.may(Scope.EVIDENCE_READ)
    events = (
        services.signing.envelope_events(viewer.actor, envelope_id, limit=EVENTS_SHOWN) if can_read_evidence else []
    )
    return render(
        request,
        "envelope.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        here=f"/envelopes/{ids.public(ids.ENVELOPE, envelope_id)}",
        view=view,
        envelope=view.envelope,
        events=events,
        actions=allowed(viewer.actor, view),
        replaceable=replaceable(viewer.actor, view),
        typed=SigningForm(form if form is not None else FormData()),
        open_form=str(open_form),
        today=china_day(services.clock.now()),
        Action=EnvelopeAction,
    )
