"""Breaks text into rows and finds the size at which they fit a box. Pure.

Chinese breaks between any two characters, but no row starts with a closing mark or ends with an opening one; Latin
words stay whole as long as they fit a row. Text gets smaller only when more rows don't help.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signing.pdf.fonts import Typeface, visible

LINE_SPACING = 1.3
LARGEST_SIZE = 14.0
_SMALLEST_SIZE = 0.4
_SMALLER = 0.94

_OPENING = r"（《〈「『【〔“‘(\["
_CLOSING = r"，。、；：！？）》〉」』】〕”’…—·,.;:!?)\]%％"
_PIECE = re.compile(rf"[\x21-\x7e\xa1-\u024f]+ *|[{_OPENING}]*[^{_OPENING}\x21-\x7e][{_CLOSING}]* *|.")


@dataclass(frozen=True, slots=True)
class Line:
    """`scale` is the size relative to the other lines of the block."""

    text: str
    scale: float = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is drawn; `size` of its font and `width` in points."""

    text: str
    size: float
    width: float


@dataclass(frozen=True, slots=True)
class _Piece:
    """What may not be broken, and its widths with and without the spaces at its end, in thousandths."""

    text: str
    width: int
    bare: int


def lay_out(
    face: Typeface, lines: Sequence[Line], width: float, height: float, *, largest: float = LARGEST_SIZE
) -> list[Row]:
    """The rows of all lines, as large as they may be for a box of this width and height in points."""
    broken = [(line.scale, list(_pieces(face, visible(line.text)))) for line in lines]
    size = largest
    while True:
        rows = [
            Row(text, size * scale, size * scale * wide / 1000)
            for scale, pieces in broken
            for text, wide in _wrap(face, pieces, width * 1000 / (size * scale))
        ]
        if size <= _SMALLEST_SIZE or _fits(rows, width, height):
            return rows
        size *= _SMALLER


def _fits(rows: Sequence[Row], width: float, height: float) -> bool:
    return sum(row.size for row in rows) * LINE_SPACING <= height and all(row.width <= width for row in rows)


def _pieces(face: Typeface, text: str) -> Iterator[_Piece]:
    for found in _PIECE.findall(text):
        yield _Piece(found, face.width(found), face.width(found.rstrip()))


def _wrap(face: Typeface, pieces: Sequence[_Piece], width: float) -> Iterator[tuple[str, int]]:
    """Rows of at most `width` thousandths, each with its own; a piece wider than a row is broken anywhere."""
    row, used, bare = "", 0, 0
    for piece in pieces:
        if row and used + piece.bare > width:
            yield row.rstrip(), bare
            row, used = "", 0
        parts = [piece] if piece.bare <= width else _characters(face, piece)
        for part in parts:
            if row and used + part.bare > width:
                yield row.rstrip(), bare
                row, used = "", 0
            row, used, bare = row + part.text, used + part.width, used + part.bare
    if row:
        yield row.rstrip(), bare


def _characters(face: Typeface, piece: _Piece) -> list[_Piece]:
    return [_Piece(character, face.width(character), face.width(character.rstrip())) for character in piece.text]
