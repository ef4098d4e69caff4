"""Somebody else's authority that publishes its lists, answers and certificate over real HTTP, on loopback."""

from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from signing.pki.credentials import SoftwareCredential
from signing.pki.policy import CertificateKind, RevocationReason
from signing.pki.profiles import (
    Issuer,
    RevokedCertificate,
    build_certificate,
    build_revocation_list,
    signer_name,
)
from tests.support.certificates import certify
from tests.support.clock import FixedClock
from tests.support.signatures import PURCHASER

DER = serialization.Encoding.DER
LIST, RESPONDER, CERTIFICATE = "/root.crl", "/root/ocsp", "/root.cer"


def _root(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return certify("Root of others", key.public_key(), None, key, is_authority=True)


class PublishingAuthority:
    """A root and a signer straight below it, and a server that publishes what it is told to, by path.

    `dripping` are paths that are answered a byte at a time, for ever. The clock tells when lists are made.
    """

    def __init__(self, clock: FixedClock) -> None:
        self.published: dict[str, bytes] = {}
        self.dripping: set[str] = set()
        self.asked: list[str] = []
        self.clock = clock
        self._is_over = Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, daemon=True).start()
        key, signers_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = _root(key)
        self.issuer = Issuer(self.root, key, f"http://127.0.0.1:{self._server.server_port}/root")
        self.signer = build_certificate(
            CertificateKind.SEAL, signer_name(PURCHASER), signers_key.public_key(), self.issuer, clock.now()
        )
        self.credential = SoftwareCredential(self.signer, self.signer.public_bytes(DER), (), signers_key)
        self.published[CERTIFICATE] = self.root.public_bytes(DER)

    def stop(self) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()

    def list(self, *, revoked_at: datetime | None = None, signed_by: Issuer | None = None) -> bytes:
        """Made now, good for as long as ours are."""
        revoked = []
        if revoked_at is not None:
            revoked = [RevokedCertificate(self.signer.serial_number, revoked_at, RevocationReason.KEY_COMPROMISE)]
        return build_revocation_list(signed_by or self.issuer, revoked, 1, self.clock.now()).public_bytes(DER)

    def answer(
        self,
        status: ocsp.OCSPCertStatus,
        *,
        about: x509.Certificate | None = None,
        revoked_at: datetime | None = None,
        signed_by: Issuer | None = None,
    ) -> bytes:
        """Made now, good for an hour."""
        now = self.clock.now()
        is_revoked = status is ocsp.OCSPCertStatus.REVOKED
        builder = ocsp.OCSPResponseBuilder().add_response(
            cert=about or self.signer,
            issuer=self.root,
            algorithm=hashes.SHA1(),  # noqa: S303 - names the issuer
            cert_status=status,
            this_update=now,
            next_update=now + timedelta(hours=1),
            revocation_time=(revoked_at or now) if is_revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if is_revoked else None,
        )
        signer = signed_by or self.issuer
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
        return builder.sign(signer.private_key, hashes.SHA256()).public_bytes(DER)

    def impostor(self) -> Issuer:
        """Of the same name, with another key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return Issuer(_root(key), key, self.issuer.url)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                authority.asked.append(self.path)
                if self.path in authority.dripping:
                    return self._drip()
                body = authority.published.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                try:
                    self.wfile.write(body or b"")
                except OSError:
                    self.close_connection = True  # it was too large for whoever asked
                return None

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def _drip(self) -> None:
                """The status line never ends."""
                self.close_connection = True
                while not authority._is_over.wait(0.01):
                    try:
                        self.wfile.write(b"H")
                    except OSError:
                        return

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        return Handler
