"""The log for everybody: C2SP tlog-tiles under /log, so that existing monitors, mirrors and witnesses can read it."""

import gzip
import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response

from api.deps import CurrentServices
from api.responses import conditional_response
from api.schemas.log import KeyRotation
from ledger.published_copy import CHECKPOINT_HEADERS
from ledger.tiles import TILE_HEADERS

public_router = APIRouter(prefix="/log", tags=["log"])

IfNoneMatch = Annotated[str | None, Header(description="The ETag of what you have")]

_GZIP = re.compile(r"\s*(gzip|\*)\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?", re.IGNORECASE)
"""An item of `Accept-Encoding` that allows gzip (RFC 9110 §12.5.3): a weight of 0 forbids it."""
_TEXT = "text/plain; charset=utf-8"


def _get(path: str, media_type: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """GET and HEAD of a resource that anybody may read; the server leaves out the content of an answer to HEAD."""

    def register(endpoint: Callable[..., Any]) -> Callable[..., Any]:
        answers: dict[int | str, dict[str, Any]] = {
            200: {"content": {media_type: {}}},
            304: {"description": "You have it already"},
        }
        public_router.head(path, include_in_schema=False)(endpoint)
        public_router.get(path, response_class=Response, responses=answers)(endpoint)
        return endpoint

    return register


@_get("/checkpoint", "text/plain")
def checkpoint(services: CurrentServices, if_none_match: IfNoneMatch = None) -> Response:
    """The latest signed tree head (C2SP tlog-checkpoint)."""
    return _text(services.ledger.checkpoint(), if_none_match)


@_get("/vkey", "text/plain")
def verifier_keys(services: CurrentServices, if_none_match: IfNoneMatch = None) -> Response:
    """All public keys the log ever had as C2SP vkeys, one a line, oldest first. Compare them with the published trust
    file before trusting."""
    keys = "".join(f"{vkey}\n" for vkey in services.ledger.vkeys())
    return _text(keys.encode(), if_none_match)


@public_router.get("/key-rotations")
def key_rotations(services: CurrentServices) -> list[KeyRotation]:
    """How each key named the next, oldest first. Whoever trusts one key can check their way to all later ones."""
    return [KeyRotation.of(rotation) for rotation in services.ledger.key_rotations()]


@_get("/tile/{path:path}", "application/octet-stream")
def tile(
    services: CurrentServices,
    path: str,
    accept_encoding: Annotated[str, Header()] = "",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A tile `<L>/<N>[.p/<W>]` or an entry bundle `entries/<N>[.p/<W>]`; `<N>` is written like `x001/x234/067`."""
    data, variant = services.ledger.tile(f"tile/{path}"), ""
    headers = {"Cache-Control": TILE_HEADERS["Cache-Control"], "Vary": "Accept-Encoding"}
    # Entries are text and shrink; hashes don't (tlog-tiles: bundles SHOULD be compressed).
    if path.startswith("entries/") and any(map(_GZIP.fullmatch, accept_encoding.split(","))):
        data, variant = gzip.compress(data, mtime=0), "-gzip"
        headers["Content-Encoding"] = "gzip"
    return conditional_response(
        data, media_type=TILE_HEADERS["Content-Type"], headers=headers, if_none_match=if_none_match, variant=variant
    )


def _text(data: bytes, if_none_match: str | None) -> Response:
    caching = {"Cache-Control": CHECKPOINT_HEADERS["Cache-Control"]}
    return conditional_response(data, media_type=_TEXT, headers=caching, if_none_match=if_none_match)
