"""A credential from a PKCS #12 file (RFC 7292): key, certificate and chain under a passphrase."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from asn1crypto import pkcs12 as structure
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from signing.pki.adapters.external import chain_of, require_usable
from signing.pki.credentials import SoftwareCredential
from signing.pki.errors import KeyMismatch, KeyUnsuitable, PassphraseWrong, PKCS12Unreadable, PKCS12WithoutKey


@dataclass(frozen=True, slots=True)
class PKCS12Credential(SoftwareCredential):
    """The key is held in memory, decrypted, from the loading on."""

    @classmethod
    def load(cls, data: bytes, passphrase: str, *, now: datetime, others: Sequence[x509.Certificate] = ()) -> Self:
        """`others` may lead to the root where the file's own certificates don't.

        Raises `PKCS12Unreadable`, `PassphraseWrong`, `PKCS12WithoutKey`, `KeyMismatch`, `KeyUnsuitable` or
        `CredentialOutdated`."""
        _require_pkcs12(data)
        try:
            loaded = pkcs12.load_pkcs12(data, passphrase.encode())
        except ValueError as error:
            raise PassphraseWrong from error
        if loaded.key is None or loaded.cert is None:
            raise PKCS12WithoutKey
        certificate = loaded.cert.certificate
        if not isinstance(loaded.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise KeyUnsuitable
        if loaded.key.public_key() != certificate.public_key():
            raise KeyMismatch
        require_usable(certificate, now)
        return cls(
            certificate=certificate,
            der=certificate.public_bytes(serialization.Encoding.DER),
            chain=chain_of(certificate, [*(each.certificate for each in loaded.additional_certs), *others]),
            private_key=loaded.key,
        )


def _require_pkcs12(data: bytes) -> None:
    """So that a wrong passphrase and a wrong file are told apart, which the library doesn't do."""
    try:
        version = structure.Pfx.load(data, strict=True)["version"].native
    except (ValueError, TypeError, KeyError) as error:
        raise PKCS12Unreadable from error
    if version != "v3":
        raise PKCS12Unreadable
