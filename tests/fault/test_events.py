"""Delivery of events under kills: a subscriber takes effect exactly once, and a broker is never needed to commit."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select, text

from app.broker import RelayKick
from core.dispatch import Dispatcher
from core.events import Event
from core.outbox import EventReceipt, claim
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from credit.models import CreditEvent, CreditSubject
from credit.service import CreditService
from ledger.models import EvidenceRecord
from notify.models import Reminder
from tests.integration.notify.factories import at, closed, console_service, scheduled
from tests.support.clock import FixedClock
from tests.support.victims import handle_event, kill


@pytest.fixture
def dispatcher(engine: Engine, unit_of_work: UnitOfWorkFactory, secrets: SecretBox) -> Dispatcher:
    """With the subscribers of credit and notify, as in the worker."""
    subscribers = [
        *CreditService(unit_of_work).subscriptions(),
        *console_service(unit_of_work, secrets).subscriptions(),
    ]
    return Dispatcher(engine, unit_of_work, subscribers)


def emit(unit_of_work: UnitOfWorkFactory, event: Event) -> UUID:
    with unit_of_work() as uow:
        return uow.emit(event)


def offered_again(engine: Engine) -> list[UUID]:
    """What a relay claims once the patience with the first worker is over."""
    assert list(claim(engine)) == []
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox_event SET claimed_at = now() - interval '16 seconds'"))
    return list(claim(engine))


def count(unit_of_work: UnitOfWorkFactory, *tables: type) -> list[int]:
    with unit_of_work() as uow:
        return [uow.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


CREDIT = (CreditEvent, CreditSubject, EvidenceRecord)


@pytest.mark.parametrize("is_committed", [False, True], ids=["before-its-commit", "after-its-commit"])
def test_a_worker_killed_in_a_subscriber_leaves_one_effect(
    engine: Engine, unit_of_work: UnitOfWorkFactory, dispatcher: Dispatcher, clock: FixedClock, is_committed: bool
) -> None:
    event_id = emit(unit_of_work, closed())
    assert list(claim(engine)) == [event_id]
    kill(handle_event, url=engine.url, now=clock.now(), event_id=event_id, is_committed=is_committed)
    assert count(unit_of_work, *CREDIT, EventReceipt) == [is_committed] * 4

    assert offered_again(engine) == [event_id]
    assert dispatcher.handle(event_id)
    assert count(unit_of_work, *CREDIT) == [1, 1, 1]
    assert offered_again(engine) == []


def test_two_workers_with_the_same_event_have_one_effect(
    unit_of_work: UnitOfWorkFactory, dispatcher: Dispatcher, clock: FixedClock
) -> None:
    clock.set(at(20, 10, month=11))
    events = [emit(unit_of_work, event) for event in (closed(), scheduled(due_on=date(2026, 12, 20)))]
    with ThreadPoolExecutor(4) as workers:
        handled = [workers.submit(dispatcher.handle, event_id) for event_id in events * 4]
    assert all(worker.result() for worker in handled)
    assert count(unit_of_work, *CREDIT) == [1, 1, 1]
    assert count(unit_of_work, Reminder) == [4], "two days for each of two contacts"


def test_the_same_fact_told_by_two_events_counts_once(
    unit_of_work: UnitOfWorkFactory, dispatcher: Dispatcher, clock: FixedClock
) -> None:
    """Receipts don't help here: the business key does."""
    clock.set(at(20, 10, month=11))
    for event in (scheduled(), scheduled(), closed(), closed()):
        assert dispatcher.handle(emit(unit_of_work, event))
    assert count(unit_of_work, *CREDIT) == [1, 1, 1]
    assert count(unit_of_work, Reminder) == [4]


@contextmanager
def broker(answer: bytes | None) -> Iterator[str]:
    """A broker that gives every command the same answer, or (None) takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    held.append(connection)
                    while answer is not None and connection.recv(65536):
                        connection.sendall(answer)
            except OSError:
                return  # The test is over.

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        finally:
            for connection in held:
                connection.close()
            server.shutdown(socket.SHUT_RDWR)
            serving.join()


@contextmanager
def nobody() -> Iterator[str]:
    with broker(None) as url:
        pass
    yield url


PLACES = {
    "away": nobody,
    "hanging": lambda: broker(None),
    "loading": lambda: broker(b"-LOADING not yet\r\n"),
    "full": lambda: broker(b"-OOM no memory\r\n"),
}


@pytest.mark.parametrize("where", PLACES)
def test_without_a_broker_the_event_waits_and_nobody_else_does(engine: Engine, clock: FixedClock, where: str) -> None:
    with PLACES[where]() as url, UnitOfWork(engine, clock, RelayKick(url)) as uow:
        event_id = uow.emit(closed())
    assert list(claim(engine)) == [event_id]
