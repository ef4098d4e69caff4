"""Puts fonts, pictures and drawings into a PDF that is being written, each of them once.

A sink is where new objects go: `WriterSink` an increment, `DocumentSink` a document that is written anew. Objects are
given as plain values: dicts with keys without slashes, lists, `Name`, text, numbers, and the sink's own references.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Protocol

import pikepdf
from pyhanko.pdf_utils import generic

from signing.pdf.fonts import FontSubset, Typeface, noto_sans_sc, to_unicode, visible
from signing.pdf.objects import Name, PDFObject, Writer, pdf
from signing.pdf.pictures import Picture


class Sink(Protocol):
    def add(self, value: Mapping[str, object]) -> PDFObject:
        """A new object; returns the reference to it."""
        ...

    def add_packed(self, packed: bytes, entries: Mapping[str, object]) -> PDFObject:
        """A new stream of Flate data; returns the reference to it."""
        ...


class WriterSink:
    """`writer` is anything with pyHanko's `add_object`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def add(self, value: Mapping[str, object]) -> PDFObject:
        return self._writer.add_object(pdf(value))

    def add_packed(self, packed: bytes, entries: Mapping[str, object]) -> PDFObject:
        kinds: Any = generic
        stream = kinds.StreamObject(pdf({**entries, "Filter": Name("FlateDecode")}), encoded_data=packed)
        return self._writer.add_object(stream)


class DocumentSink:
    def __init__(self, document: pikepdf.Pdf) -> None:
        self._document = document

    def add(self, value: Mapping[str, object]) -> PDFObject:
        return self._document.make_indirect(_pikepdf(value))

    def add_packed(self, packed: bytes, entries: Mapping[str, object]) -> PDFObject:
        return pikepdf.Stream(self._document, packed, _pikepdf({**entries, "Filter": Name("FlateDecode")}))


def add_stream(sink: Sink, content: bytes, entries: Mapping[str, object] | None = None) -> PDFObject:
    return sink.add_packed(zlib.compress(content), entries or {})


def _pikepdf(value: Any) -> Any:
    match value:
        case Name():
            made: Any = pikepdf.Name(f"/{value}")
        case str():
            made = pikepdf.String(value)
        case float():
            made = Decimal(f"{value:.5f}".rstrip("0"))
        case Mapping():
            made = pikepdf.Dictionary({f"/{key}": _pikepdf(item) for key, item in value.items()})
        case list() | tuple():
            made = pikepdf.Array([_pikepdf(item) for item in value])
        case _:
            made = value  # numbers, and what is pikepdf's already
    return made


class Ink:
    """What the drawings of one increment share. `texts` is everything that any of them may write."""

    def __init__(self, sink: Sink, texts: Iterable[str] = ()) -> None:
        self.sink = sink
        self.face = noto_sans_sc()
        self._text = "".join(visible(text) for text in texts)
        self._font: tuple[FontSubset, PDFObject] | None = None
        self._pictures: dict[int, PDFObject] = {}

    def encode(self, text: str) -> str:
        """The operand of a `Tj` that shows it, in hexadecimal."""
        return self._embedded_font()[0].encode(text).hex()

    def font(self) -> PDFObject:
        return self._embedded_font()[1]

    def picture(self, picture: Picture) -> PDFObject:
        """The image XObject of a picture."""
        known = self._pictures.get(id(picture))
        if known is None:
            known = self._pictures[id(picture)] = _embed_picture(self.sink, picture)
        return known

    def _embedded_font(self) -> tuple[FontSubset, PDFObject]:
        if self._font is None:
            subset = self.face.subset(self._text)
            self._font = subset, _embed_font(self.sink, self.face, subset)
        return self._font


def _embed_picture(sink: Sink, picture: Picture) -> PDFObject:
    entries: dict[str, object] = {
        "Type": Name("XObject"),
        "Subtype": Name("Image"),
        "Width": picture.width,
        "Height": picture.height,
        "BitsPerComponent": 8,
    }
    if picture.alpha is not None:
        mask = {**entries, "ColorSpace": Name("DeviceGray")}
        entries["SMask"] = sink.add_packed(picture.alpha, mask)
    return sink.add_packed(picture.colours, {**entries, "ColorSpace": Name("DeviceRGB")})


def _embed_font(sink: Sink, face: Typeface, subset: FontSubset) -> PDFObject:
    """A Type 0 font with Identity-H encoding (ISO 32000-2 §9.7). Its tag differs between subsets, as §9.9.2 asks."""
    digest = hashlib.sha256(subset.file).digest()
    name = Name("".join(chr(ord("A") + byte % 26) for byte in digest[:6]) + "+NotoSansSC-Regular")
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
        "FontFile2": add_stream(sink, subset.file, {"Length1": len(subset.file)}),
    }
    descendant = {
        "Type": Name("Font"),
        "Subtype": Name("CIDFontType2"),
        "BaseFont": name,
        "CIDSystemInfo": {"Registry": "Adobe", "Ordering": "Identity", "Supplement": 0},
        "FontDescriptor": sink.add(descriptor),
        "DW": 1000,
        "W": [0, list(subset.widths)],
        "CIDToGIDMap": Name("Identity"),
    }
    font = {
        "Type": Name("Font"),
        "Subtype": Name("Type0"),
        "BaseFont": name,
        "Encoding": Name("Identity-H"),
        "DescendantFonts": [sink.add(descendant)],
        "ToUnicode": add_stream(sink, to_unicode(subset.glyphs)),
    }
    return sink.add(font)
