"""Runs what reads a stranger's bytes in processes of its own, which may hang, swell or crash without harm.

A worker is a fresh Python with none of our environment (no secrets), no core dumps, no writing of files, a ceiling on
its memory, and a time for each task, after which it is killed. It gets the bytes as an open temporary file without a
name, so that nothing is left behind and nothing is copied through a pipe. Of what it answers only plain values, our
own value classes and our own errors are believed: a worker that was taken over can't make us run anything.

Workers are started at the first use and kept. Threads may share a sandbox; a forked process gets workers of its own.
They end with `close`, at exit, and when we are killed: the kernel tells them (`PR_SET_PDEATHSIG`).
"""

import io
import os
import pickle
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from core.errors import DingyueError, Unavailable
from core.sandbox_worker import LENGTH, receive_exactly

_MEGABYTE = 1024 * 1024
_START_SECONDS = 60.0
_MODULES = ("core", "ledger", "signing", "builtins", "datetime", "uuid")
_PLAIN_TYPES = (str, int, float, date, datetime, timedelta, timezone, UUID)
_LARGEST_ANSWER = 256 * _MEGABYTE


@dataclass(frozen=True, slots=True)
class SandboxLimits:
    """`memory_bytes` is each worker's whole address space; `queue_seconds` is how long a task waits for a worker.

    `modules` are loaded when a worker starts, so that no task's time is spent on it.
    """

    workers: int = 2
    memory_bytes: int = 896 * _MEGABYTE
    tasks_per_worker: int = 500
    queue_seconds: float = 30
    modules: tuple[str, ...] = ()


class SandboxError(Exception):
    """No answer came; the base of the reasons. Callers turn it into what it means for the file."""


class TimedOut(SandboxError):
    """The task took longer than it may."""


class OutOfMemory(SandboxError):
    """The task needed more memory than it may have."""


class WorkerDied(SandboxError):
    """The parser crashed, or its answer can't be believed."""


class TaskFailed(SandboxError):
    """The function raised something that isn't an error of ours; says its type."""


class SandboxBusy(Unavailable):
    code = "sandbox_busy"
    zh = "同时处理的文件过多，本次未处理，任何内容均未改变。请稍后重试。"
    en = "Too many files are being read at this moment; this one wasn't, and nothing was changed. Try again soon."


class SandboxUnavailable(Unavailable):
    code = "sandbox_unavailable"
    zh = "安全读取文件的程序无法启动，本次未处理，任何内容均未改变。请联系管理员。"
    en = "What reads files safely can't be started; nothing was read or changed. Tell the operator."


class Sandbox:
    """A few workers, shared by all threads of this process."""

    def __init__(self, limits: SandboxLimits | None = None) -> None:
        self._limits = limits or SandboxLimits()
        self._lock = threading.Lock()
        self._pool = _Pool(self._limits)

    def run(
        self,
        function: Callable[..., Any],
        data: bytes | Path,
        /,
        *args: Any,
        timeout: float,
        as_file: bool = False,
        **named: Any,
    ) -> Any:
        """`function(data, *args, **named)`, a function of a module, on bytes or a file's content; `as_file` gives it
        the open file in their place, to be read where it lies.

        `timeout` is in seconds and counts from when a worker begins. Raises the errors of ours that the function
        raises, `SandboxBusy`, `SandboxUnavailable`, or a `SandboxError`.
        """
        call = pickle.dumps((function, as_file, args, named, timeout))
        with _as_file(data) as file, self._own_pool().worker() as worker:
            return worker.call(call, file, timeout)

    @property
    def peak_bytes(self) -> int:
        """The most memory that any worker has had resident so far."""
        return self._pool.peak_bytes

    def close(self) -> None:
        """Stops the workers; the next `run` would start new ones."""
        with self._lock:
            self._pool.close()
            self._pool = _Pool(self._limits)

    def _own_pool(self) -> "_Pool":
        """A fork shares our memory, not our threads, and must not talk to our workers: it begins anew."""
        with self._lock:
            if self._pool.owner != os.getpid():
                self._pool.forget()
                self._pool = _Pool(self._limits)
            return self._pool


