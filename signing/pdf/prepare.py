"""Prepares a screened PDF: everything that will ever be on its pages is made before the first signature.

The file is written anew, without what earlier versions of it held, and without form fields of its own (they become
plain content). Then come the boxes: a signature field for each signer, read-only fields for text, dates, check
boxes and further signature pictures, and the field of the platform's seal. Afterwards only these are filled in, so
that no signature ever breaks an earlier one.
"""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO

import pikepdf
from pikepdf import ObjectStreamMode, Pdf, StreamDecodeLevel
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from signing.pdf.appearance import Canvas, draw_blank, draw_check_mark, draw_note
from signing.pdf.errors import FieldMisplaced
from signing.pdf.fonts import noto_sans_sc
from signing.pdf.geometry import PageGeometry, Rectangle
from signing.pdf.objects import Name, PDFObject, Writer, add_stream, pdf
from signing.pdf.pages import geometry_of
from signing.plan import FieldKind
from signing.ports import PlacedField

SEAL_FIELD = "Platform seal"
"""Envelope fields can't have this name: theirs have no spaces."""

# Flags of annotations (ISO 32000-2 table 167) and of fields (table 227).
_PRINT, _LOCKED = 4, 128
_READ_ONLY = 1

_DEFAULT_APPEARANCE = "/Helv 0 Tf 0 g"
_NOTE = "DingyueNote"
_NOTE_SIZE = 6.5
_NOTE_MARGIN = 12.0


class PDFPreparer:
    """Implements `signing.ports.DocumentPreparer`."""

    def prepare(
        self, data: bytes, fields: Sequence[PlacedField], *, prepared_at: datetime, page_note: str | None = None
    ) -> bytes:
        plain, pages = _rewrite(data, prepared_at)
        writer: Writer = IncrementalPdfFileWriter(BytesIO(plain))
        if page_note is not None:
            for number, geometry in enumerate(pages):
                _add_note(writer, number, geometry, page_note)
        form = _Form(writer, pages)
        carriers = signature_fields(fields)
        for placed in fields:
            form.add(placed, carries_signature=placed.name in carriers)
        form.add_seal()
        form.finish()
        output = BytesIO()
        writer.write(output)
        return output.getvalue()


def signature_fields(fields: Sequence[PlacedField]) -> set[str]:
    """Names of the boxes that carry digital signatures: each signer's first one, in the order of reading."""
    first: dict[str, str] = {}
    for placed in sorted(fields, key=lambda placed: (placed.page, placed.y, placed.x, placed.name)):
        if placed.kind is FieldKind.SIGNATURE:
            first.setdefault(placed.recipient, placed.name)
    return set(first.values())


def _rewrite(data: bytes, prepared_at: datetime) -> tuple[bytes, list[PageGeometry]]:
    """The document as one revision, without form, and the geometry of its pages."""
    with Pdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True) as document:
        _flatten_form(document)
        pages = [geometry_of(page) for page in document.pages]
        document.docinfo["/ModDate"] = pikepdf.String(f"D:{prepared_at:%Y%m%d%H%M%S}Z")
        output = BytesIO()
        document.save(
            output,
            object_stream_mode=ObjectStreamMode.disable,
            stream_decode_level=StreamDecodeLevel.none,
            compress_streams=False,
            deterministic_id=True,
            force_version=max(document.pdf_version, "1.7"),
        )
        return output.getvalue(), pages


def _flatten_form(document: Pdf) -> None:
    """Makes the document's own form fields plain content. Those without an appearance get one first."""
    if "/AcroForm" not in document.Root:
        return
    if any("/AP" not in widget for page in document.pages for widget in _widgets(page)):
        document.Root.AcroForm.NeedAppearances = True
    document.generate_appearance_streams()
    document.flatten_annotations("all")
    for page in document.pages:  # what is left is hidden, or empty
        left = [annotation for annotation in page.get("/Annots", []) if annotation not in _widgets(page)]
        page.obj.Annots = pikepdf.Array(left)
    if "/AcroForm" in document.Root:
        del document.Root.AcroForm


def _widgets(page: pikepdf.Page) -> list[pikepdf.Object]:
    return [annotation for annotation in page.get("/Annots", []) if annotation.get("/Subtype") == pikepdf.Name.Widget]


