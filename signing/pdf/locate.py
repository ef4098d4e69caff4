"""Finds text on pages, for fields that are placed by anchor text.

Compared is what people read, not how it is coded: spaces don't count (`甲 方` is found as `甲方`), full-width and
half-width forms are the same, and so are ideographs and the radicals that look like them (Unicode's NFKC). An
occurrence that runs on into the next row is where it starts.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2

from signing.errors import TooManyAnchors
from signing.pdf.pages import geometry_of
from signing.pdf.pdfium import PDFIUM
from signing.ports import TextBox

MOST_TEXTS = 200
MOST_PAGES = 500
MOST_CHARACTERS = 200_000
"""On one page; what comes after them isn't looked at."""
MOST_OCCURRENCES = 1000
"""Of one text; later ones aren't told."""

Box = tuple[float, float, float, float]


class PDFTextLocator:
    """Implements `signing.ports.TextLocator`."""

    def locate(self, data: bytes, texts: Sequence[str]) -> Mapping[str, Sequence[TextBox]]:
        """`data` is a screened document. A text nobody can see is nowhere. Raises `TooManyAnchors` for over 200."""
        found: dict[str, list[TextBox]] = {text: [] for text in texts}
        wanted = {text: folded for text in found if (folded := _folded(text))}
        if len(wanted) > MOST_TEXTS:
            raise TooManyAnchors(most=MOST_TEXTS)
        if not wanted:
            return found
        with pikepdf.open(BytesIO(data), suppress_warnings=True) as document:
            geometries = [geometry_of(page) for page in document.pages[:MOST_PAGES]]
        with PDFIUM:
            pages = pypdfium2.PdfDocument(data)
            try:
                for number, geometry in enumerate(geometries[: len(pages)], start=1):
                    for text, boxes in _on_page(pages[number - 1], wanted).items():
                        placed = [TextBox(number, *geometry.seen(box)) for box in boxes]
                        found[text] += _in_reading_order(placed)[: MOST_OCCURRENCES - len(found[text])]
            finally:
                pages.close()
        return found


def _on_page(page: Any, wanted: Mapping[str, str]) -> dict[str, list[Box]]:
    """Where the texts of `wanted` (by text, folded) are on a page of PDFium's, in user space."""
    text_page = page.get_textpage()
    try:
        characters = _Characters(text_page)
        return {text: list(characters.find(folded)) for text, folded in wanted.items()}
    finally:
        text_page.close()
        page.close()


class _Characters:
    """A page's text folded for comparing, and which of PDFium's characters each of its characters comes from."""

    def __init__(self, text_page: Any) -> None:
        self._page = text_page
        folded: list[str] = []
        self._sources: list[int] = []
        for index in range(min(text_page.count_chars(), MOST_CHARACTERS)):
            parts = _folded(chr(pypdfium2.raw.FPDFText_GetUnicode(text_page, index)))
            folded.append(parts)
            self._sources += [index] * len(parts)
        self._text = "".join(folded)

    def find(self, wanted: str) -> Iterator[Box]:
        start, count = self._text.find(wanted), 0
        while start >= 0 and count < MOST_OCCURRENCES:
            yield self._box(self._sources[start : start + len(wanted)])
            start, count = self._text.find(wanted, start + len(wanted)), count + 1

    def _box(self, indices: Sequence[int]) -> Box:
        """Around the first character and all that follow it in its row."""
        first: Box = self._page.get_charbox(indices[0], loose=True)
        whole = first
        for index in indices[1:]:
            box = self._page.get_charbox(index, loose=True)
            if not _are_in_a_row(first, box):
                break
            whole = min(whole[0], box[0]), min(whole[1], box[1]), max(whole[2], box[2]), max(whole[3], box[3])
        return whole


@lru_cache(maxsize=8192)
def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text)
    return "".join(character for character in folded if character.isprintable() and not character.isspace())


def _are_in_a_row(one: Box, other: Box) -> bool:
    """Whether they share a row as written: along either axis of user space, as the page may be turned."""
    level = min(one[3], other[3]) - max(one[1], other[1]) > 0.3 * min(one[3] - one[1], other[3] - other[1])
    upright = min(one[2], other[2]) - max(one[0], other[0]) > 0.3 * min(one[2] - one[0], other[2] - other[0])
    return level or upright


def _in_reading_order(boxes: list[TextBox]) -> list[TextBox]:
    """Row by row: boxes whose middles are at about one height are read from the left."""
    rows: list[list[TextBox]] = []
    for box in sorted(boxes, key=lambda box: box.y + box.height / 2):
        middle = box.y + box.height / 2
        if rows and middle - (rows[-1][0].y + rows[-1][0].height / 2) < box.height / 2:
            rows[-1].append(box)
        else:
            rows.append([box])
    return [box for row in rows for box in sorted(row, key=lambda box: box.x)]
