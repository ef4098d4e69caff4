"""Signatures whose key is elsewhere, made by OpenSSL and by our own CMS: what is embedded, and what is refused."""

import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import pem
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import verify_pdf
from signing.pdf.errors import BrokenPDF, CertificateUnsuitable, RemoteSignatureInvalid
from signing.pdf.sign import PDFSigner
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from signing.pki.cms import signed_data
from signing.pki.credentials import PrivateKey, SoftwareCredential
from signing.ports import RemotePreparation, SigningOrder
from tests.support.certificates import make_chain
from tests.support.clock import FixedClock
from tests.support.signatures import PURCHASER, Desk

KEYS: dict[str, PrivateKey] = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "RSA": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}


class Elsewhere:
    """A signer with a key and a certificate of another authority, which the platform knows by its root."""

    def __init__(self, desk: Desk, kind: str) -> None:
        root, self.credential = make_chain(KEYS[kind])
        self.desk = desk
        self.roots = [root.public_bytes(serialization.Encoding.DER)]
        self.signer = PDFSigner(desk.pki, desk.pki.timestamps, desk.clock, signing_roots=self.roots)
        self.order: SigningOrder = desk.order("a", PURCHASER, {"date_a": "2026-11-23"})

    def prepare(self) -> RemotePreparation:
        return self.signer.prepare_remote(self.desk.prepare(), self.order, self.credential.der)

    def cms(self, digest: bytes, credential: SoftwareCredential | None = None) -> bytes:
        """Made with our own code."""
        used = credential or self.credential
        return signed_data(used, digest, content_type="data", certificates=[used.der, *used.chain])

    def openssl_cms(self, prepared: bytes, folder: Path) -> bytes:
        """Made by OpenSSL over the bytes themselves, as a signing service that never saw our code would."""
        start = prepared.rindex(b"/Contents <") + len(b"/Contents ")
        end = prepared.index(b">", start) + 1
        covered, key, certificate, chain, made = (folder / name for name in ("covered", "key", "own", "chain", "cms"))
        covered.write_bytes(prepared[:start] + prepared[end:])
        encoding = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        key.write_bytes(self.credential.private_key.private_bytes(*encoding))
        certificate.write_bytes(pem.armor("CERTIFICATE", self.credential.der))
        chain.write_bytes(b"".join(pem.armor("CERTIFICATE", der) for der in self.credential.chain))
        command = ["openssl", "cms", "-sign", "-cades", "-binary", "-md", "sha256", "-nosmimecap", "-outform", "DER"]
        signer = ["-inkey", str(key), "-signer", str(certificate), "-certfile", str(chain)]
        subprocess.run([*command, *signer, "-in", str(covered), "-out", str(made)], check=True, capture_output=True)
        return made.read_bytes()


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.set_up(unit_of_work, secrets, clock)


@pytest.mark.parametrize("kind", KEYS)
def test_a_signature_made_elsewhere_counts_like_one_made_here(desk: Desk, kind: str) -> None:
    elsewhere = Elsewhere(desk, kind)
    prepared = elsewhere.prepare()
    signed = elsewhere.signer.complete_remote(prepared.data, elsewhere.cms(prepared.digest))
    assert signed.is_timestamped
    second = replace(desk.order("b", PURCHASER, {}), signed_at=desk.clock.now())
    data = elsewhere.signer.sign(signed.data, second).data
    data = elsewhere.signer.seal(data, sealed_at=desk.clock.now(), reason="全部签署方已签署").data
    roots = desk.pki.roots()
    verdict = verify_pdf(data, signing_roots=[*roots, *elsewhere.roots], timestamp_roots=roots)
    assert verdict.outcome == "authentic", verdict
    assert verdict.signatures[0].time_source == "signature_timestamp"
    assert elsewhere.credential.der not in prepared.data  # it waits in the hole, in hexadecimal
    assert elsewhere.credential.der.hex().encode() in prepared.data
    assert b"\n".join(prepared.data.splitlines()[:20]) == b"\n".join(data.splitlines()[:20])


def test_without_a_time_stamp_it_says_so(desk: Desk) -> None:
    elsewhere = Elsewhere(desk, "P-256")
    nowhere = HTTPTimestampAuthority("http://127.0.0.1:9/tsa", timeout_seconds=1)
    signer = PDFSigner(desk.pki, nowhere, desk.clock, signing_roots=elsewhere.roots)
    prepared = elsewhere.prepare()
    assert not signer.complete_remote(prepared.data, elsewhere.cms(prepared.digest)).is_timestamped


@pytest.mark.parametrize("kind", KEYS)
def test_openssl_as_the_signer(desk: Desk, kind: str, tmp_path: Path) -> None:
    """It adds a signing time, which is a claim like any other, and writes its own order of things."""
    elsewhere = Elsewhere(desk, kind)
    prepared = elsewhere.prepare()
    cms = elsewhere.openssl_cms(prepared.data, tmp_path)
    signed = elsewhere.signer.complete_remote(prepared.data, cms)
    verdict = verify_pdf(signed.data, signing_roots=elsewhere.roots, timestamp_roots=desk.pki.roots())
    assert verdict.outcome == "authentic", verdict
    assert verdict.signatures[0].signer == "他人印章 Seal of others"


def test_what_isnt_a_signature_over_the_digest_is_refused(desk: Desk) -> None:
    elsewhere = Elsewhere(desk, "P-256")
    prepared = elsewhere.prepare()
    _, stranger = make_chain(ec.generate_private_key(ec.SECP256R1()))
    masked = SoftwareCredential(
        elsewhere.credential.certificate, elsewhere.credential.der, elsewhere.credential.chain, stranger.private_key
    )
    sound = elsewhere.cms(prepared.digest)
    for cms, why in (
        (elsewhere.cms(bytes(32)), "another digest"),
        (elsewhere.cms(prepared.digest, stranger), "another certificate"),
        (elsewhere.cms(prepared.digest, masked), "the certificate's key"),
        (sound[:-1], "isn't a CAdES signature"),
        (sound + b"\0", "isn't a CAdES signature"),
        (b"", "isn't a CAdES signature"),
        (b"0\x80", "isn't a CAdES signature"),
    ):
        with pytest.raises(RemoteSignatureInvalid, match=why):
            elsewhere.signer.complete_remote(prepared.data, cms)


def test_an_authority_nobody_named_is_refused(desk: Desk) -> None:
    elsewhere = Elsewhere(desk, "P-256")
    prepared = elsewhere.prepare()
    with pytest.raises(RemoteSignatureInvalid, match="trusted"):
        desk.signer.complete_remote(prepared.data, elsewhere.cms(prepared.digest))


def test_certificates_that_cant_sign_documents_are_refused(desk: Desk) -> None:
    elsewhere = Elsewhere(desk, "P-256")
    issuing = elsewhere.credential.chain[0]
    _, expired = make_chain(KEYS["P-256"], not_after=desk.clock.now() - timedelta(days=1))
    for certificate, why in ((issuing, "key usage"), (expired.der, "valid from"), (b"rubbish", "readable")):
        with pytest.raises(CertificateUnsuitable, match=why):
            elsewhere.signer.prepare_remote(desk.prepare(), elsewhere.order, certificate)


def test_only_a_preparation_can_be_completed(desk: Desk) -> None:
    elsewhere = Elsewhere(desk, "P-256")
    prepared = elsewhere.prepare()
    cms = elsewhere.cms(prepared.digest)
    for data in (desk.prepare(), prepared.data + b"\n", b""):
        with pytest.raises(BrokenPDF):
            elsewhere.signer.complete_remote(data, cms)
