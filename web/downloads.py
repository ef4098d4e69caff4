"""Files for somebody to keep."""

from typing import Any
from urllib.parse import quote

from fastapi import Response


def download(data: bytes, name: str, media_type: str) -> Response:
    """RFC 6266: the name in UTF-8, and a plain one for old programs."""
    extension = name.rpartition(".")[2]
    disposition = f'attachment; filename="file.{extension if extension.isalnum() else "bin"}"'
    headers: dict[str, Any] = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(data, media_type=media_type, headers=headers)
