"""Fetches what validators will need of an external authority: issuers, OCSP answers, revocation lists, over HTTP.

For each certificate below a root: its issuer, from what is at hand or from where it says (RFC 5280 §4.2.2.1), then
whether it is revoked, from a list at hand, its OCSP responder (RFC 6960), or its distribution point (§4.2.1.13), in
that order. Addresses come from certificates the user signs with or trusts; only http and https are followed, and
answers are small. What is fetched is checked to be about the certificate and to say that it is good; whether it is
signed as it should be is for the validation of the signed file, which nobody may skip.
"""

from collections.abc import Sequence

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier

from signing.pdf.errors import RevocationUnknown, SignerRevoked
from signing.pdf.validation_material import Material

_LARGEST_ANSWER = 8 * 1024 * 1024
_MOST_CERTIFICATES = 64
_PEM = b"-----BEGIN"


class RevocationSource:
    """`lists` are CRLs at hand, PEM or DER. Offline, nothing but these is used."""

    def __init__(self, lists: Sequence[bytes] = (), *, is_offline: bool = False, timeout_seconds: float = 10) -> None:
        self._lists = [_load_list(each) for each in lists]
        self._is_offline = is_offline
        self._timeout_seconds = timeout_seconds

    def material(self, certificates: Sequence[bytes]) -> Material:
        """For all these certificates, DER, and their issuers.

        Raises `RevocationUnknown` if nothing is known of one of them, `SignerRevoked` if one is revoked.
        """
        pool = {der: x509.load_der_x509_certificate(der) for der in certificates}
        lists: dict[bytes, None] = {}
        answers: dict[bytes, None] = {}
        waiting = list(pool.values())
        while waiting:
            certificate = waiting.pop()
            if certificate.issuer == certificate.subject:
                continue
            issuer = _issuer(certificate, list(pool.values()))
            if issuer is None:
                issuer = self._fetch_issuer(certificate)
                if issuer is not None and len(pool) < _MOST_CERTIFICATES:
                    pool[issuer.public_bytes(serialization.Encoding.DER)] = issuer
                    waiting.append(issuer)
            self._find_status(certificate, issuer, lists, answers)
        return Material(tuple(pool), tuple(lists), tuple(answers))

    def _find_status(
        self,
        certificate: x509.Certificate,
        issuer: x509.Certificate | None,
        lists: dict[bytes, None],
        answers: dict[bytes, None],
    ) -> None:
        """Adds what says that the certificate is good."""
        held = next((each for each in self._lists if each.issuer == certificate.issuer), None)
        if held is None:
            answer = self._ask_responder(certificate, issuer) if issuer is not None else None
            if answer is not None:
                answers[answer] = None
                return
            held = self._fetch_list(certificate)
            self._lists.append(held)
        if held.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None:
            raise SignerRevoked(subject=_name(certificate))
        lists[held.public_bytes(serialization.Encoding.DER)] = None

    def _ask_responder(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes | None:
        """The answer, DER; None if there is no responder or it doesn't know."""
        # SHA-1 only names the issuer, and is what every responder knows (RFC 5019 §2.1.1).
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
        encoded = request.public_bytes(serialization.Encoding.DER)
        for url in _addresses(certificate, AuthorityInformationAccessOID.OCSP):
            answer = self._get(url, encoded)
            status = _status(answer, certificate) if answer is not None else None
            if status is ocsp.OCSPCertStatus.REVOKED:
                raise SignerRevoked(subject=_name(certificate))
            if status is ocsp.OCSPCertStatus.GOOD:
                return answer
        return None

    def _fetch_list(self, certificate: x509.Certificate) -> x509.CertificateRevocationList:
        for url in _distribution_points(certificate):
            answer = self._get(url)
            try:
                if answer is not None:
                    return _load_list(answer)
            except ValueError:
                continue
        raise RevocationUnknown(subject=_name(certificate))

    def _fetch_issuer(self, certificate: x509.Certificate) -> x509.Certificate | None:
        """None if it can't be had: then it may be a root that publishes nothing, and its list is enough."""
        for url in _addresses(certificate, AuthorityInformationAccessOID.CA_ISSUERS):
            answer = self._get(url)
            try:
                found = _load_certificate(answer) if answer is not None else None
            except ValueError:
                continue
            if found is not None and _is_issued_by(certificate, found):
                return found
        return None

    def _get(self, url: str, request: bytes | None = None) -> bytes | None:
        """The body of the answer; None if there is none that could be used."""
        if self._is_offline or not url.startswith(("http://", "https://")):
            return None
        headers = {"Content-Type": "application/ocsp-request"} if request is not None else {}
        method = "GET" if request is None else "POST"
        try:
            with httpx.stream(method, url, content=request, headers=headers, timeout=self._timeout_seconds) as response:
                response.raise_for_status()
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > _LARGEST_ANSWER:
                        return None
                return bytes(body)
        except (httpx.HTTPError, httpx.InvalidURL):
            return None


def _status(answer: bytes, certificate: x509.Certificate) -> ocsp.OCSPCertStatus | None:
    """What a responder's answer says of the certificate; None if it is about another, or nothing."""
    try:
        response = ocsp.load_der_ocsp_response(answer)
        is_about_it = (
            response.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
            and response.serial_number == certificate.serial_number
        )
    except ValueError:
        return None
    return response.certificate_status if is_about_it else None


def _issuer(certificate: x509.Certificate, pool: Sequence[x509.Certificate]) -> x509.Certificate | None:
    return next((each for each in pool if _is_issued_by(certificate, each)), None)


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001 - wrong name, wrong key, wrong signature, unknown algorithm: all mean no
        return False
    return True


def _addresses(certificate: x509.Certificate, method: ObjectIdentifier) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return [
        each.access_location.value
        for each in access
        if each.access_method == method and isinstance(each.access_location, x509.UniformResourceIdentifier)
    ]


def _distribution_points(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return [
        name.value
        for point in points
        for name in point.full_name or ()
        if isinstance(name, x509.UniformResourceIdentifier)
    ]


def _load_list(data: bytes) -> x509.CertificateRevocationList:
    return x509.load_pem_x509_crl(data) if data.lstrip().startswith(_PEM) else x509.load_der_x509_crl(data)


def _load_certificate(data: bytes) -> x509.Certificate:
    is_pem = data.lstrip().startswith(_PEM)
    return x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()
