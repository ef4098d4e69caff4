"""What the tests of webhooks share."""

from collections.abc import Iterator

import pytest

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from tests.integration.notify.receiver import Receiver, receiver
from tests.integration.notify.webhook_factories import Desk, open_desk, webhook_service
from tests.support.clock import FixedClock


@pytest.fixture
def customer() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock, customer: Receiver) -> Desk:
    """With one endpoint, which hears everything, at the customer's."""
    return open_desk(unit_of_work, clock, webhook_service(unit_of_work, secrets), f"{customer.url}/hook")
