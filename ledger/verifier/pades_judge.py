"""Steps 2 to 5 for each signature of one file; see `pades`."""

import hashlib
from dataclasses import replace
from datetime import datetime
from typing import Any

from pyhanko.sign.validation.status import SignatureCoverageLevel

from ledger.verifier.certificates import CertificateRefused, Certificates, Purpose
from ledger.verifier.pades_changes import Change, Changes
from ledger.verifier.pades_contents import contents_of, signature_problem, token_problem
from ledger.verifier.pades_file import Digests
from ledger.verifier.pades_findings import Finding
from ledger.verifier.pades_reader import Buffer
from ledger.verifier.pades_signature import Candidate, check_integrity, signature_timestamp, uses_strong_algorithms
from ledger.verifier.pades_verdict import Coverage, Level, SignatureVerdict, printable
from ledger.verifier.timestamp import (
    AuthorityUnknown,
    Timestamp,
    TokenInvalid,
    canonical_token,
    verify_any_token,
    verify_canonical_token,
)

_COVERAGE: dict[SignatureCoverageLevel, Coverage] = {
    SignatureCoverageLevel.ENTIRE_FILE: "entire_file",
    SignatureCoverageLevel.ENTIRE_REVISION: "entire_revision",
}


class _InAnotherForm(TokenInvalid):
    """The token holds, but can't be brought into the canonical form: that is nothing to accuse anybody of."""


_FINDINGS: dict[type[TokenInvalid], Finding] = {
    AuthorityUnknown: Finding.TIMESTAMP_UNTRUSTED,
    _InAnotherForm: Finding.CONTENTS_NOT_CANONICAL,
}


