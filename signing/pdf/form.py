"""The form of a PDF: which fields there are, which of them are signed, and how a signature field is added.

Names are qualified: `party.signature` is the field `signature` below `party` (ISO 32000-2 §12.7.4.2).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pikepdf

from signing.pdf import cms_parts
from signing.pdf.errors import BrokenPDF, SignatureFieldTaken
from signing.pdf.geometry import Rectangle
from signing.pdf.growing import GrowingPDF
from signing.pdf.objects import Name, PDFObject, pdf

_DEEPEST = 16
_MOST_FIELDS = 10_000
_PRINT, _LOCKED = 4, 128
_SIGNATURES_EXIST_APPEND_ONLY = 3
_NOWHERE: Rectangle = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class FormField:
    """`number` and `generation` name its object."""

    name: str
    number: int
    generation: int
    is_signature: bool
    is_signed: bool = False


class Form:
    """The fields of a growing PDF, by qualified name."""

    def __init__(self, growing: GrowingPDF) -> None:
        self._growing = growing
        self._fields: dict[str, FormField] = {}
        self._contents: list[bytes] = []
        for field, node in _read(growing.file):
            self._fields[field.name] = field
            if field.is_signed:
                self._contents.append(_contents(node))

    @property
    def signed(self) -> list[str]:
        return [field.name for field in self._fields.values() if field.is_signed]

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def field(self, name: str) -> PDFObject:
        """The field's dictionary. Raises `SignatureFieldTaken` if there is none of that name."""
        if name not in self._fields:
            raise SignatureFieldTaken(field=name)
        found = self._fields[name]
        return self._growing.get_object(self._growing.reference(found.number, found.generation))

    def unsigned(self, name: str) -> PDFObject:
        """The same, for a signature field that waits to be signed. Raises `SignatureFieldTaken`."""
        found = self._fields.get(name)
        if found is None or not found.is_signature or found.is_signed:
            raise SignatureFieldTaken(field=name)
        return self.field(name)

    def certificates(self) -> list[bytes]:
        """DER of all certificates that signatures and timestamps carry, those added now included, each once."""
        found: dict[bytes, None] = {}
        for contents in self._contents:
            found.update(dict.fromkeys(cms_parts.certificates(cms_parts.first_value(contents).encoded)))
        return list(found)

    @property
    def contents(self) -> list[bytes]:
        """The contents of all signatures and timestamps, with their padding, in no particular order."""
        return list(self._contents)

    def mark_signed(self, name: str, contents: bytes) -> None:
        self._fields[name] = replace(self._fields[name], is_signed=True)
        self._contents.append(contents)

    def add_signature_field(self, name: str, *, page: int = 1, rectangle: Rectangle = _NOWHERE) -> PDFObject:
        """A new field with its widget; returns its dictionary. `page` counts from 1.

        Raises `SignatureFieldTaken` if the name is taken.
        """
        if name in self._fields:
            raise SignatureFieldTaken(field=name)
        growing = self._growing
        page_pointer = _page(growing, page)
        widget = {
            "Type": Name("Annot"),
            "Subtype": Name("Widget"),
            "FT": Name("Sig"),
            "T": name,
            "F": _PRINT | _LOCKED,
            "Rect": list(rectangle),
            "P": page_pointer,
        }
        pointer = growing.add_object(pdf(widget))
        _append(growing, page_pointer.reference, "/Annots", pointer)
        _append_to_form(growing, pointer)
        self._fields[name] = FormField(name, pointer.idnum, 0, is_signature=True)
        return pointer.get_object()


def certified_permission(growing: GrowingPDF) -> int | None:
    """What the file's certification allows (DocMDP's P, ISO 32000-2 table 257); None if it isn't certified.

    1 nothing, 2 filling in and signing the fields there are, 3 annotations too.
    """
    permissions: Any = growing.file.Root.get("/Perms", {})
    if "/DocMDP" not in permissions:
        return None
    for reference in permissions["/DocMDP"].get("/Reference", []):
        if reference.get("/TransformMethod") == pikepdf.Name.DocMDP:
            return int(reference.get("/TransformParams", {}).get("/P", 2))
    return None


def _page(growing: GrowingPDF, number: int) -> PDFObject:
    pages = growing.file.pages
    if not 1 <= number <= len(pages):
        raise BrokenPDF(why=f"no page {number}")
    identifier = pages[number - 1].obj.objgen
    if identifier[0] >= int(growing.file.trailer.Size):
        raise BrokenPDF(why="a page that is no object of its own")
    return growing.pointer(*identifier)


def _append(growing: GrowingPDF, owner: PDFObject, key: str, pointer: PDFObject) -> None:
    """To an array that is an entry of the object `owner`, or an object of its own, or isn't there yet."""
    _append_to(growing, growing.get_object(owner), owner, key, pointer)


def _append_to(growing: GrowingPDF, entries: PDFObject, owner: PDFObject, key: str, pointer: PDFObject) -> None:
    """The same, for a dictionary somewhere inside the object `owner`."""
    if key in entries:
        entries[key].append(pointer)
        held = entries.raw_get(key)
        growing.mark_update(held.reference if hasattr(held, "reference") else owner)
    else:
        entries[key] = pdf([pointer])
        growing.mark_update(owner)


def _append_to_form(growing: GrowingPDF, pointer: PDFObject) -> None:
    root = growing.root
    if "/AcroForm" not in root:
        root["/AcroForm"] = growing.add_object(pdf({"Fields": [pointer], "SigFlags": _SIGNATURES_EXIST_APPEND_ONLY}))
        growing.update_root()
        return
    held, form = root.raw_get("/AcroForm"), root["/AcroForm"]
    owner = held.reference if hasattr(held, "reference") else growing.root_ref
    if int(form.get("/SigFlags", 0)) != _SIGNATURES_EXIST_APPEND_ONLY:
        form["/SigFlags"] = pdf(_SIGNATURES_EXIST_APPEND_ONLY)
        growing.mark_update(owner)
    _append_to(growing, form, owner, "/Fields", pointer)


def _contents(field: Any) -> bytes:
    """The contents of a signed field, with their padding. Raises `BrokenPDF`."""
    try:
        contents = bytes(field.V.Contents)
        cms_parts.first_value(contents)
    except (ValueError, AttributeError, IndexError) as error:
        raise BrokenPDF(why="a signature without contents") from error
    return contents


def _read(file: pikepdf.Pdf) -> Iterator[tuple[FormField, Any]]:
    form: Any = file.Root.get("/AcroForm", {})
    waiting: list[tuple[Any, str, Any, int]] = [(field, "", None, 0) for field in form.get("/Fields", [])]
    seen = 0
    while waiting:
        node, prefix, kind, depth = waiting.pop()
        seen += 1
        if depth > _DEEPEST or seen > _MOST_FIELDS:
            raise BrokenPDF(why="its form is too large")
        name = f"{prefix}.{node.T}" if prefix and "/T" in node else str(node.get("/T", prefix))
        kind = node.get("/FT", kind)
        children = [child for child in node.get("/Kids", []) if "/T" in child]
        if children:
            waiting += [(child, name, kind, depth + 1) for child in children]
        else:
            is_signature = kind == pikepdf.Name.Sig
            number, generation = node.objgen
            yield FormField(name, number, generation, is_signature, is_signature and "/V" in node), node
