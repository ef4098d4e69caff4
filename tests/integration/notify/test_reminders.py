"""From events to messages: planned, re-planned, cancelled, sent once."""

from datetime import date
from itertools import permutations

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.exc import ProgrammingError

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.models import ConsoleMessage, DeliveryReceipt, Message, Reminder
from notify.service import NotifyService, Sweep
from tests.integration.notify.factories import (
    DUE_ON,
    at,
    claimed,
    closed,
    code_requested,
    console_service,
    handle,
    overdue,
    recipient_released,
    scheduled,
    suspended,
)
from tests.support.clock import FixedClock


@pytest.fixture
def service(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> NotifyService:
    clock.set(at(20, 10, month=11))
    return console_service(unit_of_work, secrets)


def printed(unit_of_work: UnitOfWorkFactory) -> list[tuple[str, str]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(select(ConsoleMessage.phone, ConsoleMessage.text).order_by(ConsoleMessage.phone))
        return [(phone, text) for phone, text in rows]


def reminder_states(unit_of_work: UnitOfWorkFactory) -> list[tuple[int, int, str]]:
    with unit_of_work() as uow:
        rows = uow.session.execute(
            select(Reminder.due_version, Reminder.offset_days, Reminder.state).order_by(
                Reminder.due_version, Reminder.offset_days, Reminder.contact_id
            )
        )
        return [(version, offset, state) for version, offset, state in rows]


def test_both_contacts_are_reminded_a_week_before_and_on_the_day(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    handle(unit_of_work, service, scheduled())

    assert service.send_due() == Sweep(0, 0, 0)
    clock.set(at(3, 8, 59))
    assert service.send_due() == Sweep(0, 0, 0)
    clock.set(at(3, 9))
    assert service.send_due() == Sweep(0, 2, 2)
    assert service.send_due() == Sweep(0, 0, 0)
    clock.set(at(10, 9, 1))
    assert service.send_due() == Sweep(0, 2, 2)

    texts = printed(unit_of_work)
    assert [phone for phone, _ in texts] == ["13800000001"] * 2 + ["13800000002"] * 2
    assert "履行节点提醒：王伟您好" in texts[0][1]
    assert "Milestone reminder: dear Li Na" in texts[3][1]
    assert all("2026-12-10" in text for _, text in texts)


def test_nothing_is_sent_at_night(unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock) -> None:
    handle(unit_of_work, service, scheduled())
    clock.set(at(3, 21))
    assert service.send_due().sent == 0

    clock.set(at(4, 8))
    assert service.send_due().sent == 2
    with unit_of_work() as uow:
        reasons = set(uow.session.scalars(select(Reminder.late_reason).where(Reminder.state == "queued")))
    assert reasons == {"sent_late"}


def test_late_intake_reminds_at_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    clock.set(at(7, 11))
    handle(unit_of_work, service, scheduled())

    assert service.send_due().sent == 2
    with unit_of_work() as uow:
        reasons = set(uow.session.scalars(select(Reminder.late_reason).where(Reminder.offset_days == -7)))
    assert reasons == {"late_intake"}


def test_workers_down_until_the_due_day_send_one_reminder_each_not_two(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    handle(unit_of_work, service, scheduled())
    clock.set(at(10, 12))

    assert service.send_due().sent == 2
    assert reminder_states(unit_of_work) == [(1, -7, "overtaken")] * 2 + [(1, 0, "queued")] * 2


def test_a_variation_replaces_the_plan(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    handle(unit_of_work, service, scheduled())
    later = DUE_ON.replace(day=20)
    handle(unit_of_work, service, scheduled(due_on=later, due_version=2))
    clock.set(at(10, 9))

    assert service.send_due().sent == 0
    assert [state for version, _, state in reminder_states(unit_of_work) if version == 1] == ["cancelled"] * 4
    clock.set(at(13, 9))
    assert service.send_due().sent == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_events_does_not_matter(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock, order: tuple[int, ...]
) -> None:
    events = [scheduled(), scheduled(due_on=DUE_ON.replace(day=20), due_version=2), closed()]
    for position in order:
        handle(unit_of_work, service, events[position])
    clock.set(at(20, 9))

    assert service.send_due().sent == 0


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_suspension_ends_the_plan_and_going_on_makes_another_in_any_order(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, order: tuple[int, ...]
) -> None:
    events = [scheduled(due_version=1), suspended(due_version=1), scheduled(due_version=2)]
    for index in order:
        handle(unit_of_work, service, events[index])
    states = reminder_states(unit_of_work)
    assert {state for version, _, state in states if version == 1} <= {"cancelled"}
    assert [state for version, _, state in states if version == 2] == ["planned"] * 4


def test_only_a_claim_that_silence_would_confirm_is_told_and_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    handle(unit_of_work, service, claimed(None))
    for _ in range(2):
        handle(unit_of_work, service, claimed(date(2026, 11, 30)))
    clock.set(at(21, 9, month=11))
    assert service.send_due().sent == 1
    ((phone, text),) = printed(unit_of_work)
    assert phone.endswith("13800000001")
    assert "2026-11-30" in text
    assert "未答复视为确认" in text


def test_closing_cancels_what_is_queued_but_not_yet_sent(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    clock.set(at(10, 21))
    handle(unit_of_work, service, overdue())
    handle(unit_of_work, service, closed("met_after_supervision"))
    clock.set(at(11, 9))

    assert service.send_due().sent == 0
    with unit_of_work() as uow:
        rows = uow.session.execute(select(Message.state, Message.reason)).all()
    assert [tuple(row) for row in rows] == [("cancelled", "obligation_closed")] * 2


def test_follow_ups_are_neutral_wait_for_the_morning_and_go_out_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    clock.set(at(11, 0, 5))
    handle(unit_of_work, service, overdue())
    handle(unit_of_work, service, overdue())
    assert service.send_due().sent == 0

    clock.set(at(11, 8))
    assert service.send_due().sent == 2
    assert not any("逾期" in text for _, text in printed(unit_of_work))


def test_a_follow_up_that_missed_the_day_waits_for_the_morning(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, clock: FixedClock
) -> None:
    clock.set(at(11, 10))
    handle(unit_of_work, service, overdue())
    clock.set(at(11, 22))
    service.send_due()
    assert printed(unit_of_work) == []

    clock.set(at(12, 8))
    service.send_due()
    assert len(printed(unit_of_work)) == 2


def test_a_code_reaches_the_phone_and_leaves_no_trace_in_the_message(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, secrets: SecretBox, clock: FixedClock
) -> None:
    clock.set(at(3, 23))  # codes don't wait for the morning: the signer is at the page right now
    handle(unit_of_work, service, code_requested(secrets, "246810"))

    assert service.send_due().sent == 1
    assert "验证码是246810，5分钟内有效" in printed(unit_of_work)[0][1]
    with unit_of_work() as uow:
        message = uow.session.scalars(select(Message)).one()
    assert (message.state, message.sealed_secret, message.params) == ("sent", None, {"minutes": 5})


def test_a_code_that_could_not_be_sent_in_time_is_never_sent(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, secrets: SecretBox, clock: FixedClock
) -> None:
    handle(unit_of_work, service, code_requested(secrets))
    clock.set(at(20, 10, 5, month=11))
    service.send_due()

    assert printed(unit_of_work) == []
    with unit_of_work() as uow:
        message = uow.session.scalars(select(Message)).one()
    assert (message.state, message.reason, message.sealed_secret) == ("cancelled", "expired", None)


def test_a_link_carries_its_token_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, secrets: SecretBox, clock: FixedClock
) -> None:
    event = recipient_released(secrets, clock.now(), "secret-token")
    handle(unit_of_work, service, event)
    handle(unit_of_work, service, event)

    assert service.send_due().sent == 1
    assert "https://dingyue.test/sign/secret-token" in printed(unit_of_work)[0][1]


def test_the_reaction_sends_at_once(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, secrets: SecretBox, engine: Engine
) -> None:
    handle(unit_of_work, service, code_requested(secrets))
    with engine.connect() as connection:
        queued = connection.exec_driver_sql("SELECT payload FROM outbox_event WHERE type = 'message.queued'").scalar()
    reaction = service.subscriptions()[-1]

    assert queued is not None
    for _ in range(2):
        service.send_queued(reaction.event.model_validate(queued))
    assert len(printed(unit_of_work)) == 1


def test_receipts_and_the_console_are_append_only(engine: Engine) -> None:
    for table in (DeliveryReceipt, ConsoleMessage):
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(delete(table))


def test_a_secret_that_cannot_be_opened_fails_its_message_and_no_other(
    unit_of_work: UnitOfWorkFactory, service: NotifyService, secrets: SecretBox
) -> None:
    handle(unit_of_work, service, code_requested(SecretBox(b"another master key altogether....")))
    handle(unit_of_work, service, code_requested(secrets, "135791"))
    service.send_due()

    assert ["135791" in text for _, text in printed(unit_of_work)] == [True]
