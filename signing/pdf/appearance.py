"""Draws what people see: signature pictures, filled-in values, check marks, page notes.

Every drawing is a form XObject with its own subset of Noto Sans SC, so that it looks the same everywhere and Chinese
never turns into boxes. Lengths are in units of user space, colours are RGB from 0 to 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.clock import CHINA
from signing.pdf.fonts import FontSubset, Typeface, noto_sans_sc, to_unicode
from signing.pdf.objects import Name, PDFObject, Writer, add_stream, pdf

Matrix = tuple[float, float, float, float]

_LINE_SPACING = 1.3
_LARGEST_SIZE = 14.0
_INK = "0.10 0.15 0.35"
_FRAME = "0.25 0.40 0.75"
_PALE = "0.93 0.95 0.99"


@dataclass(frozen=True, slots=True)
class Line:
    """`scale` is the size relative to the other lines of the block."""

    text: str
    scale: float = 1


@dataclass(frozen=True, slots=True)
class Canvas:
    """The box to draw in, as seen; `matrix` turns it upright on a rotated page."""

    width: float
    height: float
    matrix: Matrix = (1, 0, 0, 1)


def signature_lines(*, name: str, organisation_name: str, signed_at: datetime, reason: str) -> list[Line]:
    """What a signature shows: who, for whom, when (with the zone), why."""
    local = signed_at.astimezone(CHINA)
    return [
        Line(name, 1.6),
        Line(organisation_name),
        Line(f"{local:%Y-%m-%d %H:%M:%S} UTC+08:00"),
        Line(reason, 0.9),
    ]


def draw_signature(writer: Writer, canvas: Canvas, lines: Sequence[Line]) -> PDFObject:
    frame = (
        f"q {_PALE} rg 0 0 {canvas.width:.2f} {canvas.height:.2f} re f "
        f"{_FRAME} RG 0.8 w 0.4 0.4 {canvas.width - 0.8:.2f} {canvas.height - 0.8:.2f} re S Q"
    )
    return _draw_text(writer, canvas, lines, prefix=frame)


def draw_value(writer: Writer, canvas: Canvas, value: str) -> PDFObject:
    """One line of text, as large as the box allows."""
    return _draw_text(writer, canvas, [Line(value)])


def draw_blank(writer: Writer, canvas: Canvas, *, is_framed: bool = False) -> PDFObject:
    """Nothing yet, or an empty frame."""
    frame = f"{_FRAME} RG 0.5 w 0.5 0.5 {canvas.width - 1:.2f} {canvas.height - 1:.2f} re S" if is_framed else ""
    return _form(writer, canvas, frame.encode(), None)


def draw_check_mark(writer: Writer, canvas: Canvas) -> PDFObject:
    """A framed tick."""
    side = min(canvas.width, canvas.height)
    x, y = (canvas.width - side) / 2, (canvas.height - side) / 2
    points = [(x + side * across, y + side * up) for across, up in ((0.2, 0.5), (0.42, 0.25), (0.82, 0.78))]
    path = " ".join(f"{across:.2f} {up:.2f} {operator}" for (across, up), operator in zip(points, "mll", strict=True))
    content = (
        f"{_FRAME} RG 0.5 w 0.5 0.5 {canvas.width - 1:.2f} {canvas.height - 1:.2f} re S "
        f"{_INK} RG {side * 0.1:.2f} w {path} S"
    )
    return _form(writer, canvas, content.encode(), None)


def draw_note(writer: Writer, canvas: Canvas, note: str) -> PDFObject:
    """A small grey line for the foot of a page."""
    return _draw_text(writer, canvas, [Line(note)], ink="0.45 0.45 0.45")


def _draw_text(
    writer: Writer, canvas: Canvas, lines: Sequence[Line], *, prefix: str = "", ink: str = _INK
) -> PDFObject:
    """The lines below each other, each as large as height and width allow, in the middle of the box's height."""
    face = noto_sans_sc()
    subset = face.subset("".join(line.text for line in lines))
    margin = min(4.0, canvas.width * 0.04, canvas.height * 0.08)
    size = _fitting_size(canvas, lines, margin)
    leading = [size * line.scale * _LINE_SPACING for line in lines]
    top = (canvas.height + sum(leading)) / 2
    commands = [prefix, f"BT {ink} rg"]
    for line, height in zip(lines, leading, strict=True):
        fitted = min(size * line.scale, _size_for_width(face, line.text, canvas.width - 2 * margin))
        top -= height
        baseline = top + (height - fitted) / 2 + fitted * 0.15
        text = subset.encode(line.text).hex()
        commands.append(f"/F1 {fitted:.2f} Tf 1 0 0 1 {margin:.2f} {baseline:.2f} Tm <{text}> Tj")
    commands.append("ET")
    return _form(writer, canvas, "\n".join(commands).encode(), _embed(writer, face, subset))


def _fitting_size(canvas: Canvas, lines: Sequence[Line], margin: float) -> float:
    total = sum(line.scale for line in lines) * _LINE_SPACING
    return max(0.5, min(_LARGEST_SIZE, (canvas.height - 2 * margin) / total))


def _size_for_width(face: Typeface, text: str, width: float) -> float:
    return max(0.5, width * 1000 / max(1, face.width(text)))


def _form(writer: Writer, canvas: Canvas, content: bytes, font: PDFObject | None) -> PDFObject:
    entries = {
        "Type": Name("XObject"),
        "Subtype": Name("Form"),
        "BBox": [0, 0, float(canvas.width), float(canvas.height)],
        "Matrix": [*canvas.matrix, 0, 0],
        "Resources": {} if font is None else {"Font": {"F1": font}},
    }
    return add_stream(writer, content, entries)


def _embed(writer: Writer, face: Typeface, subset: FontSubset) -> PDFObject:
    """A Type 0 font with Identity-H encoding (ISO 32000-2 §9.7)."""
    name = Name("DINGYU+NotoSansSC-Regular")
    descriptor = {
        "Type": Name("FontDescriptor"),
        "FontName": name,
        "Flags": 4,
        "FontBBox": list(face.bounding_box),
        "ItalicAngle": 0,
        "Ascent": face.ascent,
        "Descent": face.descent,
        "CapHeight": 733,
        "StemV": 58,
        "FontFile2": add_stream(writer, subset.file, {"Length1": len(subset.file)}),
    }
    descendant = {
        "Type": Name("Font"),
        "Subtype": Name("CIDFontType2"),
        "BaseFont": name,
        "CIDSystemInfo": {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0},
        "FontDescriptor": writer.add_object(pdf(descriptor)),
        "DW": 1000,
        "W": [0, list(subset.widths)],
        "CIDToGIDMap": Name("Identity"),
    }
    font = {
        "Type": Name("Font"),
        "Subtype": Name("Type0"),
        "BaseFont": name,
        "Encoding": Name("Identity-H"),
        "DescendantFonts": [writer.add_object(pdf(descendant))],
        "ToUnicode": add_stream(writer, to_unicode(subset.glyphs)),
    }
    return writer.add_object(pdf(font))
