"""Does a certificate lead to a trusted root, at a given moment, and was it revoked? RFC 5280 §6, RFC 6960.

Everything is taken from the file at hand (`Material`): nothing is fetched, and the machine's clock isn't asked. What
says that a certificate is revoked counts whenever it was made; what says that it is good counts only if it is fresh.
"""

from collections.abc import Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from asn1crypto import crl, ocsp, x509
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    InvalidCertificateError,
    NotYetValidError,
    OCSPNoMatchesError,
    OCSPValidationError,
    OCSPValidationIndeterminateError,
    PathBuildingError,
    PathValidationError,
    RevokedError,
)
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.revinfo.validate_ocsp import verify_ocsp_response

from ledger.verifier.certificate_material import Material, as_seen_before, load_certificate
from ledger.verifier.pades_findings import Finding

Purpose = Literal["non_repudiation", "signing", "time_stamping"]

_REQUIRED = RevocationCheckingRule.CRL_OR_OCSP_REQUIRED
_IF_DECLARED = RevocationCheckingRule.CHECK_IF_DECLARED_SOFT
_ALL = RevocationCheckingPolicy(_REQUIRED, _REQUIRED)
_SIGNER = RevocationCheckingPolicy(_REQUIRED, _IF_DECLARED)
_AUTHORITIES = RevocationCheckingPolicy(_IF_DECLARED, _REQUIRED)
_DECLARED = RevocationCheckingPolicy(_IF_DECLARED, _IF_DECLARED)

_SIGNING_USES = frozenset({"digital_signature", "non_repudiation"})
_SIGNING_PURPOSES = frozenset(
    {
        "any_extended_key_usage",
        "email_protection",
        "client_auth",
        "code_signing",
        "microsoft_document_signing",
        "adobe_authentic_documents_trust",
        "1.3.6.1.5.5.7.3.36",  # id-kp-documentSigning, RFC 9336
    }
)


class CertificateRefused(Exception):
    """The certificate can't be relied on; `finding` says why."""

    def __init__(self, finding: Finding, detail: str) -> None:
        super().__init__(detail)
        self.finding = finding


