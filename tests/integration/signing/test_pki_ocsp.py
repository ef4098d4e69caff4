"""The OCSP responder, asked by OpenSSL over HTTP, by `cryptography`, and by hostile clients."""

import asyncio
import base64
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from asn1crypto import crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import RevokedError

from api import problems
from api.routes import pki as pki_routes
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pki.policy import OCSP_LIFETIME, OCSP_REFRESH, CertificateKind, RevocationReason
from tests.support.certificates import make_chain
from tests.support.clock import FixedClock
from tests.support.http import InProcessClient
from tests.support.pki import BASE_URL, PKIDesk

SHA1 = hashes.SHA1()  # noqa: S303 - what OpenSSL names issuers by
TYPE = {"Content-Type": "application/ocsp-request"}


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


def responder_of(certificate: x509.Certificate) -> str:
    """The path of the address in the certificate."""
    access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    [address] = [each for each in access if each.access_method == AuthorityInformationAccessOID.OCSP]
    return str(address.access_location.value).removeprefix(BASE_URL)


class Subject:
    """A signer's certificate, its issuer, and requests about it."""

    def __init__(self, desk: PKIDesk) -> None:
        self.id = desk.signer_certificate()
        credential = desk.pki.credential(self.id)
        self.certificate = credential.certificate
        self.issuer = x509.load_der_x509_certificate(credential.chain[0])
        self.path = responder_of(self.certificate)

    def request(self, nonce: bytes | None = None, algorithm: hashes.HashAlgorithm | None = None) -> bytes:
        builder = ocsp.OCSPRequestBuilder().add_certificate(self.certificate, self.issuer, algorithm or hashes.SHA256())
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(serialization.Encoding.DER)


@pytest.fixture
def subject(desk: PKIDesk) -> Subject:
    return Subject(desk)


def ask(client: InProcessClient, path: str, request: bytes) -> ocsp.OCSPResponse:
    answer = client.post(path, content=request, headers=TYPE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ocsp-response")
    return ocsp.load_der_ocsp_response(answer.content)


@pytest.mark.parametrize("algorithm", [SHA1, hashes.SHA256(), hashes.SHA384()], ids=lambda each: each.name)
def test_a_good_certificate(
    client: InProcessClient, desk: PKIDesk, subject: Subject, algorithm: hashes.HashAlgorithm
) -> None:
    response = ask(client, subject.path, subject.request(b"sixteen bytes...", algorithm))
    assert response.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert response.serial_number == subject.certificate.serial_number
    assert response.next_update_utc == desk.clock.now() + OCSP_LIFETIME
    assert response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"sixteen bytes..."
    key = subject.issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("with_nonce", [True, False])
def test_a_revocation_is_told_at_once_with_its_reason(
    client: InProcessClient, desk: PKIDesk, subject: Subject, with_nonce: bool
) -> None:
    request = subject.request(b"a nonce" if with_nonce else None)
    assert ask(client, subject.path, request).certificate_status is ocsp.OCSPCertStatus.GOOD
    revoked_at = desk.clock.now().replace(microsecond=0)
    desk.pki.revoke(subject.id, RevocationReason.CESSATION_OF_OPERATION)
    response = ask(client, subject.path, request)
    assert response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_reason is x509.ReasonFlags.cessation_of_operation
    assert response.revocation_time_utc == revoked_at


def request_for(subject: Subject, serial_number: int) -> bytes:
    """As asn1crypto writes it, which takes any number."""
    [asked] = asn1_ocsp.OCSPRequest.load(subject.request())["tbs_request"]["request_list"]
    identifier = {**asked["req_cert"].native, "serial_number": serial_number}
    return bytes(asn1_ocsp.OCSPRequest({"tbs_request": {"request_list": [{"req_cert": identifier}]}}).dump())


@pytest.mark.parametrize("serial_number", [0, 42, 2**160, 2**2000])
def test_a_certificate_never_issued_is_unknown(client: InProcessClient, subject: Subject, serial_number: int) -> None:
    response = ask(client, subject.path, request_for(subject, serial_number))
    assert response.certificate_status is ocsp.OCSPCertStatus.UNKNOWN
    assert response.serial_number == serial_number


@pytest.mark.parametrize("serial_number", [-1, -(2**300)])
def test_no_serial_number_is_negative(client: InProcessClient, subject: Subject, serial_number: int) -> None:
    response = ask(client, subject.path, request_for(subject, serial_number))
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


def test_certificates_of_others_are_not_for_us_to_judge(client: InProcessClient, subject: Subject) -> None:
    _, other = make_chain(ec.generate_private_key(ec.SECP256R1()))
    issuer = x509.load_der_x509_certificate(other.chain[0])
    request = ocsp.OCSPRequestBuilder().add_certificate(other.certificate, issuer, hashes.SHA256()).build()
    response = ask(client, subject.path, request.public_bytes(serialization.Encoding.DER))
    assert response.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_asked_by_address_it_may_be_cached(client: InProcessClient, desk: PKIDesk, subject: Subject) -> None:
    path = f"{subject.path}/{quote(base64.b64encode(subject.request()).decode(), safe='')}"
    first = client.get(path)
    assert ocsp.load_der_ocsp_response(first.content).certificate_status is ocsp.OCSPCertStatus.GOOD
    assert "max-age=300" in first.headers["cache-control"]
    assert client.get(path).content == first.content
    desk.clock.advance(OCSP_REFRESH)
    assert client.get(path).content != first.content
    with_nonce = client.get(f"{subject.path}/{quote(base64.b64encode(subject.request(b'n')).decode(), safe='')}")
    assert with_nonce.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "request_bytes",
    [b"", b"not DER", b"\x30\x00", b"\x30\x84\xff\xff\xff\xff", bytes(5000)],
    ids=["empty", "text", "empty sequence", "endless", "large"],
)
def test_bad_requests_are_refused_in_the_protocol(
    client: InProcessClient, subject: Subject, request_bytes: bytes
) -> None:
    response = ask(client, subject.path, request_bytes)
    assert response.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    by_address = client.get(f"{subject.path}/{quote(base64.b64encode(request_bytes).decode(), safe='')}x")
    assert ocsp.load_der_ocsp_response(by_address.content).response_status.name == "MALFORMED_REQUEST"


