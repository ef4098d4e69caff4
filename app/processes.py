"""Child processes that never outlive us, and what every process does once it has started.

Each child writes a pid file and asks the kernel to be told when its parent dies (`PR_SET_PDEATHSIG`), so that even a
kill −9 of the supervisor leaves nothing running. A pid file left behind is only believed when the process it names
is really ours: same start time, same command.
"""

import ctypes
import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def settle() -> None:
    """Called once a process has loaded what it needs: that stays to the end, and Python's collector, which would look
    at all of it again and again, is told so."""
    gc.collect()
    gc.freeze()


class ProcessFailed(RuntimeError):
    """A child ended while it should have been running, or never became ready."""


def die_with_parent(with_signal: int) -> Callable[[], None]:
    """For `preexec_fn`: the child gets `with_signal` when its parent dies, however it dies (Linux)."""

    def prepare() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, with_signal)

    return prepare


@dataclass(slots=True)
class Child:
    """One child process: `command` run with its output going to `log`."""

    name: str
    command: Sequence[str]
    run_directory: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    stop_signal: int = signal.SIGTERM
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def pid_file(self) -> Path:
        return self.run_directory / f"{self.name}.pid"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Stops a stale predecessor of the same data directory first."""
        stop_stale(self.pid_file, self.stop_signal)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = self._spawn(log)
        identity = {"pid": self._process.pid, "started": psutil.Process(self._process.pid).create_time()}
        self.pid_file.write_text(json.dumps(identity))

    def _spawn(self, log: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **self.environment},
            user=self.user,
            process_group=0,  # Ctrl-C reaches the supervisor alone, which stops us in order
            # The supervisor has no threads when it starts children.
            preexec_fn=die_with_parent(self.stop_signal),  # noqa: PLW1509
        )

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def require_running(self) -> None:
        """Raises `ProcessFailed` with the end of the log if the child has ended."""
        if not self.is_running():
            tail = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise ProcessFailed(f"{self.name} has stopped; the end of {self.log}:\n{tail}")

    def stop(self, timeout_seconds: float = 15) -> None:
        """Asks the child to stop, then kills it; returns when it is gone."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(timeout_seconds)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.pid_file.unlink(missing_ok=True)
        self._process = None


def stop_stale(pid_file: Path, stop_signal: int = signal.SIGTERM) -> bool:
    """Stops the process a pid file names if it still is that process; returns whether there was one."""
    process = _named_process(pid_file)
    if process is not None:
        try:
            process.send_signal(stop_signal)
            process.wait(10)
        except psutil.NoSuchProcess:
            process = None  # it ended by itself just now
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(10)
    pid_file.unlink(missing_ok=True)
    return process is not None


def _named_process(pid_file: Path) -> psutil.Process | None:
    """The process of the pid file, unless it is gone or its number was given to another one since."""
    try:
        identity = json.loads(pid_file.read_text())
        process = psutil.Process(identity["pid"])
        is_ours = abs(process.create_time() - identity["started"]) < 0.05
    except (FileNotFoundError, ValueError, KeyError, TypeError, psutil.NoSuchProcess):
        return None
    return process if is_ours else None
