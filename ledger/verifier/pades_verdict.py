"""What is said of a PDF and of each signature in it, and how the whole follows from the parts. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Outcome = Literal["authentic", "altered", "unrecognised", "unsigned", "malformed"]
Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
Coverage = Literal["entire_file", "entire_revision", "partial"]
Modifications = Literal["none", "validation_data", "form_filling", "other"]
Revocation = Literal["good", "revoked", "unknown"]
TimeSource = Literal["signature_timestamp", "document_timestamp", "claimed"]


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature or document timestamp. `problem` says what doesn't hold, in English; None if all does.

    `signer`, `organisation` and `organisation_identifier` come from the certificate, `subject` and `issuer` are its
    full names, `serial_number` is lower-case hex. `signed_at` is claimed by the signer; `proven_at` is the time the
    certificate was judged at, from `time_source`; `authority` is who vouches for it.
    """

    field: str
    is_document_timestamp: bool
    signer: str = ""
    organisation: str | None = None
    organisation_identifier: str | None = None
    subject: str = ""
    issuer: str = ""
    serial_number: str = ""
    reason: str | None = None
    signed_at: datetime | None = None
    proven_at: datetime | None = None
    time_source: TimeSource | None = None
    authority: str | None = None
    is_intact: bool = False
    is_trusted: bool = False
    coverage: Coverage = "partial"
    modifications: Modifications = "other"
    is_modification_allowed: bool = False
    revocation: Revocation = "unknown"
    level: Level | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PDFVerdict:
    """`reason` is one English sentence. `signatures` are in the order in which they were made."""

    outcome: Outcome
    reason: str
    signatures: tuple[SignatureVerdict, ...] = field(default=())


def conclude(verdicts: list[SignatureVerdict], data: bytes) -> PDFVerdict:
    """The verdict on the whole file: what doesn't fit comes before what isn't known."""
    signatures = tuple(verdicts)
    for found in signatures:
        if not found.is_intact:
            return PDFVerdict("altered", f"“{found.field}” doesn't fit the file: {found.problem}.", signatures)
    for found in signatures:
        if not found.is_modification_allowed:
            return PDFVerdict("altered", f"The file was changed after “{found.field}” was made.", signatures)
    if signatures[-1].modifications not in ("none", "validation_data"):
        return PDFVerdict("altered", "Something was filled in after the last signature.", signatures)
    last = signatures[-1]
    if last.coverage != "entire_file" and (last.modifications == "none" or not data.rstrip().endswith(b"%%EOF")):
        return PDFVerdict("altered", "Something was added after the end of the signed file.", signatures)
    for found in signatures:
        if not found.is_trusted:
            return PDFVerdict("unrecognised", f"“{found.field}” isn't trusted: {found.problem}.", signatures)
    return PDFVerdict("authentic", "Every signature holds, and nothing was changed since.", signatures)
