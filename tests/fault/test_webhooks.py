"""Deliveries whose worker dies, whose commit is lost, or that several workers want: each arrives, none is forgotten."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core import ids
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.webhooks.adapters.http import HTTPCourier
from tests.integration.notify.receiver import Mishap, Receiver, receiver
from tests.integration.notify.webhook_factories import EMBEDDED, Desk, open_desk, progressed, webhook_service
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault

REPOSITORY = Path(__file__).resolve().parents[2]
Worker = Callable[[str], int]
PATIENCE_SECONDS = 20


@pytest.fixture
def customer() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock, customer: Receiver) -> Desk:
    """With one delivery due; a dead worker's lease runs out at once."""
    service = webhook_service(unit_of_work, secrets, lease=timedelta(0))
    opened = open_desk(unit_of_work, clock, service, customer.url)
    opened.publish(progressed(opened.actor))
    return opened


@pytest.fixture
def worker(postgres: EmbeddedPostgres, clock: FixedClock) -> Worker:
    """Runs a worker that dies at the given point; returns its exit code."""

    def run(point: str) -> int:
        script = REPOSITORY / "tests" / "fault" / "webhook_worker.py"
        command = [sys.executable, str(script), postgres.url(SERVICE_ROLE), clock.now().isoformat(), point]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        return subprocess.run(command, check=False, env=environment, timeout=60).returncode

    return run


@pytest.mark.parametrize(("point", "arrivals"), [("before-call", 1), ("after-call", 2), ("before-commit", 2)])
def test_a_killed_workers_delivery_is_made_again_with_the_same_event(
    desk: Desk, customer: Receiver, worker: Worker, point: str, arrivals: int
) -> None:
    assert worker(point) == -signal.SIGKILL
    assert desk.states() == ["sending"]

    desk.service.deliver_due()

    assert desk.states() == ["delivered"]
    assert desk.outcomes() == ["worker_lost", "delivered"]
    (event_id,) = {ids.public(ids.EVENT, delivery.event_id) for delivery in desk.deliveries()}
    assert customer.event_ids() == [event_id] * arrivals
    assert desk.endpoint().failures == 0, "our own accident isn't the endpoint's"


def test_a_delivery_that_kills_every_worker_is_given_up_in_the_end(
    desk: Desk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox
) -> None:
    class Deadly:
        def post(self, parcel: object) -> None:
            raise Crash

    dying = webhook_service(unit_of_work, secrets, courier=Deadly(), lease=timedelta(0))
    for _ in range(30):
        with suppress(Crash):
            dying.deliver_due()
    assert desk.states() == ["failed"]
    assert set(desk.outcomes()) == {"worker_lost"}


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("at", range(4))
def test_a_crash_around_any_commit_is_recovered(
    *, desk: Desk, engine: Engine, secrets: SecretBox, customer: Receiver, at: int, fault: Fault
) -> None:
    """Commits of a run: lost attempts looked for, endpoints counted, delivery claimed, result recorded."""
    plan = CrashPlan(at, fault)
    crashing = webhook_service(lambda: CrashingUnitOfWork(engine, desk.clock, plan), secrets, lease=timedelta(0))
    with pytest.raises(Crash):
        crashing.deliver_due()

    desk.service.deliver_due()

    assert desk.states() == ["delivered"]
    assert desk.outcomes()[-1] == "delivered"
    assert len(set(customer.event_ids())) == 1
    assert len(customer.received) == (2 if (at, fault) == (3, "lost") else 1)


def test_a_result_that_comes_after_the_attempt_was_given_up_changes_nothing(
    desk: Desk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, customer: Receiver
) -> None:
    """A sender that was only slow, and its successor, which took it for dead."""
    customer.replies = [Mishap.SILENT]
    slow = webhook_service(unit_of_work, secrets)
    thread = threading.Thread(target=slow.deliver_due)
    thread.start()
    while not customer.received and thread.is_alive():
        thread.join(0.01)
    desk.service.deliver_due()
    thread.join()
    assert desk.states() == ["delivered"]
    assert desk.outcomes() == ["worker_lost", "delivered"]
    assert desk.endpoint().failures == 0


def test_workers_at_once_deliver_everything_once(
    desk: Desk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, customer: Receiver
) -> None:
    service = webhook_service(unit_of_work, secrets)
    others = [open_desk(unit_of_work, desk.clock, service, f"{customer.url}/{number}") for number in range(3)]
    for _ in range(5):
        for each in (desk, *others):
            each.publish(progressed(each.actor))
    while "pending" in desk.states():
        threads = [threading.Thread(target=service.deliver_due) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(desk.states()) == {"delivered"}
    assert len(customer.received) == 21
    assert set(Counter(customer.event_ids()).values()) == {1}


def test_slow_endpoints_are_waited_for_together_and_hold_up_nobody(
    desk: Desk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, customer: Receiver
) -> None:
    """Every endpoint says nothing until each has been called: one after the other they would never be done."""
    service = webhook_service(
        unit_of_work, secrets, courier=HTTPCourier(EMBEDDED, timeout_seconds=PATIENCE_SECONDS), threads=4
    )
    others = [open_desk(unit_of_work, desk.clock, service, f"{customer.url}/{number}") for number in range(3)]
    for each in others:
        each.publish(progressed(each.actor))
    customer.replies = [Mishap.SILENT] * 4
    run = threading.Thread(target=service.deliver_due)
    run.start()
    while len(customer.received) < 4 and run.is_alive():
        run.join(0.01)

    desk.publish(progressed(desk.actor))
    assert service.deliver_due() == 0, "a second run has nobody to wait for"

    customer.released.set()
    run.join()
    assert desk.outcomes() == ["broken_answer"] * 4
