"""The application with one of everything in it. Tests of bad input change nothing, so a module shares one."""

import pytest
from sqlalchemy import Engine, text

from core.database import Base
from tests.support.app import Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory, owner_engine: Engine, service_engine: Engine) -> Office:
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with owner_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    office = Office.open(tmp_path_factory.mktemp("office"), service_engine)
    office.fill()
    return office
