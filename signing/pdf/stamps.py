"""What stands on every page besides the fields: the note at its foot, and the watermark of test mode.

Both are page content, not annotations that a viewer could hide. Pages of one geometry share one drawing and one
content stream, so that a page costs a few bytes. The page's own content is fenced in: whatever graphics state it
leaves behind, even by unbalanced operators, can neither move nor clip the stamp.
"""

import math
from collections.abc import Sequence

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from signing.pdf.errors import BrokenPDF
from signing.pdf.fonts import visible
from signing.pdf.geometry import PageGeometry
from signing.pdf.ink import DocumentSink, Ink, add_stream
from signing.pdf.objects import Name as PDFName
from signing.pdf.pages import inherited

_NAME = "DingyueStamp"
_NOTE_SIZE = 6.5
_NOTE_MARGIN = 12.0
_NOTE_BASELINE = 16.0
_GREY = "0.45 0.45 0.45"
_PALE = "0.55 0.55 0.60"
_OPACITY = 0.28
_ROWS = (-0.3, 0.0, 0.3)
"""Where the watermark's rows stand, in parts of the page's height from its middle: no half of a page is without."""


def stamp_pages(
    document: Pdf, geometries: Sequence[PageGeometry], *, note: str | None = None, watermark: str | None = None
) -> None:
    """Changes the document in place; `geometries` are its pages'. Raises `BrokenPDF` if a page's content never ends."""
    note, watermark = visible(note or ""), visible(watermark or "")
    if not note and not watermark:
        return
    stamper = _Stamper(document, note, watermark)
    for page, geometry in zip(document.pages, geometries, strict=True):
        stamper.stamp(page, geometry)


class _Stamper:
    def __init__(self, document: Pdf, note: str, watermark: str) -> None:
        self._document = document
        self._note = note
        self._watermark = watermark
        self._ink = Ink(DocumentSink(document), [note, watermark])
        self._forms: dict[PageGeometry, pikepdf.Object] = {}
        self._streams: dict[bytes, pikepdf.Object] = {}

    def stamp(self, page: pikepdf.Page, geometry: PageGeometry) -> None:
        name = _offer(page.obj, self._form(geometry))
        draw = b"/" + name.encode() + b" Do"
        contents = _contents(page)
        page.obj.Contents = Array([*contents, self._stream(b"\n" + draw)])
        unopened, left_open = _unbalanced(page, name)
        before = self._stream(b"q " * (1 + unopened))
        after = self._stream(b"\nQ " + b"Q " * (unopened + left_open) + b"q " + draw + b" Q")
        page.obj.Contents = Array([before, *contents, after])

    def _form(self, geometry: PageGeometry) -> pikepdf.Object:
        if geometry not in self._forms:
            self._forms[geometry] = self._draw(geometry)
        return self._forms[geometry]

    def _stream(self, content: bytes) -> pikepdf.Object:
        if content not in self._streams:
            self._streams[content] = Stream(self._document, content)
        return self._streams[content]

    def _draw(self, geometry: PageGeometry) -> pikepdf.Object:
        """A form as large as the page as seen, in points, whose matrix lays it onto the page."""
        width, height = geometry.size_in_points
        content = [self._draw_note(width, height), self._draw_watermark(width, height)]
        pale = {"Type": PDFName("ExtGState"), "ca": _OPACITY}
        entries = {
            "Type": PDFName("XObject"),
            "Subtype": PDFName("Form"),
            "BBox": [0, 0, width, height],
            "Matrix": list(geometry.placement()),
            "Resources": {"Font": {"F1": self._ink.font()}, "ExtGState": {"Pale": pale}},
        }
        drawn: pikepdf.Object = add_stream(self._ink.sink, "\n".join(content).encode(), entries)
        return drawn

    def _draw_note(self, width: float, height: float) -> str:
        """In the middle of the foot; smaller where the page is narrow, left out where it is too low for any."""
        room = width - 2 * _NOTE_MARGIN
        advance = self._ink.face.width(self._note) / 1000
        if not self._note or room <= 0 or height < 2 * _NOTE_BASELINE:
            return ""
        size = min(_NOTE_SIZE, room / advance)
        return self._show(self._note, size, _GREY, (1, 0, 0, 1, (width - size * advance) / 2, _NOTE_BASELINE))

    def _draw_watermark(self, width: float, height: float) -> str:
        """Along the rising diagonal, three times below each other."""
        if not self._watermark:
            return ""
        angle = math.atan2(height, width)
        cosine, sine = math.cos(angle), math.sin(angle)
        advance = self._ink.face.width(self._watermark) / 1000
        size = math.hypot(width, height) * 0.8 / advance
        rows = []
        for row in _ROWS:
            # Back from the middle by half of the text's length, and down by a third of its height.
            x = width / 2 - cosine * size * advance / 2 + sine * size / 3
            y = height * (0.5 + row) - sine * size * advance / 2 - cosine * size / 3
            rows.append(self._show(self._watermark, size, _PALE, (cosine, sine, -sine, cosine, x, y)))
        return "\n".join(["q /Pale gs", *rows, "Q"])

    def _show(
        self, text: str, size: float, colour: str, matrix: tuple[float, float, float, float, float, float]
    ) -> str:
        numbers = " ".join(f"{number:.4f}" for number in matrix)
        return f"BT {colour} rg /F1 {size:.2f} Tf {numbers} Tm <{self._ink.encode(text)}> Tj ET"


def _contents(page: pikepdf.Page) -> list[pikepdf.Object]:
    contents = page.obj.get("/Contents")
    if isinstance(contents, Array):
        return list(contents)
    return [contents] if isinstance(contents, Stream) else []


def _unbalanced(page: pikepdf.Page, name: str) -> tuple[int, int]:
    """How many graphics states the page's content restores without having saved them, and saves without restoring.

    The page ends with drawing `name`. Raises `BrokenPDF` if an open string or image of its content swallows that.
    """
    depth = lowest = 0
    last = None
    for last in pikepdf.parse_content_stream(page, "q Q Do"):
        operator = str(last.operator)
        depth += {"q": 1, "Q": -1}.get(operator, 0)
        lowest = min(lowest, depth)
    if last is None or [str(operand) for operand in last.operands] != [f"/{name}"]:
        raise BrokenPDF(why="page content without an end")
    return -lowest, depth


def _offer(page: pikepdf.Object, form: pikepdf.Object) -> str:
    """Makes the form known to the page's content; returns its name there. Pages may share their resources."""
    resources = inherited(page, "/Resources")
    if not isinstance(resources, Dictionary):
        resources = page.Resources = Dictionary()
    if not isinstance(resources.get("/XObject"), Dictionary):
        resources.XObject = Dictionary()
    known = resources.XObject
    number = 1
    while (taken := known.get(f"/{_NAME}{number}")) is not None and taken.objgen != form.objgen:
        number += 1
    known[Name(f"/{_NAME}{number}")] = form
    return f"{_NAME}{number}"
