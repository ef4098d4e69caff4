"""The adapter for external authorities, against a real HTTP server that speaks RFC 3161 (ours, or a faulty one)."""

import hashlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from ledger.verifier.timestamp import verify_token
from signing.pki.adapters.http_timestamp import HTTPTimestampAuthority
from tests.support.clock import FixedClock
from tests.support.signatures import Desk

DIGEST = hashlib.sha256(b"a contract").digest()
Serve = Callable[[Callable[[bytes], bytes]], str]


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.set_up(unit_of_work, secrets, clock)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server that answers each POST as it is told, and returns its URL."""
    servers: list[HTTPServer] = []

    def start(answer: Callable[[bytes], bytes]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = answer(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/tsa"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_token_over_our_digest(desk: Desk, serve: Serve) -> None:
    authority = HTTPTimestampAuthority(serve(desk.pki.answer_timestamp_query))
    assert verify_token(authority.timestamp(DIGEST), DIGEST, desk.pki.roots()).at == desk.clock.now()


def test_faulty_answers_are_no_time_stamps(desk: Desk, serve: Serve) -> None:
    kept = desk.pki.answer_timestamp_query

    def replayed(request: bytes, first: list[bytes] = []) -> bytes:  # noqa: B006 - remembers on purpose
        first.append(request)
        return kept(first[0])

    replaying = HTTPTimestampAuthority(serve(replayed))
    replaying.timestamp(DIGEST)
    for authority in (
        replaying,
        HTTPTimestampAuthority(serve(lambda _request: b"no DER")),
        HTTPTimestampAuthority(serve(lambda _request: kept(b""))),
        HTTPTimestampAuthority(serve(lambda _request: bytes(100_000))),
        HTTPTimestampAuthority("http://127.0.0.1:9/tsa", timeout_seconds=1),
    ):
        with pytest.raises(TimestampUnavailable):
            authority.timestamp(DIGEST)
