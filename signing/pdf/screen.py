"""Upload screening: what may be signed, decided before anything is stored.

Refused is what could show different content to different readers, or other content later (shadow attacks): scripts,
launch and media actions, embedded files, layers, XFA; and what can't be signed soundly: encrypted, broken or already
signed files. Whatever the bytes are, the answer is a `ScreenedDocument` or one of the errors in `errors.py`.

Memory is bounded: what the parser unpacks is limited for the whole process, objects are counted before they are
read, and every stream is unpacked in pieces that are thrown away, within a budget.
"""

import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream
from pikepdf.settings import set_qpdf_limits

from signing.pdf.errors import (
    ActiveContent,
    AlreadySigned,
    BrokenPDF,
    DecompressionBomb,
    DocumentRefused,
    EmbeddedFiles,
    EmptyFile,
    EncryptedPDF,
    FileTooLarge,
    HiddenLayers,
    NotAPDF,
    TooManyObjects,
    TooManyPages,
    XFAForm,
)
from signing.pdf.pages import geometry_of
from signing.ports import PageSize, ScreenedDocument, ScreeningLimits

_MEGABYTE = 1024 * 1024
_HEADER_WITHIN = 1024
"""Readers look for `%PDF-` in the first 1024 bytes (ISO 32000-1 annex H)."""

_ACTIVE_ACTIONS = {
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/ResetForm",
    "/Hide",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/GoToE",
    "/GoTo3DView",
    "/RichMediaExecute",
    "/SetOCGState",
    "/Trans",
}
_ACTIVE_ANNOTATIONS = {"/Movie", "/Sound", "/Screen", "/3D", "/RichMedia", "/PrinterMark", "/TrapNet"}
_LARGEST_RATIO = {"/LZWDecode": 1400, "/LZW": 1400, "/RunLengthDecode": 64, "/RL": 64}
"""How many times its size a stream can unpack to; such streams are charged for the worst case."""
_FLATE = {"/FlateDecode", "/Fl"}

set_qpdf_limits(flate_max_memory=256 * _MEGABYTE, run_length_max_memory=256 * _MEGABYTE, max_stream_filters=4)

_FILE_KEYS = ("/EmbeddedFiles", "/AF", "/EF", "/Collection")


class PDFScreener:
    """Implements `signing.ports.DocumentScreener`."""

    def screen(self, data: bytes, limits: ScreeningLimits | None = None) -> ScreenedDocument:
        """Raises a `DocumentRefused`, or `FileTooLarge`."""
        limits = limits or ScreeningLimits()
        _check_bytes(data, limits)
        try:
            with _open(data) as pdf:
                return _screen(pdf, limits)
        except DocumentRefused:
            raise
        except Exception as error:  # a hostile file can make the parser raise anything
            raise BrokenPDF(why=type(error).__name__) from error


