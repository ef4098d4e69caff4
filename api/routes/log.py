"""The log for everybody: C2SP tlog-tiles under /log, so that existing monitors, mirrors and witnesses can read it."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.deps import CurrentServices

public_router = APIRouter(prefix="/log", tags=["log"])

_CHECKPOINT_CACHING = "public, max-age=2"
_TILE_CACHING = "public, max-age=31536000, immutable"


@public_router.get("/checkpoint", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def checkpoint(services: CurrentServices) -> Response:
    """The latest signed tree head (C2SP tlog-checkpoint)."""
    return Response(
        services.ledger.checkpoint(),
        media_type="text/plain; charset=utf-8",
        headers={"Cache-Control": _CHECKPOINT_CACHING},
    )


@public_router.get("/vkey", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def verifier_keys(services: CurrentServices) -> Response:
    """The log's public keys as C2SP vkeys, one a line. Compare them with the published trust file before trusting."""
    keys = "".join(f"{vkey}\n" for vkey in services.ledger.vkeys())
    return Response(keys, media_type="text/plain; charset=utf-8", headers={"Cache-Control": _CHECKPOINT_CACHING})


@public_router.get(
    "/tile/{path:path}", response_class=Response, responses={200: {"content": {"application/octet-stream": {}}}}
)
def tile(services: CurrentServices, path: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """A tile `<L>/<N>[.p/<W>]` or an entry bundle `entries/<N>[.p/<W>]`; `<N>` is written like `x001/x234/067`."""
    data = services.ledger.tile(f"tile/{path}")
    headers = {"Cache-Control": _TILE_CACHING, "Vary": "Accept-Encoding"}
    # Entries are text and shrink; hashes don't (tlog-tiles: bundles SHOULD be compressed).
    if path.startswith("entries/") and "gzip" in accept_encoding:
        data = gzip.compress(data, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(data, media_type="application/octet-stream", headers=headers)
