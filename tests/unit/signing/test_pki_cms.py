"""CMS signatures of every kind of key, as OpenSSL and asn1crypto read them."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signing.pki import der
from signing.pki.cms import signed_data
from signing.pki.credentials import PrivateKey, SigningCredential, SoftwareCredential
from signing.pki.errors import KeyUnsuitable
from tests.support.certificates import make_chain

CONTENT = b"a contract"
DIGEST = hashlib.sha256(CONTENT).digest()
KEYS: dict[str, PrivateKey] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


def sign(credential: SigningCredential) -> bytes:
    certificates = [credential.der, *credential.chain]
    return signed_data(credential, DIGEST, content_type="data", certificates=certificates)


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_openssl_verifies_it(key: PrivateKey, tmp_path: Path) -> None:
    root, credential = make_chain(key)
    (tmp_path / "cms").write_bytes(sign(credential))
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    command = "openssl cms -verify -cades -binary -inform DER -in cms -content content -CAfile root.pem -purpose any"
    done = subprocess.run([*command.split(), "-no_check_time"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == CONTENT


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_it_is_der_and_binds_the_certificate(key: PrivateKey) -> None:
    _, credential = make_chain(key)
    data = sign(credential)
    parsed = cms.ContentInfo.load(data, strict=True)
    assert parsed.copy().dump(force=True) == data
    [signer] = parsed["content"]["signer_infos"]
    certificate = asn1_x509.Certificate.load(credential.der)
    assert signer["sid"].chosen["issuer"] == certificate.issuer
    assert signer["sid"].chosen["serial_number"].native == certificate.serial_number
    attributes = {each["type"].native: each["values"][0] for each in signer["signed_attrs"]}
    assert attributes["message_digest"].native == DIGEST
    bound: tsp.SigningCertificateV2 = attributes["signing_certificate_v2"]
    assert bound["certs"][0]["cert_hash"].native == hashlib.sha256(credential.der).digest()


def test_certificates_stand_once_and_in_order() -> None:
    _, credential = make_chain(KEYS["P-256"])
    twice = [*credential.chain, credential.der, credential.der]
    parsed = cms.ContentInfo.load(signed_data(credential, DIGEST, content_type="data", certificates=twice))
    carried = [each.dump() for each in parsed["content"]["certificates"]]
    assert carried == sorted({credential.der, *credential.chain})


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_names_are_read_as_they_stand(key: PrivateKey) -> None:
    _, credential = make_chain(key)
    expected = asn1_x509.Certificate.load(credential.der)["tbs_certificate"]
    found = der.certificate_names(credential.der)
    assert found.serial_number == expected["serial_number"].dump()
    assert found.issuer == expected["issuer"].dump()
    assert found.subject == expected["subject"].dump()


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["P-521", "Ed25519"],
)
def test_other_keys_are_refused(key: PrivateKey) -> None:
    certificate = make_chain(KEYS["P-256"])[1].certificate
    with pytest.raises(KeyUnsuitable):
        SoftwareCredential(certificate, certificate.public_bytes(serialization.Encoding.DER), (), key)


def test_a_key_is_never_shown() -> None:
    _, credential = make_chain(KEYS["P-256"])
    assert "private_key" not in repr(credential)
    assert isinstance(credential.certificate, x509.Certificate)
