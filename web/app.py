"""Adds the pages to the API's application: `mount(app)`."""

from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from web import assets
from web.errors import PageNotFound
from web.pages import error_page
from web.routes import ROUTERS
from web.viewer import maybe_viewer


def mount(app: FastAPI) -> None:
    """Call it after the API's routes and handlers are in place."""
    app.include_router(assets.router)
    for router in ROUTERS:
        app.include_router(router)
    _show_unknown_addresses_as_pages(app)


def _show_unknown_addresses_as_pages(app: FastAPI) -> None:
    """A browser that asks for an address nobody serves gets a page; programs keep their problem documents."""
    render_problem: Any = app.exception_handlers[HTTPException]

    @app.exception_handler(HTTPException)
    def unknown_address(request: Request, error: HTTPException) -> Response:
        if error.status_code == 404 and wants_page(request):
            maybe_viewer(request, app.state.services)
            return error_page(request, PageNotFound())
        response: Response = render_problem(request, error)
        return response


def wants_page(request: Request) -> bool:
    """Whether a person is looking, rather than a program."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(("/v1/", "/log/"))
