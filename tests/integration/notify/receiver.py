"""A customer's system on loopback: it records what it gets, and behaves as badly as a test asks."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HUGE = 20 * 1024 * 1024


class Mishap(Enum):
    """Instead of a plain status."""

    SILENT = auto()
    DRIPPING_HEADERS = auto()
    DRIPPING_BODY = auto()
    HUGE_BODY = auto()
    HUGE_HEADERS = auto()
    GARBAGE = auto()
    HANG_UP = auto()


@dataclass(frozen=True, slots=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """`replies` are used up one by one: a status, a status with a body, or a mishap; then everything is 200."""

    url: str = ""
    port: int = 0
    received: list[Received] = field(default_factory=list)
    replies: list[int | tuple[int, bytes] | Mishap] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    sent_bytes: int = 0

    def event_ids(self) -> list[str]:
        return [request.headers["Dingyue-Event-Id"] for request in self.received]


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """A redirect that was followed would end here."""
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.close_connection = True
        with self.receiver.lock:
            self.receiver.received.append(Received(self.path, dict(self.headers.items()), body))
            reply = self.receiver.replies.pop(0) if self.receiver.replies else 200
        if isinstance(reply, Mishap):
            with suppress(OSError):
                self._misbehave(reply)
            return
        status, content = reply if isinstance(reply, tuple) else (reply, b"thanks")
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.receiver.url}/elsewhere")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(content)

    def _misbehave(self, mishap: Mishap) -> None:
        if mishap is Mishap.SILENT:
            self.receiver.released.wait(20)
        elif mishap is Mishap.GARBAGE:
            self._write(b"this is not HTTP\r\n\r\n")
        elif mishap is Mishap.DRIPPING_HEADERS:
            self._write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self._drip()
        elif mishap is Mishap.DRIPPING_BODY:
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            self._drip()
        elif mishap is Mishap.HUGE_BODY:
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE)
            while self.receiver.sent_bytes < HUGE:
                self._write(b"x" * 65536)
        elif mishap is Mishap.HUGE_HEADERS:
            self._write(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(500)))
            self._write(b"Content-Length: 0\r\n\r\n")

    def _drip(self) -> None:
        """One byte at a time: every single wait is short, all of them together never end."""
        while not self.receiver.released.wait(0.05):
            self._write(b"z")

    def _write(self, data: bytes) -> None:
        self.wfile.write(data)
        self.receiver.sent_bytes += len(data)


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def receiver(certificate: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Runs on a free port of the loopback interface; with a certificate, over TLS as `localhost`."""
    running = Receiver()
    server = _Server(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"receiver": running}))
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    running.port = server.server_port
    running.url = f"http://127.0.0.1:{running.port}" if certificate is None else f"https://localhost:{running.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield running
    finally:
        running.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
