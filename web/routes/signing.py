"""`/sign/{token}`: where somebody who has a link, and no account, reads and signs.

The link opens a session, kept in a cookie that is sent to this link's pages only. The session shows the document;
signing needs a fresh one-time code on top. The server draws the pages and makes the signature; the browser sends
values, consent and the code.
"""

from typing import Annotated

import segno
from fastapi import Form, Request, Response
from starlette.datastructures import FormData

from api.deps import CurrentServices
from api.services import Services
from core.errors import DingyueError
from signing.errors import LinkInvalid, SigningSessionInvalid
from signing.evidence import Origin
from signing.plan import FieldKind
from signing.policy import READABLE, EnvelopeState, RecipientState
from signing.read_envelopes import SeatView
from signing.signature_attempt import Action
from web.forms import Submitted
from web.page_images import page_image, page_shapes
from web.pages import page_router, see
from web.rendering import language_of, render
from web.security import is_https

router = page_router()

SIGNING_COOKIE = "dingyue_signing"
VALUE_PREFIX = "field_"
_SESSION_SECONDS = 2 * 3600


@router.get("/sign/{token}")
def read(request: Request, services: CurrentServices, token: str, code: str = "") -> Response:
    """`?code=sent` after a code was asked for."""
    session, is_new = _session(request, services, token)
    response = _show(request, services, token, session, code_sent=code == "sent")
    if is_new:
        response.set_cookie(
            SIGNING_COOKIE,
            session,
            max_age=_SESSION_SECONDS,
            path=f"/sign/{token}",
            httponly=True,
            samesite="lax",
            secure=is_https(request),
        )
    return response


@router.get("/sign/{token}/pages/{number}.png")
def page(request: Request, services: CurrentServices, number: int) -> Response:
    """The token in the path is not looked at: the session says which document."""
    stored = services.signing.seat_content(_cookie(request))
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(page_image(stored.data, number), media_type="image/png", headers=headers)


@router.get("/sign/{token}/document.pdf")
def document(request: Request, services: CurrentServices) -> Response:
    stored = services.signing.seat_content(_cookie(request))
    headers = {
        "Content-Disposition": 'attachment; filename="contract.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(stored.data, media_type="application/pdf", headers=headers)


@router.post("/sign/{token}/code")
def request_code(request: Request, services: CurrentServices, token: str) -> Response:
    session, _ = _session(request, services, token)
    try:
        services.signing.request_code(session)
    except DingyueError as error:
        return _show(request, services, token, session, refusal=error)
    return see(f"/sign/{token}?code=sent#sign")


@router.post("/sign/{token}/sign")
def sign(request: Request, services: CurrentServices, token: str, form: Submitted) -> Response:
    """Checks the code, unless this session has shown a right one a moment ago, then signs."""
    session, _ = _session(request, services, token)
    origin = _origin(request)
    try:
        if services.signing.seat(session).authenticated_until is None:
            services.signing.verify_code(session, _text(form, "code"), origin)
        services.signing.sign_envelope(session, _action(form, origin))
    except DingyueError as error:
        return _show(request, services, token, session, refusal=error, code_sent=True, form=form)
    return see(f"/sign/{token}")


@router.post("/sign/{token}/decline")
def decline(
    request: Request,
    services: CurrentServices,
    token: str,
    reason: Annotated[str, Form(min_length=1, max_length=500)],
) -> Response:
    session, _ = _session(request, services, token)
    try:
        services.signing.decline_envelope(session, " ".join(reason.split()), _origin(request))
    except DingyueError as error:
        return _show(request, services, token, session, refusal=error)
    return see(f"/sign/{token}")


_STAGE_OF_ENVELOPE = {
    EnvelopeState.COMPLETED: "complete",
    EnvelopeState.DECLINED: "declined",
    EnvelopeState.EXPIRED: "expired",
}


def stage(view: SeatView) -> str:
    """Which of the pages a recipient sees: sign, done, complete, declined, ended, expired or waiting."""
    state = EnvelopeState(view.envelope.state)
    if state in _STAGE_OF_ENVELOPE:
        return _STAGE_OF_ENVELOPE[state]
    if state not in READABLE:
        return "ended"
    if view.recipient.state == RecipientState.COMPLETED:
        return "done"
    return "sign" if view.is_on_turn else "waiting"


def _session(request: Request, services: Services, token: str) -> tuple[str, bool]:
    """The session of this link: the browser's, or a new one. Raises `LinkInvalid`."""
    known = request.cookies.get(SIGNING_COOKIE)
    if known is not None:
        try:
            services.signing.seat(known)
        except SigningSessionInvalid:
            pass
        else:
            return known, False
    return services.signing.open_link(token, _origin(request)), True


def _cookie(request: Request) -> str:
    """Raises `LinkInvalid` without one: pictures are asked for after their page."""
    session = request.cookies.get(SIGNING_COOKIE)
    if session is None:
        raise LinkInvalid
    return session


def _show(
    request: Request,
    services: Services,
    token: str,
    session: str,
    *,
    refusal: DingyueError | None = None,
    code_sent: bool = False,
    form: FormData | None = None,
) -> Response:
    """`form`: what was filled in before it was refused."""
    view = services.signing.seat(session)
    is_readable = view.envelope.state in READABLE
    shapes = page_shapes(services.signing.seat_content(session).data) if is_readable else []
    return render(
        request,
        "signing.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        here=f"/sign/{token}",
        qr_code=segno.make(f"{services.platform.base_url}/sign/{token}", error="m").svg_inline(scale=3, border=2),
        view=view,
        stage=stage(view),
        shapes=shapes,
        inputs=[field for field in view.fields if field.kind in {FieldKind.TEXT, FieldKind.CHECKBOX}],
        values=_values(form) if form else {},
        has_read=form is not None and _text(form, "has_read") == "yes",
        code_sent=code_sent,
        version=view.envelope.revision,
        value_prefix=VALUE_PREFIX,
    )


def _origin(request: Request) -> Origin:
    return Origin(
        address=request.client.host if request.client else "", user_agent=request.headers.get("user-agent", "")
    )


def _action(form: FormData, origin: Origin) -> Action:
    return Action(
        has_consented=_text(form, "consent") == "yes" and _text(form, "has_read") == "yes",
        consent_version=_text(form, "consent_version"),
        origin=origin,
        values=_values(form),
    )


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _values(form: FormData) -> dict[str, str]:
    """What was filled into the recipient's fields, by field name."""
    return {name.removeprefix(VALUE_PREFIX): _text(form, name) for name in form if name.startswith(VALUE_PREFIX)}