class _Pool:
    def __init__(self, limits: SandboxLimits) -> None:
        self.owner = os.getpid()
        self.peak_bytes = 0
        self._limits = limits
        self._slots = threading.BoundedSemaphore(limits.workers)
        self._idle: list[_Worker] = []
        # The kernel's signal comes when the *thread* that started a process ends: this one lives as long as we do.
        self._starter = ThreadPoolExecutor(1, "sandbox-starter")
        self.close = weakref.finalize(self, _stop, self._idle, self._starter, self.owner)

    @contextmanager
    def worker(self) -> "Iterator[_Worker]":
        """A worker for one task; it is kept if it answered and is still fresh."""
        if not self._slots.acquire(timeout=self._limits.queue_seconds):
            raise SandboxBusy
        worker: _Worker | None = None
        try:
            worker = self._take()
            yield worker
        finally:
            if worker is not None:
                self._give_back(worker)
            self._slots.release()

    def forget(self) -> None:
        """In a forked process: closes our copies of the sockets; the workers don't notice."""
        self.close.detach()
        for worker in self._idle:
            worker.connection.close()

    def _take(self) -> "_Worker":
        while self._idle:
            worker = self._idle.pop()
            if worker.process.poll() is None:
                return worker
            worker.stop()
        return self._starter.submit(_Worker, self._limits).result()

    def _give_back(self, worker: "_Worker") -> None:
        self.peak_bytes = max(self.peak_bytes, worker.peak_bytes)
        is_fresh = worker.tasks < self._limits.tasks_per_worker and worker.peak_bytes < self._limits.memory_bytes // 2
        if worker.has_answered and is_fresh and self.close.alive:
            self._idle.append(worker)
        else:
            worker.stop()


def _stop(idle: "list[_Worker]", starter: ThreadPoolExecutor, owner: int) -> None:
    if os.getpid() != owner:
        return
    while idle:
        idle.pop().stop()
    starter.shutdown(wait=False)


class _Worker:
    """One process and our end of the socket to it."""

    def __init__(self, limits: SandboxLimits) -> None:
        self.tasks = 0
        self.peak_bytes = 0
        self.has_answered = True
        self.connection, theirs = socket.socketpair()
        code = "import sys; from core.sandbox_worker import main; main(*map(int, sys.argv[1:4]), sys.argv[4:])"
        with theirs:
            numbers = (theirs.fileno(), os.getpid(), limits.memory_bytes)
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", code, *map(str, numbers), *limits.modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=_bare_environment(),
            )
        try:
            self._receive(time.monotonic() + _START_SECONDS)
        except SandboxError as error:
            self.stop()
            raise SandboxUnavailable from error

    def call(self, call: bytes, file: IO[bytes], timeout: float) -> Any:
        """One task. After anything but an answer the worker is of no more use."""
        self.tasks += 1
        self.has_answered = False
        deadline = time.monotonic() + timeout
        try:
            self.connection.settimeout(timeout)
            socket.send_fds(self.connection, [LENGTH.pack(len(call))], [file.fileno()])
            self.connection.sendall(call)
        except TimeoutError as error:
            raise TimedOut from error
        except OSError as error:
            raise WorkerDied from error
        return self._outcome(self._receive(deadline))

    def stop(self) -> None:
        """At once: it holds nothing worth keeping."""
        self.connection.close()
        with suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()

    def _receive(self, deadline: float) -> bytes:
        try:
            (length,) = LENGTH.unpack(receive_exactly(self.connection, LENGTH.size, deadline))
            if length > _LARGEST_ANSWER:
                raise WorkerDied("an answer beyond all measure")
            return receive_exactly(self.connection, length, deadline)
        except TimeoutError as error:
            raise TimedOut from error
        except (EOFError, OSError) as error:
            raise WorkerDied(f"exit code {self.process.poll()}") from error

    def _outcome(self, answer: bytes) -> Any:
        try:
            kind, value, self.peak_bytes = _Reader(io.BytesIO(answer)).load()
        except Exception as error:  # whatever a worker that was taken over may have written
            raise WorkerDied("its answer can't be read") from error
        if kind == "memory":
            raise OutOfMemory
        self.has_answered = True
        if kind == "refused":
            error_class, facts = value
            raise error_class(**facts)
        if kind == "failed":
            raise TaskFailed(value)
        return value


class _Reader(pickle.Unpickler):
    """Reads plain values, our value classes and our errors, and nothing that runs anything when it is read."""

    def find_class(self, module: str, name: str) -> Any:
        if module.split(".", maxsplit=1)[0] in _MODULES and module in sys.modules:
            found = getattr(sys.modules[module], name, None)
            if isinstance(found, type) and (
                found in _PLAIN_TYPES or is_dataclass(found) or issubclass(found, Enum | DingyueError)
            ):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no value of ours")


@contextmanager
def _as_file(data: bytes | Path) -> Iterator[IO[bytes]]:
    """An open file to hand over: for bytes a temporary one that has no name, so that no crash leaves it behind."""
    if isinstance(data, Path):
        with data.open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as temporary:
        temporary.write(data)
        temporary.flush()
        yield temporary


def _bare_environment() -> dict[str, str]:
    """Where Python finds its modules, and nothing that is ours: the master key may be in our environment."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return {"PYTHONPATH": paths, "PATH": os.defpath, "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
