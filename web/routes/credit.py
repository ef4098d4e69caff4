"""`/credit/{uscc}`: a credit record, with a score that explains itself."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request, Response

from api.deps import CurrentServices
from web.pages import page_router
from web.rendering import render
from web.viewer import CurrentViewer

router = page_router()


@router.get("/credit/{uscc}")
def credit(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    uscc: str,
    at: Annotated[date | None, Query(description="As of this day")] = None,
) -> Response:
    record = services.credit.record(viewer.actor, uscc, at=at)
    return render(request, "credit.html", record=record)
