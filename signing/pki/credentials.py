"""Credentials: a private key, wherever it is, with its certificate, ready to sign.

    SoftwareCredential   the key is in this process: our own keys, and PKCS #12 files (`pkcs12`)
    PKCS11Credential     the key is in a token and never leaves it (`pkcs11`)

Whoever signs knows `SigningCredential` alone. All sign with SHA-256, which is also the digest over the PDF, so that a
CMS structure names one digest only (RFC 5754 §3).
"""

from dataclasses import dataclass, field
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from signing.pki.errors import KeyUnsuitable

ECDSA_SHA256 = "sha256_ecdsa"
RSA_SHA256 = "sha256_rsa"
SMALLEST_RSA_BITS = 2048

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class SigningCredential(Protocol):
    """Signs data with the key of a certificate.

    Any number of threads may sign with one at once. Signing keeps nothing and may be repeated. `chain` leads from the
    issuer of the certificate to the root, DER, without the root itself.
    """

    @property
    def der(self) -> bytes: ...

    @property
    def certificate(self) -> x509.Certificate: ...

    @property
    def chain(self) -> tuple[bytes, ...]: ...

    @property
    def signature_algorithm(self) -> str:
        """An asn1crypto name: `sha256_ecdsa` or `sha256_rsa`."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature over the SHA-256 of `data`: DER for ECDSA, PKCS #1 v1.5 for RSA.

        Raises `KeyUnavailable` if the key is elsewhere and doesn't answer; then nothing was signed.
        """
        ...


@dataclass(frozen=True, slots=True)
class SoftwareCredential:
    """A key held in memory. Raises `KeyUnsuitable` for anything but P-256, P-384 and RSA of 2048 bits and more."""

    certificate: x509.Certificate
    der: bytes
    chain: tuple[bytes, ...]
    private_key: PrivateKey = field(repr=False)
    signature_algorithm: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signature_algorithm", signature_algorithm(self.private_key.public_key()))

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private_key, rsa.RSAPrivateKey):
            return self.private_key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private_key.sign(data, ec.ECDSA(hashes.SHA256()))


def signature_algorithm(public_key: object) -> str:
    """How we sign with a key of this kind. Raises `KeyUnsuitable`."""
    if isinstance(public_key, ec.EllipticCurvePublicKey) and isinstance(public_key.curve, ec.SECP256R1 | ec.SECP384R1):
        return ECDSA_SHA256
    if isinstance(public_key, rsa.RSAPublicKey) and public_key.key_size >= SMALLEST_RSA_BITS:
        return RSA_SHA256
    raise KeyUnsuitable
