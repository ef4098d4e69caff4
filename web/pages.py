"""The route class of all pages: whatever goes wrong becomes a page that says so, and never a stack trace."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from accounts.errors import TokenInvalid
from api.problems import address_of
from api.rate import CheckRoute
from core.errors import DingyueError
from web.errors import FormIncomplete, PageNotFound, UnstorableText
from web.rendering import language_of, render
from web.security import refuse_cross_site

logger = logging.getLogger(__name__)


class PageRoute(APIRoute):
    """Renders errors as pages; sends people without a session to sign in and back."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handle(request)
            except Exception as error:  # noqa: BLE001 - a person gets a page whatever happened; it is logged
                return answer(request, error)

        return guarded


def answer(request: Request, error: Exception) -> Response:
    """The page for whatever went wrong."""
    if isinstance(error, TokenInvalid):
        return ask_to_sign_in(request)
    if isinstance(error, HTTPException) and error.status_code != 404:
        return _other(request, error)
    known = _known(error)
    if known.status >= 500:
        logger.error("%s %s: %s", request.method, address_of(request), known.code, exc_info=error)
    return error_page(request, known)


def _known(error: Exception) -> DingyueError:
    if isinstance(error, DingyueError):
        return error
    if isinstance(error, RequestValidationError):
        # Only the names of the fields: what was typed may be a password or a code.
        return FormIncomplete(fields=", ".join(sorted({str(item["loc"][-1]) for item in error.errors()})))
    if isinstance(error, DataError):
        # PostgreSQL refused a value (NUL in a text): the sender's mistake, and nothing was written.
        return UnstorableText()
    return PageNotFound() if isinstance(error, HTTPException) else DingyueError()


class CheckPageRoute(PageRoute, CheckRoute):
    """The same of pages that check what anybody sends: their POSTs take turns."""


def page_router(route_class: type[PageRoute] = PageRoute) -> APIRouter:
    """A router for pages: not in the API's description, guarded against cross-site requests."""
    return APIRouter(include_in_schema=False, route_class=route_class, dependencies=[Depends(refuse_cross_site)])


def error_page(request: Request, error: DingyueError) -> Response:
    response = render(
        request,
        "error.html",
        status=error.status,
        code=error.code,
        message=error.message(language_of(request)),
        status_code=error.status,
    )
    if "retry_after_seconds" in error.facts:
        response.headers["Retry-After"] = str(error.facts["retry_after_seconds"])
    return response


def ask_to_sign_in(request: Request) -> Response:
    """Back to the page afterwards; a form that was sent is not sent again by itself."""
    address = request.url.path if request.method == "GET" else "/contracts"
    return RedirectResponse(f"/sign-in?{urlencode({'next': address})}", 303)


def see(address: str) -> RedirectResponse:
    """After a POST, show a page (so that reloading doesn't send the form again)."""
    return RedirectResponse(address, 303)


def _other(request: Request, error: HTTPException) -> Response:
    return render(
        request,
        "error.html",
        status=error.status_code,
        code=f"http_{error.status_code}",
        message=error.detail,
        status_code=error.status_code,
    )
