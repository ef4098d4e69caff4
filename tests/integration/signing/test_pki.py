"""The built-in authority over a real database: set-up, certificates, revocation, time-stamps."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import ClassVar
from uuid import uuid4

import pytest
from asn1crypto import core, tsp
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from fastapi import FastAPI

from api import problems
from api.routes import pki as pki_routes
from core.secrets import SecretBox, UnreadableSecret
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.timestamp import canonical_token, verify_token
from signing.pki.errors import AuthorityMissing, CertificateNotFound, CertificateRevoked, SigningWindowOver
from signing.pki.policy import (
    CRL_LIFETIME,
    LIFETIME,
    SIGNING_WINDOW,
    TIMESTAMP_POLICY,
    CertificateKind,
    RevocationReason,
)
from signing.pki.service import PKIService
from signing.ports import SignerIdentity
from tests.support.clock import FixedClock
from tests.support.http import InProcessClient
from tests.support.pki import SIGNER, PKIDesk, another_process


class Refusal(core.Sequence):
    _fields: ClassVar[list[tuple[str, type]]] = [("status", tsp.PKIStatusInfo)]


DIGEST = hashlib.sha256(b"a contract").digest()


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIDesk:
    return PKIDesk.set_up(unit_of_work, secrets, clock)


@pytest.fixture
def client(desk: PKIDesk) -> InProcessClient:
    app = FastAPI()
    app.state.services = SimpleNamespace(pki=desk.pki)
    problems.install(app)
    app.include_router(pki_routes.public_router)
    return InProcessClient(app)


def authority_of(certificate: x509.Certificate) -> str:
    """The id in the address where the issuer publishes its CRL."""
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    names = points[0].full_name
    assert names is not None
    return str(names[0].value).removeprefix("http://dingyue.test/pki/").removesuffix(".crl")


def test_two_processes_starting_at_once_make_one_authority(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    services = [another_process(unit_of_work, secrets, clock) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(PKIService.ensure_authority, services))
    assert len(services[0].roots()) == 1
    assert len(services[0].validation_material().certificates) == 3
    assert len({pki.seal_credential(clock.now()).der for pki in services}) == 1


def test_nothing_can_be_signed_before_the_set_up(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    pki = another_process(unit_of_work, secrets, clock)
    with pytest.raises(AuthorityMissing):
        pki.timestamps.timestamp(DIGEST)
    with unit_of_work() as uow, pytest.raises(AuthorityMissing):
        pki.issue_signer_certificate(uow, SIGNER)


def test_a_signer_certificate_names_person_and_organisation(desk: PKIDesk) -> None:
    credential = desk.pki.credential(desk.signer_certificate())
    names = {attribute.oid: attribute.value for attribute in credential.certificate.subject}
    assert names[NameOID.COMMON_NAME] == SIGNER.name
    assert names[NameOID.ORGANIZATION_NAME] == SIGNER.organisation_name
    assert names[NameOID.ORGANIZATION_IDENTIFIER] == f"NTRCN-{SIGNER.uscc}"
    assert credential.certificate.not_valid_after_utc - desk.clock.now() == LIFETIME[CertificateKind.SIGNER]
    usage = credential.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.content_commitment
    assert not usage.key_cert_sign


def test_chains_lead_to_the_root(desk: PKIDesk) -> None:
    """By another implementation: that of `cryptography`."""
    credential = desk.pki.credential(desk.signer_certificate())
    root = x509.load_der_x509_certificate(desk.pki.roots()[0])
    issuing = x509.load_der_x509_certificate(credential.chain[0])
    issuing.verify_directly_issued_by(root)
    credential.certificate.verify_directly_issued_by(issuing)
    desk.pki.timestamp_credential(desk.clock.now()).certificate.verify_directly_issued_by(root)


def test_the_time_stamp_certificate_may_do_nothing_else(desk: PKIDesk) -> None:
    certificate = desk.pki.timestamp_credential(desk.clock.now()).certificate
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert usage.critical
    assert list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def test_keys_are_sealed_with_the_master_key(desk: PKIDesk, unit_of_work: UnitOfWorkFactory, clock: FixedClock) -> None:
    other = another_process(unit_of_work, SecretBox(b"another master key, of somebody else"), clock)
    with pytest.raises(UnreadableSecret):
        other.seal_credential(clock.now())


def test_names_of_any_length_get_a_certificate(desk: PKIDesk) -> None:
    """A seal called after its organisation has more than 21 Chinese characters, and names may have a hundred."""
    organisation = "中国建筑第八工程局有限公司华南分公司机电安装工程总承包部" * 3
    person = desk.signer_certificate(SignerIdentity("买" * 100, organisation, SIGNER.uscc))
    seal = desk.seal_certificate(
        SignerIdentity("中国建筑第八工程局有限公司华南分公司合同专用章", organisation, SIGNER.uscc)
    )
    for certificate_id, start in ((person, "买买"), (seal, "中国建筑第八工程局")):
        subject = desk.pki.credential(certificate_id).certificate.subject
        (name,) = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert str(name.value).startswith(start)
        assert str(name.value).endswith("…")


def test_a_key_may_be_used_for_a_day(desk: PKIDesk) -> None:
    certificate_id = desk.signer_certificate()
    desk.clock.advance(SIGNING_WINDOW)
    with pytest.raises(SigningWindowOver):
        desk.pki.credential(certificate_id)
    with pytest.raises(CertificateNotFound):
        desk.pki.credential(uuid4())


def test_old_keys_of_signers_are_destroyed(desk: PKIDesk) -> None:
    desk.signer_certificate()
    assert desk.pki.destroy_old_keys() == 0
    desk.clock.advance(SIGNING_WINDOW + timedelta(seconds=1))
    assert desk.pki.destroy_old_keys() == 1
    assert desk.pki.destroy_old_keys() == 0
    desk.pki.seal_credential(desk.clock.now())


def test_revocation_is_published_at_once(desk: PKIDesk, client: InProcessClient) -> None:
    certificate_id = desk.signer_certificate()
    credential = desk.pki.credential(certificate_id)
    address = f"/pki/{authority_of(credential.certificate)}"
    before = x509.load_der_x509_crl(client.get(f"{address}.crl").content)
    assert list(before) == []
    assert before.next_update_utc == desk.clock.now() + CRL_LIFETIME

    desk.pki.revoke(certificate_id, RevocationReason.KEY_COMPROMISE)
    desk.pki.revoke(certificate_id, RevocationReason.SUPERSEDED)
    after = x509.load_der_x509_crl(client.get(f"{address}.crl").content)
    assert [entry.serial_number for entry in after] == [credential.certificate.serial_number]
    assert (
        after.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        > before.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    )
    issuer = x509.load_der_x509_certificate(client.get(f"{address}.cer").content)
    assert after.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]  # it is a P-256 key
    with pytest.raises(CertificateRevoked):
        desk.pki.credential(certificate_id)


def test_a_list_is_renewed_when_it_gets_old(desk: PKIDesk) -> None:
    first = desk.pki.validation_material().revocation_lists
    assert desk.pki.validation_material().revocation_lists == first
    desk.clock.advance(timedelta(hours=1))
    assert desk.pki.validation_material().revocation_lists != first


def test_certificates_are_renewed_before_they_expire(desk: PKIDesk) -> None:
    held = desk.pki.seal_credential(desk.clock.now()).certificate
    desk.clock.set(held.not_valid_after_utc - timedelta(days=3))
    desk.pki.ensure_authority()
    renewed = desk.pki.seal_credential(desk.clock.now()).certificate
    assert renewed.not_valid_after_utc > held.not_valid_after_utc


def test_unknown_authorities_are_not_found(client: InProcessClient) -> None:
    for name in ("nonsense.crl", f"{uuid4().hex}.crl", f"{uuid4().hex}.cer"):
        answer = client.get(f"/pki/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "certificate_not_found")


def test_roots_are_published_as_pem(desk: PKIDesk, client: InProcessClient) -> None:
    [root] = x509.load_pem_x509_certificates(client.get("/pki/roots.pem").content)
    assert "Trial" in root.subject.rfc4514_string()
    root.public_key().verify(root.signature, root.tbs_certificate_bytes, ECDSA(SHA256()))  # type: ignore[union-attr, call-arg, arg-type]


def test_tokens_are_small_canonical_and_unique(desk: PKIDesk) -> None:
    token = desk.pki.timestamps.timestamp(DIGEST)
    found = verify_token(token, DIGEST, desk.pki.roots())
    assert found.at == desk.clock.now()
    assert canonical_token(token) == token
    assert len(token) < 1500
    again = verify_token(desk.pki.timestamps.timestamp(DIGEST), DIGEST, desk.pki.roots())
    assert again.serial_number != found.serial_number


def time_stamp_query(digest: bytes = DIGEST, algorithm: str = "sha256", **more: object) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": digest}
    return bytes(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, **more}).dump())


def test_the_endpoint_answers_with_nonce_and_certificate_as_asked(client: InProcessClient) -> None:
    headers = {"Content-Type": "application/timestamp-query"}
    answer = client.post("/tsa", content=time_stamp_query(nonce=42, cert_req=True), headers=headers)
    assert answer.headers["content-type"] == "application/timestamp-reply"
    response = tsp.TimeStampResp.load(answer.content, strict=True)
    assert response["status"]["status"].native == "granted"
    signed = response["time_stamp_token"]["content"]
    assert signed["encap_content_info"]["content"].parsed["nonce"].native == 42
    assert len(signed["certificates"]) == 1

    negative = client.post("/tsa", content=time_stamp_query(nonce=-(2**63)), headers=headers).content
    info = tsp.TimeStampResp.load(negative)["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed
    assert info["nonce"].native == -(2**63)

    bare = tsp.TimeStampResp.load(client.post("/tsa", content=time_stamp_query(), headers=headers).content)
    signed = bare["time_stamp_token"]["content"]
    assert not signed["certificates"]
    assert signed["encap_content_info"]["content"].parsed["policy"].native == TIMESTAMP_POLICY


@pytest.mark.parametrize(
    ("request_bytes", "failure"),
    [
        (b"", "bad_data_format"),
        (b"not DER", "bad_data_format"),
        (b"\x30\x00", "bad_data_format"),
        (bytes(5000), "bad_request"),
        (time_stamp_query(hashlib.md5(b"x", usedforsecurity=False).digest(), "md5"), "bad_alg"),
        (time_stamp_query(b"too short"), "bad_data_format"),
        (time_stamp_query(req_policy="1.2.3.4"), "unaccepted_policy"),
        (time_stamp_query(nonce=1 << 600), "bad_request"),
    ],
    ids=["empty", "text", "empty sequence", "large", "MD5", "short digest", "other policy", "long nonce"],
)
def test_bad_requests_are_refused_in_the_protocol(client: InProcessClient, request_bytes: bytes, failure: str) -> None:
    answer = client.post("/tsa", content=request_bytes, headers={"Content-Type": "application/timestamp-query"})
    assert answer.status_code == 200
    status = Refusal.load(answer.content, strict=True)["status"]
    assert status["status"].native == "rejection"
    assert status["fail_info"].native == {failure}
