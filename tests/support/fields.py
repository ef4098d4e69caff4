"""Boxes filled in without a signature, drawn strokes, and where ink is on a page: for tests of what people see."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from uuid import UUID

import pikepdf
import pypdfium2
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.pdf.fill import fill_in
from signing.pdf.prepare import PDFPreparer
from signing.pdf.slices import expand_cross_page_seals
from signing.plan import FieldKind
from signing.ports import PlacedField, SignerIdentity, SigningOrder

SIGNED_AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SIGNER = SignerIdentity("张三", "东莞市示例采购中心", "12441900MB2C12345X")

Point = tuple[float, float]


def order_for(
    fields: Sequence[PlacedField],
    *,
    values: Mapping[str, str] | None = None,
    pictures: Mapping[FieldKind, bytes] | None = None,
    identity: SignerIdentity = SIGNER,
) -> SigningOrder:
    return SigningOrder(
        fields, identity, UUID(int=0), SIGNED_AT, "同意签署 / I agree to sign", values or {}, pictures or {}
    )


def filled(data: bytes, order: SigningOrder) -> bytes:
    """The document prepared with the order's boxes, and these filled in as by a signature."""
    prepared = PDFPreparer().prepare(data, order.fields, prepared_at=SIGNED_AT)
    with pikepdf.open(BytesIO(data)) as document:
        order = replace(order, fields=expand_cross_page_seals(order.fields, len(document.pages)))
    writer = IncrementalPdfFileWriter(BytesIO(prepared))
    fields = {str(found.get_object()["/T"]): found.get_object() for found in writer.root["/AcroForm"]["/Fields"]}
    fill_in(writer, order, fields)
    for placed in order.fields:
        writer.update_container(fields[placed.name])  # type: ignore[no-untyped-call]
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]
    return output.getvalue()


def rendered(data: bytes, page: int = 0, *, scale: float = 2) -> Image.Image:
    """The page as a viewer shows it, with its fields."""
    with pypdfium2.PdfDocument(data) as document:
        document.init_forms()
        picture: Image.Image = document[page].render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
    return picture


def bounds_of_ink(data: bytes, page: int = 0) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of everything drawn, in parts of the page as a viewer shows it."""
    image = rendered(data, page).convert("L")
    bounds = image.point([255 if level < 250 else 0 for level in range(256)]).getbbox()
    assert bounds is not None, "nothing is drawn"
    left, top, right, bottom = bounds
    return left / image.width, top / image.height, right / image.width, bottom / image.height


def stroke_png(*strokes: Sequence[Point], size: tuple[int, int] = (400, 160), width: int = 5) -> bytes:
    """Lines through points given in parts of the picture, black on transparent."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(x * size[0], y * size[1]) for x, y in stroke]
        if len(points) == 1:
            (x, y) = points[0]
            draw.ellipse((x - width, y - width, x + width, y + width), fill=(0, 0, 0, 255))
        draw.line(points, fill=(0, 0, 0, 255), width=width, joint="curve")
    return png_of(image)


def signature_png(**options: object) -> bytes:
    """A lively wave with loops, as handwriting is."""
    wave = [
        (0.1 + 0.8 * part / 60 + 0.03 * math.sin(part), 0.5 + 0.35 * math.sin(part * 0.7) * math.cos(part * 0.11))
        for part in range(60)
    ]
    return stroke_png(wave, [(0.15, 0.75), (0.85, 0.8)], **options)  # type: ignore[arg-type]


def png_of(image: Image.Image, **options: object) -> bytes:
    output = BytesIO()
    image.save(output, "PNG", **options)
    return output.getvalue()
