"""How many SMS segments a text takes (3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1).

A text of the GSM 7-bit alphabet fits 160 septets in one segment, else 153 in each; any other text is UCS-2 and fits
70 code units in one, else 67 in each. Characters of the extension table take two septets, those outside the basic
multilingual plane two code units, and neither pair is ever split between segments. Signature and body count together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Segments:
    """`units` are septets (GSM-7) or 16-bit code units (UCS-2)."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int


def count_segments(text: str) -> Segments:
    if set(text) <= _BASIC | _EXTENSION:
        widths = [2 if character in _EXTENSION else 1 for character in text]
        return Segments("GSM-7", sum(widths), _fill(widths, single=160, each=153))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Segments("UCS-2", sum(widths), _fill(widths, single=70, each=67))


def _fill(widths: Iterable[int], *, single: int, each: int) -> int:
    widths = list(widths)
    if sum(widths) <= single:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > each:
            segments, used = segments + 1, 0
        used += width
    return segments
