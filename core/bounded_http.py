"""What HTTP exchanges with strangers' servers need beneath httpcore: one deadline, and a say in where they connect.

    1. one deadline covers connecting, TLS, sending and receiving: a server that answers a byte at a time ends there too
    2. whoever asks may look names up themselves: the connection then goes to the addresses they found, so that a
       second look-up can't lead elsewhere (DNS rebinding); TLS still checks the certificate against the name

Redirects, proxies of the environment, cookies and content encodings are unknown to httpcore, which is why it is used.
Deadlines are instants of `time.monotonic`. Looking up a name is bounded by the system's resolver alone (`resolv.conf`:
usually 10 to 30 seconds).
"""

import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import httpcore

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port to the addresses to try, one after the other."""


class TLSFailed(httpcore.ConnectError):
    """There is no TLS with whoever answers, or their certificate isn't for the name."""


def seconds_left(deadline: float) -> float:
    """Until the deadline. Raises `httpcore.ReadTimeout` when there are none (a socket takes 0 for no wait)."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout("the deadline is over")
    return seconds


def _by_name(host: str, _port: int) -> Sequence[str]:
    return [host]


class DeadlineBackend(httpcore.NetworkBackend):
    """Every wait of its connections ends at the deadline. `resolve` may raise whatever is to end the exchange."""

    def __init__(self, deadline: float, resolve: Resolve = _by_name) -> None:
        self._deadline = deadline
        self._resolve = resolve
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
        last: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._resolve(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    address, port, seconds_left(self._deadline), local_address, socket_options or ()
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _DeadlineStream(stream, self._deadline)
        raise last or httpcore.ConnectError(f"{host} has no address")


class _DeadlineStream(httpcore.NetworkStream):
    """No single wait outlasts the deadline of the whole exchange; it stays so under TLS."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        del timeout
        return self._stream.read(max_bytes, seconds_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        del timeout
        self._stream.write(buffer, seconds_left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        del timeout
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, seconds_left(self._deadline))
        except httpcore.ConnectError as error:
            raise TLSFailed(server_hostname) from error
        return _DeadlineStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
