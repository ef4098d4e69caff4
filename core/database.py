"""The one declarative base, column types, and engines.

Tables are declared in each package's `models.py`; `app/migrations` changes the database. A table whose class is
marked `__append_only__ = True` gets only SELECT and INSERT for the service role: PostgreSQL itself refuses the rest.
"""

import time
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from sqlalchemy import BigInteger, DateTime, Engine, LargeBinary, MetaData, Uuid, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import ConnectionPoolEntry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Python types map to one column type each: `datetime` is always timestamptz, `int` always 64 bits."""

    __append_only__: ClassVar[bool] = False

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        int: BigInteger,
        bytes: LargeBinary,
        UUID: Uuid,
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        list[dict[str, Any]]: JSONB,
    }


def append_only_tables() -> list[str]:
    """Names of the tables nobody but a migration may change in place."""
    mappers = Base.registry.mappers
    return sorted(mapper.local_table.name for mapper in mappers if mapper.class_.__append_only__)  # type: ignore[attr-defined]


def create_database_engine(url: str, *, pool_size: int = 10) -> Engine:
    """A psycopg 3 engine. READ COMMITTED; use cases that compete take row or advisory locks.

    Parameters are kept out of error messages, which end up in logs: they hold names, phones and sealed secrets.
    """
    engine = create_engine(url, pool_size=pool_size, max_overflow=10, hide_parameters=True)
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", _test_if_idle)
    return engine


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_LAST_USED] = time.monotonic()


def _test_if_idle(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
    """A connection that has lain idle may be dead (the database was restarted); then the pool opens another.

    One that has just been used isn't asked: asking costs as much as a query, and there are dozens of transactions in
    one contract's signing.
    """
    if time.monotonic() - record.info.get(_LAST_USED, 0.0) < _TRUSTED_SECONDS:
        return
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT 1")
        connection.rollback()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error
    finally:
        cursor.close()


_LAST_USED = "last used"
_TRUSTED_SECONDS = 1.0
