"""Credentials from PKCS #12 files, made by OpenSSL as well as by `cryptography`."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from signing.pki.adapters.external import is_signature
from signing.pki.adapters.pkcs12 import PKCS12Credential
from signing.pki.credentials import PrivateKey
from signing.pki.errors import (
    CredentialOutdated,
    KeyUnsuitable,
    PassphraseWrong,
    PKCS12Unreadable,
    PKCS12WithoutKey,
)
from tests.support.certificates import VALID_UNTIL, certify, make_chain

NOW = datetime(2026, 11, 25, tzinfo=UTC)
PASSPHRASE = "口令 passphrase"
KEYS: dict[str, PrivateKey] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def pack(key: PrivateKey | None, certificate: x509.Certificate | None, others: list[x509.Certificate]) -> bytes:
    encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(b"seal", key, certificate, others, encryption)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_it_signs_and_knows_its_chain(key: PrivateKey) -> None:
    root, expected = make_chain(key)
    stranger, _ = make_chain(key)
    issuing = x509.load_der_x509_certificate(expected.chain[0])
    data = pack(key, expected.certificate, [stranger, root, issuing])
    credential = PKCS12Credential.load(data, PASSPHRASE, now=NOW)
    assert (credential.der, credential.chain) == (expected.der, expected.chain)
    assert credential.signature_algorithm == expected.signature_algorithm
    assert is_signature(expected.certificate, credential.sign(b"data"), b"data")


def test_a_file_made_by_openssl(tmp_path: Path) -> None:
    key = KEYS["RSA"]
    _, expected = make_chain(key)
    private = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    (tmp_path / "all.pem").write_bytes(pem + expected.certificate.public_bytes(serialization.Encoding.PEM))
    command = ["openssl", "pkcs12", "-export", "-in", "all.pem", "-out", "seal.p12", "-passout", "pass:secret"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    data = (tmp_path / "seal.p12").read_bytes()
    assert PKCS12Credential.load(data, "secret", now=NOW).der == expected.der


def test_what_cannot_work_is_told_apart() -> None:
    key = KEYS["P-256"]
    _, credential = make_chain(key)
    good = pack(key, credential.certificate, [])
    with pytest.raises(PassphraseWrong):
        PKCS12Credential.load(good, "wrong", now=NOW)
    for broken in (b"", b"not PKCS #12", good[:-5], b"\x30\x00"):
        with pytest.raises(PKCS12Unreadable):
            PKCS12Credential.load(broken, PASSPHRASE, now=NOW)
    with pytest.raises(PKCS12WithoutKey):
        PKCS12Credential.load(pack(None, None, [credential.certificate]), PASSPHRASE, now=NOW)
    for moment in (VALID_UNTIL, datetime(2025, 12, 31, tzinfo=UTC)):
        with pytest.raises(CredentialOutdated):
            PKCS12Credential.load(good, PASSPHRASE, now=moment)
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    with pytest.raises(KeyUnsuitable):
        PKCS12Credential.load(_unchecked(small), PASSPHRASE, now=NOW)


def _unchecked(key: rsa.RSAPrivateKey) -> bytes:
    """A file whose key is too weak: its certificate is made by hand, for `make_chain` would refuse."""
    return pack(key, certify("weak", key.public_key(), None, key), [])
