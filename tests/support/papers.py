"""What tests read in the papers we write: their text, and where it stands."""

from collections.abc import Iterator
from contextlib import contextmanager

import pypdfium2


@contextmanager
def opened(data: bytes) -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


def page_texts(data: bytes) -> list[str]:
    """Page by page, without white space: lines break where there was no room."""
    with opened(data) as document:
        return ["".join(page.get_textpage().get_text_range().split()) for page in document]


def text_of(data: bytes) -> str:
    return "".join(page_texts(data))


def raw_text(data: bytes) -> str:
    """With its line breaks and blanks."""
    with opened(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


def packed(text: str) -> str:
    """As `text_of` would find it."""
    return "".join(text.split())


def text_within(data: bytes, page: int, *, x: float, y: float, width: float, height: float) -> str:
    """The text in a box on a page, measured like fields: parts of the page from its top left corner."""
    with opened(data) as document:
        found = document[page - 1]
        page_width, page_height = found.get_size()
        text: str = found.get_textpage().get_text_bounded(
            left=x * page_width,
            top=(1 - y) * page_height,
            right=(x + width) * page_width,
            bottom=(1 - y - height) * page_height,
        )
        return text.strip()


def text_bounds(data: bytes) -> list[tuple[float, float, float, float]]:
    """Of each page, the left, bottom, right and top of all its text, in points."""
    with opened(data) as document:
        return [_bounds(page.get_textpage()) for page in document]


def _bounds(text: pypdfium2.PdfTextPage) -> tuple[float, float, float, float]:
    boxes = [text.get_rect(number) for number in range(text.count_rects())]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)
