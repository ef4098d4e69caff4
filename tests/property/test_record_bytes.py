"""The fast writer of records agrees with the reference implementation of RFC 8785, and reads back what it wrote."""

from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.record import Record, Subject, parse_record, record_bytes

ID = "0192f3a4b5c67d8e9f00112233445566"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["\ue000", "\U00010000", "\uffff", "\ud7ff", "é", "e\u0301", "\u2028", "\x7f", '"\\/\b\f\n\r\t', "\x00\x1f"]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=6))
def test_every_value_is_written_as_the_rfc_says(facts: dict[str, Any]) -> None:
    record = Record("a", ID, "2026-11-22T01:02:03.456Z", Subject("b", "c"), (), facts, None)
    written = record_bytes(record)

    assert written == rfc8785.dumps(
        {
            "v": 1,
            "type": "a",
            "id": ID,
            "at": "2026-11-22T01:02:03.456Z",
            "subject": {"kind": "b", "id": "c"},
            "files": [],
            "facts": facts,
            "previous": None,
        }
    )
    assert parse_record(written) == record


def test_names_sort_by_utf_16() -> None:
    """RFC 8785 §3.2.3: U+10000 is written with surrogates, which come before U+E000."""
    record = Record("a", ID, "2026-11-22T01:02:03.456Z", Subject("b", "c"), (), {"\ue000": 1, "\U00010000": 2}, None)

    assert '{"\U00010000":2,"\ue000":1}'.encode() in record_bytes(record)
