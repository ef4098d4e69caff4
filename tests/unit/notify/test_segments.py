"""Segment counts at their edges (3GPP TS 23.038, 23.040)."""

import pytest

from notify.segments import Segments, count_segments


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 0, 1)),
        ("a" * 160, Segments("GSM-7", 160, 1)),
        ("a" * 161, Segments("GSM-7", 161, 2)),
        ("a" * 306, Segments("GSM-7", 306, 2)),
        ("a" * 307, Segments("GSM-7", 307, 3)),
        ("€" * 80, Segments("GSM-7", 160, 1)),
        # An escape pair is never split: 76 pairs fit 153 septets, one septet of each segment stays empty.
        ("€" * 153, Segments("GSM-7", 306, 3)),
        ("签" * 70, Segments("UCS-2", 70, 1)),
        ("签" * 71, Segments("UCS-2", 71, 2)),
        ("签" * 134, Segments("UCS-2", 134, 2)),
        ("签" * 135, Segments("UCS-2", 135, 3)),
        ("a" * 70 + "签", Segments("UCS-2", 71, 2)),
        # A surrogate pair is never split either: 33 pairs in each segment of 67.
        ("𠮷" * 67, Segments("UCS-2", 134, 3)),
        ("`", Segments("UCS-2", 1, 1)),
    ],
)
def test_counts(text: str, expected: Segments) -> None:
    assert count_segments(text) == expected