def _check_bytes(data: bytes, limits: ScreeningLimits) -> None:
    if not data:
        raise EmptyFile
    if len(data) > limits.bytes:
        raise FileTooLarge(megabytes=-(-len(data) // _MEGABYTE), limit_megabytes=max(1, limits.bytes // _MEGABYTE))
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise NotAPDF
    if b"%%EOF" not in data[-2048:]:
        raise BrokenPDF(why="no end of file")


def _open(data: bytes) -> Pdf:
    """Without recovery: a truncated file would otherwise come back with pages missing."""
    try:
        return Pdf.open(BytesIO(data), attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise EncryptedPDF from error
    except pikepdf.PdfError as error:
        raise BrokenPDF(why="cross-reference table") from error


def _screen(pdf: Pdf, limits: ScreeningLimits) -> ScreenedDocument:
    if pdf.is_encrypted:
        raise EncryptedPDF
    if len(pdf.objects) > limits.objects:
        raise TooManyObjects(objects=len(pdf.objects), limit=limits.objects)
    page_count = len(pdf.pages)
    if page_count > limits.pages:
        raise TooManyPages(pages=page_count, limit=limits.pages)
    if page_count == 0:
        raise BrokenPDF(why="no pages")
    _check_catalog(pdf.Root)
    budget = _Budget(limits.decompressed_bytes)
    for found in pdf.objects:
        _check_object(found, budget)
    sizes = tuple(_page_size(page) for page in pdf.pages)
    if pdf.get_warnings():
        raise BrokenPDF(why="damaged objects")
    return ScreenedDocument(pages=sizes, has_form="/AcroForm" in pdf.Root)


def _check_catalog(root: Object) -> None:
    form = root.get("/AcroForm")
    if isinstance(form, Dictionary):
        if "/XFA" in form:
            raise XFAForm
        if int(form.get("/SigFlags", 0)) & 1:
            raise AlreadySigned
    if "/Perms" in root or "/DSS" in root:
        raise AlreadySigned
    if "/OCProperties" in root:
        raise HiddenLayers
    if "/NeedsRendering" in root:
        raise XFAForm


def _check_object(found: Object, budget: "_Budget") -> None:
    """One indirect object and all direct ones inside it."""
    for part in _parts(found):
        if isinstance(part, Stream):
            budget.unpack(part)
        if isinstance(part, Dictionary | Stream):
            _check_dictionary(part)


def _parts(found: Any) -> Iterator[Any]:
    """The object and everything inside it that isn't an indirect object of its own. Iterative: nesting may be deep."""
    waiting = [found]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, Stream | Dictionary):
            children = [part[key] for key in part.keys()]  # noqa: SIM118 - a pikepdf dictionary isn't iterable by key
        elif isinstance(part, Array):
            children = list(part)
        else:
            continue
        waiting.extend(
            child for child in children if isinstance(child, Stream | Dictionary | Array) and not child.is_indirect
        )


def _check_dictionary(part: Any) -> None:
    kind, subtype, action = part.get("/Type"), part.get("/Subtype"), part.get("/S")
    if kind in (Name.Sig, Name.DocTimeStamp) or (part.get("/FT") == Name.Sig and "/V" in part):
        raise AlreadySigned
    if "/JS" in part or "/JavaScript" in part:
        raise ActiveContent(what="JavaScript")
    if action is not None and str(action) in _ACTIVE_ACTIONS:
        raise ActiveContent(what=str(action).removeprefix("/"))
    if "/AA" in part:
        raise ActiveContent(what="additional actions")
    if "/XFA" in part:
        raise XFAForm
    if (
        kind in (Name.EmbeddedFile, Name.Filespec)
        or subtype == Name.FileAttachment
        or any(k in part for k in _FILE_KEYS)
    ):
        raise EmbeddedFiles
    if kind in (Name.OCG, Name.OCMD) or "/OC" in part:
        raise HiddenLayers
    if subtype is not None and str(subtype) in _ACTIVE_ANNOTATIONS:
        raise ActiveContent(what=str(subtype).removeprefix("/"))
    if "/Alternates" in part:
        raise HiddenLayers  # other images for other uses, such as printing


def _page_size(page: pikepdf.Page) -> PageSize:
    geometry = geometry_of(page)
    width, height = geometry.visible_size
    return PageSize(width * geometry.unit, height * geometry.unit)


class _Budget:
    """How much may still be unpacked."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def unpack(self, stream: Any) -> None:
        """Charges the size of what the stream unpacks to. Raises `DecompressionBomb`."""
        filters = stream.get("/Filter")
        names = [str(name) for name in filters] if isinstance(filters, Array) else [str(filters)]
        packing = [name for name in names if name in _FLATE or name in _LARGEST_RATIO]
        if len(packing) > 1:
            raise self._exceeded()  # nobody packs twice but to hide a bomb
        raw = stream.read_raw_bytes()
        if names[0] in _FLATE:
            self._charge(_inflated_size(raw, self._left))
        else:
            self._charge(len(raw) * max((_LARGEST_RATIO.get(name, 1032) for name in packing), default=1))

    def _charge(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self._exceeded()

    def _exceeded(self) -> DecompressionBomb:
        return DecompressionBomb(limit_megabytes=self._limit // _MEGABYTE)


def _inflated_size(raw: bytes, limit: int) -> int:
    """How many bytes a Flate stream unpacks to; stops soon after `limit`. A broken stream counts as far as it goes."""
    inflater, size, rest = zlib.decompressobj(), 0, raw
    try:
        while rest and not inflater.eof and size <= limit:
            size += len(inflater.decompress(rest, _MEGABYTE))
            rest = inflater.unconsumed_tail
    except zlib.error:
        return size
    return size
