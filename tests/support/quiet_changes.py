"""Increments that pyHanko's rules let pass as validation data, though they are none: nobody signed them."""

from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfTimeStamper

from tests.support.attacks import Attack, Writer, field, increment, name
from tests.support.evidence import stamper_at
from tests.support.foreign import STAMPED_AT

_kinds: Any = generic


def _stream(content: bytes = b"whatever", **entries: str) -> Any:
    held = {name(f"/{key}"): name(f"/{value}") for key, value in entries.items()}
    return _kinds.StreamObject(_kinds.DictionaryObject(held), stream_data=content)


def redraw_fields(data: bytes) -> bytes:
    """Viewers draw what was filled in anew, in the fonts that they choose."""

    def change(writer: Writer) -> None:
        form = writer.root["/AcroForm"]
        form[name("/NeedAppearances")] = _kinds.BooleanObject(True)
        writer.update_container(form)

    return increment(data, change)


def another_title(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        told = _kinds.DictionaryObject({name("/Title"): _kinds.pdf_string("Another contract")})
        writer.set_info(writer.add_object(told))

    return increment(data, change)


def other_metadata(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        told = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><title>Another contract</title></x:xmpmeta>'
        writer.root[name("/Metadata")] = writer.add_object(_stream(told, Type="Metadata", Subtype="XML"))
        writer.update_root()

    return increment(data, change)


def lay_something_ready(data: bytes) -> bytes:
    """An object that nothing refers to, yet."""
    return increment(data, lambda writer: writer.add_object(_stream()))


def mark_structure(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        writer.root[name("/MarkInfo")] = _kinds.DictionaryObject({name("/Marked"): _kinds.BooleanObject(True)})
        writer.update_root()

    return increment(data, change)


def hide_in_extensions(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        writer.root[name("/Extensions")] = writer.add_object(_stream())
        writer.update_root()

    return increment(data, change)


def fill_in(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        found = field(writer, "address_b")
        found[name("/V")] = _kinds.pdf_string("another address")
        writer.update_container(found)

    return increment(data, change)


def stamp_anothers_box(data: bytes) -> bytes:
    """The second party's box shows a picture of their signature, and holds a time-stamp, which anybody gets."""
    writer: Writer = IncrementalPdfFileWriter(BytesIO(data))
    box = field(writer, "sign_b")
    look = _stream(b"0 0 1 RG 5 5 m 90 30 l S", Type="XObject", Subtype="Form")
    look[name("/BBox")] = _kinds.ArrayObject(_kinds.NumberObject(side) for side in (0, 0, 100, 40))
    box[name("/AP")] = _kinds.DictionaryObject({name("/N"): writer.add_object(look)})
    writer.update_container(box)
    stamped = PdfTimeStamper(stamper_at(STAMPED_AT), field_name="sign_b").timestamp_pdf(writer, "sha256", None)
    return bytes(stamped.getvalue())


def document_timestamp(data: bytes) -> bytes:
    """Anybody gets one for any file."""
    stamped = PdfTimeStamper(stamper_at(STAMPED_AT)).timestamp_pdf(
        IncrementalPdfFileWriter(BytesIO(data)), "sha256", None
    )
    return bytes(stamped.getvalue())


AFTER_THE_SEAL: list[Attack] = [
    redraw_fields,
    another_title,
    other_metadata,
    lay_something_ready,
    mark_structure,
    hide_in_extensions,
]
AFTER_A_SIGNATURE: list[Attack] = [redraw_fields, another_title, fill_in, stamp_anothers_box]
