"""Style sheets, scripts and pictures of our own, served with a hash in the path so that they may be cached for good.

The hash covers all of them: any change gives every asset a new address.
"""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Response

from web.errors import PageNotFound

_FOLDER = Path(__file__).parent / "static"

router = APIRouter(include_in_schema=False)


@cache
def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(_FOLDER.iterdir()) if path.is_file()}


@cache
def _version() -> str:
    digest = hashlib.sha256()
    for name, data in _files().items():
        digest.update(f"{name}\x00{len(data)}\x00".encode() + data)
    return digest.hexdigest()[:12]


def asset(name: str) -> str:
    """The address of an asset. Raises `KeyError` for a name that doesn't exist."""
    _files()[name]
    return f"/static/{_version()}/{name}"


@router.get("/static/{version}/{name}")
def serve(version: str, name: str) -> Response:
    """Raises `PageNotFound`, also for an older version: pages always name the current one."""
    if version != _version() or name not in _files():
        raise PageNotFound
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(_files()[name], media_type=media_type, headers=headers)


@router.get("/favicon.ico")
def favicon() -> Response:
    return Response(_files()["mark.svg"], media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})
