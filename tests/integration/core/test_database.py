"""Connections that died while nobody used them."""

import pytest
from sqlalchemy import Engine, create_engine, text

from core import database
from core.unit_of_work import UnitOfWork
from tests.support.clock import FixedClock


def test_a_dead_connection_is_replaced_before_anybody_uses_it(
    engine: Engine, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A pool of its own: other tests' must not be left with the dead connection.
    own = database.create_database_engine(engine.url.render_as_string(hide_password=False))

    def backend() -> int:
        with UnitOfWork(own, clock) as uow:
            return int(uow.session.scalar(text("SELECT pg_backend_pid()")) or 0)

    first = backend()
    other = create_engine(engine.url)
    with other.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    other.dispose()
    monkeypatch.setattr(database, "_TRUSTED_SECONDS", 0.0)  # as if it had lain idle

    assert backend() != first
    own.dispose()
