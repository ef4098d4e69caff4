"""A signing table at which nothing is a stand-in."""

import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pki.service import PKIService
from tests.support.clock import FixedClock
from tests.support.real_signing import real_pki, real_service
from tests.support.signing import Table


@pytest.fixture
def pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    return real_pki(unit_of_work, secrets, clock)


@pytest.fixture
def real_table(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock, pki: PKIService
) -> Table:
    """Documents are screened, searched, prepared, signed and sealed for real."""
    table = Table.lay(unit_of_work, objects, secrets)
    table.service = real_service(unit_of_work, objects, secrets, clock, pki=pki)
    return table
