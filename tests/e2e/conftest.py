"""The site of pages, over a real database, a real chain and real objects."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.composition import Foundation
from app.embedded import EmbeddedChain
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from tests.support.clock import FixedClock
from tests.support.site import Parts, Site, Stores, open_site


@pytest.fixture
def parts(
    engine: Engine, unit_of_work: UnitOfWorkFactory, clock: FixedClock, stores: Stores, chain: EmbeddedChain
) -> Parts:
    return Parts(engine, Foundation(unit_of_work, clock, *stores), chain)


@pytest.fixture
def stores(objects: Objects, secrets: SecretBox) -> Stores:
    return objects, secrets


@pytest.fixture
def site(parts: Parts, clock: FixedClock, tmp_path: Path) -> Iterator[Site]:
    with open_site(parts, clock, tmp_path) as opened:
        yield opened
