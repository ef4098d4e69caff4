"""Anybody may ask what a PDF's signatures or an evidence package prove. Nothing is kept; whatever the bytes are, the
answer is a verdict."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, UploadFile
from pydantic import BaseModel, BeforeValidator, Field

from api.deps import CurrentServices
from api.rate import CheckRoute
from ledger.record import sha256_hex
from ledger.verifier.pades import (
    Coverage,
    Level,
    Modifications,
    Outcome,
    PDFVerdict,
    Revocation,
    SignatureVerdict,
    TimeSource,
)
from ledger.verifier.pades_findings import Finding

router = APIRouter(prefix="/verify", tags=["verification"], route_class=CheckRoute)


def _printable(text: object) -> object:
    """Names come out of a stranger's file: what is no Unicode text is shown as `?`, not passed on."""
    if isinstance(text, dict):
        return {_printable(name): _printable(value) for name, value in text.items()}
    if isinstance(text, list | tuple):
        return [_printable(value) for value in text]
    return text.encode("utf-8", "replace").decode() if isinstance(text, str) else text


Text = Annotated[str, BeforeValidator(_printable)]


class SignatureOutput(BaseModel):
    """One signature or document timestamp, in the order in which they were made.

    `signed_at` is claimed by the signer; `proven_at` comes from `time_source` and is the time the certificate was
    judged at. `is_modification_allowed`: what was added to the file since is no more than the signature permits.
    `finding` is the stable code of what doesn't hold, null if all does; `finding_en` and `finding_zh` say it to people,
    `problem` in detail. `notes` are peculiarities that break nothing.
    """

    field: Text
    is_document_timestamp: bool
    signer: Text
    organisation: Text | None
    organisation_identifier: Text | None
    subject: Text
    issuer: Text
    serial_number: Text
    reason: Text | None
    signed_at: datetime | None
    proven_at: datetime | None
    time_source: TimeSource | None
    authority: Text | None
    is_intact: bool
    is_trusted: bool
    coverage: Coverage
    modifications: Modifications
    is_modification_allowed: bool
    revocation: Revocation
    level: Level | None
    problem: Text | None
    finding: Finding | None
    finding_en: Text | None
    finding_zh: Text | None
    notes: list[Text]


class VerdictOutput(BaseModel):
    """`authentic`: every signature is intact, trusted, and nothing was changed that they don't permit.

    `finding` is the stable code of what decided otherwise (an attack, a certificate, a time-stamp); null if the file is
    authentic or unsigned. `reason` says it in English, `reason_zh` in Chinese.
    """

    outcome: Annotated[Outcome, Field(examples=["authentic"])]
    finding: Annotated[Finding | None, Field(examples=[None])]
    reason: Text
    reason_zh: Text
    sha256: Annotated[str, Field(description="Of the file that was judged, lower-case hex")]
    signatures: list[SignatureOutput]


@router.post("")
def verify_pdf(
    services: CurrentServices, file: Annotated[UploadFile, File(description="Any file; a signed PDF, one hopes")]
) -> VerdictOutput:
    """Validates every signature of a PDF against the roots this installation trusts. Needs no account."""
    data = file.file.read()
    return _view(services.validation.validate(data), data)


class StatementOutput(BaseModel):
    """One sentence, in both languages."""

    zh: Text
    en: Text


class CheckOutput(StatementOutput):
    """One of the numbered checks of `dingyue verify`. A check that isn't required and `unknown` holds nothing up."""

    number: Annotated[str, Field(examples=["8a"])]
    name: Annotated[str, Field(examples=["anchor"])]
    status: Literal["pass", "fail", "unknown"]
    required: bool
    facts: Annotated[dict[str, Any], BeforeValidator(_printable)]


class StandingOutput(BaseModel):
    """What the evidence is worth; `reasons` say what it lacks for a court."""

    grade: Literal["court_grade", "provisional"]
    reasons: list[StatementOutput]


class PackageVerdictOutput(StatementOutput):
    """The verdict as `dingyue verify --json` prints it. `standing` is null for a package that doesn't hold."""

    v: int
    verdict: Annotated[Literal["holds", "contradicted", "undecided", "unusable"], Field(examples=["holds"])]
    exit_code: Annotated[int, Field(ge=0, le=3)]
    package_sha256: str
    checks: list[CheckOutput]
    not_proven: list[StatementOutput]
    standing: StandingOutput | None = None


@router.post("/package")
def verify_evidence_package(
    services: CurrentServices,
    file: Annotated[UploadFile, File(description="Any file; an evidence package (.asice), one hopes")],
    block_hash: Annotated[
        str | None, Form(description="The block's hash as you looked it up, 0x and 64 hex digits", max_length=100)
    ] = None,
) -> PackageVerdictOutput:
    """Runs the offline verifier, trusting what this installation publishes (`GET /v1/trust`). Needs no account.

    To be independent of us, run `dingyue verify` on your own computer with a trust file you got another way.
    """
    verdict = services.packages.check(file.file.read(), block_hash=block_hash)
    return PackageVerdictOutput.model_validate(verdict.to_json())


def _view(verdict: PDFVerdict, data: bytes) -> VerdictOutput:
    return VerdictOutput(
        outcome=verdict.outcome,
        finding=verdict.finding,
        reason=verdict.reason,
        reason_zh=verdict.reason_zh,
        sha256=sha256_hex(data),
        signatures=[_signature(signature) for signature in verdict.signatures],
    )


def _signature(verdict: SignatureVerdict) -> SignatureOutput:
    return SignatureOutput.model_validate(verdict, from_attributes=True)
