"""HTTP to addresses that strangers chose, over httpcore, each exchange with one deadline (`core.bounded_http`).

1. the name is resolved here; every address it has must be allowed, or none is tried
2. the connection goes to such a numeric address, so that a second look-up can't lead elsewhere (DNS rebinding)
3. at most `_LONGEST_ANSWER` bytes of the answer are read
"""

import socket
import ssl
import time
from collections.abc import Sequence
from functools import partial

import httpcore

from core.bounded_http import DeadlineBackend, TLSFailed
from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.policy import Answer, Outcome, outcome_of, tidy_response
from notify.webhooks.ports import Parcel

TIMEOUT_SECONDS = 10.0
_LONGEST_ANSWER = 65_536


class AddressRefused(Exception):
    """The name resolves to an address we don't connect to."""


class HTTPCourier:
    """Implements `notify.webhooks.ports.Courier`. `certificates`: the system's own unless a test has others."""

    def __init__(
        self,
        addresses: AddressPolicy,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._addresses = addresses
        self._timeout = timeout_seconds
        self._certificates = certificates or ssl.create_default_context()

    def post(self, parcel: Parcel) -> Answer:
        begun = time.monotonic()
        status_code, received, outcome = self._exchange(parcel, begun + self._timeout)
        milliseconds = int((time.monotonic() - begun) * 1000)
        return Answer(outcome, status_code, milliseconds, tidy_response(received))

    def _exchange(self, parcel: Parcel, deadline: float) -> tuple[int | None, bytes, Outcome]:
        """Status, beginning of the body, outcome. Once there is a status, it decides; the body is only for the log."""
        status_code, received = None, bytearray()
        headers = [(name.encode(), value.encode()) for name, value in parcel.headers.items()]
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        backend = DeadlineBackend(deadline, partial(_resolve, self._addresses))
        try:
            with (
                httpcore.ConnectionPool(ssl_context=self._certificates, network_backend=backend) as pool,
                pool.stream(
                    "POST", parcel.url, headers=headers, content=parcel.body, extensions={"timeout": timeouts}
                ) as answer,
            ):
                status_code = answer.status
                for chunk in answer.iter_stream():
                    received += chunk
                    if len(received) >= _LONGEST_ANSWER:
                        break
        except _WITHOUT_ANSWER as error:
            if status_code is None:
                return None, b"", _outcome_without_answer(error)
        return status_code, bytes(received), outcome_of(status_code or 0)


# The first that fits counts: a failure to connect is a network error too.
_OUTCOMES: tuple[tuple[type[Exception], Outcome], ...] = (
    (AddressRefused, Outcome.ADDRESS_REFUSED),
    (TLSFailed, Outcome.TLS_FAILED),
    (httpcore.TimeoutException, Outcome.TIMED_OUT),
    (httpcore.ConnectError, Outcome.UNREACHABLE),
    (httpcore.NetworkError, Outcome.BROKEN_ANSWER),
    (httpcore.ProtocolError, Outcome.BROKEN_ANSWER),
)
_WITHOUT_ANSWER = tuple(kind for kind, _ in _OUTCOMES)


def _outcome_without_answer(error: Exception) -> Outcome:
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))


def _resolve(addresses: AddressPolicy, host: str, port: int) -> Sequence[str]:
    """Raises `AddressRefused` if any of the name's addresses isn't allowed."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    numeric = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(map(addresses.is_allowed, numeric)):
        raise AddressRefused(host)
    return numeric
