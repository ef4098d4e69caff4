"""`dingyue up`: the whole service on one machine, everything embedded, stopped cleanly by Ctrl-C.

Order of start: PostgreSQL, Redis, chain → migrations → keys and contract → witnesses, if there are to be any → web,
worker, beat, anchor. Stop is the reverse. A process that dies by itself is started again; one that keeps dying stops
the whole.
"""

import fcntl
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.composition import EmbeddedClockControl, build
from app.embedded import (
    CHAIN_ID,
    OWNER_ROLE,
    SERVICE_ROLE,
    EmbeddedChain,
    EmbeddedPostgres,
    EmbeddedRedis,
    EmbeddedWitness,
    free_port,
)
from app.files import write_once
from app.migrate import migrate
from app.processes import Child, ProcessFailed
from app.settings import load_settings
from core.clock import ShiftedClock

PROCESSES = ("serve", "worker", "beat", "anchor")
"""The commands of the service itself, in the order of their start; `docker-compose.yml` runs the same."""

_MOST_RESTARTS = 5
_READY_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Options:
    """Where an embedded stack lives and listens. `witnesses`: how many development witnesses cosign its log."""

    data_directory: Path
    port: int = 8000
    host: str = "127.0.0.1"
    is_clock_movable: bool = True
    witnesses: int = 0


class Stack:
    """The embedded parts and the four processes of the service."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._data = options.data_directory.resolve()
        self._postgres = EmbeddedPostgres(self._data)
        self._redis = EmbeddedRedis(self._data)
        self._chain = EmbeddedChain(self._data, _kept_port(self._data / "run" / "chain.port"))
        self._witnesses = [self._witness(number) for number in range(1, options.witnesses + 1)]
        self._children: list[Child] = []
        self._restarts = 0

    @property
    def base_url(self) -> str:
        return f"http://{self._options.host}:{self._options.port}"

    def environment(self) -> dict[str, str]:
        """The settings every process of the stack gets."""
        environment = {
            "DINGYUE_MODE": "embedded",
            "DINGYUE_BASE_URL": self.base_url,
            "DINGYUE_HOST": self._options.host,
            "DINGYUE_PORT": str(self._options.port),
            "DINGYUE_RUN_DIRECTORY": str(self._data / "run"),
            "DINGYUE_DATABASE__URL": self._postgres.url(SERVICE_ROLE),
            "DINGYUE_DATABASE__OWNER_URL": self._postgres.url(OWNER_ROLE),
            "DINGYUE_BROKER__URL": self._redis.url,
            "DINGYUE_OBJECTS__URL": f"file://{self._data / 'objects'}",
            "DINGYUE_SECRETS__MASTER_KEY_FILE": str(_master_key_file(self._data)),
            "DINGYUE_LOG__ORIGIN": f"dingyue.local/{_log_name(self._data)}",
            "DINGYUE_LOG__ANCHOR_EVERY_SECONDS": "2",
            "DINGYUE_CHAIN__RPC_URL": self._chain.url,
            "DINGYUE_CHAIN__CHAIN_ID": str(CHAIN_ID),
            "DINGYUE_CHAIN__NAME": "anvil development chain",
            "DINGYUE_CHAIN__IS_DEVELOPMENT": "true",
            "DINGYUE_MESSAGES__CHANNEL": "console",
            "DINGYUE_SCHEDULE__RELAY_SECONDS": "1",
            "DINGYUE_SCHEDULE__SEND_SECONDS": "1",
            "DINGYUE_SCHEDULE__SWEEP_SECONDS": "2",
            "DINGYUE_SCHEDULE__ANCHOR_LOOP_SECONDS": "0.5",
        }
        if self._options.is_clock_movable:
            environment["DINGYUE_CLOCK__OFFSET_FILE"] = str(self._data / "clock.json")
        for number, witness in enumerate(self._witnesses):
            environment[f"DINGYUE_LOG__WITNESSES__{number}__URL"] = witness.url
            environment[f"DINGYUE_LOG__WITNESSES__{number}__VKEY"] = str(witness.ensure_key())
        if self._witnesses:
            environment["DINGYUE_LOG__WITNESS_QUORUM"] = str(len(self._witnesses))
        return environment

    def start(self, prepare: Callable[[], None], say: Callable[[str], None]) -> None:
        """Starts everything; `prepare` runs once the embedded parts are up and before the processes start.

        Raises `ProcessFailed` with the end of a log if a part doesn't come up.
        """
        for folder in ("run", "log", "objects"):
            # PostgreSQL, another user when we are root, must pass through the folder above, but not into these.
            (self._data / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        say("PostgreSQL, Redis, chain …")
        self._postgres.start()
        self._redis.start()
        self._chain.start()
        self._move_chain_clock()
        os.environ.update(self.environment())
        migrate(self._postgres.url(OWNER_ROLE))
        prepare()
        self._start_witnesses()
        say("web, worker, beat, anchor …")
        for name in PROCESSES:
            child = self._process(name)
            child.start()
            self._children.append(child)
        self._wait_until_ready()

    def stop(self) -> None:
        for child in reversed(self._children):
            child.stop()
        for witness in self._witnesses:
            witness.stop()
        self._chain.stop()
        self._redis.stop()
        self._postgres.stop()

    def watch(self) -> None:
        """Starts a process again that died. Raises `ProcessFailed` when that happens too often."""
        for child in (*(witness.child for witness in self._witnesses), *self._children):
            if child.is_running():
                continue
            self._restarts += 1
            if self._restarts > _MOST_RESTARTS:
                child.require_running()
            child.start()

    def _witness(self, number: int) -> EmbeddedWitness:
        return EmbeddedWitness(self._data, number, _kept_port(self._data / "run" / f"witness-{number}.port"))

    def _start_witnesses(self) -> None:
        """Told anew at each start which keys the log has: it may have rotated them."""
        if not self._witnesses:
            return
        application = build(load_settings())
        try:
            origin, vkeys = application.services.ledger.origin, application.services.ledger.vkeys()
        finally:
            application.close()
        for witness in self._witnesses:
            witness.start(origin, vkeys)

    def _process(self, name: str) -> Child:
        return Child(
            name=name,
            command=[sys.executable, "-m", "app.cli", name],
            run_directory=self._data / "run",
            log=self._data / "log" / f"{name}.log",
            environment=self.environment(),
        )

    def _move_chain_clock(self) -> None:
        """A restarted anvil goes by the machine's time again; bring it to the time of the demonstration."""
        if self._options.is_clock_movable:
            EmbeddedClockControl(ShiftedClock(self._data / "clock.json"), self._chain.url).align_chain()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        client = httpx.Client(base_url=self.base_url, trust_env=False, timeout=5)
        while time.monotonic() < deadline:
            for child in self._children:
                child.require_running()
            with suppress(httpx.HTTPError):
                if client.get("/health/ready").status_code == 200:
                    return
            time.sleep(0.1)
        raise ProcessFailed(f"the service did not answer within {_READY_SECONDS} seconds; see {self._data / 'log'}")


