"""PDFs for tests: plain ones, rotated and cropped ones, and every kind that screening must refuse."""

import random
import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
from pikepdf import Array, Dictionary, Name, ObjectStreamMode, Pdf, Stream, StreamDecodeLevel
from PIL import Image
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from reportlab.lib.utils import ImageReader
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


def add_noise(pdf: Pdf, streams: int, size: int) -> None:
    """Streams of so many bytes that nothing makes smaller."""
    source = random.Random(size)
    pdf.Root.Hidden = Array([pdf.make_indirect(Stream(pdf, source.randbytes(size))) for _ in range(streams)])


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


def form_pdf(**text: str) -> bytes:
    """One page with a drawn text field for each name and value, a ticked box and an empty signature field."""
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=_A4)
        pdf.pages[0].obj.Annots = pdf.make_indirect(Array([]))
        pdf.Root.AcroForm = Dictionary(Fields=Array([]), DA=pikepdf.String("/Helv 10 Tf 0 g"))
        for row, (name, value) in enumerate((text or {"party": "Acme", "amount": "480000"}).items()):
            add_field(pdf, name, (72, 700 - 30 * row, 300, 720 - 30 * row), V=pikepdf.String(value))
        look = Dictionary(N=Dictionary(Yes=_look(pdf), Off=_look(pdf)))
        add_field(pdf, "agreed", (72, 500, 90, 518), FT=Name.Btn, V=Name.Yes, AS=Name.Yes, AP=look)
        add_field(pdf, "signature", (72, 400, 200, 440), FT=Name.Sig, AP=None)
        return _saved(pdf)


def add_field(pdf: Pdf, name: str, box: tuple[float, float, float, float], **entries: object) -> pikepdf.Object:
    """A field merged with its widget on the first page: a drawn text field, unless `entries` say otherwise."""
    given: dict[str, object] = {"FT": Name.Tx, "F": 4, "AP": Dictionary(N=_look(pdf)), **entries}
    field = Dictionary(Type=Name.Annot, Subtype=Name.Widget, T=pikepdf.String(name), Rect=Array(box))
    for key, value in given.items():
        if value is not None:
            field[f"/{key}"] = value
    field = pdf.make_indirect(field)
    if "/AcroForm" not in pdf.Root:
        pdf.Root.AcroForm = Dictionary(Fields=Array([]))
    if "/Annots" not in pdf.pages[0].obj:
        pdf.pages[0].obj.Annots = Array([])
    pdf.Root.AcroForm.Fields.append(field)
    pdf.pages[0].obj.Annots.append(field)
    return field


def add_annotation(pdf: Pdf, subtype: str, flags: int = 4, *, is_drawn: bool = True, **entries: object) -> None:
    """One annotation in the middle of the first page."""
    annotation = Dictionary(Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=Array([100, 300, 200, 400]), F=flags)
    if is_drawn:
        annotation.AP = Dictionary(N=_look(pdf))
    for key, value in entries.items():
        annotation[f"/{key}"] = value
    if "/Annots" not in pdf.pages[0].obj:
        pdf.pages[0].obj.Annots = Array([])
    pdf.pages[0].obj.Annots.append(pdf.make_indirect(annotation))


def image_pdf() -> bytes:
    """A scan: two pages that are each one picture."""
    picture = Image.effect_mandelbrot((160, 120), (-2.0, -1.5, 1.0, 1.5), 30)
    output = BytesIO()
    canvas = Canvas(output, pagesize=_A4, invariant=True)
    for _ in range(2):
        canvas.drawImage(ImageReader(picture), 50, 50, 495, 742)
        canvas.showPage()
    canvas.save()
    return output.getvalue()


def packed_pdf() -> bytes:
    """A contract whose objects lie in object streams, with a cross-reference stream."""
    with Pdf.open(BytesIO(contract_pdf(2))) as pdf:
        output = BytesIO()
        pdf.save(output, deterministic_id=True, object_stream_mode=ObjectStreamMode.generate)
        return output.getvalue()


def updated_pdf() -> bytes:
    """A blank page that was changed by an incremental update: the file keeps both versions."""
    data = blank_pdf()
    writer = IncrementalPdfFileWriter(BytesIO(data))
    writer.root["/Lang"] = generic.pdf_string("zh-CN")
    writer.update_root()
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _look(pdf: Pdf) -> pikepdf.Object:
    return pdf.make_stream(b"0.9 g 0 0 20 20 re f", Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 20, 20]))


def _saved(pdf: Pdf) -> bytes:
    output = BytesIO()
    # Streams stay as they are: some are here for the way they are packed.
    pdf.save(output, deterministic_id=True, stream_decode_level=StreamDecodeLevel.none, compress_streams=False)
    return output.getvalue()
