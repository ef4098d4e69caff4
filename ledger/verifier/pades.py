"""Check 3: PAdES signatures in a PDF. `verify_pdf` never raises, whatever bytes it is given.

For each signature, in the order in which they were made:

1. its byte range leaves out nothing but its own contents, and its digest and signature fit;
2. what was added to the file since is allowed: later signatures, validation data, document timestamps, and, where the
   certification allows it, filled-in fields that no signature locked;
3. when it was made: by its own time-stamp, else by the first document timestamp over it, else as it claims;
4. its certificate leads to a trusted root and was neither expired nor, by the CRLs in the file, revoked at that time.

The verdict is `authentic` only if all of that holds for all of them and nothing but validation data and document
timestamps was added after the last. Neither the machine's clock nor any network is asked.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from asn1crypto import cms, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.general import check_ess_certid
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_sig_integrity
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)

from ledger.verifier.pades_contents import contents_of, gap_problem, signature_problem, token_problem
from ledger.verifier.pades_verdict import (
    Coverage,
    Level,
    Modifications,
    Outcome,
    PDFVerdict,
    Revocation,
    SignatureVerdict,
    TimeSource,
    conclude,
)
from ledger.verifier.timestamp import AuthorityUnknown, Timestamp, TokenInvalid, canonical_token, verify_token

__all__ = [
    "Coverage",
    "Level",
    "Modifications",
    "Outcome",
    "PDFVerdict",
    "Revocation",
    "SignatureVerdict",
    "TimeSource",
    "verify_pdf",
]

Embedded = Any
"""A pyHanko `EmbeddedPdfSignature`, most of which has no type hints."""

_COVERAGE: dict[SignatureCoverageLevel, Coverage] = {
    SignatureCoverageLevel.ENTIRE_FILE: "entire_file",
    SignatureCoverageLevel.ENTIRE_REVISION: "entire_revision",
}
_MODIFICATIONS: dict[ModificationLevel, Modifications] = {
    ModificationLevel.NONE: "none",
    ModificationLevel.LTA_UPDATES: "validation_data",
    ModificationLevel.FORM_FILLING: "form_filling",
}
_MOST_SIGNATURES = 200


def verify_pdf(data: bytes, *, signing_roots: Sequence[bytes], timestamp_roots: Sequence[bytes]) -> PDFVerdict:
    """What the signatures of a PDF prove to somebody who trusts these roots (PEM or DER). Never raises."""
    try:
        return _Verification(data, _der(signing_roots), _der(timestamp_roots)).run()
    except Exception as error:  # noqa: BLE001 - hostile bytes make parsers raise anything; none may pass for a verdict
        return PDFVerdict("malformed", f"The file can't be read as a PDF with signatures ({type(error).__name__}).")


class _Verification:
    def __init__(self, data: bytes, signing_roots: list[bytes], timestamp_roots: list[bytes]) -> None:
        self._data = data
        self._signing_roots = [x509.Certificate.load(root) for root in signing_roots]
        self._timestamp_roots = timestamp_roots
        self._reader = PdfFileReader(BytesIO(data), strict=True)
        self._certificates: list[x509.Certificate] = []
        self._revocation_lists: list[Any] = []

    def run(self) -> PDFVerdict:
        if "/Encrypt" in self._reader.trailer:
            return PDFVerdict("malformed", "The file is encrypted.")
        int(self._reader.root["/Pages"]["/Count"])  # a PDF has pages
        embedded = sorted(self._reader.embedded_signatures, key=lambda found: found.byte_range[2])
        if len(embedded) > _MOST_SIGNATURES:
            return PDFVerdict("malformed", "The file has too many signatures.")
        if not any(_is_signature(found) for found in embedded):
            return PDFVerdict("unsigned", "The file carries no signature.")
        self._read_security_store()
        # Later ones first: a document timestamp vouches for what it covers.
        verdicts: list[SignatureVerdict] = []
        stamped: list[Timestamp] = []
        for found in reversed(embedded):
            verdict, timestamp = self._judge(found, stamped[-1] if stamped else None)
            verdicts.insert(0, verdict)
            if timestamp is not None:
                stamped.append(timestamp)
        return conclude(verdicts, self._data)

    def _read_security_store(self) -> None:
        try:
            store = DocumentSecurityStore.read_dss(self._reader)
        except NoDSSFoundError:
            return
        self._certificates = list(store.load_certs())
        self._revocation_lists = [reference.get_object().data for reference in store.crls]

    def _judge(self, found: Embedded, vouching: Timestamp | None) -> tuple[SignatureVerdict, Timestamp | None]:
        """The verdict, and for a sound document timestamp what it says. `vouching` covers this signature."""
        verdict = _describe(found)
        problem = gap_problem(self._data, found)
        if problem is not None:
            return replace(verdict, problem=problem), None
        if verdict.is_document_timestamp:
            return self._judge_document_timestamp(found, verdict)
        if not _is_intact(found):
            return replace(verdict, problem="its digest or its signature is another"), None
        verdict = self._with_time(found, _with_changes(verdict, found), vouching)
        if verdict.is_intact:
            verdict = self._with_trust(found, verdict, is_stamped=vouching is not None)
        return verdict, None

    def _judge_document_timestamp(
        self, found: Embedded, verdict: SignatureVerdict
    ) -> tuple[SignatureVerdict, Timestamp | None]:
        try:
            timestamp = self._timestamp(contents_of(found), found.compute_digest("sha256"))
        except AuthorityUnknown as error:
            return replace(_with_changes(verdict, found), problem=str(error)), None
        except TokenInvalid as error:
            return replace(verdict, problem=str(error)), None
        verdict = _with_changes(verdict, found)
        problem = verdict.problem or token_problem(found)
        verdict = replace(
            verdict,
            is_trusted=problem is None,
            proven_at=timestamp.at,
            time_source="document_timestamp",
            authority=timestamp.authority,
            problem=problem,
        )
        return verdict, timestamp if problem is None else None

    def _timestamp(self, token: bytes, digest: bytes) -> Timestamp:
        """What a token says, in whatever form it is. Raises `AuthorityUnknown` or `TokenInvalid`."""
        info = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
        if info["message_imprint"]["hash_algorithm"]["algorithm"].native != "sha256":
            raise AuthorityUnknown("it uses another digest than SHA-256")
        return verify_token(canonical_token(token), digest, self._timestamp_roots)

    def _with_time(self, found: Embedded, verdict: SignatureVerdict, vouching: Timestamp | None) -> SignatureVerdict:
        """A time-stamp of the signature itself counts first; one that doesn't hold is a problem, not ignored."""
        token = _signature_timestamp(found)
        if token is not None:
            try:
                timestamp = self._timestamp(token.dump(), _signature_digest(found))
            except AuthorityUnknown as error:
                verdict = replace(verdict, problem=f"time-stamp: {error}")
            except TokenInvalid as error:
                return replace(verdict, is_intact=False, problem=f"time-stamp: {error}")
            else:
                return replace(
                    verdict,
                    proven_at=timestamp.at,
                    time_source="signature_timestamp",
                    authority=timestamp.authority,
                    level="B-T",
                )
        if vouching is not None:
            return replace(
                verdict, proven_at=vouching.at, time_source="document_timestamp", authority=vouching.authority
            )
        return replace(verdict, proven_at=verdict.signed_at, time_source="claimed", level="B-B")

    def _with_trust(self, found: Embedded, verdict: SignatureVerdict, *, is_stamped: bool) -> SignatureVerdict:
        if verdict.proven_at is None:
            return replace(verdict, problem="it names no time at which its certificate could be judged")
        try:
            path, revocation = self._trusted_path(found, verdict.proven_at)
        except RevokedError:
            return replace(verdict, revocation="revoked", problem="its certificate was revoked")
        except (ExpiredError, NotYetValidError):
            return replace(verdict, problem="its certificate wasn't valid at the time")
        except (PathBuildingError, PathValidationError, InvalidCertificateError, ValueError) as error:
            return replace(verdict, problem=f"no way to a trusted root ({type(error).__name__})")
        problem = verdict.problem or signature_problem(found, path)
        level = verdict.level
        if level == "B-T" and revocation == "good":
            level = "B-LTA" if is_stamped else "B-LT"
        return replace(verdict, is_trusted=problem is None, problem=problem, revocation=revocation, level=level)

    def _trusted_path(self, found: Embedded, moment: datetime) -> tuple[list[x509.Certificate], Revocation]:
        """With revocation known if the file says enough about it."""
        try:
            return self._validate_path(found, moment, "require"), "good"
        except InsufficientRevinfoError:
            return self._validate_path(found, moment, "soft-fail"), "unknown"

    def _validate_path(self, found: Embedded, moment: datetime, revocation_mode: str) -> list[x509.Certificate]:
        context = ValidationContext(
            trust_roots=self._signing_roots,
            other_certs=self._certificates,
            crls=self._revocation_lists,
            moment=moment,
            allow_fetching=False,
            revocation_mode=revocation_mode,
            # A CRL from after the signature says all the more about it: revocation is for good.
            retroactive_revinfo=True,
        )
        validator: Any = CertificateValidator(
            found.signer_cert, intermediate_certs=found.other_embedded_certs, validation_context=context
        )
        path = asyncio.run(validator.async_validate_usage({"non_repudiation"}))
        return list(path.iter_certs(include_root=True))


