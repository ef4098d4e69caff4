"""kill −9 at every crash point of sending: each reminder is at the provider exactly once, in the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.models import ConsoleMessage, Message
from notify.service import NotifyService
from tests.integration.notify.factories import at, console_service, handle, scheduled
from tests.support.clock import FixedClock

REPOSITORY = Path(__file__).resolve().parents[2]
Worker = Callable[[str], int]


@pytest.fixture
def service(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> NotifyService:
    """With two reminders due; a dead worker's lease runs out at once."""
    clock.set(at(20, 10, month=11))
    notify = console_service(unit_of_work, secrets, lease=timedelta(0))
    handle(unit_of_work, notify, scheduled())
    clock.set(at(3, 9))
    return notify


@pytest.fixture
def worker(postgres: EmbeddedPostgres, clock: FixedClock) -> Worker:
    """Runs a worker that dies at the given point; returns its exit code."""

    def run(point: str) -> int:
        script = REPOSITORY / "tests" / "fault" / "sending_worker.py"
        command = [sys.executable, str(script), postgres.url(SERVICE_ROLE), clock.now().isoformat(), point]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        return subprocess.run(command, check=False, env=environment, timeout=60).returncode

    return run


@pytest.mark.parametrize("point", ["after-queueing", "before-call", "after-call"])
def test_each_message_is_sent_exactly_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, worker: Worker, point: str
) -> None:
    assert worker(point) == -signal.SIGKILL

    service.send_due()

    with unit_of_work() as uow:
        printed = uow.session.scalar(select(func.count()).select_from(ConsoleMessage))
        states = list(uow.session.scalars(select(Message.state)))
    assert printed == 2
    assert states == ["sent", "sent"]


def test_a_worker_that_was_killed_again_and_again_still_sends_everything_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, worker: Worker
) -> None:
    for point in ("before-call", "after-queueing", "after-call", "before-call"):
        worker(point)
        service._sender.reconcile()

    service.send_due()

    with unit_of_work() as uow:
        texts = list(uow.session.scalars(select(ConsoleMessage.text)))
        states = set(uow.session.scalars(select(Message.state)))
    assert len(texts) == 2
    assert states == {"sent"}
