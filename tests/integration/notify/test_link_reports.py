"""What signing hears of the messages with its links: once for each piece of news, and only of the newest link."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.outbox import OutboxEvent
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.adapters.console import ConsoleChannel
from notify.events import LinkMessageSettled
from notify.models import Message
from notify.outcomes import apply_report
from notify.policy import FailureAction, MessageState
from notify.ports import ChannelUnavailable, Outgoing, Report
from notify.service import NotifyService
from signing.events import RecipientReleased
from tests.integration.notify.factories import code_requested, console_service, handle, recipient_released
from tests.support.clock import FixedClock

Told = Callable[[], list[tuple[str, str | None]]]


class UnreachableChannel(ConsoleChannel):
    """The console channel on a day when nothing gets through."""

    def send(self, outgoing: Outgoing) -> Report:
        raise ChannelUnavailable("down")


@pytest.fixture
def released(secrets: SecretBox, clock: FixedClock) -> RecipientReleased:
    return recipient_released(secrets, clock.now(), "the-token")


@pytest.fixture
def told(unit_of_work: UnitOfWorkFactory, released: RecipientReleased) -> Told:
    """Outcome and reason of each event so far, oldest first; all about the released recipient."""

    def read() -> list[tuple[str, str | None]]:
        query = select(OutboxEvent.payload).where(OutboxEvent.type == LinkMessageSettled.type)
        with unit_of_work() as uow:
            payloads = list(uow.session.scalars(query.order_by(OutboxEvent.sequence)))
        events = [LinkMessageSettled.model_validate(payload) for payload in payloads]
        assert {(event.envelope_id, event.recipient_id) for event in events} <= {
            (released.envelope_id, released.recipient_id)
        }
        return [(event.outcome, event.reason) for event in events]

    return read


@pytest.fixture
def service(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, released: RecipientReleased) -> NotifyService:
    """With the recipient's link queued."""
    notify = console_service(unit_of_work, secrets)
    handle(unit_of_work, notify, released)
    return notify


def report(unit_of_work: UnitOfWorkFactory, *states: MessageState) -> None:
    """The provider's reports about the oldest message, in this order."""
    for state in states:
        with unit_of_work() as uow:
            message = uow.session.scalars(select(Message).order_by(Message.id).limit(1).with_for_update()).one()
            action = FailureAction.OTHER_CHANNEL if state == MessageState.UNDELIVERED else None
            apply_report(uow, message, Report("SM1", state, str(state), "30005" if action else None, action))


def test_a_link_on_the_console_is_sent(service: NotifyService, told: Told) -> None:
    service.send_due()
    service.send_due()
    assert told() == [("sent", None)]


def test_a_code_is_nobodys_link(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, service: NotifyService, told: Told
) -> None:
    handle(unit_of_work, service, code_requested(secrets))
    service.send_due()
    assert told() == [("sent", None)]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["sent", "delivered", "sent", "delivered"], [("sent", None)]),
        (["delivered", "sent"], [("sent", None)]),
        (["undelivered", "undelivered", "sent"], [("failed", "other_channel")]),
        (["sent", "undelivered"], [("sent", None), ("failed", "other_channel")]),
        (
            ["sent", "undelivered", "delivered"],
            [("sent", None), ("failed", "other_channel"), ("sent", None)],
        ),
        (["failed"], [("failed", "failed")]),
    ],
)
def test_every_piece_of_news_is_told_once(
    unit_of_work: UnitOfWorkFactory,
    service: NotifyService,
    told: Told,
    states: list[str],
    expected: list[tuple[str, str | None]],
) -> None:
    report(unit_of_work, *(MessageState(state) for state in states))
    assert told() == expected


def test_news_of_a_link_that_was_replaced_is_kept_to_ourselves(
    *,
    unit_of_work: UnitOfWorkFactory,
    secrets: SecretBox,
    clock: FixedClock,
    service: NotifyService,
    told: Told,
    released: RecipientReleased,
) -> None:
    clock.advance(timedelta(minutes=5))
    token = secrets.seal(b"another-token", "recipient-token").hex()
    handle(unit_of_work, service, released.model_copy(update={"sealed_token": token}))

    report(unit_of_work, MessageState.SENT, MessageState.UNDELIVERED)
    assert told() == []

    service.send_due()
    assert told() == [("sent", None)]


def test_a_link_that_never_left_in_time_has_failed(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock, service: NotifyService, told: Told
) -> None:
    broken = console_service(unit_of_work, secrets, UnreachableChannel(unit_of_work))
    broken.send_due()
    assert told() == []

    clock.advance(timedelta(days=8))
    service.send_due()
    assert told() == [("failed", "expired")]
