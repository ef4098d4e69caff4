"""The last signature asks for the seal; the worker's dispatcher sees to it, however often it has to try."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import Engine

from core.dispatch import Dispatcher
from core.objects import Objects
from core.outbox import claim
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import TimestampUnavailable
from tests.support.signing import Table


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


def signed(table: Table) -> UUID:
    envelope_id = table.sent(table.recipient("buyer"))
    table.sign(table.authenticated(envelope_id, "buyer"))
    return envelope_id


def deliver(table: Table, engine: Engine, event_ids: Sequence[UUID]) -> bool:
    """True if every subscriber was content."""
    dispatcher = Dispatcher(engine, table.unit_of_work, table.service.subscriptions())
    answers = [dispatcher.handle(event_id) for event_id in event_ids]
    return all(answers)


def test_the_event_seals(table: Table, engine: Engine) -> None:
    envelope_id = signed(table)
    assert deliver(table, engine, claim(engine))
    assert table.state(envelope_id) == "completed"


def test_a_failed_seal_is_delivered_again(table: Table, engine: Engine) -> None:
    envelope_id = signed(table)
    event_ids = claim(engine)
    table.paper.fail_next = TimestampUnavailable()
    assert not deliver(table, engine, event_ids)
    assert table.state(envelope_id) == "sealing"
    assert deliver(table, engine, event_ids)
    assert table.state(envelope_id) == "completed"
    assert deliver(table, engine, event_ids)
    assert table.paper.calls.count("sealed") == 2
    assert len(table.events("envelope.completed")) == 1
