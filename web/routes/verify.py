"""`/verify`: anybody checks a signed PDF, an evidence package or a digest; nothing is kept.

With scripts the file's digest is taken in the browser, and the file stays there until the visitor sends the form.
Whether somebody has notarised a digest is told to those alone whose records they are (ADR 0032).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response, UploadFile
from pydantic import BaseModel

from accounts.policy import Scope
from api.deps import CurrentServices
from ledger.package.enclosures import offline_page as offline_page_bytes
from ledger.package.trust import fingerprint, trust_bytes
from ledger.package.vocabulary import EVENTS, in_words
from ledger.record import sha256_hex
from ledger.repository import LoggedRecord
from ledger.verifier.verdict import Verdict
from web.downloads import download
from web.pages import CheckPageRoute, page_router
from web.rendering import language_of, render
from web.uploads import is_given
from web.viewer import MaybeViewer, Viewer

router = page_router(CheckPageRoute)

_ZIP = b"PK\x03\x04"
_PDF = b"%PDF-"
_PDF_HEADER_WITHIN = 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"DY-\d{8}-[0-9A-F]{12}")
_MOST_RECORDS = 20


@dataclass(frozen=True, slots=True)
class Result:
    """What is shown above the form. `kind`: package, pdf, neither, digest, no_digest or missing.

    `digest` is the file's own, or the one that was asked about; `is_same` whether file and given digest agree, None if
    there was only one of them. `is_of_number`: whether the package is that of the certificate the visitor came with.
    """

    kind: str
    name: str = ""
    digest: str = ""
    verdict: object = None
    is_same: bool | None = None
    is_of_number: bool | None = None
    records: Sequence[LoggedRecord] | None = None


class Question(BaseModel):
    """The form: a file, a digest, or both; and the number of the certificate that led here."""

    file: UploadFile | None = None
    digest: str = ""
    number: str = ""


@router.get("/verify")
def form(request: Request, services: CurrentServices, _viewer: MaybeViewer, number: str = "") -> Response:
    """`number` comes from the QR code of a certificate."""
    return _show(request, services, None, number)


@router.get("/verify/trust.json")
def trust(services: CurrentServices) -> Response:
    """What we ask others to trust; worth something only to whoever compares its fingerprint by another way."""
    data = trust_bytes(services.packages.trust())
    return download(data, "trust.json", "application/json")


@router.get("/verify/offline.html")
def offline_page() -> Response:
    """The page that is in every package, to be kept and opened without us. Never shown from here: it has its script
    inside, which our content policy refuses."""
    return download(offline_page_bytes(), "verify.html", "text/html")


@router.post("/verify")
def verify(
    request: Request,
    services: CurrentServices,
    viewer: MaybeViewer,
    asked: Annotated[Question, Form()],
) -> Response:
    """Whatever bytes come, the answer is a verdict: neither verifier ever raises."""
    file, number = asked.file, asked.number
    given = re.sub(r"\s|^sha-?256:?", "", asked.digest.strip().lower())
    if file is not None and is_given(file):
        result = _judge(services, file.filename or "", file.file.read(), given, number)
    elif not given:
        result = Result("missing")
    elif not _DIGEST.fullmatch(given):
        result = Result("no_digest", digest=asked.digest.strip()[:100])
    else:
        result = Result("digest", digest=given, records=_own_records(services, viewer, given))
    return _show(request, services, result, number)


def _judge(services: CurrentServices, name: str, data: bytes, given: str, number: str) -> Result:
    digest = sha256_hex(data)
    is_same = given == digest if given else None
    if data.startswith(_ZIP):
        verdict = services.packages.check(data)
        return Result("package", name, digest, verdict, is_same, _is_of(verdict, number))
    if _PDF in data[:_PDF_HEADER_WITHIN]:
        return Result("pdf", name, digest, services.validation.validate(data), is_same)
    return Result("neither", name, digest, None, is_same)


def _is_of(verdict: Verdict, number: str) -> bool | None:
    """Whether the certificate's number is that of the package; None if no number was given or nothing is known."""
    bindings = [check.facts["binding"] for check in verdict.checks if "binding" in check.facts]
    if not bindings or not _NUMBER.fullmatch(number):
        return None
    return number.endswith(str(bindings[0])[:12].upper())


def _own_records(services: CurrentServices, viewer: Viewer | None, digest: str) -> Sequence[LoggedRecord] | None:
    """The records of the visitor's own organisation; None for visitors who may not read any."""
    if viewer is None or not viewer.may(Scope.EVIDENCE_READ):
        return None
    return services.ledger.records_with_digest(viewer.actor, sha256=bytes.fromhex(digest), limit=_MOST_RECORDS)


def _show(request: Request, services: CurrentServices, result: Result | None, number: str) -> Response:
    trust_fingerprint = fingerprint(trust_bytes(services.packages.trust()))
    return render(
        request,
        "verify.html",
        result=result,
        number=number if _NUMBER.fullmatch(number) else "",
        trust_fingerprint=trust_fingerprint,
        event_name=lambda kind: in_words(kind, language_of(request), EVENTS),
    )
