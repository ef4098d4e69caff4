"""What the ledger's tests share."""

import pytest

from accounts.policy import Actor
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.service import LedgerService
from tests.support.ledger import register_organisation


@pytest.fixture
def ledger(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> LedgerService:
    """A log that has its key and no entries."""
    service = LedgerService(unit_of_work, objects, secrets, "dingyue.test/log")
    service.ensure_log_key()
    return service


@pytest.fixture
def actor(unit_of_work: UnitOfWorkFactory) -> Actor:
    return register_organisation(unit_of_work)
