"""The outbox loses nothing and hands every event to one relay at a time."""

from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from core.events import Event
from core.outbox import claim, mark_handled, relay, take_receipt
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory


class SomethingHappened(Event):
    type: ClassVar[str] = "something.happened"

    number: int


def emit_and_fail(uow: UnitOfWork) -> None:
    uow.emit(SomethingHappened(number=2))
    uow.emit(SomethingHappened(number=1 // 0))


def test_events_exist_only_if_the_unit_of_work_commits(engine: Engine, unit_of_work: UnitOfWorkFactory) -> None:
    with unit_of_work() as uow:
        kept = uow.emit(SomethingHappened(number=1))
    with pytest.raises(ZeroDivisionError), unit_of_work() as uow:
        emit_and_fail(uow)

    assert claim(engine) == [kept]


def test_events_are_relayed_once_and_in_order(engine: Engine, unit_of_work: UnitOfWorkFactory) -> None:
    with unit_of_work() as uow:
        emitted = [uow.emit(SomethingHappened(number=number)) for number in range(20)]
    sent: list[UUID] = []

    assert relay(engine, sent.append) == 20
    assert relay(engine, sent.append) == 0
    assert sent == emitted


def test_an_event_nobody_handled_is_offered_again(engine: Engine, unit_of_work: UnitOfWorkFactory) -> None:
    with unit_of_work() as uow:
        lost, done = uow.emit(SomethingHappened(number=1)), uow.emit(SomethingHappened(number=2))
    claim(engine)
    mark_handled(engine, [done])
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox_event SET claimed_at = now() - interval '1 hour'"))

    assert claim(engine) == [lost]


def test_a_receipt_is_taken_once_and_can_never_be_taken_back(engine: Engine, unit_of_work: UnitOfWorkFactory) -> None:
    with unit_of_work() as uow:
        event = uow.emit(SomethingHappened(number=1))
        assert take_receipt(uow.session, event, "subscriber", uow.now)
    with unit_of_work() as uow:
        assert not take_receipt(uow.session, event, "subscriber", uow.now)
    with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
        connection.execute(text("DELETE FROM event_receipt"))
