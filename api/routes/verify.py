"""Anybody may ask what a PDF's signatures prove. Nothing is kept; whatever the bytes are, the answer is a verdict."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from pydantic import BaseModel, BeforeValidator, Field

from api.deps import CurrentServices
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

router = APIRouter(prefix="/verify", tags=["verification"])


def _printable(text: object) -> object:
    """Names come out of a stranger's file: what is no Unicode text is shown as `?`, not passed on."""
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
