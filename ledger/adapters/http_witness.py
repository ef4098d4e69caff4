"""A witness over HTTP (C2SP tlog-witness, "add-checkpoint"), with one deadline for the whole exchange."""

import re
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import httpcore

from core.bounded_http import DeadlineBackend, seconds_left
from ledger.cosigning import OtherSize
from ledger.ports import WitnessUnavailable
from ledger.witness.request import SIZE_MEDIA_TYPE

_LARGEST_ANSWER = 16 * 1024
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_WITHOUT_ANSWER = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class HTTPWitness:
    """`url` is the submission prefix. Sending the same request again is harmless: the witness signs again."""

    url: str
    timeout_seconds: float

    def __call__(self, request: bytes) -> str:
        """The lines of its answer. Raises `OtherSize` or `WitnessUnavailable`."""
        deadline = time.monotonic() + self.timeout_seconds
        try:
            status, kind, body = _post(f"{self.url.rstrip('/')}/add-checkpoint", request, deadline)
        except _WITHOUT_ANSWER as error:
            raise WitnessUnavailable(type(error).__name__) from error
        size = _SIZE.fullmatch(body) if status == 409 and kind == SIZE_MEDIA_TYPE else None
        if size is not None:
            raise OtherSize(int(size[1]))
        if status != 200:
            raise WitnessUnavailable(f"it answered {status}: {body[:200].decode(errors='replace').strip()}")
        return body.decode()


def _post(url: str, request: bytes, deadline: float) -> tuple[int, str, bytes]:
    """Status, media type, body. Raises one of `_WITHOUT_ANSWER`."""
    waits = dict.fromkeys(("connect", "read", "write", "pool"), seconds_left(deadline))
    with (
        httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=DeadlineBackend(deadline)) as pool,
        pool.stream("POST", url, content=request, extensions={"timeout": waits}) as answer,
    ):
        kinds = [value for name, value in answer.headers if name.lower() == b"content-type"]
        kind = kinds[0].decode("latin-1").partition(";")[0].strip() if kinds else ""
        return answer.status, kind, _body(answer.iter_stream())


def _body(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise ValueError("the answer is too large")
    return bytes(body)


@lru_cache(1)
def _certificates() -> ssl.SSLContext:
    return ssl.create_default_context()
