"""Twilio's Messages API on loopback: what the official SDK needs of it, with real HTTP and its real mishaps.

Shapes follow Twilio's public OpenAPI (api.v2010): `POST` and `GET /2010-04-01/Accounts/{sid}/Messages.json`, HTTP
basic authentication, pages linked by `next_page_uri`, errors as `{code, message, status}`.
"""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

ACCOUNT_SID = "AC" + "0" * 32
AUTH_TOKEN = "an auth token that only tests use"
PAGE_SIZE = 2


class Mishap(Enum):
    """What happens to a `POST`: it is taken or not, and then the answer is lost or an error."""

    SILENT_AFTER_ACCEPTING = auto()
    SILENT_WITHOUT_ACCEPTING = auto()
    HANG_UP_AFTER_ACCEPTING = auto()


@dataclass
class MessagesAPI:
    """The provider's side. `mishaps` and `errors` are used up one by one, then everything works."""

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    mishaps: list[Mishap] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)
    is_list_broken: bool = False
    keeps_bodies: bool = True
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def accept(self, parameters: dict[str, str]) -> dict[str, Any]:
        with self.lock:
            message = {
                "sid": f"SM{len(self.messages):032x}",
                "account_sid": ACCOUNT_SID,
                "to": parameters["To"],
                "from": parameters.get("From"),
                "messaging_service_sid": parameters.get("MessagingServiceSid"),
                "body": parameters["Body"] if self.keeps_bodies else "",
                "status": "accepted",
                "error_code": None,
                "date_created": formatdate(),
                "status_callback": parameters["StatusCallback"],
            }
            self.messages.append(message)
        return message

    def callback_url(self, position: int = -1) -> str:
        return str(self.messages[position]["status_callback"])


class Handler(BaseHTTPRequestHandler):
    api: MessagesAPI

    def log_message(self, *arguments: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if not self._is_known():
            return
        if self.api.errors:
            status, code = self.api.errors.pop(0)
            self._answer(status, {"code": code, "message": "refused", "status": status})
            return
        mishap = self.api.mishaps.pop(0) if self.api.mishaps else None
        if mishap is not Mishap.SILENT_WITHOUT_ACCEPTING:
            message = self.api.accept(dict(parse_qsl(body)))
        if mishap is None:
            self._answer(201, message)
        elif mishap is not Mishap.HANG_UP_AFTER_ACCEPTING:
            self.api.released.wait(10)

    def do_GET(self) -> None:
        if not self._is_known():
            return
        if self.api.is_list_broken:
            self._answer(503, {"code": 20503, "message": "unavailable", "status": 503})
            return
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        matching = [message for message in reversed(self.api.messages) if message["to"] == query["To"]]
        page = int(query.get("Page", 0))
        following = f"{parts.path}?To=%2B{query['To'][1:]}&Page={page + 1}"
        has_more = len(matching) > (page + 1) * PAGE_SIZE
        self._answer(
            200,
            {
                "messages": matching[page * PAGE_SIZE : (page + 1) * PAGE_SIZE],
                "page": page,
                "page_size": PAGE_SIZE,
                "uri": self.path,
                "next_page_uri": following if has_more else None,
            },
        )

    def _is_known(self) -> bool:
        expected = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode()).decode()
        if self.headers["Authorization"] == f"Basic {expected}":
            return True
        self._answer(401, {"code": 20003, "message": "Authenticate", "status": 401})
        return False

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@contextmanager
def messages_api() -> Iterator[MessagesAPI]:
    """Runs the API on a free port of the loopback interface."""
    api = MessagesAPI()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"api": api}))
    server.daemon_threads = False
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield api
    finally:
        api.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
