"""Draws what people see: signatures, seals and their slices, filled-in values, check marks.

Every drawing is a form XObject with its own embedded glyphs, so that it looks the same everywhere and Chinese never
turns into boxes. Nothing opaque is laid over the contract: pictures multiply with what is below them, as ink on paper
does. Lengths are in points, colours are RGB from 0 to 1.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.clock import CHINA
from signing.pdf.fonts import visible
from signing.pdf.ink import Ink, Sink, add_stream
from signing.pdf.layout import LARGEST_SIZE, LINE_SPACING, Line, Row, lay_out
from signing.pdf.objects import Name, PDFObject
from signing.pdf.pictures import Picture

Matrix = tuple[float, float, float, float]

_INK = "0.10 0.15 0.35"
_RED = "0.80 0.10 0.10"
_FRAME = "0.25 0.40 0.75"
_BESIDE = 1.8
"""Boxes wider than this times their height have the picture beside the text, others above it."""
_LONGEST_SHORT_NAME = 4


@dataclass(frozen=True, slots=True)
class Canvas:
    """The box to draw in, as seen; `matrix` turns it upright on a rotated page."""

    width: float
    height: float
    matrix: Matrix = (1, 0, 0, 1)

    @property
    def margin(self) -> float:
        return min(4.0, self.width * 0.04, self.height * 0.08)


@dataclass(frozen=True, slots=True)
class _Area:
    """A part of a canvas, from its bottom left corner."""

    x: float
    y: float
    width: float
    height: float


def signature_lines(*, name: str, organisation_name: str, signed_at: datetime, reason: str) -> list[Line]:
    """What a signature shows: who, for whom, when (with the zone), why."""
    return [Line(name, 1.6), Line(organisation_name), Line(shown_time(signed_at)), Line(reason, 0.9)]


def shown_time(instant: datetime) -> str:
    return f"{instant.astimezone(CHINA):%Y-%m-%d %H:%M:%S} UTC+08:00"


def initials_of(name: str) -> str:
    """A short name as it is (`欧阳娜娜`); of a longer one the first letters of its words (`JS`), or its start."""
    if len(name) <= _LONGEST_SHORT_NAME:
        return name
    words = name.split()
    if len(words) > 1:
        return "".join(word[0] for word in words)[:_LONGEST_SHORT_NAME]
    is_latin = "LATIN" in unicodedata.name(name[0], "")
    return name[0] if is_latin else name[:_LONGEST_SHORT_NAME]


def draw_signature(ink: Ink, canvas: Canvas, lines: Sequence[Line], picture: Picture | None = None) -> PDFObject:
    """The lines in a thin frame, with the drawn signature beside or above them."""
    frame = f"q {_FRAME} RG 0.5 w 0.25 0.25 {canvas.width - 0.5:.2f} {canvas.height - 0.5:.2f} re S Q"
    inner = _inner(canvas)
    if picture is None:
        return _form(ink, canvas, [frame, _text(ink, inner, lines)], uses_font=True)
    for_picture, for_text = _split(inner, canvas.width > _BESIDE * canvas.height)
    content = [frame, _image(for_picture, picture), _text(ink, for_text, lines)]
    return _form(ink, canvas, content, uses_font=True, picture=picture)


def draw_picture(ink: Ink, canvas: Canvas, picture: Picture, caption: str = "") -> PDFObject:
    """The picture in the middle, as large as it may be, with a small line below."""
    inner = _inner(canvas)
    if not caption:
        return _form(ink, canvas, [_image(inner, picture)], picture=picture)
    foot = min(9.0, inner.height * 0.12)
    content = [
        _image(_Area(inner.x, inner.y + foot, inner.width, inner.height - foot), picture),
        _text(ink, _Area(inner.x, inner.y, inner.width, foot), [Line(caption)], colour=_RED, is_centred=True),
    ]
    return _form(ink, canvas, content, uses_font=True, picture=picture)


def draw_slice(ink: Ink, canvas: Canvas, picture: Picture, index: int, count: int) -> PDFObject:
    """Slice `index` (from 0 at the left) of `count` of a seal, at the right edge of the box and as high as it allows.

    It is the whole picture, of which only the slice lies within the box that is clipped to: every page shares it.
    """
    height = min(canvas.height, canvas.width * count * picture.height / picture.width)
    width = height * picture.width / picture.height
    x, y, share = canvas.width - width / count, (canvas.height - height) / 2, width / count
    content = (
        f"q /M gs {x:.3f} {y:.3f} {share:.3f} {height:.3f} re W n "
        f"{width:.3f} 0 0 {height:.3f} {x - index * share:.3f} {y:.3f} cm /P Do Q"
    )
    return _form(ink, canvas, [content], picture=picture)


def draw_value(ink: Ink, canvas: Canvas, value: str) -> PDFObject:
    """Text as large as the box allows, on as many rows as that takes."""
    return _form(ink, canvas, [_text(ink, _inner(canvas), [Line(value)])], uses_font=True)


def draw_initials(ink: Ink, canvas: Canvas, initials: str) -> PDFObject:
    largest = max(LARGEST_SIZE, canvas.height * 0.6)
    content = _text(ink, _inner(canvas), [Line(initials)], largest=largest, is_centred=True)
    return _form(ink, canvas, [content], uses_font=True)


def draw_edge(ink: Ink, canvas: Canvas, text: str) -> PDFObject:
    """A slice of a seal nobody made a picture of: its organisation's name, in red, downwards along the edge."""
    content = _text(ink, _inner(canvas), [Line(character) for character in visible(text)], colour=_RED, is_centred=True)
    return _form(ink, canvas, [content], uses_font=True)


