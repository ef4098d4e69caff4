"""The routes of webhooks: what they take and show, and that a secret is shown once."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from accounts.policy import Scope
from accounts.service import AccountService
from api import problems
from api.routes import webhooks as routes
from notify.webhooks.policy import ALL_TYPES
from tests.integration.notify.receiver import Receiver
from tests.integration.notify.webhook_factories import Desk
from tests.support.http import InProcessClient

Call = Callable[..., httpx.Response]


@pytest.fixture
def call(desk: Desk) -> Call:
    """Calls a route below /v1 with a token of the desk's organisation."""
    accounts = AccountService(desk.unit_of_work)
    scopes = frozenset({Scope.ACCOUNTS_WRITE, Scope.WEBHOOKS_WRITE, Scope.ENVELOPES_READ})
    manager = type(desk.actor)(
        desk.actor.organisation_id, desk.actor.organisation_kind, desk.actor.region, None, scopes
    )
    token = accounts.issue_api_token(manager, name="ERP", scopes=sorted(scopes)).secret
    app = FastAPI()
    app.state.services = SimpleNamespace(accounts=accounts, webhooks=desk.service)
    problems.install(app)
    app.include_router(routes.router, prefix="/v1")
    client = InProcessClient(app)

    def request(method: str, path: str, **options: Any) -> httpx.Response:
        return client.request(method, f"/v1{path}", headers={"Authorization": f"Bearer {token}"}, **options)

    return request


def test_an_endpoint_from_creation_to_deletion(call: Call, customer: Receiver) -> None:
    url = f"{customer.url}/erp"
    made = call("POST", "/webhook_endpoints", json={"url": url, "event_types": ["envelope.sent"]})
    assert made.status_code == 201
    body = made.json()
    assert body["secret"].startswith("whsec_")
    assert (body["state"], body["disabled_reason"], len(body["secrets"])) == ("active", None, 1)
    path = f"/webhook_endpoints/{body['id']}"

    listed = call("GET", "/webhook_endpoints")
    read = call("GET", path)
    assert body["id"] in {each["id"] for each in listed.json()["items"]}
    assert body["secret"] not in listed.text + read.text
    assert "secret" not in read.json()

    changed = call("PATCH", path, json={"event_types": [ALL_TYPES], "description": "财务", "state": "disabled"}).json()
    assert (changed["event_types"], changed["description"]) == ([ALL_TYPES], "财务")
    assert (changed["state"], changed["disabled_reason"], changed["url"]) == ("disabled", "by_hand", url)

    assert call("DELETE", path).status_code == 204
    assert call("GET", path).json()["code"] == "webhook_endpoint_not_found"


def test_secrets_are_rotated(call: Call, desk: Desk) -> None:
    path = call("GET", "/webhook_endpoints").json()["items"][0]["id"]
    rotated = call("POST", f"/webhook_endpoints/{path}/secrets", json={"old_valid_hours": 1}).json()
    new, old = rotated["secrets"]
    assert rotated["secret"] != desk.made.new_secret
    assert new["expires_at"] is None
    assert old["expires_at"] is not None
    full = call("POST", f"/webhook_endpoints/{path}/secrets", json={})
    assert (full.status_code, full.json()["code"]) == (409, "too_many_webhook_secrets")
    assert call("DELETE", f"/webhook_endpoints/{path}/secrets/{old['id']}").status_code == 204
    last = call("DELETE", f"/webhook_endpoints/{path}/secrets/{new['id']}")
    assert (last.status_code, last.json()["code"]) == (409, "last_webhook_secret")


def test_the_log_of_a_delivery_and_sending_it_again(call: Call, desk: Desk, customer: Receiver) -> None:
    customer.replies = [(500, b"out of order")]
    event = desk.send()
    (item,) = call("GET", "/webhook_deliveries", params={"state": "pending", "limit": 1}).json()["items"]
    assert item["event_id"] == f"evt_{event.event_id.hex}"
    assert item["next_attempt_at"] is not None

    resent = call("POST", f"/webhook_deliveries/{item['id']}/resend").json()
    desk.service.deliver_due()
    read = call("GET", f"/webhook_deliveries/{item['id']}").json()

    assert resent["state"] == "pending"
    assert [(each["number"], each["status_code"], each["response"]) for each in read["log"]] == [
        (1, 500, "out of order"),
        (2, 200, "thanks"),
    ]
    assert read["state"] == "delivered"
    assert read["body"].encode() == customer.received[0].body == customer.received[1].body


def test_pages_of_the_log(call: Call, desk: Desk) -> None:
    for _ in range(3):
        desk.send()
    first = call("GET", "/webhook_deliveries", params={"limit": 2}).json()
    rest = call("GET", "/webhook_deliveries", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 3
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "https://10.0.0.1/"}, "webhook_url_refused"),
        ({"url": "https://erp.example.cn/", "event_types": ["envelope.opened"]}, "webhook_event_types_invalid"),
        ({"url": "https://erp.example.cn/", "event_types": []}, "request_invalid"),
        ({"url": "https://erp.example.cn/", "secret": "mine"}, "request_invalid"),
        ({}, "request_invalid"),
    ],
)
def test_what_is_refused(call: Call, body: dict[str, Any], code: str) -> None:
    answer = call("POST", "/webhook_endpoints", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert len(call("GET", "/webhook_endpoints").json()["items"]) == 1


def test_a_test_event_is_asked_for(call: Call, desk: Desk, customer: Receiver) -> None:
    endpoint = call("GET", "/webhook_endpoints").json()["items"][0]["id"]
    asked = call("POST", f"/webhook_endpoints/{endpoint}/test")
    assert (asked.status_code, asked.json()["event_type"]) == (201, "endpoint.test")
    desk.service.deliver_due()
    assert len(customer.received) == 1
