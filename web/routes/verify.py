"""`/verify`: anybody checks a signed PDF or an evidence package; nothing is kept."""

from typing import Annotated

from fastapi import File, Request, Response, UploadFile

from api.deps import CurrentServices
from ledger.package.trust import fingerprint, trust_bytes
from web.pages import page_router
from web.rendering import render
from web.uploads import is_given
from web.viewer import MaybeViewer

router = page_router()

_ZIP = b"PK\x03\x04"
_PDF = b"%PDF-"
_PDF_HEADER_WITHIN = 1024


@router.get("/verify")
def form(request: Request, services: CurrentServices, _viewer: MaybeViewer) -> Response:
    return _show(request, services)


@router.get("/verify/trust.json")
def trust(services: CurrentServices) -> Response:
    """What we ask others to trust; worth something only to whoever compares its fingerprint by another way."""
    data = trust_bytes(services.packages.trust())
    headers = {"Content-Disposition": 'attachment; filename="trust.json"', "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="application/json", headers=headers)


@router.post("/verify")
def verify(
    request: Request,
    services: CurrentServices,
    _viewer: MaybeViewer,
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Whatever bytes come, the answer is a verdict: neither verifier ever raises."""
    if file is None or not is_given(file):
        return _show(request, services, kind="missing")
    data = file.file.read()
    name = file.filename or ""
    if data.startswith(_ZIP):
        return _show(request, services, kind="package", name=name, verdict=services.packages.check(data))
    if _PDF in data[:_PDF_HEADER_WITHIN]:
        return _show(request, services, kind="pdf", name=name, verdict=services.validation.validate(data))
    return _show(request, services, kind="neither", name=name)


def _show(
    request: Request, services: CurrentServices, *, kind: str | None = None, name: str = "", verdict: object = None
) -> Response:
    trust_fingerprint = fingerprint(trust_bytes(services.packages.trust()))
    return render(request, "verify.html", kind=kind, name=name, verdict=verdict, trust_fingerprint=trust_fingerprint)
