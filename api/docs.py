"""The API's own pages: an explorer of the OpenAPI document and the list of error codes.

Everything is served from here (npm `swagger-ui-dist`); FastAPI's default would load its explorer from a CDN.
"""

from html import escape
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.responses import FileResponse, HTMLResponse

from core.errors import all_error_classes

_DIST = Path(__file__).resolve().parent.parent / "node_modules" / "swagger-ui-dist"
_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_EXPLORER = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dingyue 鼎约 API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png"><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="explorer"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>
"""
_START = """SwaggerUIBundle({url: "/openapi.json", dom_id: "#explorer", deepLinking: true, validatorUrl: null});
"""
_ERRORS = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>错误代码 Error codes</title></head><body><h1>错误代码 Error codes</h1><dl>{rows}</dl></body></html>
"""


def install(app: FastAPI) -> None:
    """Adds `/docs`, its assets, and `/docs/errors`, where the `type` of every problem document points."""

    @app.get("/docs", include_in_schema=False)
    def explorer() -> HTMLResponse:
        return _page(_EXPLORER)

    @app.get("/docs/start.js", include_in_schema=False)
    def start() -> Response:
        return Response(_START, media_type="text/javascript")

    @app.get("/docs/assets/{name}", include_in_schema=False)
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            return Response(status_code=404)
        return FileResponse(_DIST / name, media_type=_ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})

    @app.get("/docs/errors", include_in_schema=False)
    def errors() -> HTMLResponse:
        known = sorted(all_error_classes(), key=lambda error: error.code)
        rows = "".join(
            f'<dt id="{error.code}"><code>{error.code}</code> ({error.status})</dt>'
            f'<dd>{escape(error.zh)}<br><span lang="en">{escape(error.en)}</span></dd>'
            for error in known
        )
        return _page(_ERRORS.format(rows=rows))


def _page(html: str) -> HTMLResponse:
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"})
