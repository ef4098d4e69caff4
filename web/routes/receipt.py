"""`/verify/receipt`: anybody holds an old package, checkpoint or tlog-proof against today's log; nothing is kept."""

from typing import Annotated

from fastapi import File, Form, Request, Response, UploadFile

from api.deps import CurrentServices
from ledger.compare_receipt import compare_receipt
from ledger.errors import LogEmpty, ReceiptUnreadable
from ledger.receipt_verdict import ReceiptVerdict
from web.pages import CheckPageRoute, page_router
from web.rendering import language_of, render
from web.uploads import is_given
from web.viewer import MaybeViewer

router = page_router(CheckPageRoute)


@router.get("/verify/receipt")
def form(request: Request, _viewer: MaybeViewer) -> Response:
    return _show(request)


@router.post("/verify/receipt")
def check(
    request: Request,
    services: CurrentServices,
    _viewer: MaybeViewer,
    file: Annotated[UploadFile | None, File()] = None,
    text: Annotated[str, Form(max_length=200_000)] = "",
) -> Response:
    """A file goes before a pasted text. What can't be read is told above the form, and the text stays in it."""
    data = file.file.read() if file is not None and is_given(file) else text.encode("utf-8", "surrogatepass")
    name = (file.filename or "") if file is not None and is_given(file) else ""
    if not data.strip():
        return _show(request, is_missing=True)
    try:
        verdict = compare_receipt(services.ledger, data)
    except (ReceiptUnreadable, LogEmpty) as error:
        return _show(request, name=name, text=text, problem=error.message(language_of(request)))
    return _show(request, name=name, verdict=verdict)


def _show(
    request: Request,
    *,
    name: str = "",
    text: str = "",
    problem: str = "",
    is_missing: bool = False,
    verdict: ReceiptVerdict | None = None,
) -> Response:
    return render(
        request, "receipt.html", name=name, text=text, problem=problem, is_missing=is_missing, verdict=verdict
    )
