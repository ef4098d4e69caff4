"""Small answers from addresses that stand in certificates, over httpcore, each with one deadline
(`core.bounded_http`). Only http and https; an answer larger than `LARGEST_ANSWER` is no answer. Proxies are those of
the environment.
"""

import ssl
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from core.bounded_http import DeadlineBackend, seconds_left

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
    if not url.startswith(("http://", "https://")):
        return None
    headers: list[tuple[bytes | str, bytes | str]] = [("User-Agent", "dingyue"), ("Accept", "*/*")]
    if request is not None:
        headers.append(("Content-Type", kind))
    method = "GET" if request is None else "POST"
    try:
        waits = dict.fromkeys(("connect", "read", "write", "pool"), seconds_left(deadline))
        with (
            httpcore.ConnectionPool(
                ssl_context=_certificates(), proxy=_proxy(url), network_backend=DeadlineBackend(deadline)
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
