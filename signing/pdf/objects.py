"""PDF objects from plain Python values, so that drawings and fields read like the dictionaries they become.

pyHanko's object classes carry no type hints; its objects are `PDFObject` here, and this is the one place that makes
them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pyhanko.pdf_utils import generic

PDFObject = Any
Writer = Any
"""pyHanko's `IncrementalPdfFileWriter`, or a `signing.pdf.growing.GrowingPDF`."""


class Name(str):
    """A PDF name, without the slash."""

    __slots__ = ()


def pdf(value: object) -> PDFObject:
    """A PDF object: dict (keys without slashes), list, `Name`, text, number; pyHanko's own objects stay as they are."""
    kinds: Any = generic
    match value:
        case generic.PdfObject():
            made = value
        case Name():
            made = kinds.NameObject(f"/{value}")
        case str():
            made = kinds.pdf_string(value)
        case bool():
            made = kinds.BooleanObject(value)
        case int():
            made = kinds.NumberObject(value)
        case float():
            made = kinds.FloatObject(f"{value:.3f}")
        case Mapping():
            made = kinds.DictionaryObject({kinds.NameObject(f"/{key}"): pdf(item) for key, item in value.items()})
        case Sequence():
            made = kinds.ArrayObject([pdf(item) for item in value])
        case _:
            raise TypeError(f"no PDF object for {type(value).__name__}")
    return made


def add_stream(writer: Writer, content: bytes, entries: Mapping[str, object] | None = None) -> PDFObject:
    """A compressed stream object; returns the reference to it."""
    kinds: Any = generic
    stream = kinds.StreamObject(pdf(entries or {}), stream_data=content)
    stream.compress()
    return writer.add_object(stream)
