"""Prepares a screened PDF: everything that will ever be on its pages is made before the first signature.

The file is written anew, as one revision, without what earlier versions of it held, and without form fields of its
own (they become plain content). With it come the boxes: a signature field for each signer, read-only fields for text,
dates, check boxes and further pictures, and the field of the platform's seal. Afterwards only these are filled in, so
that no signature ever breaks an earlier one.

Its cross-reference is a plain table and no object is packed into another, so that every reader follows increments.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

import pikepdf
from pikepdf import Array, ObjectStreamMode, Pdf, StreamDecodeLevel

from signing.pdf.appearance import Canvas, draw_check_box, draw_check_mark
from signing.pdf.errors import FieldMisplaced
from signing.pdf.flatten import flatten, needs_flattening
from signing.pdf.geometry import PageGeometry, Rectangle
from signing.pdf.ink import DocumentSink
from signing.pdf.objects import Name, PDFObject
from signing.pdf.pages import geometry_of
from signing.pdf.slices import alike, expand_cross_page_seals
from signing.pdf.stamps import stamp_pages
from signing.plan import CARRYING, FieldKind
from signing.ports import PlacedField

SEAL_FIELD = "Platform seal"
"""Envelope fields can't have this name: theirs have no spaces."""

# Flags of annotations (ISO 32000-2 table 167) and of fields (tables 227 and 231).
_PRINT, _LOCKED = 4, 128
_READ_ONLY, _MULTILINE = 1, 1 << 12

_DEFAULT_APPEARANCE = "/Helv 0 Tf 0 g"
_LABELS = {
    FieldKind.SIGNATURE: "签名 / Signature",
    FieldKind.INITIALS: "简签 / Initials",
    FieldKind.SEAL: "印章 / Seal",
    FieldKind.CROSS_PAGE_SEAL: "骑缝章 / Cross-page seal",
    FieldKind.DATE: "日期 / Date",
    FieldKind.TEXT: "文本 / Text",
    FieldKind.CHECKBOX: "勾选 / Checkbox",
}
"""What screen readers say (`/TU`, ISO 32000-2 §14.9.3)."""


class PDFPreparer:
    """Implements `signing.ports.DocumentPreparer`."""

    def prepare(
        self,
        data: bytes,
        fields: Sequence[PlacedField],
        *,
        prepared_at: datetime,
        page_note: str | None = None,
        watermark: str | None = None,
    ) -> bytes:
        """Raises `FieldMisplaced`, `CrossPageSealImpossible`."""
        output = BytesIO()
        prepare_file(BytesIO(data), output, fields, prepared_at=prepared_at, page_note=page_note, watermark=watermark)
        return output.getvalue()


def prepare_file(
    source: BinaryIO,
    target: BinaryIO,
    fields: Sequence[PlacedField],
    *,
    prepared_at: datetime,
    page_note: str | None = None,
    watermark: str | None = None,
) -> None:
    """The same from file to file; neither is held in memory. Raises `FieldMisplaced`, `CrossPageSealImpossible`."""
    with Pdf.open(source, attempt_recovery=False, suppress_warnings=True) as document:
        if needs_flattening(document):
            flatten(document)
        geometries = [geometry_of(page) for page in document.pages]
        stamp_pages(document, geometries, note=page_note, watermark=watermark)
        form = _Form(document, geometries)
        expanded = expand_cross_page_seals(fields, len(geometries))
        form.add_all(alike(expanded, [geometry.size_in_points for geometry in geometries]))
        form.add_seal()
        form.finish()
        document.docinfo["/ModDate"] = pikepdf.String(f"D:{prepared_at:%Y%m%d%H%M%S}Z")
        document.save(
            target,
            object_stream_mode=ObjectStreamMode.disable,
            stream_decode_level=StreamDecodeLevel.none,
            compress_streams=False,
            deterministic_id=True,
            force_version=max(document.pdf_version, "1.7"),
        )


def signature_fields(fields: Sequence[PlacedField]) -> set[str]:
    """Names of the boxes that carry digital signatures, of fields whose cross-page seals are expanded: each
    recipient's first signature or seal in the order of reading, else the first slice of their cross-page seal."""
    first: dict[str, str] = {}
    for placed in sorted(fields, key=_order_of_carrying):
        if placed.kind in CARRYING:
            first.setdefault(placed.recipient, placed.name)
    return set(first.values())


def _order_of_carrying(placed: PlacedField) -> tuple[bool, int, float, float, str]:
    return placed.kind is FieldKind.CROSS_PAGE_SEAL, placed.page, placed.y, placed.x, placed.name


