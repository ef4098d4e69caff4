"""What external credentials have in common: their certificate must fit the key and the time, and be followed by those
that lead to its root."""

from collections.abc import Iterable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from core.clock import rfc3339
from signing.pki.credentials import signature_algorithm
from signing.pki.errors import CredentialOutdated, KeyUnsuitable


def chain_of(certificate: x509.Certificate, others: Iterable[x509.Certificate]) -> tuple[bytes, ...]:
    """DER from the certificate's issuer towards the root, without the root itself; what doesn't belong is left out."""
    remaining = list(others)
    found: list[bytes] = []
    while (issuer := issuer_of(certificate, remaining)) is not None:
        remaining.remove(issuer)
        if issuer.subject == issuer.issuer:
            break
        found.append(issuer.public_bytes(serialization.Encoding.DER))
        certificate = issuer
    return tuple(found)


def issuer_of(certificate: x509.Certificate, others: Iterable[x509.Certificate]) -> x509.Certificate | None:
    return next((each for each in others if _issued(each, certificate)), None)


def require_usable(certificate: x509.Certificate, now: datetime) -> None:
    """Raises `CredentialOutdated`, or `KeyUnsuitable` for a kind of key or a usage that isn't for signing."""
    not_before, not_after = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not not_before <= now < not_after:
        raise CredentialOutdated(not_before=rfc3339(not_before), not_after=rfc3339(not_after))
    signature_algorithm(certificate.public_key())
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        raise KeyUnsuitable


def is_signature(certificate: x509.Certificate, signature: bytes, data: bytes) -> bool:
    """By the certificate's key, as `SigningCredential.sign` makes it."""
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