@contextmanager
def only_one(data_directory: Path) -> Iterator[None]:
    """Two stacks must not share a data directory. Raises `ProcessFailed` if another one runs there."""
    data_directory.mkdir(parents=True, exist_ok=True)
    with (data_directory / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProcessFailed(f"a service already runs on {data_directory}; stop it first") from error
        yield


def run_until_stopped(stack: Stack) -> None:
    """Watches the processes until SIGINT or SIGTERM."""
    stop = threading.Event()
    for caught in (signal.SIGINT, signal.SIGTERM):
        signal.signal(caught, lambda *_: stop.set())
    while not stop.wait(1):
        stack.watch()


def _kept_port(file: Path) -> int:
    """The chain keeps its port over restarts, so that a stored settings file stays true."""
    with suppress(FileNotFoundError, ValueError):
        return int(file.read_text())
    port = free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(str(port))
    return port


def _master_key_file(data_directory: Path) -> Path:
    """Made at the first start; whoever loses it loses every private key of this stack."""
    file = data_directory / "master.key"
    if not file.exists():
        write_once(file, secrets.token_hex(32))
    return file


def _log_name(data_directory: Path) -> str:
    """Each embedded log has an origin of its own: two logs must never share a name."""
    file = data_directory / "log-name"
    if not file.exists():
        write_once(file, secrets.token_hex(6))
    return file.read_text()
