"""A platform seal whose certificate is somebody else's, as the settings name it."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from pydantic import ValidationError

from app.platform_seal import open_platform_seal
from app.settings import PlatformSealSettings
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pki.adapters.external import is_signature
from signing.pki.credentials import SoftwareCredential
from signing.pki.errors import CertificateExpired, PassphraseWrong
from tests.support.certificates import VALID_UNTIL, make_chain
from tests.support.clock import FixedClock
from tests.support.pki import PKIDesk

PEM = serialization.Encoding.PEM


class Files:
    """A seal's PKCS #12 file without its chain, and the authorities beside it."""

    def __init__(self, folder: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.root, self.credential = make_chain(key)
        self.authorities, self.p12 = folder / "authorities.pem", folder / "seal.p12"
        issuing = x509.load_der_x509_certificate(self.credential.chain[0])
        self.authorities.write_bytes(self.root.public_bytes(PEM) + issuing.public_bytes(PEM))
        encryption = serialization.BestAvailableEncryption(b"secret")
        certificate = self.credential.certificate
        self.p12.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, certificate, None, encryption))

    def settings(self, **changes: object) -> PlatformSealSettings:
        given = {"authorities_file": self.authorities, "pkcs12_file": self.p12, "passphrase": "secret", **changes}
        return PlatformSealSettings.model_validate(given)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_it_seals_and_its_root_is_trusted(
    files: Files, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    seal = open_platform_seal(files.settings(), clock.now())
    desk = PKIDesk.set_up(unit_of_work, secrets, clock, seal)
    credential = desk.pki.seal_credential(clock.now())
    assert (credential.der, credential.chain) == (files.credential.der, files.credential.chain)
    assert is_signature(files.credential.certificate, credential.sign(b"data"), b"data")
    own, external = desk.pki.roots()
    assert external == files.root.public_bytes(serialization.Encoding.DER) != own
    assert files.credential.chain[0] in desk.pki.validation_material().certificates
    # Signers' certificates and time-stamps remain the built-in authority's.
    assert isinstance(desk.pki.credential(desk.signer_certificate()), SoftwareCredential)
    with pytest.raises(CertificateExpired):
        desk.pki.seal_credential(VALID_UNTIL)


def test_what_cannot_seal_stops_the_start(files: Files, clock: FixedClock, tmp_path: Path) -> None:
    with pytest.raises(PassphraseWrong):
        open_platform_seal(files.settings(passphrase="wrong"), clock.now())
    other_root, _ = make_chain(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    other = tmp_path / "other.pem"
    other.write_bytes(other_root.public_bytes(PEM))
    with pytest.raises(ValueError, match="doesn't hold what leads"):
        open_platform_seal(files.settings(authorities_file=other), clock.now())


@pytest.mark.parametrize(
    "changes",
    [
        {"pkcs12_file": None, "passphrase": None},
        {"passphrase": None},
        {"pkcs11_module": "/x.so", "token_label": "t", "pin": "1", "key_label": "k"},
        {"pkcs12_file": None, "passphrase": None, "pkcs11_module": "/x.so", "token_label": "t", "pin": "1"},
        {"pkcs12_file": None, "passphrase": None, "pkcs11_module": "/x.so", "key_label": "k"},
    ],
    ids=["neither", "no passphrase", "both", "no key", "no PIN"],
)
def test_half_a_setting_is_refused(files: Files, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        files.settings(**changes)
