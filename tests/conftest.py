"""Fixtures: each is named for the thing it returns. One embedded PostgreSQL per test process, one database per test
process, emptied before each test that asks for it."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine, create_engine

from app.embedded import DATABASE, OWNER_ROLE, SERVICE_ROLE, EmbeddedChain, EmbeddedPostgres
from app.migrate import migrate
from app.models import Base
from core.database import create_database_engine
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from tests.support.clock import FixedClock

settings.register_profile("dingyue", derandomize=True)  # the same examples in every run
settings.load_profile("dingyue")


@pytest.fixture(scope="session", autouse=True)
def unpowered_disk() -> Iterator[None]:
    """No test outlives the machine's power, which is all that waiting for the disk is for; `tests.support.power` tells
    what would have been waited for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    # Not below pytest's own folder, which every starting pytest closes to other users: as root, PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="dingyue-test-") as folder:
        yield from _running_postgres(Path(folder))


def _running_postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, {"fsync": "off"})
    server.start()
    migrate(server.url(OWNER_ROLE))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def owner_engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """Connected as the role that owns the tables; tests use it only to clean up and to tamper."""
    engine = create_engine(postgres.url(OWNER_ROLE))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def service_engine(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    engine = create_database_engine(postgres.url(SERVICE_ROLE))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def empty_database(postgres: EmbeddedPostgres) -> Iterator[Callable[[], None]]:
    """Empties what is full. TRUNCATE of all tables takes a hundred times as long: each gets new files."""
    tables = [f'"{table.name}"' for table in Base.metadata.sorted_tables]
    lock = f"LOCK {', '.join(tables)}"  # waits for whatever a test before has killed, which may be committing still
    find = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables)  # noqa: S608
    restart = """
        SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL
    """
    with postgres.connect(DATABASE) as connection:
        # Append-only tables can be emptied, too, and in any order.
        connection.execute("SET session_replication_role = replica")

        def empty() -> None:
            with connection.transaction():
                connection.execute(lock)
                for (table,) in connection.execute(find).fetchall():
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own
                connection.execute(restart)

        yield empty


@pytest.fixture
def engine(empty_database: Callable[[], None], service_engine: Engine) -> Engine:
    """A real, migrated, empty PostgreSQL as the service role sees it."""
    empty_database()
    return service_engine


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def unit_of_work(engine: Engine, clock: FixedClock) -> UnitOfWorkFactory:
    return lambda: UnitOfWork(engine, clock)


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.at(f"file://{tmp_path / 'objects'}")


@pytest.fixture
def secrets() -> SecretBox:
    return SecretBox(b"a master key that only tests use")


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedChain]:
    """A real development chain, shared by the tests of one process; never expect it to be empty."""
    node = EmbeddedChain(tmp_path_factory.mktemp("chain"))
    node.start()
    yield node
    node.stop()


@pytest.fixture
def fresh_chain(tmp_path: Path) -> Iterator[Callable[[], EmbeddedChain]]:
    """Starts chains of a test's own, to be stopped, rolled back or lost."""
    started: list[EmbeddedChain] = []

    def start() -> EmbeddedChain:
        node = EmbeddedChain(tmp_path / f"chain-{len(started)}")
        node.start()
        started.append(node)
        return node

    yield start
    for node in started:
        node.stop()