Members = tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`path` leads from the root to the certificate. `is_fresh`: revocation of every member is known to be none."""

    path: Members
    is_fresh: bool


class Certificates:
    """The roots one trusts and the material of one file. Answers are kept: the same questions come again and again."""

    def __init__(self, roots: Sequence[bytes]) -> None:
        self._roots = [load_certificate(root) for root in roots]
        self._certificates: dict[bytes, x509.Certificate] = {}
        self._revocation_lists: dict[bytes, crl.CertificateList] = {}
        self._ocsp_responses: dict[bytes, ocsp.OCSPResponse] = {}
        self._judged: dict[tuple[bytes, datetime, Purpose], Judgement | CertificateRefused] = {}
        self._contexts: dict[tuple[datetime, RevocationCheckingPolicy], ValidationContext] = {}

    def add(self, material: Material) -> None:
        """Each piece once, for the same stand in the file and in every signature. Earlier answers are void by more."""
        before = len(self._certificates), len(self._revocation_lists), len(self._ocsp_responses)
        for found in material.certificates:
            der = found.dump()
            if der not in self._certificates:
                self._certificates[der] = as_seen_before(found, der)
        self._revocation_lists |= {found.dump(): found for found in material.revocation_lists}
        self._ocsp_responses |= {found.dump(): found for found in material.ocsp_responses}
        if before != (len(self._certificates), len(self._revocation_lists), len(self._ocsp_responses)):
            self._judged.clear()
            self._contexts.clear()

    def judge(self, certificate: x509.Certificate, moment: datetime, purpose: Purpose) -> Judgement:
        """Raises `CertificateRefused`."""
        der = certificate.dump()
        key = (der, moment, purpose)
        if key not in self._judged:
            try:
                self._judged[key] = self._judge_whole(as_seen_before(certificate, der), moment, purpose)
            except CertificateRefused as refusal:
                self._judged[key] = refusal
        judged = self._judged[key]
        if isinstance(judged, CertificateRefused):
            raise judged
        return judged

    def require_never_revoked(self, certificate: x509.Certificate, path: Members, purpose: Purpose) -> None:
        """For a signature whose time nobody vouches for: it may be from after the revocation (EN 319 102-1 §5.2.6).

        Raises `CertificateRefused` if the material says that a member of the `path` was revoked at any time.
        """
        ends_at: datetime = certificate.not_valid_after
        self._require_not_revoked(certificate, {min(told, ends_at) for told in self._tellings(path)}, purpose)

    def _require_not_revoked(self, certificate: x509.Certificate, moments: set[datetime], purpose: Purpose) -> None:
        """As of each of these moments; what else may have been the matter then is of no concern."""
        for moment in sorted(moments):
            try:
                self._judge(certificate, moment, purpose)
            except CertificateRefused as refusal:
                if refusal.finding is Finding.CERTIFICATE_REVOKED:
                    raise

    def _tellings(self, path: Members) -> Iterator[datetime]:
        """When the material speaks of a revocation of one of the path. A list that only happens to hold the bytes of
        a serial number costs a look at the path, no more."""
        serial_numbers = [member["tbs_certificate"]["serial_number"].dump() for member in path[1:]]
        for encoded, found in self._revocation_lists.items():
            if any(number in encoded for number in serial_numbers):
                yield found["tbs_cert_list"]["this_update"].native
        for response in self._ocsp_responses.values():
            with suppress(Exception):  # asn1crypto parses lazily: what can't be read says nothing
                statuses = response.response_data["responses"]
                yield from [each["this_update"].native for each in statuses if each["cert_status"].name == "revoked"]

    def _judge_whole(self, certificate: x509.Certificate, moment: datetime, purpose: Purpose) -> Judgement:
        """What was said before the moment counts, too, however old it was by then: pyHanko asks for news only."""
        judgement = self._judge(certificate, moment, purpose)
        if not judgement.is_fresh:
            earlier = {told for told in self._tellings(judgement.path) if told < moment}
            self._require_not_revoked(certificate, earlier, purpose)
        return judgement

    def _judge(self, certificate: x509.Certificate, moment: datetime, purpose: Purpose) -> Judgement:
        """With revocation required first, then without: what is missing there leaves it unknown."""
        _check_purpose(certificate, purpose)
        try:
            try:
                return Judgement(_members(self._path(certificate, moment, _ALL)), is_fresh=True)
            except InsufficientRevinfoError:
                # What the material says of one of them counts, whether or not that certificate says where to ask.
                for rules in (_SIGNER, _AUTHORITIES):
                    with suppress(InsufficientRevinfoError):
                        self._path(certificate, moment, rules)
                path = self._path(certificate, moment, _DECLARED)
                self._ask_responses(path, moment)
                return Judgement(_members(path), is_fresh=False)
        except RevokedError as error:
            raise CertificateRefused(Finding.CERTIFICATE_REVOKED, "its certificate was revoked") from error
        except NotYetValidError as error:
            raise CertificateRefused(
                Finding.CERTIFICATE_NOT_YET_VALID, "its certificate wasn't valid at the time"
            ) from error
        except ExpiredError as error:
            raise CertificateRefused(Finding.CERTIFICATE_EXPIRED, "its certificate wasn't valid at the time") from error
        except (PathBuildingError, InvalidCertificateError, PathValidationError) as error:
            # A chain that doesn't hold, too: an unknown authority may bear the name of one that is trusted.
            raise CertificateRefused(Finding.UNTRUSTED_ROOT, "no way to a trusted root") from error
        except ValueError as error:
            raise CertificateRefused(Finding.CERTIFICATE_INVALID, "its chain of certificates can't be read") from error

    def _path(self, certificate: x509.Certificate, moment: datetime, rules: RevocationCheckingPolicy) -> ValidationPath:
        if (moment, rules) not in self._contexts:
            self._contexts[moment, rules] = ValidationContext(
                trust_roots=self._roots,
                other_certs=self._certificates.values(),
                crls=list(self._revocation_lists.values()),
                ocsps=[each for each in self._ocsp_responses.values() if not _tells_of_later(each, moment)],
                moment=moment,
                allow_fetching=False,
                # A CRL from after the signature says all the more about it: revocation is for good.
                revinfo_policy=CertRevTrustPolicy(rules, retroactive_revinfo=True),
            )
        validator: Any = CertificateValidator(certificate, validation_context=self._contexts[moment, rules])
        path: ValidationPath = _finish(validator.async_validate_path())
        return path

    def _ask_responses(self, path: ValidationPath, moment: datetime) -> None:
        """pyHanko passes over OCSP responses about certificates that don't say where to ask for them.

        Raises `RevokedError`; whatever else is the matter with a response, it says nothing.
        """
        context = self._contexts[moment, _DECLARED]
        for member in _members(path)[1:] if self._ocsp_responses else ():
            with suppress(OCSPValidationError, OCSPNoMatchesError, OCSPValidationIndeterminateError):
                _finish(verify_ocsp_response(member, path.truncate_to_issuer_and_append(member), context))


def _members(path: ValidationPath) -> Members:
    return tuple(path.iter_certs(include_root=True))


def _tells_of_later(response: ocsp.OCSPResponse, moment: datetime) -> bool:
    """Whether it only says that certificates were revoked after the moment: of the moment that says nothing bad, but
    pyHanko refuses the path for it."""
    with suppress(Exception):  # asn1crypto parses lazily: what can't be read is pyHanko's to pass over
        statuses = [each["cert_status"] for each in response.response_data["responses"]]
        return bool(statuses) and all(
            each.name == "revoked" and each.chosen["revocation_time"].native > moment for each in statuses
        )
    return False


def _check_purpose(certificate: x509.Certificate, purpose: Purpose) -> None:
    """Key usage and extended key usage (RFC 5280 §4.2.1.3, §4.2.1.12; for time-stamps RFC 3161 §2.3)."""
    uses = certificate.key_usage_value
    purposes = certificate.extended_key_usage_value
    allowed_uses = set(uses.native) if uses is not None else None
    allowed_purposes = set(purposes.native) if purposes is not None else None
    if purpose == "time_stamping":
        is_suitable = "time_stamping" in (allowed_purposes or ())
    elif purpose == "non_repudiation":
        is_suitable = allowed_uses is None or "non_repudiation" in allowed_uses
    else:
        is_suitable = (allowed_uses is None or bool(_SIGNING_USES & allowed_uses)) and (
            allowed_purposes is None or bool(_SIGNING_PURPOSES & allowed_purposes)
        )
    if not is_suitable:
        raise CertificateRefused(Finding.CERTIFICATE_UNSUITABLE, "its certificate isn't meant for this")


def _finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine of pyHanko's comes to. Nothing is fetched, so it has nothing to wait for and needs no loop; it
    may even run inside somebody else's."""
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return finished.value
    coroutine.close()
    raise RuntimeError("a certificate path waits for something, though nothing may be fetched")
