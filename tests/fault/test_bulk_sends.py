"""Whoever dies while sending rows, and wherever: every row goes out once, and nobody gets two links for it.

taken      the row is claimed, nothing is made
making     its envelope is written and not committed
made       its envelope is there, not sent
prepared   the PDF is prepared and stored, the sending not committed
sent       the envelope is sent, the row doesn't know
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.bulk.policy import MOST_ATTEMPTS, RowState
from tests.support.bulk_desk import Desk, line, send_rows_and_die
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.signing import Table
from tests.support.victims import kill


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock) -> Desk:
    return Desk.at(Table.lay(unit_of_work, objects, secrets), clock)


def assert_each_went_out_once(desk: Desk, bulk_send_id: UUID, count: int) -> None:
    assert desk.states(bulk_send_id) == ["sent"] * count
    assert set(desk.envelopes().values()) == {"in_progress"}
    assert len(desk.envelopes()) == count
    released = [event["envelope_id"] for event in desk.table.events("recipient.released")]
    assert len(released) == len(set(released)) == count
    for view in desk.rows(bulk_send_id):
        assert view.row.envelope_id is not None
        assert desk.table.steps(view.row.envelope_id).count("envelope.sent") == 1


@pytest.mark.parametrize("point", ["taken", "making", "made", "prepared", "sent"])
def test_a_worker_killed_with_a_row_in_its_hands(desk: Desk, engine: Engine, tmp_path: Path, point: str) -> None:
    bulk_send_id = desk.confirmed(line(1), line(2), line(3))
    uses_objects = point in {"prepared", "sent"}
    victim = {"url": engine.url, "folder": tmp_path, "now": desk.clock.now(), "point": point}
    kill(send_rows_and_die, is_forked=not uses_objects, **victim)
    assert desk.states(bulk_send_id) == ["sending", "queued", "queued"]
    assert desk.bulk.send_due_rows() == 2
    assert desk.states(bulk_send_id) == ["sending", "sent", "sent"]
    desk.clock.advance(desk.bulk.row_lifetime)
    assert desk.bulk.send_due_rows() == 1
    assert_each_went_out_once(desk, bulk_send_id, 3)


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("at", range(6))
def test_a_crash_around_any_commit(desk: Desk, engine: Engine, at: int, fault: Fault) -> None:
    """Two rows: claim, envelope, claim and finish of the sending, note; then the next row's claim."""
    bulk_send_id = desk.confirmed(line(1), line(2))
    plan = CrashPlan(at, fault)
    crashing = replace(desk.table.service, unit_of_work=lambda: CrashingUnitOfWork(engine, desk.clock, plan))
    with pytest.raises(Crash):
        replace(desk.bulk, signing=crashing).send_due_rows()
    desk.clock.advance(desk.bulk.row_lifetime)
    desk.bulk.send_due_rows()
    assert_each_went_out_once(desk, bulk_send_id, 2)


def test_two_workers_share_the_rows_out(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(*(line(number) for number in range(1, 13)))
    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(lambda _: desk.bulk.send_due_rows(), range(2)))
    assert sum(done) == 12
    assert_each_went_out_once(desk, bulk_send_id, 12)


def test_a_worker_slower_than_its_lease_is_overtaken(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1))

    def overtake() -> None:
        desk.clock.advance(desk.bulk.row_lifetime)
        assert desk.bulk.send_due_rows() == 1

    desk.table.paper.during = overtake
    desk.bulk.send_due_rows()
    assert_each_went_out_once(desk, bulk_send_id, 1)


def test_a_row_that_kills_every_worker_is_given_up(desk: Desk) -> None:
    bulk_send_id = desk.confirmed(line(1), line(2))
    for _ in range(MOST_ATTEMPTS):
        desk.table.paper.fail_next = Crash()  # type: ignore[assignment]  # nothing may catch it
        with pytest.raises(Crash):
            replace(desk.bulk, batch=1).send_due_rows()
        desk.clock.advance(desk.bulk.row_lifetime)
    assert desk.bulk.send_due_rows() == 2
    assert desk.states(bulk_send_id) == ["failed", "sent"]
    (failed,) = desk.rows(bulk_send_id, RowState.FAILED)
    assert [problem.error.code for problem in failed.problems] == ["bulk_row_given_up"]
    desk.bulk.retry(desk.table.sender, bulk_send_id)
    desk.bulk.send_due_rows()
    assert_each_went_out_once(desk, bulk_send_id, 2)
