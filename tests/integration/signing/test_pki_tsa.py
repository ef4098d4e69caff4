"""The time-stamp authority as OpenSSL sees it, and across the renewal of its key."""

import hashlib
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.timestamp import verify_token
from signing.pki.policy import RENEW_BEFORE, TIMESTAMP_POLICY, CertificateKind
from tests.support.clock import FixedClock
from tests.support.pki import PKIDesk

CONTENT = b"a contract"
DIGEST = hashlib.sha256(CONTENT).digest()


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIDesk:
    return PKIDesk.set_up(unit_of_work, secrets, clock)


def openssl(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", "ts", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("asks_for_certificate", [True, False])
def test_openssl_asks_reads_and_verifies(
    desk: PKIDesk, tmp_path: Path, digest: str, asks_for_certificate: bool
) -> None:
    (tmp_path / "content").write_bytes(CONTENT)
    (tmp_path / "roots.pem").write_bytes(desk.pki.roots_pem())
    own = x509.load_der_x509_certificate(desk.pki.timestamp_credential(desk.clock.now()).der)
    (tmp_path / "tsa.pem").write_bytes(own.public_bytes(Encoding.PEM))
    wanted = ["-cert"] if asks_for_certificate else []
    openssl(tmp_path, "-query", "-data", "content", f"-{digest}", *wanted, "-out", "request")
    (tmp_path / "reply").write_bytes(desk.pki.answer_timestamp_query((tmp_path / "request").read_bytes()))
    at = str(int(desk.clock.now().timestamp()))
    trust = ["-CAfile", "roots.pem", "-attime", at, *([] if asks_for_certificate else ["-untrusted", "tsa.pem"])]
    verified = openssl(tmp_path, "-verify", "-queryfile", "request", "-in", "reply", *trust)
    assert "Verification: OK" in verified
    text = openssl(tmp_path, "-reply", "-in", "reply", "-text")
    assert f"Policy OID: {TIMESTAMP_POLICY}" in text
    assert "Ordering: no" in text
    assert "Accuracy: 0x01 seconds, unspecified millis, unspecified micros" in text
    assert f"Hash Algorithm: {digest}" in text
    assert re.search(r"Nonce: 0x[0-9A-F]+", text)


def test_serial_numbers_never_repeat(desk: PKIDesk) -> None:
    tokens = [desk.pki.timestamps.timestamp(DIGEST) for _ in range(50)]
    serials = {verify_token(token, DIGEST, desk.pki.roots()).serial_number for token in tokens}
    assert len(serials) == 50


def test_a_new_key_before_the_old_ends_and_old_tokens_still_verify(desk: PKIDesk) -> None:
    old = desk.pki.timestamp_credential(desk.clock.now()).certificate
    token = desk.pki.timestamps.timestamp(DIGEST)
    issued_at = desk.clock.now()
    desk.clock.set(old.not_valid_after_utc - RENEW_BEFORE[CertificateKind.TIMESTAMP] + timedelta(days=1))
    desk.pki.ensure_authority()
    new = desk.pki.timestamp_credential(desk.clock.now()).certificate
    assert new.public_key() != old.public_key()
    assert new.not_valid_after_utc > old.not_valid_after_utc
    again = desk.pki.timestamps.timestamp(DIGEST)
    assert verify_token(token, DIGEST, desk.pki.roots()).at == issued_at
    assert verify_token(again, DIGEST, desk.pki.roots()).at == desk.clock.now()
    carried = cms.ContentInfo.load(again)["content"]["certificates"][0].chosen.serial_number
    assert carried == new.serial_number
    # Both can be validated in the long term: their certificates and their issuer's list are there to be embedded.
    material = desk.pki.validation_material()
    held = {x509.load_der_x509_certificate(each).serial_number for each in material.certificates}
    assert {old.serial_number, new.serial_number} <= held
    issuers = {x509.load_der_x509_crl(each).issuer for each in material.revocation_lists}
    assert {old.issuer, new.issuer} <= issuers


def test_no_request_breaks_it(desk: PKIDesk) -> None:
    """Every answer to a changed request is one of the protocol's."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    query = {"version": "v1", "message_imprint": imprint, "nonce": 2**63, "req_policy": TIMESTAMP_POLICY}
    valid = tsp.TimeStampReq({**query, "cert_req": True}).dump()

    @settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(at=st.integers(0, len(valid) - 1), byte=st.integers(0, 255), cut=st.integers(0, 4))
    def changed(at: int, byte: int, cut: int) -> None:
        request = valid[:at] + bytes([byte]) + valid[at + 1 : len(valid) - cut]
        answer = desk.pki.answer_timestamp_query(request)
        status = core.SequenceOf.load(answer, spec=core.Any)[0].parse(spec=tsp.PKIStatusInfo)
        assert status["status"].native in {"granted", "rejection"}

    changed()