def test_two_certificates_at_once_and_odd_extensions_are_refused(client: InProcessClient, subject: Subject) -> None:
    too_long = subject.request(bytes(129))
    assert ask(client, subject.path, too_long).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    builder = ocsp.OCSPRequestBuilder().add_certificate(subject.certificate, subject.issuer, hashes.SHA256())
    critical = builder.add_extension(unknown, critical=True).build().public_bytes(serialization.Encoding.DER)
    assert ask(client, subject.path, critical).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    odd = builder.add_extension(unknown, critical=False).build().public_bytes(serialization.Encoding.DER)
    assert ask(client, subject.path, odd).certificate_status is ocsp.OCSPCertStatus.GOOD


def test_no_request_breaks_it(client: InProcessClient, subject: Subject) -> None:
    """Every answer to a changed request is one of the protocol's."""
    valid = subject.request(b"sixteen bytes...", SHA1)

    @settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(at=st.integers(0, len(valid) - 1), byte=st.integers(0, 255), cut=st.integers(0, 6))
    def changed(at: int, byte: int, cut: int) -> None:
        request = valid[:at] + bytes([byte]) + valid[at + 1 : len(valid) - cut]
        status = ask(client, subject.path, request).response_status
        assert status in {
            ocsp.OCSPResponseStatus.SUCCESSFUL,
            ocsp.OCSPResponseStatus.MALFORMED_REQUEST,
            ocsp.OCSPResponseStatus.UNAUTHORIZED,
        }

    changed()


@pytest.fixture
def address(desk: PKIDesk, subject: Subject) -> Iterator[str]:
    """A real HTTP server in front of the responder."""
    authority = desk.pki

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            identifier = self.path.removeprefix("/pki/").removesuffix("/ocsp")
            answer = authority.answer_status_query(pki_routes._identifier(identifier), body).der
            self.send_response(200)
            self.send_header("Content-Type", "application/ocsp-response")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}{subject.path}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_openssl_believes_it(desk: PKIDesk, subject: Subject, address: str, tmp_path: Path) -> None:
    pem = serialization.Encoding.PEM
    (tmp_path / "signer.pem").write_bytes(subject.certificate.public_bytes(pem))
    (tmp_path / "issuer.pem").write_bytes(subject.issuer.public_bytes(pem))
    (tmp_path / "roots.pem").write_bytes(desk.pki.roots_pem())
    at = str(int(desk.clock.now().timestamp()))
    command = [
        *("openssl", "ocsp", "-issuer", "issuer.pem", "-cert", "signer.pem", "-url", address),
        *("-CAfile", "roots.pem", "-attime", at, "-validity_period", "1000000000"),
    ]

    def says() -> str:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)
        assert "Response verify OK" in done.stderr, done.stderr
        assert "WARNING" not in done.stderr, done.stderr
        return done.stdout

    assert "signer.pem: good" in says()
    desk.clock.advance(timedelta(minutes=1))
    desk.pki.revoke(subject.id, RevocationReason.KEY_COMPROMISE)
    said = says()
    assert "signer.pem: revoked" in said
    assert "Reason: keyCompromise" in said


def test_a_validator_needs_nothing_but_what_we_embed(desk: PKIDesk, subject: Subject) -> None:
    """pyHanko's path validation, which must know about revocation and may not fetch: OCSP alone, and CRLs alone."""
    chain = [asn1_x509.Certificate.load(each) for each in desk.pki.validation_material().certificates]
    issuing_id = desk.pki.certificates(kind=CertificateKind.ISSUING)[0].id

    def validate(*, with_ocsp: bool) -> None:
        material = desk.pki.validation_material([subject.id, issuing_id])
        crls = [crl.CertificateList.load(each) for each in material.revocation_lists]
        context = ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(each) for each in material.roots],
            other_certs=chain,
            crls=[] if with_ocsp else crls,
            ocsps=[asn1_ocsp.OCSPResponse.load(each) for each in material.ocsp_responses] if with_ocsp else [],
            revocation_mode="require",
            allow_fetching=False,
            moment=desk.clock.now(),
        )
        leaf = asn1_x509.Certificate.load(subject.certificate.public_bytes(serialization.Encoding.DER))
        validator = CertificateValidator(leaf, validation_context=context)
        asyncio.run(validator.async_validate_usage({"non_repudiation"}))

    validate(with_ocsp=True)
    validate(with_ocsp=False)
    desk.clock.advance(timedelta(minutes=1))
    desk.pki.revoke(subject.id, RevocationReason.KEY_COMPROMISE)
    desk.clock.advance(timedelta(minutes=1))
    for with_ocsp in (True, False):
        with pytest.raises(RevokedError):
            validate(with_ocsp=with_ocsp)
