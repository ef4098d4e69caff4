"""What revocation lists (RFC 5280 §5) and OCSP responses (RFC 6960) say of a certificate, and where to ask. Pure.

An answer counts only while it is current, and only if its issuer signed it, as far as the issuer is known. Whether it
convinces others is for the validation of the signed file, which nobody may skip.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, ObjectIdentifier

_PEM = b"-----BEGIN"


@dataclass(frozen=True, slots=True)
class Answer:
    """In DER, and until when it may be used; `until` is None if it doesn't say."""

    encoded: bytes
    is_revoked: bool
    until: datetime | None


def from_list(
    held: x509.CertificateRevocationList, certificate: x509.Certificate, issuer: x509.Certificate | None, now: datetime
) -> Answer | None:
    """None if the list is out of date, another issuer's, or forged."""
    until = held.next_update_utc
    if held.issuer != certificate.issuer or (until is not None and until <= now):
        return None
    if issuer is not None and not _is_list_signed(held, issuer):
        return None
    entry = held.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return Answer(held.public_bytes(serialization.Encoding.DER), entry is not None, until)


def from_response(
    encoded: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> Answer | None:
    """None if the response is out of date, about another certificate, forged, or doesn't know."""
    try:
        response = ocsp.load_der_ocsp_response(encoded)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return None
        until, status = response.next_update_utc, response.certificate_status
        if response.serial_number != certificate.serial_number or (until is not None and until <= now):
            return None
        if not _is_response_signed(response, issuer):
            return None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if status is ocsp.OCSPCertStatus.UNKNOWN:
        return None
    return Answer(encoded, status is ocsp.OCSPCertStatus.REVOKED, until)


def question(certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
    # SHA-1 only names the issuer, and is what every responder knows (RFC 5019 §2.1.1).
    request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
    return request.public_bytes(serialization.Encoding.DER)


def issuer_of(certificate: x509.Certificate, pool: Iterable[x509.Certificate]) -> x509.Certificate | None:
    return next((each for each in pool if is_issued_by(certificate, each)), None)


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        return issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return issuer.version is x509.Version.v1  # which has no extensions; old roots are such
    except Exception:  # noqa: BLE001 - wrong name, wrong key, wrong signature, unknown algorithm: all mean no
        return False


def is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.issuer == certificate.subject


def leading_to(roots: Sequence[x509.Certificate], pool: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Those of the pool from which signatures lead to one of the roots."""
    known, waiting = list(roots), [each for each in pool if each not in roots]
    while found := [each for each in waiting if issuer_of(each, known)]:
        known += found
        waiting = [each for each in waiting if each not in found]
    return known[len(roots) :]


def responders(certificate: x509.Certificate) -> list[str]:
    return _addresses(certificate, AuthorityInformationAccessOID.OCSP)


def issuers(certificate: x509.Certificate) -> list[str]:
    return _addresses(certificate, AuthorityInformationAccessOID.CA_ISSUERS)


def distribution_points(certificate: x509.Certificate) -> list[str]:
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


def load_list(data: bytes) -> x509.CertificateRevocationList:
    """Raises `ValueError`."""
    return x509.load_pem_x509_crl(data) if data.lstrip().startswith(_PEM) else x509.load_der_x509_crl(data)


def load_certificate(data: bytes) -> x509.Certificate:
    """Raises `ValueError`, and does so now for what would be read only later."""
    is_pem = data.lstrip().startswith(_PEM)
    found = x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
    try:
        found.issuer, found.subject, found.extensions  # noqa: B018
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(str(error)) from error
    return found


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


def _is_list_signed(held: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    try:
        is_usual = isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
        return is_usual and held.is_signature_valid(key)  # type: ignore[arg-type]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _is_response_signed(response: ocsp.OCSPResponse, issuer: x509.Certificate) -> bool:
    """By the issuer, or by whom it charged with answering (RFC 6960 §4.2.2.2)."""
    deputies = [each for each in response.certificates if _may_answer(each) and is_issued_by(each, issuer)]
    return any(_fits(response, each.public_key()) for each in (issuer, *deputies))


def _may_answer(certificate: x509.Certificate) -> bool:
    try:
        uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in uses


def _fits(response: ocsp.OCSPResponse, key: object) -> bool:
    algorithm = response.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(response.signature, response.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except InvalidSignature:
        return False
    return True
