"""`/messages`: every message, for the operator; the console channel's only way out."""

from typing import Annotated

from fastapi import Query, Request, Response

from api.deps import CurrentServices
from core import ids
from web.pages import page_router
from web.rendering import render
from web.viewer import CurrentViewer

router = page_router()

PAGE_SIZE = 50


@router.get("/messages")
def messages(
    request: Request,
    services: CurrentServices,
    viewer: CurrentViewer,
    phone: Annotated[str, Query(max_length=20)] = "",
    cursor: Annotated[str | None, Query(max_length=60)] = None,
) -> Response:
    before = ids.parse(ids.MESSAGE, cursor) if cursor else None
    views = services.notify.messages(viewer.actor, phone=phone.strip() or None, before=before, limit=PAGE_SIZE)
    next_cursor = ids.public(ids.MESSAGE, views[-1].message.id) if len(views) == PAGE_SIZE else None
    return render(request, "messages.html", views=views, phone=phone, next_cursor=next_cursor)
