"""`/`: what this is, said honestly; and signing in and out."""

from typing import Annotated

from fastapi import Form, Query, Request, Response

from accounts.errors import TooManySignIns, WrongCredentials
from api.deps import CurrentServices
from web.pages import page_router, see
from web.rendering import language_of, render
from web.security import SESSION_COOKIE, clear_session, is_local_path, set_session
from web.viewer import MaybeViewer

router = page_router()

_AFTER_SIGN_IN = "/contracts"


@router.get("/")
def landing(request: Request, _viewer: MaybeViewer) -> Response:
    return render(request, "landing.html")


@router.get("/sign-in")
def sign_in_form(
    request: Request, viewer: MaybeViewer, next_path: Annotated[str, Query(alias="next")] = _AFTER_SIGN_IN
) -> Response:
    if viewer is not None:
        return see(_local(next_path))
    return render(request, "sign_in.html", next_path=_local(next_path), email="", problem=None)


@router.post("/sign-in")
def sign_in(
    request: Request,
    services: CurrentServices,
    email: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=200)],
    next_path: Annotated[str, Form(alias="next", max_length=2000)] = _AFTER_SIGN_IN,
) -> Response:
    """The same form again, with the reason, when it fails."""
    address = request.client.host if request.client else ""
    try:
        issued = services.accounts.sign_in(email=email.strip(), password=password, address=address)
    except (WrongCredentials, TooManySignIns) as error:
        message = error.message(language_of(request))
        again = {"next_path": _local(next_path), "email": email, "problem": message}
        return render(request, "sign_in.html", status=error.status, **again)
    response = see(_local(next_path))
    set_session(request, response, issued.secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request, services: CurrentServices) -> Response:
    secret = request.cookies.get(SESSION_COOKIE)
    if secret:
        services.accounts.sign_out(secret)
    response = see("/")
    clear_session(response)
    return response


def _local(path: str) -> str:
    return path if is_local_path(path) else _AFTER_SIGN_IN