def _add_note(writer: Writer, number: int, geometry: PageGeometry, note: str) -> None:
    """The note at the foot of the page as seen, in the middle."""
    seen_width, seen_height = geometry.visible_size
    width = min(seen_width - 2 * _NOTE_MARGIN, noto_sans_sc().width(note) * _NOTE_SIZE / 1000 + 8)
    height = _NOTE_SIZE * 1.6
    x, y = (seen_width - width) / 2, seen_height - _NOTE_MARGIN - height
    if width <= 0 or y < 0:
        return
    box = geometry.rectangle(x / seen_width, y / seen_height, width / seen_width, height / seen_height)
    matrix = geometry.upright()
    # A turned form reaches to the left of or below its origin; shift it into the box.
    shift_x = box[0] + max(0.0, -matrix[0] * width, -matrix[2] * height)
    shift_y = box[1] + max(0.0, -matrix[1] * width, -matrix[3] * height)
    content = f"q 1 0 0 1 {shift_x:.2f} {shift_y:.2f} cm /{_NOTE} Do Q".encode()
    # The page's own content may leave a changed graphics state behind: fence it in.
    writer.add_stream_to_page(number, add_stream(writer, b"q"), prepend=True)
    writer.add_stream_to_page(number, add_stream(writer, b"Q"))
    drawing = draw_note(writer, Canvas(width, height, matrix), note)
    writer.add_stream_to_page(number, add_stream(writer, content), pdf({"XObject": {_NOTE: drawing}}))


class _Form:
    """The AcroForm being built: each field is merged with its one widget."""

    def __init__(self, writer: Writer, pages: Sequence[PageGeometry]) -> None:
        self._writer = writer
        self._pages = pages
        self._fields: list[PDFObject] = []

    def add(self, placed: PlacedField, *, carries_signature: bool) -> None:
        """Raises `FieldMisplaced`."""
        if not 1 <= placed.page <= len(self._pages) or not _is_inside(placed):
            raise FieldMisplaced(field=placed.name, page=placed.page)
        geometry = self._pages[placed.page - 1]
        seen_width, seen_height = geometry.visible_size
        canvas = Canvas(placed.width * seen_width, placed.height * seen_height, geometry.upright())
        rectangle = geometry.rectangle(placed.x, placed.y, placed.width, placed.height)
        if carries_signature:
            entries = self._signature(canvas)
        elif placed.kind is FieldKind.CHECKBOX:
            entries = self._checkbox(canvas)
        else:
            entries = self._text(canvas)
        self._put(placed.name, placed.page, rectangle, {**entries, "MK": {"R": geometry.rotation}})

    def add_seal(self) -> None:
        """The platform's seal has no picture: it must not cover anything the parties agreed on."""
        self._put(SEAL_FIELD, 1, (0.0, 0.0, 0.0, 0.0), {"FT": Name("Sig"), "F": _PRINT | _LOCKED})

    def finish(self) -> None:
        # SignaturesExist and AppendOnly (ISO 32000-2 table 225) are set now, so that no signature has to change them.
        form = {"Fields": self._fields, "SigFlags": 3, "DA": _DEFAULT_APPEARANCE}
        self._writer.root["/AcroForm"] = self._writer.add_object(pdf(form))
        self._writer.update_root()

    def _signature(self, canvas: Canvas) -> dict[str, object]:
        """A blank appearance, whose BBox and Matrix tell the signer later how to draw."""
        return {"FT": Name("Sig"), "F": _PRINT | _LOCKED, "AP": {"N": draw_blank(self._writer, canvas)}}

    def _text(self, canvas: Canvas) -> dict[str, object]:
        return {
            "FT": Name("Tx"),
            "Ff": _READ_ONLY,
            "F": _PRINT,
            "DA": _DEFAULT_APPEARANCE,
            "AP": {"N": draw_blank(self._writer, canvas)},
        }

    def _checkbox(self, canvas: Canvas) -> dict[str, object]:
        states = {
            "Yes": draw_check_mark(self._writer, canvas),
            "Off": draw_blank(self._writer, canvas, is_framed=True),
        }
        return {
            "FT": Name("Btn"),
            "Ff": _READ_ONLY,
            "F": _PRINT,
            "V": Name("Off"),
            "AS": Name("Off"),
            "AP": {"N": states},
        }

    def _put(self, name: str, page: int, rectangle: Rectangle, entries: dict[str, object]) -> None:
        page_reference = self._writer.find_page_for_modification(page - 1)[0]
        widget = {
            "Type": Name("Annot"),
            "Subtype": Name("Widget"),
            "T": name,
            "Rect": list(rectangle),
            "P": page_reference,
            **entries,
        }
        reference = self._writer.add_object(pdf(widget))
        self._fields.append(reference)
        self._writer.register_annotation(page_reference, reference)


def _is_inside(placed: PlacedField) -> bool:
    rounding = 1e-6
    return (
        placed.x >= -rounding
        and placed.y >= -rounding
        and placed.width > 0
        and placed.height > 0
        and placed.x + placed.width <= 1 + rounding
        and placed.y + placed.height <= 1 + rounding
    )
