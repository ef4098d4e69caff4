"""PDFs for tests: plain ones, rotated and cropped ones, and every kind that screening must refuse."""

import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, StreamDecodeLevel
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from signing.pdf.fonts import NOTO_SANS_SC
from signing.plan import FieldKind
from signing.ports import PlacedField

_FONT = "NotoSansSC"
_A4 = (595.0, 842.0)


def contract_pdf(pages: int = 3) -> bytes:
    """A Chinese contract of some A4 pages."""
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(NOTO_SANS_SC)))
    output = BytesIO()
    canvas = Canvas(output, pagesize=_A4, invariant=True)
    for page in range(1, pages + 1):
        canvas.setFont(_FONT, 18)
        canvas.drawString(72, 770, f"政府采购合同 第 {page} 页")
        canvas.setFont(_FONT, 11)
        canvas.drawString(72, 730, "甲方应于验收合格后三十日内支付合同价款人民币肆拾捌万元整。")
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def blank_pdf(*, rotate: int = 0, crop: tuple[int, int, int, int] | None = None) -> bytes:
    """One white A4 page, rotated and cropped as asked."""
    with Pdf.new() as pdf:
        page = pdf.add_blank_page(page_size=_A4)
        page.obj.Rotate = rotate
        if crop is not None:
            page.obj.CropBox = Array(crop)
        return _saved(pdf)


def changed(change: Callable[[Pdf], None], data: bytes | None = None) -> bytes:
    """A PDF after `change` did something to it."""
    with Pdf.open(BytesIO(data or blank_pdf())) as pdf:
        change(pdf)
        return _saved(pdf)


def encrypted_pdf() -> bytes:
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=_A4)
        output = BytesIO()
        pdf.save(output, encryption=pikepdf.Encryption(user="secret", owner="secret"))
        return output.getvalue()


def add_javascript(pdf: Pdf) -> None:
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=pikepdf.String("app.alert(1)"))


def add_launch_action(pdf: Pdf) -> None:
    link = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Link,
        Rect=Array([0, 0, 100, 100]),
        A=Dictionary(S=Name.Launch, F=pikepdf.String("calc.exe")),
    )
    pdf.pages[0].Annots = Array([link])


def add_embedded_file(pdf: Pdf) -> None:
    pdf.attachments["hidden.txt"] = b"hidden"


def add_layer(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=pikepdf.String("layer")))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary())


def add_xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xfa/>"))


def add_signature(pdf: Pdf) -> None:
    signature = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Contents=pikepdf.String("x"))
    pdf.Root.Hidden = pdf.make_indirect(signature)


def add_media(pdf: Pdf) -> None:
    pdf.pages[0].Annots = Array([Dictionary(Type=Name.Annot, Subtype=Name.RichMedia, Rect=Array([0, 0, 9, 9]))])


def add_double_packed_stream(pdf: Pdf) -> None:
    packed = zlib.compress(zlib.compress(bytes(100_000)))
    stream = Stream(pdf, b"")
    stream.write(packed, filter=Array([Name.FlateDecode, Name.FlateDecode]))
    pdf.Root.Hidden = stream


def add_many_zeros(pdf: Pdf) -> None:
    """Eight megabytes that pack into a few kilobytes."""
    stream = Stream(pdf, b"")
    stream.write(zlib.compress(bytes(8 * 1024 * 1024)), filter=Name.FlateDecode)
    pdf.Root.Hidden = stream


def remove_area(pdf: Pdf) -> None:
    pdf.pages[0].MediaBox = Array([0, 0, 0, 0])


def placed(
    name: str,
    recipient: str = "a",
    kind: FieldKind = FieldKind.SIGNATURE,
    *,
    page: int = 1,
    x: float = 0.1,
    y: float = 0.7,
    width: float = 0.35,
    height: float = 0.1,
) -> PlacedField:
    return PlacedField(name, recipient, kind, page, x, y, width, height)


def _saved(pdf: Pdf) -> bytes:
    output = BytesIO()
    # Streams stay as they are: some are here for the way they are packed.
    pdf.save(output, deterministic_id=True, stream_decode_level=StreamDecodeLevel.none, compress_streams=False)
    return output.getvalue()
