"""Opens the platform's seal if its certificate is somebody else's: a PKCS #12 file, or a key in a PKCS #11 token."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from app.settings import PlatformSealSettings
from signing.pki.adapters.external import issuer_of
from signing.pki.adapters.pkcs11 import PKCS11Credential, TokenKey
from signing.pki.adapters.pkcs12 import PKCS12Credential
from signing.pki.credentials import SigningCredential
from signing.pki.service import ExternalSeal


def open_platform_seal(seal: PlatformSealSettings, now: datetime) -> ExternalSeal:
    """At the start, so that a wrong PIN or an expired certificate is told then and not at the first contract.

    Raises the errors of `signing.pki.adapters`, `OSError` for a file that can't be read, and `ValueError` if it holds
    no certificates, or not those that lead to the seal's.
    """
    authorities = x509.load_pem_x509_certificates(seal.authorities_file.read_bytes())
    credential = _credential(seal, authorities, now)
    roots = [each for each in authorities if each.subject == each.issuer]
    top = x509.load_der_x509_certificate(credential.chain[-1]) if credential.chain else credential.certificate
    if issuer_of(top, roots) is None:
        raise ValueError(f"{seal.authorities_file} doesn't hold what leads from the seal's certificate to its root")
    return ExternalSeal(credential, tuple(each.public_bytes(serialization.Encoding.DER) for each in roots))


def _credential(seal: PlatformSealSettings, authorities: list[x509.Certificate], now: datetime) -> SigningCredential:
    if seal.pkcs12_file is not None and seal.passphrase is not None:
        data, passphrase = seal.pkcs12_file.read_bytes(), seal.passphrase.get_secret_value()
        return PKCS12Credential.load(data, passphrase, now=now, others=authorities)
    if seal.pkcs11_module is None or seal.token_label is None or seal.pin is None:
        raise ValueError("the settings name neither a file nor a token")
    place = TokenKey(seal.pkcs11_module, seal.token_label, seal.pin.get_secret_value(), seal.key_label, seal.key_id)
    return PKCS11Credential(place, certificate=_certificate(seal.certificate_file), others=authorities, now=now)


def _certificate(file: Path | None) -> x509.Certificate | None:
    return x509.load_pem_x509_certificate(file.read_bytes()) if file is not None else None
