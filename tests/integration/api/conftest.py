"""The application with one of everything in it. Tests of bad input change nothing, so a module shares one."""

from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from tests.support.app import Office


@pytest.fixture(scope="module")
def office(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Callable[[], None], service_engine: Engine
) -> Office:
    empty_database()
    office = Office.open(tmp_path_factory.mktemp("office"), service_engine)
    office.fill()
    return office
