"""One signature of a PDF: is it all there, does it fit the file, who made it and when, and is that to be trusted?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto import core, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from ledger.verifier.algorithms import are_strong
from ledger.verifier.pades_contents import ByteRange, gap_problem
from ledger.verifier.pades_file import Digests, FilledField, elements, entry
from ledger.verifier.pades_findings import Finding
from ledger.verifier.pades_reader import Buffer, Reader
from ledger.verifier.pades_verdict import SignatureVerdict, printable

_kinds: Any = generic  # pyHanko's object classes have no type hints
_Embedded: Any = EmbeddedPdfSignature  # nor has its constructor

_TIMESTAMP = "/ETSI.RFC3161"
_SUPPORTED = ("/ETSI.CAdES.detached", "/adbe.pkcs7.detached", _TIMESTAMP)
_KNOWN = ("/adbe.pkcs7.sha1", "/adbe.x509.rsa_sha1", "/PBAD.PAdES")
_LARGEST_CONTENTS = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a form field shows as its signature. `embedded` is pyHanko's view of it; None if it isn't all there."""

    verdict: SignatureVerdict
    number: int | None
    byte_range: ByteRange = (0, 0, 0, 0)
    embedded: Any = None

    @property
    def end(self) -> int:
        """Where in the file the signed part ends."""
        return self.byte_range[2] + self.byte_range[3]


def read_candidate(reader: Reader, filled: FilledField, *, since: int = 0) -> Candidate:
    """Never raises for what is wrong with the signature: that is in the verdict. Of one that ends within the first
    `since` bytes nothing is said but that it is there.
    """
    value = filled.value
    is_dictionary = isinstance(value, _kinds.DictionaryObject)
    kind = str(entry(value, "/SubFilter")) if is_dictionary else ""
    blank = SignatureVerdict(printable(filled.name), is_document_timestamp=kind == _TIMESTAMP)

    def broken(finding: Finding, problem: str) -> Candidate:
        return Candidate(replace(blank, finding=finding, problem=problem), filled.number)

    byte_range = _byte_range(value)
    missing = _what_is_missing(filled, byte_range, kind)
    if missing is not None or byte_range is None:
        return broken(*(missing or (Finding.BYTE_RANGE_MISSING, "")))
    try:
        embedded = _Embedded(reader, filled.field, filled.name)
        is_known = byte_range[2] + byte_range[3] <= since
        verdict = blank if is_known else _describe(blank, embedded)
    except Exception as error:  # noqa: BLE001 - asn1crypto parses lazily, hostile contents may raise anything
        return broken(Finding.SIGNATURE_INVALID, f"its contents can't be read ({type(error).__name__})")
    return Candidate(verdict, filled.number, byte_range, embedded)


def _what_is_missing(filled: FilledField, byte_range: ByteRange | None, kind: str) -> tuple[Finding, str] | None:
    contents = getattr(entry(filled.value, "/Contents"), "original_bytes", b"")
    checks = [
        (filled.number is not None, Finding.CONTENTS_MISSING, "its value is no signature"),
        (byte_range is not None, Finding.BYTE_RANGE_MISSING, "it has no byte range of four numbers"),
        (contents.strip(b"\0"), Finding.CONTENTS_MISSING, "it has no contents"),
        (kind not in _KNOWN, Finding.UNSUPPORTED_SIGNATURE, f"it is of the kind {kind}"),
        (kind in _SUPPORTED, Finding.MALFORMED, "it is of no known kind"),
        (len(contents) <= _LARGEST_CONTENTS, Finding.MALFORMED, "its contents are too large"),
    ]
    return next(((finding, problem) for holds, finding, problem in checks if not holds), None)


