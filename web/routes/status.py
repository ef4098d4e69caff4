"""`/status`: whether envelopes could be signed and sealed now, for whoever wonders why one isn't sent."""

from fastapi import Request, Response

from api.deps import CurrentServices
from core.errors import DingyueError
from web.pages import page_router
from web.rendering import language_of, render
from web.viewer import MaybeViewer

router = page_router()


@router.get("/status")
def status(request: Request, services: CurrentServices, _viewer: MaybeViewer) -> Response:
    problem = None
    try:
        services.signing.require_ready()
    except DingyueError as error:
        problem = error.message(language_of(request))
    return render(request, "status.html", status=200 if problem is None else 503, problem=problem)
