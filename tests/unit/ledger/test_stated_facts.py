"""What may be stated in a record: JSON with one meaning, within bounds."""

from typing import Any

import pytest

from ledger.errors import StatedFactsInvalid
from ledger.policy import DEEPEST_STATED, MOST_STATED_BYTES, check_stated
from ledger.record import Record, Subject, parse_record, record_bytes


def nested(levels: int) -> dict[str, Any]:
    value: Any = "x"
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return {"a": value} if isinstance(value, list) else value


def test_what_is_taken_can_be_written_and_read_back() -> None:
    stated = {"金额": "480000.00", "count": 2**53 - 1, "least": -(2**53) + 1, "final": True, "note": None, "lines": [1]}

    check_stated(stated)

    record = Record("a", "0" * 32, "2026-11-22T01:02:03.456Z", Subject("b", "c"), (), {"stated": stated}, None)
    assert parse_record(record_bytes(record)).facts["stated"] == stated


@pytest.mark.parametrize("stated", [{"a": 1.0}, {"a": [0.5]}, {"a": 2**53}, {"a": {"b": -(2**53)}}, {"a": "\ud800"}])
def test_what_two_readers_may_read_differently_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(StatedFactsInvalid):
        check_stated(stated)


def test_the_size_is_bounded_in_bytes() -> None:
    room = MOST_STATED_BYTES - len('{"a":""}')
    check_stated({"a": "x" * room})
    for text in ("x" * (room + 1), "长" * (room // 3 + 1)):
        with pytest.raises(StatedFactsInvalid, match=str(MOST_STATED_BYTES)):
            check_stated({"a": text})


def test_the_depth_is_bounded() -> None:
    check_stated(nested(DEEPEST_STATED - 1))
    with pytest.raises(StatedFactsInvalid, match="levels"):
        check_stated(nested(DEEPEST_STATED + 1))
    with pytest.raises(StatedFactsInvalid, match="levels"):
        check_stated(nested(500))
