"""The inside of the sandbox: confines itself, loads what it will need, then does one task after the other.

Frames in both directions are a length of 8 bytes and a pickle. With a task's length comes the open file to work on.
It answers `(kind, value, peak)`: kind is `done`, `refused` (an error of ours, as class and facts), `failed` (another
exception's type) or `memory`; peak is the most memory it has had, in bytes.
"""

import contextlib
import ctypes
import gc
import importlib
import io
import logging
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import time
from collections.abc import Sequence
from enum import Enum
from typing import Any, BinaryIO

from core.errors import DingyueError

LENGTH = struct.Struct(">Q")
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38


def main(descriptor: int, parent: int, memory_bytes: int, modules: Sequence[str]) -> None:
    """`descriptor` is the worker's end of the socket, `parent` the process it works for.

    `modules` are loaded before the worker says that it is ready, so that no task's time is spent on it.
    """
    _confine(parent, memory_bytes)
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()
    connection = socket.socket(fileno=descriptor)
    _send(connection, b"")
    with contextlib.suppress(EOFError, BrokenPipeError):  # our employer is gone, and so are we
        while _do_one(connection):
            continue


def receive_exactly(connection: socket.socket, size: int, deadline: float | None = None) -> bytes:
    """Raises `TimeoutError` at the deadline (of `time.monotonic`), `EOFError` if the other end closes."""
    received = bytearray()
    while len(received) < size:
        if deadline is not None:
            remaining = deadline - time.monotonic()
            if remaining <= 0:  # an answer that lies ready, but late, is late all the same
                raise TimeoutError
            connection.settimeout(remaining)
        piece = connection.recv(min(size - len(received), 1 << 20))
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)


def _confine(parent: int, memory_bytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then stops us
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was asked
            sys.exit(1)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    logging.disable(logging.CRITICAL)  # parsers complain about hostile files at length


def _do_one(connection: socket.socket) -> bool:
    """Receives a task, does it and answers. False if the worker has had enough."""
    header, descriptors, _, _ = socket.recv_fds(connection, LENGTH.size, 1)
    if not header:
        return False
    (length,) = LENGTH.unpack(header + receive_exactly(connection, LENGTH.size - len(header)))
    with os.fdopen(descriptors[0], "rb") as file:
        call = receive_exactly(connection, length)
        file.seek(0)
        kind, value = _outcome(call, file)
    _send(connection, _pickled((kind, value, _peak_bytes())))
    return kind != "memory"


def _pickled(answer: object) -> bytes:
    output = io.BytesIO()
    _PlainPickler(output).dump(answer)
    return output.getvalue()


class _PlainPickler(pickle.Pickler):
    """Parsers have strings and numbers of their own kinds, which the other end doesn't know: they become plain."""

    def reducer_override(self, value: Any) -> Any:
        if not isinstance(value, Enum):
            for plain in (str, int, float):
                if isinstance(value, plain):
                    return plain, (plain(value),)
        return NotImplemented


def _outcome(call: bytes, file: BinaryIO) -> tuple[str, Any]:
    function, as_file, arguments, named, seconds = pickle.loads(call)  # noqa: S301 - comes from the process that started us
    _limit_processor_time(seconds)
    try:
        return "done", function(file if as_file else file.read(), *arguments, **named)
    except DingyueError as error:
        return "refused", (type(error), error.facts)
    except MemoryError:
        return "memory", None
    except Exception as error:  # noqa: BLE001 - whatever it is, the other end must hear of it
        return "failed", type(error).__name__


def _limit_processor_time(seconds: float) -> None:
    """The parent's clock ends a task; this one does if the parent can't any more."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _send(connection: socket.socket, answer: bytes) -> None:
    connection.sendall(LENGTH.pack(len(answer)))
    connection.sendall(answer)


def _peak_bytes() -> int:
    """Of this program alone: `ru_maxrss` would also count what our parent had when it started us."""
    try:
        with open("/proc/self/status", "rb") as status:  # noqa: PTH123 - cheaper than a Path, for every task
            for line in status:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