def _describe(found: Embedded) -> SignatureVerdict:
    certificate = found.signer_cert
    names = certificate.subject.native
    reason = found.sig_object.get("/Reason")
    claimed = found.self_reported_timestamp
    return SignatureVerdict(
        field=found.field_name,
        is_document_timestamp=not _is_signature(found),
        signer=str(names.get("common_name", certificate.subject.human_friendly)),
        organisation=_text(names.get("organization_name")),
        organisation_identifier=_text(names.get("organization_identifier")),
        subject=certificate.subject.human_friendly,
        issuer=certificate.issuer.human_friendly,
        serial_number=f"{certificate.serial_number:x}",
        reason=_text(reason),
        signed_at=_aware(claimed),
    )


def _with_changes(verdict: SignatureVerdict, found: Embedded) -> SignatureVerdict:
    """The verdict on a signature that is intact, with what it covers and what was added since."""
    found.compute_integrity_info()
    coverage = _COVERAGE.get(found.coverage, "partial")
    result = found.diff_result
    level = result.modification_level if isinstance(result, DiffResult) else ModificationLevel.OTHER
    is_allowed = bool(found.summarise_integrity_info()["docmdp_ok"]) and coverage != "partial"
    return replace(
        verdict,
        is_intact=True,
        coverage=coverage,
        modifications=_MODIFICATIONS.get(level, "other"),
        is_modification_allowed=is_allowed,
        problem=None if is_allowed else f"changed afterwards ({result})",
    )


def _is_intact(found: Embedded) -> bool:
    """The digest, the signature, and the certificate named by the signed attributes (RFC 5035 §4)."""
    intact, valid = validate_sig_integrity(
        found.signer_info, found.signer_cert, expected_content_type="data", actual_digest=found.compute_digest()
    )
    named = get_signing_cert_attr(found.signer_info["signed_attrs"])
    if named is not None and not check_ess_certid(found.signer_cert, named["certs"][0]):
        return False
    return bool(intact and valid)


def _signature_timestamp(found: Embedded) -> Any | None:
    """The ContentInfo of the signature's own time-stamp token."""
    attributes = found.signer_info["unsigned_attrs"]
    for attribute in attributes or ():
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    return None


def _signature_digest(found: Embedded) -> bytes:
    return hashlib.sha256(found.signer_info["signature"].native).digest()


def _is_signature(found: Embedded) -> bool:
    return str(found.sig_object_type) != "/DocTimeStamp"


def _aware(instant: datetime | None) -> datetime | None:
    if instant is None:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _der(roots: Sequence[bytes]) -> list[bytes]:
    return [pem.unarmor(root)[2] if pem.detect(root) else root for root in roots]
