"""Webhooks over real HTTP: who hears of what, how it is signed, tried again, given up, and sent once more."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from accounts.errors import ScopeMissing
from accounts.policy import Scope
from core import ids
from core.clock import rfc3339
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from notify.webhooks.endpoints import EndpointChanges
from notify.webhooks.errors import (
    LastWebhookSecret,
    TooManyWebhookEndpoints,
    TooManyWebhookSecrets,
    WebhookDeliveryNotFound,
    WebhookEndpointDisabled,
    WebhookEndpointNotFound,
    WebhookSecretNotFound,
    WebhookURLRefused,
)
from notify.webhooks.policy import MOST_ENDPOINTS, EndpointState
from notify.webhooks.repository import DeliveryFilter
from tests.integration.notify.factories import recipient_released
from tests.integration.notify.receiver import Received, Receiver
from tests.integration.notify.webhook_factories import Desk, administrator, open_desk, progressed, webhook_service
from tests.support.clock import FixedClock


def signatures(request: Received) -> tuple[str, list[str]]:
    """Time and signatures as the header has them."""
    (_, timestamp), *values = (part.split("=", 1) for part in request.headers["Dingyue-Signature"].split(","))
    assert all(name == "v1" for name, _ in values)
    return timestamp, [value for _, value in values]


def is_signed_by(request: Received, secret: str) -> bool:
    timestamp, values = signatures(request)
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    return expected in values


def test_a_step_arrives_once_signed_and_thin(desk: Desk, customer: Receiver) -> None:
    recipient_id = ids.parse(ids.RECIPIENT, "rcp_" + "7" * 32)
    event = desk.send(
        step="recipient.signed", recipient_id=recipient_id, recipient_key="supplier", recipient_state="completed"
    )

    (request,) = customer.received
    assert request.path == "/hook"
    assert request.headers["Dingyue-Event-Id"] == ids.public(ids.EVENT, event.event_id)
    assert request.headers["Dingyue-Event-Type"] == "recipient.signed"
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert signatures(request)[0] == str(int(desk.clock.now().timestamp()))
    assert is_signed_by(request, desk.made.new_secret or "")
    assert json.loads(request.body) == {
        "id": ids.public(ids.EVENT, event.event_id),
        "type": "recipient.signed",
        "created_at": rfc3339(event.at),
        "organisation_id": ids.public(ids.ORGANISATION, desk.actor.organisation_id),
        "data": {
            "role": "sender",
            "envelope": {
                "id": ids.public(ids.ENVELOPE, event.envelope_id),
                "title": "办公设备采购合同",
                "state": "in_progress",
                "test": False,
                "external_id": "采-2026-17",
            },
            "recipient": {"id": "rcp_" + "7" * 32, "key": "supplier", "state": "completed"},
        },
    }
    (attempt,) = desk.attempts()
    assert (attempt.outcome, attempt.status_code, attempt.response) == ("delivered", 200, "thanks")


def test_the_same_event_twice_is_one_delivery(desk: Desk, customer: Receiver) -> None:
    event = desk.send()
    desk.publish(event)
    assert desk.service.deliver_due() == 0
    assert len(customer.received) == 1


def test_parties_hear_of_what_they_may_read_without_the_senders_own_id(
    desk: Desk, customer: Receiver, unit_of_work: UnitOfWorkFactory
) -> None:
    party = open_desk(unit_of_work, desk.clock, desk.service, f"{customer.url}/party")
    stranger = open_desk(unit_of_work, desk.clock, desk.service, f"{customer.url}/stranger")
    desk.publish(progressed(desk.actor, party.actor))
    desk.publish(progressed(desk.actor, party.actor, step="envelope.corrected", envelope_state="draft"))
    desk.service.deliver_due()

    told = [(each.path, json.loads(each.body)) for each in customer.received]
    assert sorted(path for path, _ in told) == ["/hook", "/hook", "/party"]
    (to_party,) = (body for path, body in told if path == "/party")
    assert to_party["type"] == "envelope.sent"
    assert to_party["data"]["role"] == "party"
    assert to_party["data"]["envelope"]["external_id"] is None
    assert to_party["organisation_id"] == ids.public(ids.ORGANISATION, party.actor.organisation_id)
    assert stranger.endpoint().failures == 0


def test_a_release_says_who_but_neither_the_token_nor_the_whole_phone(
    desk: Desk, customer: Receiver, secrets: SecretBox, unit_of_work: UnitOfWorkFactory
) -> None:
    released = recipient_released(
        secrets, desk.clock.now(), "the-link-token", organisation_id=desk.actor.organisation_id
    )
    desk.publish(released)
    desk.publish(progressed(desk.actor, step="recipient.released"))
    desk.service.deliver_due()

    (request,) = customer.received
    data = json.loads(request.body)["data"]
    assert data["recipient"] == {
        "id": ids.public(ids.RECIPIENT, released.recipient_id),
        "key": "supplier",
        "name": "李娜",
        "phone": "138****0002",
        "language": "zh",
    }
    everything = request.body + repr(request.headers).encode()
    for secret in (b"the-link-token", released.sealed_token.encode(), released.phone.encode(), b"/sign/"):
        assert secret not in everything
    assert released.sealed_token not in desk.deliveries()[0].body


def test_only_chosen_types_are_delivered_and_unknown_steps_never(
    customer: Receiver, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    service = webhook_service(unit_of_work, secrets)
    desk = open_desk(unit_of_work, clock, service, customer.url, event_types=["envelope.completed"])
    for step in ("envelope.sent", "envelope.completed", "document.uploaded", "endpoint.test"):
        desk.send(step=step)
    assert [each.headers["Dingyue-Event-Type"] for each in customer.received] == ["envelope.completed"]


def test_while_secrets_change_either_verifies(desk: Desk, customer: Receiver) -> None:
    old = desk.made.new_secret or ""
    changed = desk.service.endpoints.add_secret(desk.actor, desk.endpoint_id, old_valid_for=timedelta(hours=24))
    new = changed.new_secret or ""
    with pytest.raises(TooManyWebhookSecrets):
        desk.service.endpoints.add_secret(desk.actor, desk.endpoint_id, old_valid_for=None)

    desk.send()
    desk.wait(hours=25)
    desk.send()

    assert [is_signed_by(request, new) for request in customer.received] == [True, True]
    assert [is_signed_by(request, old) for request in customer.received] == [True, False]
    assert len(signatures(customer.received[1])[1]) == 1
    assert desk.secrets_kept() == 1, "an ended secret is destroyed"


def test_a_secret_can_be_ended_at_once_but_not_the_last(desk: Desk, customer: Receiver) -> None:
    (old,) = desk.made.secrets
    with pytest.raises(LastWebhookSecret):
        desk.service.endpoints.remove_secret(desk.actor, desk.endpoint_id, old.id)
    new = desk.service.endpoints.add_secret(desk.actor, desk.endpoint_id, old_valid_for=timedelta(hours=1))
    with pytest.raises(LastWebhookSecret):
        desk.service.endpoints.remove_secret(desk.actor, desk.endpoint_id, new.secrets[0].id)
    desk.service.endpoints.remove_secret(desk.actor, desk.endpoint_id, old.id)
    with pytest.raises(WebhookSecretNotFound):
        desk.service.endpoints.remove_secret(desk.actor, desk.endpoint_id, old.id)
    desk.send()
    assert not is_signed_by(customer.received[0], desk.made.new_secret or "")
    assert is_signed_by(customer.received[0], new.new_secret or "")


def test_secrets_are_sealed_at_rest_and_bound_to_their_endpoint(desk: Desk, secrets: SecretBox) -> None:
    value = (desk.made.new_secret or "").encode()
    (stored,) = desk.made.secrets
    assert value not in stored.sealed
    assert secrets.open(stored.sealed, f"webhook-secret:{desk.endpoint_id.hex}") == value
    assert desk.service.endpoints.one(desk.actor, desk.endpoint_id).new_secret is None


def test_nothing_is_sent_unsigned(desk: Desk, customer: Receiver) -> None:
    stranger = webhook_service(desk.unit_of_work, SecretBox(b"another master key"))
    desk.publish(progressed(desk.actor))
    stranger.deliver_due()
    assert customer.received == []
    assert desk.outcomes() == ["secret_unreadable"]
    assert desk.endpoint().failures == 0
    desk.wait(minutes=1)
    assert desk.states() == ["delivered"]


def test_a_failure_is_tried_again_with_the_same_event_and_a_fresh_signature(desk: Desk, customer: Receiver) -> None:
    customer.replies = [500, (503, b"try\r\nlater"), 204]
    event = desk.send()
    assert desk.states() == ["pending"]
    assert desk.wait(seconds=59) == 0
    assert desk.wait(seconds=1) == 1
    assert desk.wait(minutes=5) == 1

    assert desk.states() == ["delivered"]
    assert [(each.status_code, each.response) for each in desk.attempts()] == [
        (500, "thanks"),
        (503, "try later"),
        (204, ""),
    ]
    assert set(customer.event_ids()) == {ids.public(ids.EVENT, event.event_id)}
    assert len({request.body for request in customer.received}) == 1
    assert len({signatures(request)[0] for request in customer.received}) == 3
    assert all(is_signed_by(request, desk.made.new_secret or "") for request in customer.received)
    assert desk.endpoint().failing_since is None


def test_after_three_days_a_delivery_has_failed_and_its_endpoint_is_still_active(
    desk: Desk, customer: Receiver
) -> None:
    customer.replies = [500] * 12
    begun = desk.clock.now()
    desk.send()
    desk.exhaust()
    assert desk.states() == ["failed"]
    assert len(customer.received) == 12
    assert timedelta(days=2) < desk.clock.now() - begun < timedelta(days=4)
    endpoint = desk.endpoint()
    assert (endpoint.state, endpoint.failures, endpoint.failing_since) == ("active", 12, begun)


def test_days_without_a_success_disable_an_endpoint_visibly(desk: Desk, customer: Receiver) -> None:
    customer.replies = [500] * 1000
    for _ in range(6):
        desk.send()
        desk.wait(days=1)
    endpoint = desk.endpoint()
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "failing")
    assert endpoint.disabled_at is not None
    assert set(desk.states()) == {"cancelled"}

    sent = len(customer.received)
    desk.send()
    desk.wait(days=1)
    assert len(customer.received) == sent, "what happens while it is disabled isn't kept for it"

    customer.replies = []
    active = EndpointChanges(state=EndpointState.ACTIVE)
    assert desk.service.endpoints.change(desk.actor, desk.endpoint_id, active).endpoint.disabled_reason is None
    desk.send()
    assert len(customer.received) == sent + 1


def test_one_success_begins_the_count_anew(desk: Desk, customer: Receiver) -> None:
    customer.replies = [500, 200, 500]
    desk.send()
    desk.wait(days=4)
    desk.send()
    desk.wait(days=4)
    assert desk.endpoint().state == "active"


def test_410_disables_at_once_and_cancels_what_waits(desk: Desk, customer: Receiver) -> None:
    customer.replies = [410]
    desk.publish(progressed(desk.actor))
    desk.publish(progressed(desk.actor))
    desk.service.deliver_due()
    endpoint = desk.endpoint()
    assert (endpoint.state, endpoint.disabled_reason) == ("disabled", "gone")
    assert desk.states() == ["cancelled", "cancelled"]
    assert len(customer.received) == 1


def test_a_failing_endpoint_is_left_alone_while_others_are_served(
    desk: Desk, customer: Receiver, unit_of_work: UnitOfWorkFactory
) -> None:
    other = open_desk(unit_of_work, desk.clock, desk.service, f"{customer.url}/other")
    customer.replies = [500]
    for _ in range(5):
        desk.publish(progressed(desk.actor))
    desk.clock.advance(timedelta(milliseconds=1))  # what is told later is sent later
    other.publish(progressed(other.actor))
    replace(desk.service, threads=1).deliver_due()  # two at the same moment might both begin with one endpoint
    assert [request.path for request in customer.received] == ["/hook", "/other"]
    desk.clock.advance(timedelta(seconds=10))
    replace(desk.service, threads=1).deliver_due()
    assert len(customer.received) == 6
    desk.wait(minutes=1)
    assert set(desk.states()) == {"delivered"}


@pytest.mark.parametrize("replies", [[200], [500] * 12, [410]])
def test_any_settled_delivery_can_be_sent_once_more(desk: Desk, customer: Receiver, replies: list[int]) -> None:
    customer.replies = list(replies)
    event = desk.send()
    desk.exhaust()
    (delivery,) = desk.deliveries()
    assert delivery.state == {200: "delivered", 500: "failed", 410: "cancelled"}[replies[0]]
    if replies == [410]:
        with pytest.raises(WebhookEndpointDisabled):
            desk.service.resend(desk.actor, delivery.id)
    desk.service.endpoints.change(desk.actor, desk.endpoint_id, EndpointChanges(state=EndpointState.ACTIVE))

    view = desk.service.resend(desk.actor, delivery.id)
    assert view.delivery.state == "pending"
    desk.service.deliver_due()

    assert desk.states() == ["delivered"]
    assert desk.outcomes()[-1] == "delivered"
    assert len(desk.outcomes()) == len(replies) + 1
    assert set(customer.event_ids()) == {ids.public(ids.EVENT, event.event_id)}


def test_a_test_event_goes_to_its_endpoint_alone(desk: Desk, customer: Receiver) -> None:
    view = desk.service.send_test(desk.actor, desk.endpoint_id)
    desk.service.deliver_due()
    (request,) = customer.received
    assert json.loads(request.body)["type"] == "endpoint.test"
    assert desk.service.delivery(desk.actor, view.delivery.id).delivery.state == "delivered"


def test_a_deleted_endpoint_hears_nothing_and_keeps_its_log(desk: Desk, customer: Receiver) -> None:
    desk.send()
    desk.publish(progressed(desk.actor))
    desk.service.endpoints.delete(desk.actor, desk.endpoint_id)
    desk.send()
    assert len(customer.received) == 1
    assert sorted(desk.states()) == ["cancelled", "delivered"]
    assert desk.service.endpoints.all(desk.actor) == []
    assert desk.secrets_kept() == 0
    with pytest.raises(WebhookEndpointNotFound):
        desk.service.endpoints.one(desk.actor, desk.endpoint_id)
    with pytest.raises(WebhookEndpointDisabled):
        desk.service.resend(desk.actor, desk.deliveries()[0].id)


def test_another_organisation_sees_nothing(desk: Desk, unit_of_work: UnitOfWorkFactory) -> None:
    desk.send()
    (delivery,) = desk.deliveries()
    other = administrator(unit_of_work)
    assert desk.service.endpoints.all(other) == []
    assert list(desk.service.deliveries(other, DeliveryFilter())) == []
    for refused in (
        lambda: desk.service.endpoints.one(other, desk.endpoint_id),
        lambda: desk.service.endpoints.change(other, desk.endpoint_id, EndpointChanges(description="x")),
        lambda: desk.service.endpoints.delete(other, desk.endpoint_id),
        lambda: desk.service.endpoints.add_secret(other, desk.endpoint_id, old_valid_for=None),
        lambda: desk.service.endpoints.remove_secret(other, desk.endpoint_id, desk.made.secrets[0].id),
        lambda: desk.service.send_test(other, desk.endpoint_id),
    ):
        with pytest.raises(WebhookEndpointNotFound):
            refused()
    for refused in (
        lambda: desk.service.delivery(other, delivery.id),
        lambda: desk.service.resend(other, delivery.id),
    ):
        with pytest.raises(WebhookDeliveryNotFound):
            refused()


@pytest.mark.parametrize("missing", [Scope.WEBHOOKS_WRITE, Scope.ENVELOPES_READ])
def test_webhooks_need_both_scopes(desk: Desk, missing: Scope) -> None:
    weak = type(desk.actor)(
        desk.actor.organisation_id,
        desk.actor.organisation_kind,
        desk.actor.region,
        None,
        frozenset({Scope.WEBHOOKS_WRITE, Scope.ENVELOPES_READ}) - {missing},
    )
    for refused in (
        lambda: desk.service.endpoints.all(weak),
        lambda: desk.service.deliveries(weak, DeliveryFilter()),
        lambda: desk.service.endpoints.create(weak, url="https://a.example.cn", event_types=["*"], description=""),
    ):
        with pytest.raises(ScopeMissing):
            refused()


def test_the_number_of_endpoints_is_limited(desk: Desk) -> None:
    fields = {"url": "https://erp.example.cn/", "event_types": ["*"], "description": ""}
    for _ in range(MOST_ENDPOINTS - 1):
        desk.service.endpoints.create(desk.actor, **fields)
    with pytest.raises(TooManyWebhookEndpoints):
        desk.service.endpoints.create(desk.actor, **fields)
    desk.service.endpoints.delete(desk.actor, desk.endpoint_id)
    desk.service.endpoints.create(desk.actor, **fields)


def test_a_url_inside_is_refused_when_made_and_when_changed(desk: Desk) -> None:
    url = "https://169.254.169.254/latest/meta-data"
    with pytest.raises(WebhookURLRefused):
        desk.service.endpoints.create(desk.actor, url=url, event_types=["*"], description="")
    with pytest.raises(WebhookURLRefused):
        desk.service.endpoints.change(desk.actor, desk.endpoint_id, EndpointChanges(url=url))


def test_deliveries_are_listed_newest_first_by_pages_and_filters(desk: Desk, customer: Receiver) -> None:
    customer.replies = [200, 500]
    first = desk.send()
    desk.clock.advance(timedelta(seconds=1))
    desk.send(step="envelope.voided")
    service, actor = desk.service, desk.actor
    page = service.deliveries(actor, DeliveryFilter(), limit=1)
    rest = service.deliveries(actor, DeliveryFilter(), before=page[0].id)
    assert [each.event_type for each in (*page, *rest)] == ["envelope.voided", "envelope.sent"]
    for wanted in (
        DeliveryFilter(endpoint_id=desk.endpoint_id, event_id=first.event_id),
        DeliveryFilter(event_type="envelope.sent"),
        DeliveryFilter(state=rest[0].state),
    ):
        assert [each.event_id for each in service.deliveries(actor, wanted)] == [first.event_id]
