"""HTTP to addresses that strangers chose, over httpcore.

    1. the name is resolved here; every address it has must be allowed, or none is tried
    2. the connection goes to such a numeric address, so that a second look-up can't lead elsewhere (DNS rebinding);
       TLS still checks the certificate against the name
    3. one deadline covers connecting, sending and receiving: an endpoint that answers a byte at a time ends there too
    4. at most `_LONGEST_ANSWER` bytes of the answer are read

Redirects, proxies of the environment, cookies and content encodings are unknown to httpcore, which is why it is used.
Looking up a name is bounded by the system's resolver alone (`resolv.conf`: usually 10 to 30 seconds).
"""

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from notify.webhooks.addresses import AddressPolicy
from notify.webhooks.policy import Answer, Outcome, outcome_of, tidy_response
from notify.webhooks.ports import Parcel

TIMEOUT_SECONDS = 10.0
_LONGEST_ANSWER = 65_536


class AddressRefused(Exception):
    """The name resolves to an address we don't connect to."""


class TLSFailed(Exception):
    """There is no TLS with whoever answers, or their certificate isn't for the name."""


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
        backend = _CheckedBackend(self._addresses, deadline)
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


class _CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, and to nothing else; every wait ends at the deadline."""

    def __init__(self, addresses: AddressPolicy, deadline: float) -> None:
        self._addresses = addresses
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
        """Tries one address after the other. Raises `AddressRefused` if any of them isn't allowed."""
        del timeout  # the deadline is nearer
        last: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._resolve(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, _left(self._deadline), local_address, socket_options or ()
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise last or httpcore.ConnectError(f"{host} has no address")

    def _resolve(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(map(self._addresses.is_allowed, addresses)):
            raise AddressRefused(host)
        return addresses


class _DeadlineStream(httpcore.NetworkStream):
    """A stream on which no single wait outlasts the deadline of the whole exchange."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
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
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        except httpcore.ConnectError as error:
            raise TLSFailed(server_hostname) from error
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Seconds until the deadline. Raises `httpcore.ReadTimeout` when there are none (a socket takes 0 for no wait)."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the deadline is over")
    return seconds
