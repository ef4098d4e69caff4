"""Small answers from addresses that stand in certificates, over httpcore.

    1. only http and https; redirects, cookies and content encodings are unknown to httpcore, which is why it is used
    2. one deadline covers connecting, sending and receiving: a server that answers a byte at a time ends there too
    3. an answer larger than `LARGEST_ANSWER` is no answer

Looking up a name is bounded by the system's resolver alone. Proxies are those of the environment.
"""

import ssl
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

LARGEST_ANSWER = 8 * 1024 * 1024

_WITHOUT_ANSWER = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    ValueError,  # an address nobody can parse
)


def fetch(url: str, request: bytes | None, kind: str, deadline: float) -> bytes | None:
    """The body of an answer with status 200; None if there is none by the deadline (of `time.monotonic`).

    Posts `request`, of the media type `kind`, or just gets.
    """
    if not url.startswith(("http://", "https://")) or time.monotonic() >= deadline:
        return None
    headers: list[tuple[bytes | str, bytes | str]] = [("User-Agent", "dingyue"), ("Accept", "*/*")]
    if request is not None:
        headers.append(("Content-Type", kind))
    method = "GET" if request is None else "POST"
    waits = dict.fromkeys(("connect", "read", "write", "pool"), _left(deadline))
    try:
        with (
            httpcore.ConnectionPool(
                ssl_context=_certificates(), proxy=_proxy(url), network_backend=_Backend(deadline)
            ) as pool,
            pool.stream(method, url, headers=headers, content=request, extensions={"timeout": waits}) as answer,
        ):
            return _body(answer.iter_stream()) if answer.status == 200 else None
    except _WITHOUT_ANSWER:
        return None


def _body(chunks: Iterable[bytes]) -> bytes | None:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > LARGEST_ANSWER:
            return None
    return bytes(body)


@lru_cache(1)
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def _proxy(url: str) -> httpcore.Proxy | None:
    parts = urlsplit(url)
    found = getproxies().get(parts.scheme)
    return httpcore.Proxy(found) if found and not proxy_bypass(parts.hostname or "") else None


def _left(deadline: float) -> float:
    """Never nothing: to sockets that would mean not to wait at all."""
    return max(deadline - time.monotonic(), 0.001)


class _Backend(httpcore.NetworkBackend):
    """Every wait of its connections ends at the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del timeout  # the deadline is nearer
        stream = self._sockets.connect_tcp(host, port, _left(self._deadline), local_address, socket_options or ())
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """Stays what it is under TLS."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        # Where bytes keep coming no wait is long, so the clock is looked at, too.
        if time.monotonic() >= self._deadline:
            raise httpcore.ReadTimeout("the deadline is over")
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
