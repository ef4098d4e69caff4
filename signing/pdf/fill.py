"""What one signer's boxes show and hold after they signed: drawings and values, made as one increment.

    signature         the drawn signature if there is one, and who, for whom, when, why
    initials          the drawn initials, or the name in short
    seal              the seal's picture and the time; without a picture, as a signature
    cross_page_seal   this page's slice of the seal; without a picture, the organisation's name along the edge
    date, text        the value, drawn and as `/V`
    checkbox          its state, `Yes` or `Off`; both were drawn when the document was prepared

The `/V` of a signature field is the signature; of any further box, the signer's name. Boxes left blank stay as they
are: without a value and without a drawing.
"""

from collections.abc import Mapping, Sequence

from signing.pdf import appearance
from signing.pdf.appearance import Canvas, initials_of, shown_time, signature_lines
from signing.pdf.fonts import visible
from signing.pdf.geometry import PageGeometry
from signing.pdf.ink import Ink, WriterSink
from signing.pdf.layout import Line
from signing.pdf.objects import Name, PDFObject, Writer, pdf
from signing.pdf.pictures import picture_of
from signing.plan import FieldKind
from signing.ports import PlacedField, SigningOrder

_SAME_EVERYWHERE = frozenset({FieldKind.SIGNATURE, FieldKind.INITIALS, FieldKind.SEAL})
"""Boxes of these kinds and of one size share a drawing."""


def fill_in(writer: Writer, order: SigningOrder, fields: Mapping[str, PDFObject]) -> None:
    """Draws and fills in all boxes of the order, whose cross-page seals are expanded to slices
    (`signing.pdf.slices`). `fields` are the boxes' dictionaries in the PDF, by name.

    The dictionaries are changed in place (`/AP`, `/AS`, and `/V` but for signature fields); whoever calls marks them
    as updated. Drawings are added to `writer`, of which only `add_object` is used.
    """
    lines = signature_lines(
        name=order.identity.name,
        organisation_name=order.identity.organisation_name,
        signed_at=order.signed_at,
        reason=order.reason,
    )
    ink = Ink(WriterSink(writer), [*(line.text for line in lines), *order.values.values()])
    drawn: dict[tuple[FieldKind, Canvas], PDFObject] = {}
    for placed in order.fields:
        field = fields[placed.name]
        value = value_of(placed, order)
        if placed.kind is FieldKind.CHECKBOX:
            field["/V"] = field["/AS"] = value
            continue
        if value is None:
            continue
        if field["/FT"] != "/Sig":
            field["/V"] = value
        canvas = canvas_of(field)
        drawing = drawn.get((placed.kind, canvas)) or appearance_of(ink, canvas, placed, order, lines)
        if placed.kind in _SAME_EVERYWHERE:
            drawn[placed.kind, canvas] = drawing
        field["/AP"] = pdf({"N": drawing})


def value_of(placed: PlacedField, order: SigningOrder) -> PDFObject | None:
    """The `/V` of a box that isn't a signature field; None if it is left blank."""
    if placed.kind is FieldKind.CHECKBOX:
        return pdf(Name("Yes" if order.values.get(placed.name) == "true" else "Off"))
    if placed.kind in (FieldKind.DATE, FieldKind.TEXT):
        value = order.values.get(placed.name, "")
        return pdf(value) if value else None
    return pdf(order.identity.name)


def appearance_of(
    ink: Ink, canvas: Canvas, placed: PlacedField, order: SigningOrder, lines: Sequence[Line]
) -> PDFObject:
    """The drawing of a box of any kind but a check box; a date or text has a value."""
    match placed.kind:
        case FieldKind.DATE | FieldKind.TEXT:
            drawn = appearance.draw_value(ink, canvas, order.values[placed.name])
        case FieldKind.INITIALS:
            drawn = _initials(ink, canvas, order)
        case FieldKind.SEAL if FieldKind.SEAL in order.pictures:
            picture = picture_of(order.pictures[FieldKind.SEAL])
            drawn = appearance.draw_picture(ink, canvas, picture, shown_time(order.signed_at))
        case FieldKind.CROSS_PAGE_SEAL:
            drawn = _slice(ink, canvas, placed, order)
        case _:
            png = order.pictures.get(FieldKind.SIGNATURE) if placed.kind is FieldKind.SIGNATURE else None
            picture_or_none = picture_of(png, trimmed=True) if png is not None else None
            drawn = appearance.draw_signature(ink, canvas, lines, picture_or_none)
    return drawn


def _initials(ink: Ink, canvas: Canvas, order: SigningOrder) -> PDFObject:
    png = order.pictures.get(FieldKind.INITIALS)
    if png is not None:
        return appearance.draw_picture(ink, canvas, picture_of(png, trimmed=True))
    return appearance.draw_initials(ink, canvas, initials_of(visible(order.identity.name)))


def _slice(ink: Ink, canvas: Canvas, placed: PlacedField, order: SigningOrder) -> PDFObject:
    """Raises `ValueError` for a cross-page seal that isn't expanded."""
    if placed.slice is None:
        raise ValueError("a cross-page seal is drawn slice by slice")
    png = order.pictures.get(FieldKind.SEAL)
    if png is None:
        return appearance.draw_edge(ink, canvas, order.identity.organisation_name)
    return appearance.draw_slice(ink, canvas, picture_of(png), *placed.slice)


def canvas_of(field: PDFObject) -> Canvas:
    """How to draw in a field: as large as its rectangle on paper, and turned as its page is."""
    rectangle = [float(number) for number in field["/Rect"]]
    box = PageGeometry.of(rectangle, None, int(field["/MK"]["/R"]), float(field["/P"].get("/UserUnit", 1)))
    width, height = (round(length, 3) for length in box.size_in_points)
    return Canvas(width, height, box.upright())
