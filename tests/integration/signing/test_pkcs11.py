"""Keys in a real PKCS #11 token (SoftHSM2) that the tests initialise for themselves."""

import hashlib
import os
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pkcs11 import Attribute, ObjectClass

from signing.pki.adapters.external import is_signature
from signing.pki.adapters.pkcs11 import PKCS11Credential, TokenKey
from signing.pki.cms import signed_data
from signing.pki.credentials import PrivateKey, SoftwareCredential
from signing.pki.errors import CredentialOutdated, KeyMismatch, KeyUnavailable, TokenKeyMissing
from tests.support.certificates import VALID_UNTIL, make_chain

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PIN = secrets.token_hex(4)
KEYS: dict[str, PrivateKey] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


class Token:
    """A token with a key and certificate of each kind, the label being the kind; imported as an operator would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.roots: dict[str, x509.Certificate] = {}
        self.credentials: dict[str, SoftwareCredential] = {}
        self._run("softhsm2-util", "--init-token", "--free", "--label", "dingyue", "--pin", PIN, "--so-pin", PIN)
        for number, (name, key) in enumerate(KEYS.items(), start=1):
            self._import(name, f"{number:02x}", key)
        self._store_certificates()

    def place(self, name: str) -> TokenKey:
        return TokenKey(MODULE, "dingyue", PIN, key_label=name)

    def open(self, name: str, *, certificate: x509.Certificate | None = None) -> PKCS11Credential:
        chain = [x509.load_der_x509_certificate(each) for each in self.credentials[name].chain]
        return PKCS11Credential(self.place(name), certificate=certificate, others=[self.roots[name], *chain], now=NOW)

    def _import(self, name: str, identifier: str, key: PrivateKey) -> None:
        self.roots[name], self.credentials[name] = make_chain(key)
        file = self._folder / f"{identifier}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        names = ("--token", "dingyue", "--label", name, "--id", identifier, "--pin", PIN)
        self._run("softhsm2-util", "--import", str(file), *names)

    def _store_certificates(self) -> None:
        session = pkcs11.lib(str(MODULE)).get_token(token_label="dingyue").open(rw=True, user_pin=PIN)
        for number, (name, credential) in enumerate(self.credentials.items(), start=1):
            subject = credential.certificate.subject.public_bytes()
            session.create_object(
                {
                    Attribute.CLASS: ObjectClass.CERTIFICATE,
                    Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    Attribute.TOKEN: True,
                    Attribute.LABEL: name,
                    Attribute.ID: bytes([number]),
                    Attribute.SUBJECT: subject,
                    Attribute.VALUE: credential.der,
                }
            )
        session.close()

    @staticmethod
    def _run(*command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def token() -> Iterator[Token]:
    with tempfile.TemporaryDirectory(prefix="dingyue-hsm-") as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
        patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        assert os.environ["SOFTHSM2_CONF"].startswith(name)
        yield Token(folder)
        pkcs11.lib(str(MODULE)).finalize()


@pytest.mark.parametrize("name", KEYS)
def test_it_signs_as_a_software_key_does(token: Token, name: str) -> None:
    credential = token.open(name)
    expected = token.credentials[name]
    assert (credential.der, credential.chain) == (expected.der, expected.chain)
    assert credential.signature_algorithm == expected.signature_algorithm
    assert is_signature(expected.certificate, credential.sign(b"data"), b"data")
    credential.close()


@pytest.mark.parametrize("name", KEYS)
def test_openssl_verifies_its_cms(token: Token, name: str, tmp_path: Path) -> None:
    credential = token.open(name)
    content = b"a contract"
    cms = signed_data(
        credential,
        hashlib.sha256(content).digest(),
        content_type="data",
        certificates=[credential.der, *credential.chain],
    )
    (tmp_path / "cms").write_bytes(cms)
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "root.pem").write_bytes(token.roots[name].public_bytes(serialization.Encoding.PEM))
    command = "openssl cms -verify -cades -binary -inform DER -in cms -content content -CAfile root.pem -purpose any"
    subprocess.run([*command.split(), "-no_check_time"], cwd=tmp_path, capture_output=True, check=True)
    credential.close()


def test_a_lost_session_is_opened_again(token: Token) -> None:
    credential, other = token.open("P-256"), token.open("RSA")
    pkcs11.lib(str(MODULE)).reinitialize()  # what an HSM's restart does: every session is gone
    for each in (credential, other):
        assert is_signature(each.certificate, each.sign(b"data"), b"data")
    credential.close()
    assert is_signature(other.certificate, other.sign(b"data"), b"data")
    assert is_signature(credential.certificate, credential.sign(b"data"), b"data")
    credential.close()
    other.close()


def test_threads_may_share_it(token: Token) -> None:
    credential = token.open("P-256")
    with ThreadPoolExecutor(8) as pool:
        messages = [f"contract {number}".encode() for number in range(64)]
        signatures = list(pool.map(credential.sign, messages))
    for message, signature in zip(messages, signatures, strict=True):
        assert is_signature(credential.certificate, signature, message)
    credential.close()


def test_the_key_is_found_by_its_id_too(token: Token) -> None:
    place = replace(token.place("P-384"), key_label=None, key_id="02")
    credential = PKCS11Credential(place, now=NOW)
    assert credential.der == token.credentials["P-384"].der
    assert credential.chain == ()
    credential.close()


def test_what_cannot_work_is_told_before_anything_is_signed(token: Token) -> None:
    right = token.place("P-256")
    with pytest.raises(KeyUnavailable, match="PinIncorrect"):
        PKCS11Credential(replace(right, pin="00000000"), now=NOW)
    with pytest.raises(KeyUnavailable, match="NoSuchToken"):
        PKCS11Credential(replace(right, token_label="another"), now=NOW)
    with pytest.raises(KeyUnavailable, match="PKCS11Error"):
        PKCS11Credential(replace(right, module=Path("/nowhere.so")), now=NOW)
    with pytest.raises(TokenKeyMissing):
        PKCS11Credential(replace(right, key_label="another"), now=NOW)
    another = make_chain(ec.generate_private_key(ec.SECP256R1()))[1].certificate
    for certificate in (another, token.credentials["RSA"].certificate):
        with pytest.raises(KeyMismatch):
            token.open("P-256", certificate=certificate)
    with pytest.raises(CredentialOutdated):
        PKCS11Credential(right, now=VALID_UNTIL)


def test_the_pin_is_never_shown(token: Token) -> None:
    assert PIN not in repr(token.place("RSA"))
