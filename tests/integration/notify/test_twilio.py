"""The Twilio channel with the official SDK over real HTTP, and its callbacks."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from twilio.request_validator import RequestValidator

from api import problems
from api.routes import twilio as route
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.adapters.twilio import TwilioChannel
from notify.models import DeliveryReceipt, Message
from notify.service import NotifyService
from tests.integration.notify.factories import at, code_requested, console_service, handle, scheduled
from tests.integration.notify.messages_api import ACCOUNT_SID, AUTH_TOKEN, MessagesAPI, Mishap, messages_api
from tests.support.clock import FixedClock

PUBLIC_URL = "https://dingyue.test"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[MessagesAPI]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with messages_api() as running:
        yield running


@pytest.fixture
def channel(api: MessagesAPI) -> Iterator[TwilioChannel]:
    opened = TwilioChannel(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        sender="MG" + "1" * 32,
        public_url=PUBLIC_URL,
        api_url=api.url,
        timeout_seconds=0.5,
        settles_after=timedelta(0),
    )
    yield opened
    opened.close()


@pytest.fixture
def service(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, channel: TwilioChannel, clock: FixedClock
) -> NotifyService:
    """With two reminders due now, and two more on the due day."""
    clock.set(at(20, 10, month=11))
    notify = console_service(unit_of_work, secrets, channel)
    handle(unit_of_work, notify, scheduled())
    clock.set(at(3, 9))
    return notify


@pytest.fixture
def app(service: NotifyService) -> FastAPI:
    app = FastAPI()
    app.state.services = SimpleNamespace(notify=service)
    problems.install(app)
    app.include_router(route.router, prefix="/v1")
    return app


def send(app: FastAPI, url: str, form: dict[str, str], headers: dict[str, str]) -> int:
    async def exchange() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
            return await client.post(url, data=form, headers=headers)

    return asyncio.run(exchange()).status_code


def states(unit_of_work: UnitOfWorkFactory) -> list[str]:
    with unit_of_work() as uow:
        return sorted(uow.session.scalars(select(Message.state)))


def receipts(unit_of_work: UnitOfWorkFactory) -> list[str]:
    with unit_of_work() as uow:
        return sorted(uow.session.scalars(select(DeliveryReceipt.provider_status)))


def post(app: FastAPI, url: str, *, sign_as: str = AUTH_TOKEN, **parameters: str) -> int:
    """Posts a callback as Twilio does; `sign_as` is the token it is signed with."""
    form = {"AccountSid": ACCOUNT_SID, **parameters}
    signature = RequestValidator(sign_as).compute_signature(url, form)
    return send(app, url, form, {"X-Twilio-Signature": signature})


def report(app: FastAPI, api: MessagesAPI, status: str, position: int = 0, **parameters: Any) -> int:
    sid = api.messages[position]["sid"]
    return post(app, api.callback_url(position), MessageSid=sid, MessageStatus=status, **parameters)


def test_reminders_reach_twilio_once_with_sender_and_callback(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    service.send_due()
    service.send_due()

    assert sorted(message["to"] for message in api.messages) == ["+8613800000001", "+8613800000002"]
    assert all(message["messaging_service_sid"] == "MG" + "1" * 32 for message in api.messages)
    assert api.callback_url().startswith(f"{PUBLIC_URL}/v1/twilio/status?message=msg_")
    assert states(unit_of_work) == ["sent", "sent"]


@pytest.mark.parametrize("mishap", [Mishap.SILENT_AFTER_ACCEPTING, Mishap.HANG_UP_AFTER_ACCEPTING])
def test_a_lost_answer_is_unknown_and_then_found_never_sent_again(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory, mishap: Mishap
) -> None:
    api.mishaps = [mishap]
    service.send_due()
    assert states(unit_of_work) == ["sent", "unknown"]

    api.is_list_broken = True
    assert service.send_due().reconciled == 0
    assert states(unit_of_work) == ["sent", "unknown"]

    api.is_list_broken = False
    assert service.send_due().reconciled == 1
    assert states(unit_of_work) == ["sent", "sent"]
    assert len(api.messages) == 2


def test_a_request_that_never_arrived_is_sent_again_after_looking(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.mishaps = [Mishap.SILENT_WITHOUT_ACCEPTING]
    service.send_due()
    assert states(unit_of_work) == ["sent", "unknown"]

    service.send_due()
    assert states(unit_of_work) == ["sent", "sent"]
    assert len(api.messages) == 2


def test_an_unknown_message_is_found_on_a_later_page(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.mishaps = [Mishap.SILENT_AFTER_ACCEPTING]
    service.send_due()
    phone = api.messages[0]["to"]
    for _ in range(5):
        api.accept({"To": phone, "Body": "something else", "StatusCallback": ""})

    service.send_due()
    assert states(unit_of_work) == ["sent", "sent"]


def test_old_messages_are_not_looked_through(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.mishaps = [Mishap.SILENT_WITHOUT_ACCEPTING]
    for phone in ("+8613800000001", "+8613800000002"):
        for _ in range(5):
            old = api.accept({"To": phone, "Body": "", "StatusCallback": ""})
            old["date_created"] = "Thu, 01 Jan 2026 00:00:00 +0000"
    service.send_due()
    service.send_due()

    assert states(unit_of_work) == ["sent", "sent"]


def test_an_account_that_discards_contents_never_gets_a_message_twice(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.keeps_bodies = False
    api.mishaps = [Mishap.SILENT_AFTER_ACCEPTING]
    for _ in range(3):
        service.send_due()

    assert states(unit_of_work) == ["sent", "unknown"]
    assert len(api.messages) == 2


@pytest.mark.parametrize("status", [429, 401])
def test_a_provider_that_says_not_now_is_tried_later(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory, clock: FixedClock, status: int
) -> None:
    api.errors = [(status, 20429)]
    service.send_due()
    assert states(unit_of_work) == ["queued", "sent"]

    service.send_due()
    assert states(unit_of_work) == ["queued", "sent"]
    clock.advance(timedelta(minutes=1))
    service.send_due()
    assert states(unit_of_work) == ["sent", "sent"]
    assert len(api.messages) == 2


def test_a_server_error_leaves_the_outcome_unknown(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.errors = [(500, 20500)]
    service.send_due()

    assert states(unit_of_work) == ["sent", "unknown"]


def test_an_opted_out_recipient_is_not_tried_again(
    service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.errors = [(400, 21610)]
    service.send_due()
    service.send_due()

    assert states(unit_of_work) == ["failed", "sent"]
    with unit_of_work() as uow:
        failed = uow.session.scalars(select(Message).where(Message.state == "failed")).one()
    assert (failed.error_code, failed.reason) == ("21610", "stop")


def test_a_provider_that_cannot_be_reached_certainly_has_nothing(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with messages_api() as gone:
        address = gone.url
    channel = TwilioChannel(
        account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sender="+15005550006", public_url=PUBLIC_URL, api_url=address
    )
    notify = console_service(unit_of_work, secrets, channel)
    handle(unit_of_work, notify, code_requested(secrets))
    notify.send_due()
    channel.close()

    assert states(unit_of_work) == ["queued"]


def test_callbacks_out_of_order_end_in_the_final_state(
    app: FastAPI, service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    service.send_due()

    assert [report(app, api, status) for status in ("delivered", "sent", "queued", "delivered")] == [204] * 4
    assert states(unit_of_work) == ["delivered", "sent"]
    assert receipts(unit_of_work) == ["accepted", "accepted", "delivered", "queued", "sent"]


def test_a_forged_callback_is_refused_and_changes_nothing(
    app: FastAPI, service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    service.send_due()
    url, sid = api.callback_url(0), api.messages[0]["sid"]
    fields = {"MessageSid": sid, "MessageStatus": "delivered"}

    assert post(app, url, sign_as="another token", **fields) == 403
    assert post(app, url.replace("attempt=1", "attempt=2"), **fields) == 403
    assert send(app, url, {"AccountSid": ACCOUNT_SID, **fields}, {}) == 403
    assert post(app, url, MessageSid=sid, MessageStatus="exploded") == 403
    assert states(unit_of_work) == ["sent", "sent"]


def test_a_callback_for_a_message_we_never_made_is_not_found(app: FastAPI, api: MessagesAPI) -> None:
    url = f"{PUBLIC_URL}/v1/twilio/status?message=msg_{'0' * 32}&attempt=1"

    assert post(app, url, MessageSid="SM1", MessageStatus="delivered") == 404


def test_a_callback_naming_another_message_of_twilios_is_not_believed(
    app: FastAPI, service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    service.send_due()

    assert post(app, api.callback_url(0), MessageSid=api.messages[1]["sid"], MessageStatus="failed") == 204
    assert states(unit_of_work) == ["sent", "sent"]


def test_a_callback_settles_an_unknown_outcome(
    app: FastAPI, service: NotifyService, api: MessagesAPI, unit_of_work: UnitOfWorkFactory
) -> None:
    api.mishaps = [Mishap.SILENT_AFTER_ACCEPTING]
    service.send_due()

    assert report(app, api, "sent") == 204
    assert states(unit_of_work) == ["sent", "sent"]


def test_an_unreachable_handset_is_tried_again_and_old_news_does_not_stop_that(
    app: FastAPI,
    service: NotifyService,
    api: MessagesAPI,
    unit_of_work: UnitOfWorkFactory,
    clock: FixedClock,
) -> None:
    service.send_due()
    for status in ("undelivered", "sent", "undelivered"):
        report(app, api, status, ErrorCode="30003" if status == "undelivered" else "")
    assert states(unit_of_work) == ["queued", "sent"]

    clock.advance(timedelta(minutes=1))
    service.send_due()
    assert states(unit_of_work) == ["sent", "sent"]
    assert [message["to"] for message in api.messages].count(api.messages[0]["to"]) == 2
    assert report(app, api, "delivered", position=2) == 204
    assert states(unit_of_work) == ["delivered", "sent"]
