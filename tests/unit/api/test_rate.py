"""How often one address may have a file checked: the bucket, whom it counts for, and what a refused visitor reads."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI, File, UploadFile

from api import problems
from api.rate import MOST_ADDRESSES, CheckLimit, CheckRoute, TooManyChecks
from tests.support.http import InProcessClient

HERE, THERE = "203.0.113.5", "203.0.113.6"


@dataclass
class Seconds:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def limit(seconds: Seconds) -> CheckLimit:
    """Three a minute: one every twenty seconds, and three at once."""
    return CheckLimit(3, seconds)


def waits(limit: CheckLimit, address: str | None) -> int:
    """0 for a turn, else the seconds the visitor is told to wait."""
    try:
        limit.take(address)
    except TooManyChecks as refused:
        told = refused.facts["retry_after_seconds"]
        assert isinstance(told, int)
        return told
    return 0


def test_a_minutes_worth_at_once_and_then_evenly(limit: CheckLimit, seconds: Seconds) -> None:
    assert [waits(limit, HERE) for _ in range(5)] == [0, 0, 0, 20, 20]
    seconds.now += 12.5
    assert waits(limit, HERE) == 8  # told in whole seconds, never too few
    seconds.now += 8
    assert [waits(limit, HERE) for _ in range(2)] == [0, 20]
    seconds.now += 3600
    assert [waits(limit, HERE) for _ in range(4)] == [0, 0, 0, 20]


def test_waiting_as_long_as_one_was_told_is_enough(limit: CheckLimit, seconds: Seconds) -> None:
    for number in range(50):
        seconds.now += 0.37 * number % 7
        told = waits(limit, HERE)
        if told:
            seconds.now += told
            assert waits(limit, HERE) == 0


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        (HERE, THERE, False),
        (HERE, "::ffff:203.0.113.5", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        (None, "not an address", True),
    ],
)
def test_whom_an_address_counts_for(limit: CheckLimit, one: str | None, other: str | None, are_one: bool) -> None:
    while not waits(limit, one):
        pass
    assert bool(waits(limit, other)) is are_one


def test_memory_is_bounded_and_a_visitor_who_keeps_asking_is_not_forgotten(limit: CheckLimit) -> None:
    for number in range(MOST_ADDRESSES + 100):
        limit.take(f"2001:db8:{number >> 16:x}:{number & 0xFFFF:x}::1")
        if number % 100 == 0:
            waits(limit, HERE)
    assert len(limit._buckets) == MOST_ADDRESSES
    assert waits(limit, HERE) == 20


def test_zero_does_not_limit() -> None:
    assert not any(waits(CheckLimit(0), HERE) for _ in range(100))


@pytest.fixture
def client(limit: CheckLimit) -> InProcessClient:
    router = APIRouter(route_class=CheckRoute)

    @router.get("/check")
    def about() -> str:
        return "about"

    @router.post("/check")
    def check(file: Annotated[UploadFile, File()]) -> int:
        return len(file.file.read())

    application = FastAPI()
    application.state.services = SimpleNamespace()
    application.state.check_limit = limit
    application.include_router(router)
    problems.install(application)
    return InProcessClient(application)


def post(client: InProcessClient, language: str = "zh") -> httpx.Response:
    return client.post("/check", files={"file": b"x" * 100_000}, headers={"Accept-Language": language})


def test_a_refused_visitor_reads_when_to_come_back(client: InProcessClient, seconds: Seconds) -> None:
    assert [post(client).json() for _ in range(3)] == [100_000] * 3

    refused = post(client, "en")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    assert refused.headers["content-type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "too_many_checks"
    assert problem["facts"] == {"retry_after_seconds": 20}
    assert "20 seconds" in problem["detail"]
    assert "20 秒" in post(client).json()["detail"]

    assert client.get("/check").status_code == 200  # reading isn't checking
    seconds.now += 20
    assert post(client).status_code == 200


def test_a_body_that_cannot_be_read_takes_a_turn_too(client: InProcessClient) -> None:
    statuses = [client.post("/check", content=b"junk").status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
