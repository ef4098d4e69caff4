"""Every way for somebody without an account to have a file checked takes turns by address, behind a proxy too."""

import httpx
import pytest
from fastapi.routing import APIRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.app import create_app
from api.rate import CheckRoute
from tests.support.app import Office
from tests.support.http import InProcessClient
from web.app import mount

HERE, THERE = "203.0.113.5", "2001:db8::7"


@pytest.fixture
def client(office: Office) -> InProcessClient:
    """As `dingyue serve` runs it behind a proxy on the same machine: two turns a minute."""
    app = create_app(office.services, checks_per_minute=2)
    mount(app)
    return InProcessClient(ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1"))


def ask(client: InProcessClient, path: str, came_from: str, **headers: str) -> httpx.Response:
    return client.post(path, files={"file": b"junk"}, headers={"X-Forwarded-For": came_from, **headers})


@pytest.mark.parametrize("path", ["/v1/verify", "/v1/verify/package", "/v1/log/receipt-check"])
def test_a_program(client: InProcessClient, path: str) -> None:
    answers = [ask(client, path, HERE, Authorization="Bearer anything") for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert answers[2].json()["code"] == "too_many_checks"
    assert answers[2].headers["retry-after"] == "30"
    assert ask(client, path, THERE).status_code != 429


@pytest.mark.parametrize("path", ["/verify", "/verify/receipt"])
def test_a_person_reads_a_page(client: InProcessClient, path: str) -> None:
    answers = [ask(client, path, HERE) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert answers[2].headers["content-type"].startswith("text/html")
    assert answers[2].headers["retry-after"] == "30"
    assert "dingyue verify" in answers[2].text
    assert client.get(path, headers={"X-Forwarded-For": HERE}).status_code == 200
    assert ask(client, path, THERE).status_code != 429


def test_turns_are_for_all_of_them_together(client: InProcessClient) -> None:
    assert [ask(client, path, HERE).status_code == 429 for path in ("/v1/verify", "/verify", "/v1/verify/package")] == [
        False,
        False,
        True,
    ]


def test_what_a_visitor_claims_beyond_the_proxy_changes_nothing(client: InProcessClient) -> None:
    """The proxy adds the address it saw to what it was told."""
    answers = [ask(client, "/v1/verify", f"198.51.100.{number}, {HERE}") for number in range(3)]
    assert answers[2].status_code == 429


def test_no_other_open_door(office: Office) -> None:
    """Whatever takes a file and asks for no account takes turns; so does what is added later."""
    app = create_app(office.services)
    mount(app)
    open_doors = {
        route.path
        for route in app.routes
        if isinstance(route, APIRoute)
        and "POST" in route.methods
        and ("verify" in route.path or "check" in route.path)
        and not isinstance(route, CheckRoute)
        and "current_actor" not in {dependency.call.__name__ for dependency in route.dependant.dependencies}
    }
    assert open_doors == set()
