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


def lay_out(
    face: Typeface, lines: Sequence[Line], width: float, height: float, *, largest: float = LARGEST_SIZE
) -> list[Row]:
    """The rows of all lines, as large as they may be for a box of this width and height in points."""
    pieces = [[(piece, face.width(piece)) for piece in _pieces(visible(line.text))] for line in lines]
    size = largest
    while True:
        rows = [
            Row(text, size * line.scale, size * line.scale * face.width(text) / 1000)
            for line, parts in zip(lines, pieces, strict=True)
            for text in _wrap(face, parts, width * 1000 / (size * line.scale))
        ]
        if size <= _SMALLEST_SIZE or _fits(rows, width, height):
            return rows
        size *= _SMALLER


def _fits(rows: Sequence[Row], width: float, height: float) -> bool:
    return sum(row.size for row in rows) * LINE_SPACING <= height and all(row.width <= width for row in rows)


def _pieces(text: str) -> Iterator[str]:
    """What may not be broken, in order."""
    return (found.group() for found in _PIECE.finditer(text))


def _wrap(face: Typeface, pieces: Sequence[tuple[str, int]], width: float) -> Iterator[str]:
    """Rows of at most `width` thousandths of the font size; a piece that is wider than a row is broken anywhere."""
    row, used = "", 0
    for piece, advance in pieces:
        if row and used + face.width(piece.rstrip()) > width:
            yield row.rstrip()
            row, used = "", 0
        if advance <= width:
            row, used = row + piece, used + advance
            continue
        for character in piece:
            step = face.width(character)
            if row and used + step > width:
                yield row
                row, used = "", 0
            row, used = row + character, used + step
    if row:
        yield row.rstrip()
