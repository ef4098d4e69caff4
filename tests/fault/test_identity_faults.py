"""kill −9 around a real-name check: nobody is asked unseen, nobody is billed twice, and the same function goes on.

asked      the question is on record and the provider wasn't called
called     the provider answered, and nothing of it is on record
answered   the answer is on record, and whoever asked didn't hear of it
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.ports import IdentityOutcome
from tests.support.clock import FixedClock
from tests.support.identity import Register
from tests.support.signing import ORIGIN, Table
from tests.support.victims import identify, kill


@pytest.fixture
def register() -> Iterator[Register]:
    found = Register()
    yield found
    found.close()


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, register: Register) -> Table:
    laid = Table.lay(unit_of_work, objects, secrets)
    laid.service = replace(laid.service, identity=register.provider(), is_identity_required=True)
    register.know("签署人 buyer", "13900000001")
    return laid


@pytest.mark.parametrize(("point", "asked", "answers"), [("asked", 0, 0), ("called", 1, 0), ("answered", 1, 1)])
def test_killed_around_a_real_name_check(
    table: Table, register: Register, engine: Engine, clock: FixedClock, *, point: str, asked: int, answers: int
) -> None:
    envelope_id = table.sent()
    session = table.authenticated(envelope_id, "buyer")
    kill(identify, url=engine.url, service=table.service, now=clock.now(), session=session, point=point)
    assert len(register.asked) == asked
    assert table.steps(envelope_id).count("recipient.identity_requested") == 1
    assert table.steps(envelope_id).count("recipient.identified") == answers

    assert table.service.identify_recipient(session, None, ORIGIN) is IdentityOutcome.MATCHED
    assert len(register.billed) == 1
    assert table.steps(envelope_id).count("recipient.identified") == 1
    table.sign(session)
    assert table.recipient_states(envelope_id)["buyer"] == "completed"