class Judge:
    """`at` is the time of asking, see `verify_pdf`. `has_security_store`: the file has a /DSS.

    `informed` are as `signing` and `stamping`, and know besides what isn't in the file of revocations.
    """

    def __init__(
        self,
        data: Buffer,
        changes: Changes,
        digests: Digests,
        signing: Certificates,
        stamping: Certificates,
        *,
        is_canonical: bool,
        at: datetime | None,
        informed: tuple[Certificates, Certificates] | None = None,
    ) -> None:
        self.has_security_store = False
        self._data = data
        self._changes = changes
        self._digests = digests
        self._signing = signing
        self._stamping = stamping
        self._is_canonical = is_canonical
        self._at = at
        self._informed = informed

    def judge(self, candidate: Candidate, vouching: Timestamp | None) -> tuple[SignatureVerdict, Timestamp | None]:
        """The verdict, and for a sound document timestamp what it says. `vouching` covers this signature."""
        try:
            return self._judge(candidate, vouching)
        except Exception as error:  # noqa: BLE001 - hostile contents make parsers raise anything; the others are judged
            problem = f"it can't be read ({type(error).__name__})"
            return replace(candidate.verdict, finding=Finding.MALFORMED, problem=problem), None

    def again(self, candidate: Candidate, first_new: int) -> SignatureVerdict:
        """A signature that was validated before: only whether it allows what came since, from revision `first_new`."""
        verdict = replace(candidate.verdict, is_intact=True, is_trusted=True)
        return self._with_changes(verdict, candidate, "entire_revision", first_new)

    def _judge(self, candidate: Candidate, vouching: Timestamp | None) -> tuple[SignatureVerdict, Timestamp | None]:
        problem = check_integrity(candidate, self._data, self._digests, is_canonical=self._is_canonical)
        if problem is not None:
            return _refuse(candidate.verdict, *problem), None
        if candidate.verdict.is_document_timestamp:
            return self._judge_document_timestamp(candidate)
        verdict = self._with_changes(replace(candidate.verdict, is_intact=True), candidate)
        if verdict.finding is None and not uses_strong_algorithms(candidate.embedded):
            verdict = _refuse(verdict, Finding.WEAK_ALGORITHM, "its algorithms are no longer safe")
        verdict, own = self._with_time(candidate.embedded, verdict, vouching)
        if verdict.is_intact:
            verdict = self._with_trust(candidate.embedded, verdict, own, vouching)
        return verdict, None

    def _judge_document_timestamp(self, candidate: Candidate) -> tuple[SignatureVerdict, Timestamp | None]:
        found = candidate.embedded
        try:
            timestamp = self._timestamp(
                contents_of(found), lambda algorithm: self._digests.of(candidate.byte_range, algorithm)
            )
        except (AuthorityUnknown, _InAnotherForm) as error:
            verdict = self._with_changes(replace(candidate.verdict, is_intact=True), candidate)
            return _refuse(verdict, _FINDINGS[type(error)], str(error)), None
        except TokenInvalid as error:
            is_other = str(error) == "it is over something else"
            finding = Finding.DIGEST_MISMATCH if is_other else Finding.TIMESTAMP_INVALID
            return _refuse(candidate.verdict, finding, str(error)), None
        verdict = replace(
            candidate.verdict,
            is_intact=True,
            is_trusted=True,
            proven_at=timestamp.at,
            time_source="document_timestamp",
            authority=timestamp.authority,
            revocation="good" if timestamp.is_fresh else "unknown",
        )
        verdict = self._with_changes(verdict, candidate)
        problem = token_problem(found) if self._is_canonical else None
        if problem is not None:
            verdict = _refuse(verdict, Finding.CONTENTS_NOT_CANONICAL, problem)
        return verdict, timestamp if verdict.finding is None else None

    def _with_changes(
        self, verdict: SignatureVerdict, candidate: Candidate, covers: Coverage | None = None, first: int | None = None
    ) -> SignatureVerdict:
        """With what an intact signature covers and what was added since."""
        found = candidate.embedded
        coverage = covers or _COVERAGE.get(found.evaluate_signature_coverage(), "partial")
        if coverage == "partial":
            problem = "the cross-references of its revision aren't those it covers"
            return _refuse(verdict, Finding.CONTENT_CHANGED_INCREMENTALLY, problem)
        change = Change("none")
        if coverage == "entire_revision":
            change = self._changes.since(found.signed_revision, found.docmdp_level, found.fieldmdp, start=first)
        verdict = replace(
            verdict,
            coverage=coverage,
            modifications=change.modifications,
            is_modification_allowed=change.finding is None,
        )
        return verdict if change.finding is None else _refuse(verdict, change.finding, change.detail or "")

    def _with_time(
        self, found: Any, verdict: SignatureVerdict, vouching: Timestamp | None
    ) -> tuple[SignatureVerdict, Timestamp | None]:
        """A time-stamp of the signature itself counts first; one that doesn't hold is a problem, not ignored."""
        token = signature_timestamp(found)
        if token is not None:
            signature = found.signer_info["signature"].native
            try:
                own = self._timestamp(token.dump(), lambda algorithm: hashlib.new(algorithm, signature).digest())
            except (AuthorityUnknown, _InAnotherForm) as error:
                verdict = _refuse(verdict, _FINDINGS[type(error)], f"time-stamp: {error}")
            except TokenInvalid as error:
                problem = f"time-stamp: {error}"
                return _refuse(replace(verdict, is_intact=False), Finding.TIMESTAMP_INVALID, problem), None
            else:
                return _timed(verdict, own, is_own=True), own
        if vouching is not None:
            return _timed(verdict, vouching, is_own=False), None
        return replace(verdict, proven_at=verdict.signed_at, time_source="claimed", level="B-B"), None

    def _with_trust(
        self, found: Any, verdict: SignatureVerdict, own: Timestamp | None, vouching: Timestamp | None
    ) -> SignatureVerdict:
        moment = verdict.proven_at
        purpose: Purpose = "non_repudiation" if self._is_canonical else "signing"
        is_claimed = verdict.time_source == "claimed"
        if is_claimed and self._at is not None:
            moment = self._at
        if moment is None:
            return _refuse(verdict, Finding.TIME_MISSING, "it names no time at which its certificate could be judged")
        try:
            judgement = self._signing.judge(found.signer_cert, moment, purpose)
            if is_claimed:
                self._signing.require_never_revoked(found.signer_cert, judgement.path, purpose)
            self._require_known_good(found.signer_cert, moment, purpose, is_claimed=is_claimed)
        except CertificateRefused as refusal:
            is_revoked = refusal.finding is Finding.CERTIFICATE_REVOKED
            verdict = replace(verdict, revocation="revoked" if is_revoked else "unknown")
            return _refuse(verdict, refusal.finding, str(refusal))
        problem = signature_problem(found, judgement.path) if self._is_canonical else None
        if problem is not None:
            verdict = _refuse(verdict, Finding.CONTENTS_NOT_CANONICAL, problem)
        level = self._level(verdict.level, own or vouching, vouching, is_fresh=judgement.is_fresh)
        return replace(
            verdict,
            is_trusted=verdict.finding is None,
            revocation="good" if judgement.is_fresh else "unknown",
            level=level,
            notes=() if self._is_canonical else _notes(found, judgement.path),
        )

    def _require_known_good(self, certificate: Any, moment: datetime, purpose: Purpose, *, is_claimed: bool) -> None:
        """Raises `CertificateRefused` if the certificate is known to have been revoked, though the file doesn't say so.

        Whoever signs with somebody's stolen key leaves the revocation out.
        """
        if self._informed is None:
            return
        known, _ = self._informed
        judgement = known.judge(certificate, moment, purpose)
        if is_claimed:
            known.require_never_revoked(certificate, judgement.path, purpose)

    def _level(
        self, level: Level | None, timed_by: Timestamp | None, vouching: Timestamp | None, *, is_fresh: bool
    ) -> Level | None:
        """B-LT: all that validates signature and time-stamp is in the file; B-LTA: and a document timestamp is over
        it whose own validation data is there, too (EN 319 142-1 §6).
        """
        if timed_by is None or not (self.has_security_store and is_fresh and timed_by.is_fresh):
            return level
        return "B-LTA" if vouching is not None and vouching.is_fresh else "B-LT"

    def _timestamp(self, token: bytes, digest_of: Any) -> Timestamp:
        """What a token says. Raises `AuthorityUnknown`, `_InAnotherForm` or `TokenInvalid`."""
        if self._informed is not None:
            verify_any_token(token, digest_of, self._informed[1])
        if not self._is_canonical:
            return verify_any_token(token, digest_of, self._stamping)
        try:
            # Whether it is in that form already is asked separately: here it matters only what it says.
            return verify_canonical_token(canonical_token(token), digest_of("sha256"), self._stamping)
        except AuthorityUnknown:
            raise
        except TokenInvalid as error:
            verify_any_token(token, digest_of, self._stamping)
            raise _InAnotherForm(str(error)) from error


def _refuse(verdict: SignatureVerdict, finding: Finding, problem: str) -> SignatureVerdict:
    """What was found first stays, for later findings often follow from it; but that the signer is unknown says more
    than that the time-stamp authority is.
    """
    if verdict.finding is not None and verdict.finding is not Finding.TIMESTAMP_UNTRUSTED:
        return replace(verdict, is_trusted=False)
    return replace(verdict, finding=finding, problem=printable(problem), is_trusted=False)


def _timed(verdict: SignatureVerdict, by: Timestamp, *, is_own: bool) -> SignatureVerdict:
    return replace(
        verdict,
        proven_at=by.at,
        time_source="signature_timestamp" if is_own else "document_timestamp",
        authority=by.authority,
        level="B-T",
    )


def _notes(found: Any, path: Any) -> tuple[str, ...]:
    problem = signature_problem(found, path)
    return () if problem is None else (f"Not in the canonical form of our own signatures: {problem}.",)