def check_integrity(
    candidate: Candidate, data: Buffer, digests: Digests, *, is_canonical: bool
) -> tuple[Finding, str] | None:
    """Byte range, digest, signature, and the certificate named by the signed attributes (RFC 5652 §5.4, RFC 5035 §4).

    For a document timestamp only the byte range: its token is the time-stamp verifier's matter.
    """
    found = candidate.embedded
    problem = gap_problem(data, candidate.byte_range, found.pkcs7_content, is_canonical=is_canonical)
    if problem is not None and problem[0] is not Finding.BYTE_RANGE_CHANGED:
        return problem
    if problem is not None:
        # Where all that was signed is still there, only moved apart, the signature was wrapped around something else.
        is_all_there = candidate.end <= len(data) and _covers_what_it_signed(candidate, digests)
        return (Finding.SIGNATURE_WRAPPED, problem[1]) if is_all_there else problem
    if candidate.verdict.is_document_timestamp:
        return None
    if found.signed_data["encap_content_info"]["content"] is not core.VOID:
        encapsulated = found.signed_data["encap_content_info"]["content"]
        if not isinstance(encapsulated, core.Void) and encapsulated.contents:
            return Finding.SIGNATURE_INVALID, "it signs something that it carries itself, not the file"
    is_same, is_valid = _fit(candidate, digests)
    if not is_same:
        return Finding.DIGEST_MISMATCH, "its digest is another"
    return None if is_valid else (Finding.SIGNATURE_INVALID, "its signature doesn't fit its certificate")


def uses_strong_algorithms(found: Any) -> bool:
    return are_strong(found.signer_info["digest_algorithm"], found.signer_info["signature_algorithm"])


def signature_timestamp(found: Any) -> Any | None:
    """The ContentInfo of the signature's own time-stamp token."""
    attributes = found.signer_info["unsigned_attrs"]
    for attribute in () if isinstance(attributes, core.Void) else attributes:
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    return None


def swapped(candidates: Sequence[Candidate]) -> set[str]:
    """Names of fields that show a signature which an earlier field shows already."""
    seen: set[int | None] = set()
    names = set()
    for candidate in candidates:
        if candidate.number in seen:
            names.add(candidate.verdict.field)
        seen.add(candidate.number)
    return names


def _covers_what_it_signed(candidate: Candidate, digests: Digests) -> bool:
    if not candidate.verdict.is_document_timestamp:
        return _fit(candidate, digests) == (True, True)
    imprint = candidate.embedded.signed_data["encap_content_info"]["content"].parsed["message_imprint"]
    digest = digests.of(candidate.byte_range, imprint["hash_algorithm"]["algorithm"].native)
    return bool(imprint["hashed_message"].native == digest)


def _fit(candidate: Candidate, digests: Digests) -> tuple[bool, bool]:
    """Whether the digest is that of the file, and whether the signature over it holds."""
    found = candidate.embedded
    try:
        digest = digests.of(candidate.byte_range, found.md_algorithm)
        is_same, is_valid = validate_sig_integrity(found.signer_info, found.signer_cert, "data", digest)
    except (SignatureValidationError, SigningError, ValueError, TypeError, KeyError):
        return True, False
    return bool(is_same), bool(is_valid)


def _byte_range(value: Any) -> ByteRange | None:
    """Four numbers, none of them negative."""
    numbers = elements(entry(value, "/ByteRange"))
    if len(numbers) != 4:
        return None
    plain = [number for number in numbers if isinstance(number, int) and 0 <= number < 2**60]
    if len(plain) != 4 or plain[2] == 0:
        return None
    return int(plain[0]), int(plain[1]), int(plain[2]), int(plain[3])


def _describe(blank: SignatureVerdict, found: Any) -> SignatureVerdict:
    certificate: x509.Certificate = found.signer_cert
    names = certificate.subject.native
    return replace(
        blank,
        signer=printable(_text(names.get("common_name")) or certificate.subject.human_friendly),
        organisation=_text(names.get("organization_name")),
        organisation_identifier=_text(names.get("organization_identifier")),
        subject=printable(certificate.subject.human_friendly),
        issuer=printable(certificate.issuer.human_friendly),
        serial_number=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before,
        valid_until=certificate.not_valid_after,
        reason=_text(entry(found.sig_object, "/Reason")),
        signed_at=_claimed(found),
    )


def _claimed(found: Any) -> datetime | None:
    try:
        instant = found.self_reported_timestamp
    except (PdfError, ValueError, KeyError, TypeError, AttributeError):  # a date nobody can read is no date
        return None
    if not isinstance(instant, datetime):
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


def _text(value: object) -> str | None:
    """A subject may name several of a kind."""
    if value is None:
        return None
    return printable("、".join(str(part) for part in value) if isinstance(value, list) else str(value))