def draw_check_box(sink: Sink, canvas: Canvas) -> PDFObject:
    """An empty frame."""
    return _put(sink, canvas, _box(canvas), {})


def draw_check_mark(sink: Sink, canvas: Canvas) -> PDFObject:
    """A framed tick."""
    side = min(canvas.width, canvas.height)
    x, y = (canvas.width - side) / 2, (canvas.height - side) / 2
    points = [(x + side * across, y + side * up) for across, up in ((0.2, 0.5), (0.42, 0.25), (0.82, 0.78))]
    path = " ".join(f"{across:.2f} {up:.2f} {operator}" for (across, up), operator in zip(points, "mll", strict=True))
    return _put(sink, canvas, f"{_box(canvas)} {_INK} RG {side * 0.1:.2f} w {path} S", {})


def _box(canvas: Canvas) -> str:
    return f"{_FRAME} RG 0.5 w 0.5 0.5 {canvas.width - 1:.2f} {canvas.height - 1:.2f} re S"


def _inner(canvas: Canvas) -> _Area:
    margin = canvas.margin
    return _Area(margin, margin, canvas.width - 2 * margin, canvas.height - 2 * margin)


def _split(area: _Area, is_wide: bool) -> tuple[_Area, _Area]:
    """One part for the picture, one for the text."""
    if is_wide:
        first = area.width * 0.45
        rest = _Area(area.x + first + 2, area.y, area.width - first - 2, area.height)
        return _Area(area.x, area.y, first, area.height), rest
    first = area.height * 0.55
    picture = _Area(area.x, area.y + area.height - first, area.width, first)
    return picture, _Area(area.x, area.y, area.width, area.height - first - 1)


def _image(area: _Area, picture: Picture) -> str:
    """The picture in the middle of the area, its aspect kept."""
    scale = min(area.width / picture.width, area.height / picture.height)
    width, height = picture.width * scale, picture.height * scale
    x, y = area.x + (area.width - width) / 2, area.y + (area.height - height) / 2
    return f"q /M gs {width:.3f} 0 0 {height:.3f} {x:.3f} {y:.3f} cm /P Do Q"


def _text(
    ink: Ink,
    area: _Area,
    lines: Sequence[Line],
    *,
    colour: str = _INK,
    largest: float = LARGEST_SIZE,
    is_centred: bool = False,
) -> str:
    """The lines below each other, in the middle of the area's height."""
    rows = lay_out(ink.face, lines, area.width, area.height, largest=largest)
    top = area.y + (area.height + sum(row.size for row in rows) * LINE_SPACING) / 2
    commands = [f"BT {colour} rg"]
    for row in rows:
        top -= row.size * LINE_SPACING
        x = area.x + ((area.width - row.width) / 2 if is_centred else 0)
        commands.append(_show(ink, row, x, top + row.size * (LINE_SPACING - 1) / 2 + row.size * 0.15))
    return "\n".join([*commands, "ET"])


def _show(ink: Ink, row: Row, x: float, baseline: float) -> str:
    return f"/F1 {row.size:.2f} Tf 1 0 0 1 {x:.2f} {baseline:.2f} Tm <{ink.encode(row.text)}> Tj"


def _form(
    ink: Ink, canvas: Canvas, content: Sequence[str], *, uses_font: bool = False, picture: Picture | None = None
) -> PDFObject:
    resources: dict[str, object] = {}
    if uses_font:
        resources["Font"] = {"F1": ink.font()}
    if picture is not None:
        resources["XObject"] = {"P": ink.picture(picture)}
        resources["ExtGState"] = {"M": {"Type": Name("ExtGState"), "BM": Name("Multiply")}}
    return _put(ink.sink, canvas, "\n".join(content), resources)


def _put(sink: Sink, canvas: Canvas, content: str, resources: dict[str, object]) -> PDFObject:
    entries = {
        "Type": Name("XObject"),
        "Subtype": Name("Form"),
        "BBox": [0, 0, float(canvas.width), float(canvas.height)],
        "Matrix": [*canvas.matrix, 0, 0],
        "Resources": resources,
    }
    return add_stream(sink, content.encode(), entries)
