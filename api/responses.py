"""Answers that are not JSON."""

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
