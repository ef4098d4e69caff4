"""`/sign/{token}`: where somebody who has a link, and no account, reads and signs, approves, seals or hands on.

The link opens a session, kept in a cookie that is sent to this link's pages only. The session shows the documents;
acting needs a fresh one-time code on top. The server draws the pages and makes the signature; the browser sends
values, a picture, consent and the code. Whatever is refused, what was filled in comes back.
"""

from functools import partial

import segno
from fastapi import Request, Response
from starlette.datastructures import FormData

from api.deps import CurrentServices
from api.services import Services
from core import ids
from core.errors import DingyueError, NotAuthenticated
from signing.errors import LinkInvalid, SigningSessionInvalid
from signing.evidence import Origin
from signing.plan import FieldKind
from signing.policy import READABLE
from signing.read_envelopes import SeatView
from web.downloads import download
from web.forms import Submitted
from web.page_images import PDFSource, page_image, shapes_of
from web.pages import page_router, see
from web.rendering import language_of, prefer_language, render
from web.security import is_https
from web.signing_form import DRAWN_KINDS, VALUE_PREFIX, SigningForm, Way
from web.signing_page import STAGE_TONES, marks, stage, tasks, wording

router = page_router()

SIGNING_COOKIE = "dingyue_signing"
_SESSION_SECONDS = 2 * 3600
_PICTURE_HEADERS = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}


@router.get("/sign/{token}")
def read(request: Request, services: CurrentServices, token: str) -> Response:
    try:
        session, is_new = _session(request, services, token)
    except LinkInvalid as error:
        return _over(request, "link", error)
    response = _show(request, services, token, session)
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


@router.get("/sign/{token}/documents/{position}/pages/{number}.png")
def page(request: Request, services: CurrentServices, position: int, number: int) -> Response:
    """The token in the path is not looked at: the session says which documents."""
    stored = services.signing.seat_content(_cookie(request), position)
    return Response(page_image(stored.data, number), media_type="image/png", headers=_PICTURE_HEADERS)


@router.get("/sign/{token}/documents/{position}.pdf")
def document(request: Request, services: CurrentServices, position: int) -> Response:
    stored = services.signing.seat_content(_cookie(request), position)
    return download(stored.data, stored.name, "application/pdf")


@router.get("/sign/{token}/report.pdf")
def report(request: Request, services: CurrentServices) -> Response:
    stored = services.signing.seat_report(_cookie(request))
    return download(stored.data, stored.name, "application/pdf")


@router.get("/sign/{token}/seals/{seal_id}.png")
def seal_picture(request: Request, services: CurrentServices, seal_id: str) -> Response:
    picture = services.signing.seat_seal_picture(_cookie(request), ids.parse(ids.SEAL, seal_id))
    return Response(picture, media_type="image/png", headers=_PICTURE_HEADERS)


@router.post("/sign/{token}/code")
def request_code(request: Request, services: CurrentServices, token: str, form: Submitted) -> Response:
    """Answers with the page itself, not by a redirect: what was filled in so far stays."""
    session, _ = _session(request, services, token)
    try:
        services.signing.request_code(session, _origin(request))
    except DingyueError as error:
        return _show(request, services, token, session, form=form, refusal=error)
    return _show(request, services, token, session, form=form, is_code_sent=True)


@router.post("/sign/{token}/sign")
def sign(request: Request, services: CurrentServices, token: str, form: Submitted) -> Response:
    """Checks the code, unless this session has shown a right one a moment ago, and the real name where that is done;
    then signs, approves or seals."""
    session, _ = _session(request, services, token)
    origin = _origin(request)
    try:
        action = SigningForm(form).action(origin)
        _verify(services, session, form, origin)
        services.signing.identify_if_due(session, SigningForm(form).text("id_number"), origin)
        services.signing.sign_envelope(session, action)
    except DingyueError as error:
        return _show(request, services, token, session, form=form, refusal=error, is_code_sent=True)
    return see(f"/sign/{token}")


@router.post("/sign/{token}/delegate")
def delegate(request: Request, services: CurrentServices, token: str, form: Submitted) -> Response:
    """Names who acts instead, which ends this session and its link."""
    session, _ = _session(request, services, token)
    origin = _origin(request)
    try:
        successor = SigningForm(form).replacement(language_of(request))
        _verify(services, session, form, origin)
        services.signing.delegate(session, successor, origin)
    except DingyueError as error:
        return _show(request, services, token, session, form=form, refusal=error, is_code_sent=True)
    return _over(request, "delegated", name=successor.name)


@router.post("/sign/{token}/decline")
def decline(request: Request, services: CurrentServices, token: str, form: Submitted) -> Response:
    session, _ = _session(request, services, token)
    try:
        services.signing.decline_envelope(session, SigningForm(form).line("reason"), _origin(request))
    except DingyueError as error:
        return _show(request, services, token, session, form=form, refusal=error)
    return see(f"/sign/{token}")


@router.get("/sign/{token}/{step}")
def back(request: Request, token: str) -> Response:
    """Somebody reloads the answer to a form, or switches its language: the page itself, without the form."""
    query = f"?{request.url.query}" if request.url.query else ""
    return see(f"/sign/{token}{query}")


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


def _verify(services: Services, session: str, form: FormData, origin: Origin) -> None:
    if services.signing.seat(session).authenticated_until is None:
        services.signing.verify_code(session, SigningForm(form).text("code"), origin)


def _show(
    request: Request,
    services: Services,
    token: str,
    session: str,
    *,
    form: FormData | None = None,
    refusal: DingyueError | None = None,
    is_code_sent: bool = False,
) -> Response:
    """`form`: what was filled in so far."""
    view = services.signing.seat(session)
    prefer_language(request, view.recipient.language)
    filled = SigningForm(form if form is not None else FormData())
    is_readable = view.envelope.state in READABLE
    return render(
        request,
        "signing.html",
        status=refusal.status if refusal else 200,
        refusal=refusal.message(language_of(request)) if refusal else None,
        here=f"/sign/{token}",
        qr_code=segno.make(f"{services.platform.base_url}/sign/{token}", error="m").svg_inline(scale=3, border=2),
        view=view,
        role=wording(view.recipient.role),
        stage=stage(view, services.clock.now()),
        tones=STAGE_TONES,
        shapes=_shapes(services, session, view) if is_readable else {},
        tasks=tasks(view),
        marks=partial(marks, view.fields),
        filled=filled,
        kept={str(kind): filled.picture_url(kind) for kind in DRAWN_KINDS},
        is_handing_on="delegate_name" in filled.form,
        is_code_sent=is_code_sent,
        version=view.envelope.revision,
        seat_key=ids.public(ids.RECIPIENT, view.recipient.id),
        value_prefix=VALUE_PREFIX,
        FieldKind=FieldKind,
        Way=Way,
    )


def _shapes(services: Services, session: str, view: SeatView) -> dict[int, list[float]]:
    """Of every document's pages, by its position. The steps of signing never change them."""

    def content(position: int) -> bytes:
        return services.signing.seat_content(session, position).data

    return {
        file.position: shapes_of(PDFSource(file.uploaded.sha256, partial(content, file.position)))
        for file in view.documents
    }


def _over(request: Request, why: str, error: NotAuthenticated | None = None, name: str = "") -> Response:
    """The page of a link that opens nothing any more, or has just been given up."""
    message = error.message(language_of(request)) if error else None
    return render(
        request, "signing_over.html", status=error.status if error else 200, why=why, message=message, name=name
    )


def _origin(request: Request) -> Origin:
    return Origin(
        address=request.client.host if request.client else "", user_agent=request.headers.get("user-agent", "")
    )
