"""Revocation information of external authorities, from a real HTTP server: lists, responders, issuers, and mishaps."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from core.clock import SystemClock
from signing.pdf.adapters.http_revocation import RevocationSource
from signing.pdf.errors import RevocationUnknown, SignerRevoked
from signing.pki.policy import CertificateKind, RevocationReason
from signing.pki.profiles import (
    Issuer,
    RevokedCertificate,
    build_certificate,
    build_revocation_list,
    build_root,
    signer_name,
)
from tests.support.signatures import PURCHASER

DER = serialization.Encoding.DER


class Authority:
    """A root and a signer straight below it, and a server that publishes what it is told to."""

    def __init__(self) -> None:
        self.published: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.now = SystemClock().now()
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = build_root(key, self.now)
        self.issuer = Issuer(self.root, key, f"http://127.0.0.1:{self._server.server_port}/root")
        self.signer = build_certificate(
            CertificateKind.SEAL,
            signer_name(PURCHASER),
            ec.generate_private_key(ec.SECP256R1()).public_key(),
            self.issuer,
            self.now,
        )
        self.published["/root.cer"] = self.root.public_bytes(DER)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def list(self, *, is_revoked: bool = False) -> bytes:
        entry = RevokedCertificate(self.signer.serial_number, self.now, RevocationReason.KEY_COMPROMISE)
        return build_revocation_list(self.issuer, [entry] if is_revoked else [], 1, self.now).public_bytes(DER)

    def answer(self, status: ocsp.OCSPCertStatus, subject: x509.Certificate | None = None) -> bytes:
        is_revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=subject or self.signer,
            issuer=self.root,
            algorithm=hashes.SHA1(),  # noqa: S303 - names the issuer
            cert_status=status,
            this_update=self.now,
            next_update=self.now + timedelta(hours=1),
            revocation_time=self.now if is_revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if is_revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.root)
        return builder.sign(self.issuer.private_key, hashes.SHA256()).public_bytes(DER)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                authority.asked.append(self.path)
                body = authority.published.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        return Handler


@pytest.fixture
def authority() -> Iterator[Authority]:
    authority = Authority()
    yield authority
    authority.stop()


def test_a_responders_answer_comes_first(authority: Authority) -> None:
    authority.published["/root/ocsp"] = authority.answer(ocsp.OCSPCertStatus.GOOD)
    authority.published["/root.crl"] = authority.list()
    material = RevocationSource().material([authority.signer.public_bytes(DER)])
    assert material.ocsp_responses == (authority.published["/root/ocsp"],)
    assert material.revocation_lists == ()
    assert material.certificates == (authority.signer.public_bytes(DER), authority.root.public_bytes(DER))


@pytest.mark.parametrize("answer", [None, b"rubbish", "about another", "unknown"])
def test_a_list_when_the_responder_is_of_no_use(authority: Authority, answer: object) -> None:
    known = {
        "about another": authority.answer(ocsp.OCSPCertStatus.GOOD, authority.root),
        "unknown": authority.answer(ocsp.OCSPCertStatus.UNKNOWN),
    }
    body = known.get(answer) if isinstance(answer, str) else answer
    if isinstance(body, bytes):
        authority.published["/root/ocsp"] = body
    authority.published["/root.crl"] = authority.list()
    material = RevocationSource().material([authority.signer.public_bytes(DER)])
    assert (len(material.revocation_lists), len(material.ocsp_responses)) == (1, 0)


def test_a_list_at_hand_needs_no_network(authority: Authority) -> None:
    source = RevocationSource([authority.list()], is_offline=True)
    material = source.material([authority.signer.public_bytes(DER)])
    assert len(material.revocation_lists) == 1
    assert authority.asked == []


def test_a_revoked_certificate_is_told(authority: Authority) -> None:
    der = authority.signer.public_bytes(DER)
    with pytest.raises(SignerRevoked):
        RevocationSource([authority.list(is_revoked=True)], is_offline=True).material([der])
    authority.published["/root/ocsp"] = authority.answer(ocsp.OCSPCertStatus.REVOKED)
    with pytest.raises(SignerRevoked):
        RevocationSource().material([der])


@pytest.mark.parametrize("published", [{}, {"/root.crl": b"rubbish"}, {"/root.crl": b"x" * (9 * 1024 * 1024)}])
def test_nothing_to_be_had_is_an_error_and_never_silence(authority: Authority, published: dict[str, bytes]) -> None:
    authority.published |= published
    with pytest.raises(RevocationUnknown):
        RevocationSource().material([authority.signer.public_bytes(DER)])
