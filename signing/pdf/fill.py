"""What one signer's boxes show and hold after they signed: drawings and values, made as one increment.

    signature, initials, seal   the picture of the kind, or text; `/V` is the signature, or the signer's name
    cross_page_seal             this page's slice of the seal
    date, text                  the value, drawn and as `/V`
    checkbox                    its state, `Yes` or `Off`; both were drawn when the document was prepared

Boxes left blank are drawn anew too: a validator takes the old drawing in a locked field for a change of it.
"""

from collections.abc import Mapping

from signing.pdf.appearance import Canvas, draw_blank, draw_signature, draw_value, signature_lines
from signing.pdf.objects import Name, PDFObject, Writer, pdf
from signing.plan import FieldKind
from signing.ports import SigningOrder


def fill_in(writer: Writer, order: SigningOrder, fields: Mapping[str, PDFObject]) -> None:
    """Draws and fills in all boxes of the order. `fields` are their dictionaries in the PDF, by name.

    The dictionaries are changed in place (`/AP`, `/AS`, and `/V` but for signature fields); whoever calls marks them
    as updated. Drawings are added to `writer`, of which only `add_object` is used.
    """
    lines = signature_lines(
        name=order.identity.name,
        organisation_name=order.identity.organisation_name,
        signed_at=order.signed_at,
        reason=order.reason,
    )
    for placed in order.fields:
        field = fields[placed.name]
        value = order.values.get(placed.name, "")
        if placed.kind in (FieldKind.SIGNATURE, FieldKind.SEAL):
            if field["/FT"] != "/Sig":
                field["/V"] = pdf(order.identity.name)
            field["/AP"] = pdf({"N": draw_signature(writer, canvas_of(field), lines)})
        elif placed.kind is FieldKind.CHECKBOX:
            field["/V"] = field["/AS"] = pdf(Name("Yes" if value == "true" else "Off"))
        else:
            if value:
                field["/V"] = pdf(value)
            canvas = canvas_of(field)
            field["/AP"] = pdf({"N": draw_value(writer, canvas, value) if value else draw_blank(writer, canvas)})


def canvas_of(field: PDFObject) -> Canvas:
    """How to draw in a field: what `prepare` left in its blank appearance."""
    blank = field["/AP"]["/N"]
    box, matrix = blank["/BBox"], blank["/Matrix"]
    return Canvas(
        float(box[2]), float(box[3]), (float(matrix[0]), float(matrix[1]), float(matrix[2]), float(matrix[3]))
    )
