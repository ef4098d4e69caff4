"""A real envelope on its way, as its sender's own system hears of it; and never a link or a code."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.integration.notify.receiver import Receiver
from tests.support.app import Office


@pytest.fixture
def office(tmp_path: Path, engine: Engine, customer: Receiver) -> Office:
    """Purchaser and supplier each have an endpoint at the customer's."""
    opened = Office.open(tmp_path, engine)
    for who in ("purchaser", "supplier"):
        opened.done(who, "POST", "/v1/webhook_endpoints", {"url": f"{customer.url}/{who}"})
    return opened


def heard(customer: Receiver, who: str) -> list[dict[str, Any]]:
    """What an organisation was told, by the time it happened."""
    told = [json.loads(request.body) for request in customer.received if request.path == f"/{who}"]
    return sorted(told, key=lambda event: event["created_at"])


def test_the_sender_hears_every_step_and_never_a_link_or_a_code(office: Office, customer: Receiver) -> None:
    envelope_id = office.send_envelope()
    office.open_session()
    office.done("recipient", "POST", "/v1/signing-sessions/current/code")
    office.deliver_events()
    office.services.webhooks.deliver_due()

    told = heard(customer, "purchaser")
    assert {event["type"] for event in told} >= {"envelope.sent", "recipient.released", "recipient.viewed"}
    assert {event["data"]["envelope"]["id"] for event in told} == {envelope_id}
    (released,) = (event for event in told if event["type"] == "recipient.released")
    assert released["data"]["recipient"]["phone"] == "139****0001"

    everything = b"".join(request.body + repr(request.headers).encode() for request in customer.received)
    secrets = [*office.links(), *office.codes(), "13900000001", "13900000002"]
    assert len(secrets) == 4
    for secret in secrets:
        assert secret.encode() not in everything


def test_a_party_hears_of_the_steps_it_may_read_but_not_of_links(office: Office, customer: Receiver) -> None:
    office.send_envelope()
    office.open_session()
    office.deliver_events()
    office.services.webhooks.deliver_due()

    told = heard(customer, "supplier")
    assert {event["type"] for event in told} >= {"envelope.sent", "recipient.viewed"}
    assert "recipient.released" not in {event["type"] for event in told}
    assert {event["data"]["role"] for event in told} == {"party"}
    assert not heard(customer, "stranger")


def test_the_message_with_the_link_is_reported(office: Office, customer: Receiver) -> None:
    office.send_envelope()
    office.deliver_events()
    office.services.notify.send_due()
    office.deliver_events()
    office.services.webhooks.deliver_due()
    assert "recipient.sent" in {event["type"] for event in heard(customer, "purchaser")}
