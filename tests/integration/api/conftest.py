"""The application with one of everything in it. Tests of bad input change nothing, so a module shares one."""

import pytest
from sqlalchemy import Engine, text

from core.database import Base
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from tests.support.app import Office
from tests.support.clock import FixedClock


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, owner_engine: Engine, service_engine: Engine) -> Office:
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with owner_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    folder, clock = tmp_path_factory.mktemp("office"), FixedClock()
    office = Office.open(
        folder,
        service_engine,
        lambda: UnitOfWork(service_engine, clock),
        clock,
        Objects.at(f"file://{folder / 'objects'}"),
        SecretBox(b"a master key that only tests use"),
    )
    office.fill()
    return office
