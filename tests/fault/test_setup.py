"""Set-up and the embedded parts, killed half-way: the same command again brings them to the end."""

import multiprocessing
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, func, inspect, select, text

from app.composition import EmbeddedClockControl, build
from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedChain, EmbeddedPostgres
from app.migrate import migrate
from app.models import append_only_tables
from app.settings import DatabaseSettings, Settings
from app.up import Options, Stack
from core.clock import ShiftedClock
from core.database import Base
from core.rpc import RPCError, json_rpc
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import LogKey
from signing.pki.models import Certificate
from signing.pki.policy import STANDING
from tests.support import app as office
from tests.support.anchors import AnchoredLedger
from tests.support.victims import PATIENCE_SECONDS, bootstrap, initialise_postgres, kill, migrate_halfway


@pytest.fixture
def new_database(postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """An empty database, as its owner sees it."""
    with postgres.connect() as superuser:
        superuser.execute(f"CREATE DATABASE migrating OWNER {OWNER_ROLE}")
        yield create_engine(postgres.url(OWNER_ROLE, "migrating"), poolclass=NullPool)
        superuser.execute("DROP DATABASE migrating WITH (FORCE)")


@pytest.mark.parametrize("point", ["tables", "grants"])
def test_a_killed_migration_leaves_nothing_and_runs_again(new_database: Engine, point: str) -> None:
    url = str(new_database.url)
    kill(migrate_halfway, url=url, point=point)
    assert inspect(new_database).get_table_names() == []

    for _ in range(2):
        migrate(url)
    assert set(inspect(new_database).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    may = text("SELECT has_table_privilege(:role, :name, 'INSERT'), has_table_privilege(:role, :name, 'UPDATE')")
    with new_database.connect() as connection:
        for name in Base.metadata.tables:
            granted = connection.execute(may, {"role": SERVICE_ROLE, "name": name}).one()
            assert granted == (True, name not in append_only_tables()), name


@pytest.fixture
def settings(engine: Engine, tmp_path: Path) -> Settings:
    database = DatabaseSettings(url=str(engine.url))
    return office.settings(tmp_path).model_copy(update={"database": database})


def check_one_of_each(unit_of_work: UnitOfWorkFactory) -> None:
    with unit_of_work() as uow:
        assert Counter(uow.session.scalars(select(Certificate.kind))) == dict.fromkeys(map(str, STANDING), 1)
        assert uow.session.scalar(select(func.count()).select_from(LogKey)) == 1


@pytest.mark.parametrize("point", ["inside", "between"])
def test_a_killed_bootstrap_runs_again(settings: Settings, unit_of_work: UnitOfWorkFactory, point: str) -> None:
    kill(bootstrap, settings=settings, dies=point)
    application = build(settings)
    for _ in range(2):
        application.bootstrap()
    application.close()
    check_one_of_each(unit_of_work)


def test_bootstraps_at_once_make_one_of_each(settings: Settings, unit_of_work: UnitOfWorkFactory) -> None:
    processes = multiprocessing.get_context("fork")
    starting = [processes.Process(target=bootstrap, kwargs={"settings": settings}) for _ in range(3)]
    for process in starting:
        process.start()
    for process in starting:
        process.join(PATIENCE_SECONDS)
    assert [process.exitcode for process in starting] == [0, 0, 0]
    check_one_of_each(unit_of_work)


def test_a_killed_initdb_is_begun_anew() -> None:
    # Not below pytest's own folder, which is closed to other users: as root, PostgreSQL is one.
    with tempfile.TemporaryDirectory(prefix="dingyue-test-") as name:
        kill(initialise_postgres, folder=Path(name))
        assert not (Path(name) / "postgres" / "PG_VERSION").exists()
        server = EmbeddedPostgres(Path(name))
        server.start()
        try:
            with create_engine(server.url(SERVICE_ROLE), poolclass=NullPool).connect() as connection:
                assert connection.scalar(text("SELECT 1")) == 1
        finally:
            server.stop()


def test_a_half_written_chain_is_set_aside_and_anchored_again(anchored: AnchoredLedger) -> None:
    for _ in range(2):
        anchored.settle(anchored.grow())
    lost = anchored.all_anchors()
    anchored.chain.stop()
    state = anchored.chain._state
    half = state.read_bytes()[: state.stat().st_size // 2]
    state.write_bytes(half)

    anchored.chain.start()
    assert state.with_suffix(".broken.json").read_bytes() == half
    anchored.settle(lost[-1].size)
    anchored.settle(anchored.grow())
    assert [anchor.tx_hash for anchor in anchored.all_anchors()[:2]] == [anchor.tx_hash for anchor in lost]
    anchored.check_all_final()


@pytest.mark.parametrize("how", ["next start", "next move"])
def test_a_chain_that_missed_a_move_of_the_clock_is_brought_along(tmp_path: Path, how: str) -> None:
    """The chain is killed, so that the move reaches the clock and not the chain."""
    stack = Stack(Options(data_directory=tmp_path))
    chain, clock = stack._chain, ShiftedClock(tmp_path / "clock.json")
    control = EmbeddedClockControl(clock, chain.url)
    moved_to = datetime.now(UTC) + timedelta(days=30)
    try:
        with pytest.raises(RPCError):
            control.move_to(moved_to)
        assert clock.now() >= moved_to
        chain.start()
        assert lag(chain, clock) > timedelta(days=29)

        if how == "next start":
            stack._move_chain_clock()
        else:
            control.move_to(moved_to + timedelta(minutes=1))
        assert abs(lag(chain, clock)) < timedelta(seconds=10)
        chain.stop()
        chain.start()
        stack._move_chain_clock()
        stack._move_chain_clock()
        assert abs(lag(chain, clock)) < timedelta(seconds=10)
    finally:
        chain.stop()


def lag(chain: EmbeddedChain, clock: ShiftedClock) -> timedelta:
    """By how much a block made now is behind the clock."""
    json_rpc(chain.url, "evm_mine")
    block = json_rpc(chain.url, "eth_getBlockByNumber", "latest", False)
    return clock.now() - datetime.fromtimestamp(int(block["timestamp"], 16), UTC)
