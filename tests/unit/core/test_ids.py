"""UUIDv7 ids with prefixes."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core import ids
from core.errors import InvalidId

NOW = datetime(2026, 11, 22, 1, 2, 3, 456000, tzinfo=UTC)


def test_ids_are_version_7_and_carry_their_time() -> None:
    made = ids.new_id(NOW)
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert made.int >> 80 == int(NOW.timestamp() * 1000)


def test_ids_sort_by_the_time_they_were_made() -> None:
    made = [ids.new_id(NOW + timedelta(milliseconds=step)) for step in range(50)]
    assert made == sorted(made)
    assert len(set(made)) == 50


def test_the_public_form_reads_back() -> None:
    identifier = ids.new_id(NOW)
    assert ids.parse("env", ids.public("env", identifier)) == identifier


@pytest.mark.parametrize(
    "text",
    ["", "env", "env_", "ctr_" + "0" * 32, "env_" + "0" * 31, "env_" + "0" * 33, "env_" + "G" * 32, "env_" + "A" * 32],
)
def test_malformed_ids_are_refused(text: str) -> None:
    with pytest.raises(InvalidId):
        ids.parse("env", text)


def test_the_nil_id_is_an_id_like_any_other() -> None:
    assert ids.parse("env", "env_" + "0" * 32) == UUID(int=0)
