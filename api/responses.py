"""Answers that are not JSON."""

import hashlib
from urllib.parse import quote

from fastapi import Response

from signing.read_envelopes import StoredPDF


def pdf_response(stored: StoredPDF) -> Response:
    """The PDF under its own name (RFC 6266 §4.3), never kept by a shared cache; the ETag is its SHA-256."""
    headers = {
        "Content-Disposition": f"inline; filename=\"document.pdf\"; filename*=UTF-8''{quote(stored.name, safe='')}",
        "ETag": f'"{stored.sha256}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(stored.data, media_type="application/pdf", headers=headers)


def conditional_response(
    data: bytes, *, media_type: str, headers: dict[str, str], if_none_match: str | None, variant: str = ""
) -> Response:
    """200 with an ETag, or 304 if the reader has these bytes already (RFC 9110 §13.1.2, §15.4.5).

    The ETag is the SHA-256 of the content as it is sent; `variant` tells two encodings of one content apart.
    """
    etag = f'"{hashlib.sha256(data).hexdigest()}{variant}"'
    headers = {**headers, "ETag": etag}
    known = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=media_type, headers=headers)
