"""Check 3: PAdES signatures in a PDF. `verify_pdf` never raises, whatever bytes it is given.

For each signature, in the order in which they were made:

1. it is all there: byte range and contents, shown by one form field (`pades_signature`);
2. its byte range leaves out nothing but its own contents, and its digest and signature fit (`pades_contents`);
3. what was added to the file since is allowed: later signatures, validation data, document timestamps, and, where the
   certification allows it, filled-in fields that no signature locked (`pades_changes`);
4. when it was made: by its own time-stamp, else by the first document timestamp over it, else as it claims;
5. its certificate leads to a trusted root and was neither expired nor, by the CRLs and OCSP responses in the file,
   revoked at that time (`certificates`).

The verdict is `authentic` only if somebody signed, all of that holds for all signatures, no signature was taken out of
its form, and nothing but validation data and document timestamps was added after the last (`pades_tail`); to a contract
that was sealed, nothing else at all. Neither the machine's clock nor any network is asked.

The form of signatures is judged in one of two ways. `canonical`: as evidence packages ask, no byte may be another
(`pades_contents`). `any`: signatures by whatever software, in whatever form the standards allow.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from ledger.verifier.certificate_material import Material, material_of
from ledger.verifier.certificates import Certificates
from ledger.verifier.pades_changes import Changes
from ledger.verifier.pades_file import (
    Digests,
    begins_with_something_else,
    entry,
    filled_fields,
    goes_on_after_its_end,
    has_stray_signature,
    mentions_signature,
    starts_with,
)
from ledger.verifier.pades_findings import EXPLANATIONS, Finding, Outcome
from ledger.verifier.pades_judge import Judge
from ledger.verifier.pades_reader import Buffer, Reader
from ledger.verifier.pades_signature import Candidate, read_candidate, signature_timestamp, swapped
from ledger.verifier.pades_verdict import (
    Coverage,
    Level,
    Modifications,
    PDFVerdict,
    Revocation,
    SignatureVerdict,
    TimeSource,
    conclude,
    printable,
    refused,
    unsigned,
)
from ledger.verifier.timestamp import Timestamp

__all__ = [
    "Buffer",
    "Coverage",
    "Finding",
    "Level",
    "Modifications",
    "Outcome",
    "PDFVerdict",
    "Revocation",
    "SignatureVerdict",
    "TimeSource",
    "verify_increment",
    "verify_pdf",
]

Form = Literal["canonical", "any"]

_MOST_SIGNATURES = 200
_SEAL_FIELD = "Platform seal"
_SPACE = b"\r\n\t \0"
_LONGEST_TAIL = 64


def verify_pdf(
    data: Buffer,
    *,
    signing_roots: Sequence[bytes],
    timestamp_roots: Sequence[bytes],
    form: Form = "canonical",
    at: datetime | None = None,
    known_lists: Sequence[bytes] = (),
) -> PDFVerdict:
    """What the signatures of a PDF prove to somebody who trusts these roots (PEM or DER). Never raises.

    `at` is the time of asking: a certificate whose signature nobody has dated must be valid then (EN 319 102-1
    §5.2.6). Without it, such a certificate is judged at the time that the signature claims. `known_lists` are CRLs
    (DER) that whoever asks has besides the file; they count against signatures, and never for them.
    """
    try:
        roots = Certificates(signing_roots), Certificates(timestamp_roots)
        informed = _informed(signing_roots, timestamp_roots, known_lists) if known_lists else None
        return _Verification(data, *roots, form, at, informed=informed).run()
    except Exception as error:  # noqa: BLE001 - hostile bytes make parsers raise anything; none may pass for a verdict
        return _unreadable(data, error)


def verify_increment(
    before: Buffer,
    after: Buffer,
    *,
    signing_roots: Sequence[bytes],
    timestamp_roots: Sequence[bytes],
    hash_before: Any = None,
) -> PDFVerdict:
    """The verdict on `after`, for whoever validated `before` when it was made. Never raises.

    `after` must begin with `before`. What is new is checked in full: each new signature, in canonical form, and
    whether every earlier signature allows what was added. The earlier signatures themselves aren't checked again, and
    nothing is said of their certificates. `hash_before` is a SHA-256 object that took in `before`, so that it needn't
    be hashed again; it is left as it is.
    """
    try:
        if not starts_with(after, before):
            return refused(Finding.CONTENT_CHANGED_INCREMENTALLY, detail="it doesn't begin with what was there before")
        roots = Certificates(signing_roots), Certificates(timestamp_roots)
        verification = _Verification(after, *roots, "canonical", None, since=len(before), hash_before=hash_before)
        return verification.run()
    except Exception as error:  # noqa: BLE001 - as above
        return _unreadable(after, error)


def _informed(
    signing_roots: Sequence[bytes], timestamp_roots: Sequence[bytes], lists: Sequence[bytes]
) -> tuple[Certificates, Certificates]:
    informed = Certificates(signing_roots), Certificates(timestamp_roots)
    for certificates in informed:
        certificates.add(Material.load((), lists, ()))
    return informed


def _unreadable(data: Buffer, error: Exception) -> PDFVerdict:
    try:
        if begins_with_something_else(data) and mentions_signature(data):
            return refused(Finding.PREFIXED_DATA)
        if goes_on_after_its_end(data) and mentions_signature(data):
            return refused(Finding.APPENDED_DATA)
    except Exception as second:  # noqa: BLE001 - not even that could be found out
        error = second
    return refused(Finding.MALFORMED, detail=type(error).__name__)


class _Verification:
    """Of one file. Signatures that end within the first `since` bytes were validated before."""

    def __init__(
        self,
        data: Buffer,
        signing: Certificates,
        stamping: Certificates,
        form: Form,
        at: datetime | None,
        *,
        since: int = 0,
        hash_before: Any = None,
        informed: tuple[Certificates, Certificates] | None = None,
    ) -> None:
        self._data = data
        self._since = since
        self._reader = Reader(data)
        self._changes = Changes(self._reader, are_ours=since > 0)
        self._certificates = signing, stamping, *(informed or ())
        self._is_canonical = form == "canonical"
        digests = Digests(data, hash_before, since)
        self._judge = Judge(
            data, self._changes, digests, signing, stamping, is_canonical=self._is_canonical, at=at, informed=informed
        )

    def run(self) -> PDFVerdict:
        if "/Encrypt" in self._reader.trailer:
            return refused(Finding.ENCRYPTED)
        int(self._reader.root["/Pages"]["/Count"])  # a PDF has pages
        if begins_with_something_else(self._data):
            return refused(Finding.PREFIXED_DATA if mentions_signature(self._data) else Finding.MALFORMED)
        fields = filled_fields(self._reader)
        if len(fields) > _MOST_SIGNATURES:
            return refused(Finding.TOO_MANY_SIGNATURES)
        found = [read_candidate(self._reader, field, since=self._since) for field in fields]
        candidates = sorted(found, key=lambda candidate: candidate.end)
        known = {candidate.number for candidate in candidates if candidate.number is not None}
        is_stray = has_stray_signature(self._data, self._reader, known, self._since)
        if not candidates:
            return refused(Finding.SIGNATURE_REMOVED) if is_stray else unsigned()
        self._gather_material(candidates)
        verdicts = self._judge_all(candidates)
        return conclude(self._with_order(verdicts, candidates), Finding.SIGNATURE_REMOVED if is_stray else None)

    def _gather_material(self, candidates: Sequence[Candidate]) -> None:
        """From the document security store, and from the signatures to be judged and their time-stamps."""
        judged = [found.embedded for found in candidates if found.embedded is not None and found.end > self._since]
        materials = [material_of(found.signed_data) for found in judged]
        for found in judged:
            token = signature_timestamp(found)
            if token is not None and token["content_type"].native == "signed_data":
                materials.append(material_of(token["content"]))
        store = self._security_store()
        if store is not None:
            materials.append(store)
            self._judge.has_security_store = True
        for certificates in self._certificates:
            for material in materials:
                certificates.add(material)

    def _security_store(self) -> Material | None:
        """Of every revision: what a later one left out still tells of a revocation."""
        held: list[dict[bytes, None]] = [{}, {}, {}]
        is_there = False
        for revision in range(self._changes.revisions):
            store = entry(self._reader.root_at(revision), "/DSS")
            is_there = store is not None
            for number, key in enumerate(("/Certs", "/CRLs", "/OCSPs")):
                held[number] |= dict.fromkeys(self._reader.streams(entry(store, key), revision))
        return Material.load(*(list(found) for found in held)) if is_there else None

    def _judge_all(self, candidates: Sequence[Candidate]) -> list[SignatureVerdict]:
        """Later ones first: a document timestamp vouches for what it covers."""
        verdicts: list[SignatureVerdict] = []
        vouching: Timestamp | None = None
        first_new = self._changes.first_after(self._since) if self._since else 0
        for candidate in reversed(candidates):
            if candidate.embedded is None:
                verdict = candidate.verdict
            elif candidate.end <= self._since:
                verdict = self._judge.again(candidate, first_new)
            else:
                verdict, timestamp = self._judge.judge(candidate, vouching)
                vouching = timestamp or vouching
            verdicts.insert(0, verdict)
        return verdicts

    def _with_order(
        self, verdicts: Sequence[SignatureVerdict], candidates: Sequence[Candidate]
    ) -> list[SignatureVerdict]:
        """What only shows when signatures are seen together: the same one twice, others after the seal, and whatever
        came after the last.
        """
        told = list(verdicts)
        twice = swapped(candidates)
        seal = next((number for number, found in enumerate(told) if found.field == _SEAL_FIELD), None)
        is_sealed = seal is not None and entry(entry(self._reader.root, "/Perms"), "/DocMDP") is not None
        for number, found in enumerate(told):
            if found.field in twice:
                told[number] = replace(found, finding=Finding.SIGNATURE_SWAPPED)
            elif is_sealed and seal is not None and number > seal and not found.is_document_timestamp:
                told[number] = replace(found, finding=found.finding or Finding.SIGNED_AFTER_SEAL)
        if all(_says_nothing_of_changes(found.finding) for found in told):
            last = max((number for number, found in enumerate(told) if not found.is_document_timestamp), default=0)
            told[last] = self._without_changes_since(told[last], candidates[last])
            bound = seal if is_sealed and seal is not None else last
            told[bound] = self._with_validation_data(told[bound], candidates[bound], is_sealed=is_sealed)
        if told[-1].is_modification_allowed and _says_nothing_of_changes(told[-1].finding):
            # By somebody unknown or not, something behind what they signed isn't theirs, and that is told first.
            told[-1] = self._with_tail(told[-1], candidates[-1], is_sealed=is_sealed)
        return told

    def _without_changes_since(self, last: SignatureVerdict, candidate: Candidate) -> SignatureVerdict:
        """The last signature. A document timestamp over what was filled in after it makes that nobody's will."""
        if not last.is_modification_allowed or last.modifications in ("none", "validation_data"):
            return last
        finding = self._changes.name(candidate.embedded.signed_revision)
        problem = "something was filled in after the last signature"
        return replace(last, finding=finding, problem=problem, is_modification_allowed=False)

    def _with_validation_data(
        self, bound: SignatureVerdict, candidate: Candidate, *, is_sealed: bool
    ) -> SignatureVerdict:
        """The last signature, or our seal: what came after it must be validation data, and not only be harmless."""
        if self._since or not bound.is_modification_allowed or bound.modifications != "validation_data":
            return bound
        problem = self._changes.beyond_validation_data(candidate.embedded.signed_revision, is_sealed=is_sealed)
        if problem is None:
            return bound
        finding = Finding.CONTENT_CHANGED_INCREMENTALLY
        told = replace(bound, finding=finding, problem=printable(problem))
        return replace(told, is_modification_allowed=False, modifications="other")

    def _with_tail(self, last: SignatureVerdict, candidate: Candidate, *, is_sealed: bool) -> SignatureVerdict:
        end = candidate.end if last.modifications == "none" else max(0, len(self._data) - _LONGEST_TAIL)
        tail = bytes(self._data[end : end + _LONGEST_TAIL + 1])
        if last.modifications == "none":
            is_clean = not tail or (not is_sealed and not self._is_canonical and _is_space(tail))
        else:
            is_clean = tail.rstrip().endswith(b"%%EOF")
        return last if is_clean else replace(last, finding=Finding.APPENDED_DATA, problem="the file goes on after it")


def _says_nothing_of_changes(finding: Finding | None) -> bool:
    return finding is None or EXPLANATIONS[finding].outcome == "unrecognised"


def _is_space(tail: bytes) -> bool:
    """Line ends that some way of transport added."""
    return len(tail) <= _LONGEST_TAIL and not tail.strip(_SPACE)
