"""The adapter of real-name checks on the wire: what it sends, and that everything but an answer is *unknown*."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from signing.ports import IdentityCheck, IdentityClaim, IdentityOutcome
from tests.support.identity import METHOD, SECRET, Register

NUMBER = "11010519491231002X"
CLAIM = IdentityClaim("张三", "13900000001", NUMBER)
UNKNOWN = IdentityCheck(IdentityOutcome.UNKNOWN)


@pytest.fixture
def register() -> Iterator[Register]:
    found = Register()
    yield found
    found.close()


def test_a_match_and_a_mismatch(register: Register) -> None:
    register.know("张三", "13900000001", NUMBER)
    provider = register.provider(needs_id_number=True)
    matched = provider.check(CLAIM, "key-1")
    assert matched == IdentityCheck(IdentityOutcome.MATCHED, METHOD, "REG-1", datetime(2026, 11, 21, 20, tzinfo=UTC))
    assert register.asked == [("key-1", {"name": "张三", "phone": "13900000001", "id_number": NUMBER})]
    assert provider.check(replace(CLAIM, id_number=None), "key-2").outcome is IdentityOutcome.MISMATCHED
    assert "id_number" not in register.asked[1][1]


def answer(**changes: Any) -> bytes:
    return json.dumps({"outcome": "matched", "method": METHOD, "reference": "REG-1", **changes}).encode()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, answer()),
        (202, answer()),
        (302, b""),
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b"[" * 10_000),
        (200, answer(outcome="yes")),
        (200, answer(outcome=True)),
        (200, answer(reference=None)),
        (200, answer(reference="")),
        (200, answer(method="x" * 201)),
        (200, answer(method="a\nb")),
        (200, answer(reference="\u202eREG")),
        (200, answer(checked_at="2026-11-22T04:00:00")),
        (200, answer(reference=f"of {NUMBER}")),
        (200, answer(padding="x" * 20_000)),
        (200, answer(outcome="unknown")),
    ],
)
def test_anything_else_is_unknown(
    register: Register, caplog: pytest.LogCaptureFixture, status: int, body: bytes
) -> None:
    caplog.set_level(logging.DEBUG)
    register.answers_with = status, body
    assert register.provider().check(CLAIM, "key").outcome is IdentityOutcome.UNKNOWN
    for kept_back in (SECRET, NUMBER, "13900000001", "张三"):
        assert kept_back not in caplog.text


def test_no_answer_in_time_is_unknown(register: Register) -> None:
    register.is_hanging = True
    assert register.provider(timeout_seconds=0.05).check(CLAIM, "key") == UNKNOWN
    assert len(register.asked) == 1


def test_nobody_there_and_the_wrong_secret_are_unknown(register: Register) -> None:
    assert replace(register.provider(), secret="another").check(CLAIM, "key") == UNKNOWN
    assert replace(register.provider(), url="http://127.0.0.1:9/check").check(CLAIM, "key") == UNKNOWN


def test_the_secret_is_not_in_its_repr(register: Register) -> None:
    assert SECRET not in repr(register.provider())
