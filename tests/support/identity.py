"""A register of real names on a real socket, that keeps its duties: the same key is one check, whatever happens."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from signing.identity.adapters.http_provider import HTTPIdentityProvider

SECRET = "the provider's secret"
METHOD = "运营商三要素"


class Register:
    """`known`: which number belongs to (name, phone); `asked`: key and claim of every request; `billed`: the answer by
    key. `answers_with` replaces the status and body of what is sent; `is_hanging` sends nothing."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str | None] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.billed: dict[str, dict[str, Any]] = {}
        self.answers_with: tuple[int, bytes] | None = None
        self.is_hanging = False
        self.during: Callable[[], None] | None = None
        self._is_over = Event()
        register = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                register._answer(self)

            def log_message(self, *_arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def provider(self, *, needs_id_number: bool = False, timeout_seconds: float = 5) -> HTTPIdentityProvider:
        url = f"http://127.0.0.1:{self._server.server_port}/check"
        return HTTPIdentityProvider(
            "测试登记 test register",
            url,
            SECRET,
            needs_id_number=needs_id_number,
            timeout_seconds=timeout_seconds,
        )

    def know(self, name: str, phone: str, id_number: str | None = None) -> None:
        self.known[name, phone] = id_number

    def close(self) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        claim = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
        key = request.headers["Idempotency-Key"]
        is_ours = request.headers["Authorization"] == f"Bearer {SECRET}"
        self.asked.append((key, claim))
        during, self.during = self.during, None
        if during is not None:
            during()
        if self.is_hanging:
            self._is_over.wait()
            return
        status, body = self.answers_with or (200, json.dumps(self._checked(key, claim)).encode())
        request.send_response(status if is_ours else 401)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def _checked(self, key: str, claim: dict[str, Any]) -> dict[str, Any]:
        nobody = "nobody"
        is_known = self.known.get((claim["name"], claim["phone"]), nobody) == claim.get("id_number")
        fresh = {
            "outcome": "matched" if is_known else "mismatched",
            "method": METHOD,
            "reference": f"REG-{len(self.billed) + 1}",
            "checked_at": "2026-11-22T04:00:00+08:00",
        }
        return self.billed.setdefault(key, fresh)