class _Form:
    """The AcroForm being built: each field is merged with its one widget."""

    def __init__(self, document: Pdf, geometries: Sequence[PageGeometry]) -> None:
        self._document = document
        self._sink = DocumentSink(document)
        self._geometries = geometries
        self._fields: list[PDFObject] = []
        self._widgets: dict[int, list[PDFObject]] = {}

    def add_all(self, fields: Sequence[PlacedField]) -> None:
        """Raises `FieldMisplaced`."""
        carriers = signature_fields(fields)
        for placed in fields:
            if not 1 <= placed.page <= len(self._geometries) or not _is_inside(placed):
                raise FieldMisplaced(field=placed.name, page=placed.page)
            if placed.name in carriers:
                locked = [other.name for other in fields if other.recipient == placed.recipient and other != placed]
                self._add(placed, self._signature(locked))
            elif placed.kind is FieldKind.CHECKBOX:
                self._add(placed, {"FT": Name("Btn"), "Ff": _READ_ONLY, "V": Name("Off"), "AS": Name("Off")})
            else:
                flags = _READ_ONLY | (_MULTILINE if placed.kind is FieldKind.TEXT else 0)
                self._add(placed, {"FT": Name("Tx"), "Ff": flags, "DA": _DEFAULT_APPEARANCE})

    def add_seal(self) -> None:
        """The platform's seal has no picture: it must not cover anything the parties agreed on."""
        self._put(SEAL_FIELD, 1, (0.0, 0.0, 0.0, 0.0), {"FT": Name("Sig"), "F": _PRINT | _LOCKED})

    def finish(self) -> None:
        pages = self._document.pages
        for number, widgets in self._widgets.items():
            page = pages[number - 1].obj
            page.Annots = Array([*self._own_annotations(page), *widgets])
        helvetica = {
            "Type": Name("Font"),
            "Subtype": Name("Type1"),
            "BaseFont": Name("Helvetica"),
            "Encoding": Name("WinAnsiEncoding"),
        }
        # SignaturesExist and AppendOnly (ISO 32000-2 table 225) are set now, so that no signature has to change them.
        form = {
            "Fields": self._fields,
            "SigFlags": 3,
            "DA": _DEFAULT_APPEARANCE,
            "DR": {"Font": {"Helv": self._sink.add(helvetica)}},
        }
        self._document.Root.AcroForm = self._sink.add(form)

    def _own_annotations(self, page: pikepdf.Object) -> list[pikepdf.Object]:
        """The links the page has, each as an object of its own: validators find annotations by reference."""
        listed = page.get("/Annots")
        return [self._document.make_indirect(found) for found in listed] if isinstance(listed, Array) else []

    def _signature(self, locked: Sequence[str]) -> dict[str, object]:
        entries: dict[str, object] = {"FT": Name("Sig"), "DA": _DEFAULT_APPEARANCE}
        if locked:
            lock = {"Type": Name("SigFieldLock"), "Action": Name("Include"), "Fields": list(locked)}
            entries["Lock"] = self._sink.add(lock)
        return entries

    def _add(self, placed: PlacedField, entries: Mapping[str, object]) -> None:
        """Only check boxes are drawn now, in both states. To validators the first drawing of any other box is filling
        it in, but one in place of an older one is an unknown change (EU DSS)."""
        geometry = self._geometries[placed.page - 1]
        common: dict[str, object] = {
            "F": _PRINT | (_LOCKED if entries["FT"] == "Sig" else 0),
            "TU": _LABELS[placed.kind],
            "MK": {"R": geometry.rotation},
        }
        if placed.kind is FieldKind.CHECKBOX:
            width, height = geometry.size_in_points
            canvas = Canvas(placed.width * width, placed.height * height, geometry.upright())
            common["AP"] = {
                "N": {"Yes": draw_check_mark(self._sink, canvas), "Off": draw_check_box(self._sink, canvas)}
            }
        rectangle = geometry.rectangle(placed.x, placed.y, placed.width, placed.height)
        self._put(placed.name, placed.page, rectangle, {**common, **entries})

    def _put(self, name: str, page: int, rectangle: Rectangle, entries: Mapping[str, object]) -> None:
        widget = {
            "Type": Name("Annot"),
            "Subtype": Name("Widget"),
            "T": name,
            "Rect": list(rectangle),
            "P": self._document.pages[page - 1].obj,
            **entries,
        }
        reference = self._sink.add(widget)
        self._fields.append(reference)
        self._widgets.setdefault(page, []).append(reference)


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
