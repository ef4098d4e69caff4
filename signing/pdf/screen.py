"""Upload screening: what may be signed, decided before anything is stored.

Refused is what could show different content to different readers, or other content later (shadow attacks): scripts,
actions, media, embedded and external files, layers, XFA, fields that cover or contradict each other; and what can't be
signed soundly: encrypted, broken or already signed files. What preparing will flatten is told. Whatever the bytes are,
the answer is a `ScreenedDocument` or one of the errors in `errors.py`.

The steps, in order:

1. size, header and end of the file;
2. the file opens without repair, unencrypted, within the limits of objects and pages;
3. the catalog (`screen_objects`);
4. every object, reachable or not, within the limits of depth and unpacked size (`screen_objects`, `budget`);
5. every page with its fields and annotations (`screen_forms`);
6. nothing of it had to be repaired on the way;
7. it can be flattened and prepared: a rehearsal without fields, because preparing reads it with another parser too,
   and what only one of them understands is no sound file.

Memory is bounded by the largest stream, of which there are two copies at a time: the file is read where it lies, what
the parser unpacks is limited for the whole process, objects are counted before they are read, every stream is unpacked
in pieces that are thrown away, within a budget, and what the rehearsal writes goes nowhere. Time isn't bounded: whoever
screens what strangers send does it in the sandbox (`sandboxed`).
"""

import os
from datetime import UTC, datetime
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO

import pikepdf
from pikepdf import Pdf
from pikepdf.settings import set_qpdf_limits

from signing.pdf.budget import Budget
from signing.pdf.errors import (
    BrokenPDF,
    DocumentRefused,
    EmptyFile,
    EncryptedPDF,
    FileTooLarge,
    NotAPDF,
    TooManyObjects,
    TooManyPages,
)
from signing.pdf.geometry import PageGeometry
from signing.pdf.prepare import prepare_file
from signing.pdf.screen_forms import check_pages
from signing.pdf.screen_objects import check_catalog, check_object
from signing.ports import PageSize, ScreenedDocument, ScreeningLimits

_MEGABYTE = 1024 * 1024
_HEADER_WITHIN = 1024
"""Readers look for `%PDF-` in the first 1024 bytes (ISO 32000-1 annex H)."""
_END_WITHIN = 2048
_LARGEST_STREAM = 256 * _MEGABYTE

set_qpdf_limits(
    parser_max_nesting=200,
    parser_max_container_size=1_000_000,
    doc_max_warnings=1000,
    flate_max_memory=_LARGEST_STREAM,
    run_length_max_memory=_LARGEST_STREAM,
    png_max_memory=_LARGEST_STREAM,
    tiff_max_memory=_LARGEST_STREAM,
    dct_max_memory=_LARGEST_STREAM,
    max_stream_filters=4,
)


class PDFScreener:
    """Implements `signing.ports.DocumentScreener`."""

    def screen(self, data: bytes | BinaryIO, limits: ScreeningLimits | None = None) -> ScreenedDocument:
        """An open file is read where it is needed, never as a whole. Raises a `DocumentRefused`, or `FileTooLarge`."""
        limits = limits or ScreeningLimits()
        source = BytesIO(data) if isinstance(data, bytes) else data
        check_ends(source, limits)
        try:
            with _open(source) as pdf:
                screened = _screen(pdf, source, limits)
            _rehearse(source)
        except (DocumentRefused, MemoryError):
            raise
        except Exception as error:  # a hostile file can make the parser raise anything
            raise BrokenPDF(why=type(error).__name__) from error
        return screened


def check_ends(source: BinaryIO, limits: ScreeningLimits) -> None:
    """Step 1, which needs no parser."""
    size = source.seek(0, SEEK_END)
    if not size:
        raise EmptyFile
    if size > limits.bytes:
        raise FileTooLarge(megabytes=-(-size // _MEGABYTE), limit_megabytes=max(1, limits.bytes // _MEGABYTE))
    source.seek(0)
    if b"%PDF-" not in source.read(_HEADER_WITHIN):
        raise NotAPDF
    source.seek(max(0, size - _END_WITHIN))
    if b"%%EOF" not in source.read():
        raise BrokenPDF(why="no end of file")


def _open(source: BinaryIO) -> Pdf:
    """Without recovery: a truncated file would otherwise come back with pages missing."""
    try:
        return Pdf.open(source, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise EncryptedPDF from error
    except pikepdf.PdfError as error:
        raise BrokenPDF(why="cross-reference table") from error


def _screen(pdf: Pdf, source: BinaryIO, limits: ScreeningLimits) -> ScreenedDocument:
    if pdf.is_encrypted:
        raise EncryptedPDF
    if len(pdf.objects) > limits.objects:
        raise TooManyObjects(objects=len(pdf.objects), limit=limits.objects)
    page_count = len(pdf.pages)
    if page_count > limits.pages:
        raise TooManyPages(pages=page_count, limit=limits.pages)
    if page_count == 0:
        raise BrokenPDF(why="no pages")
    check_catalog(pdf.Root)
    budget = Budget(limits.decompressed_bytes)
    for found in pdf.objects:
        check_object(found, budget, limits.depth)
    geometries, flattened = check_pages(pdf)
    if pdf.get_warnings():
        raise BrokenPDF(why="damaged objects")
    if _has_earlier_revisions(pdf, source):
        flattened.add("earlier_revisions")
    return ScreenedDocument(
        pages=tuple(_page_size(geometry) for geometry in geometries),
        has_form="/AcroForm" in pdf.Root,
        flattened=tuple(sorted(flattened)),
    )


def _rehearse(source: BinaryIO) -> None:
    with Path(os.devnull).open("wb") as nowhere:
        prepare_file(source, nowhere, (), prepared_at=datetime(2026, 1, 1, tzinfo=UTC), page_note="-")


def _has_earlier_revisions(pdf: Pdf, source: BinaryIO) -> bool:
    """Whether the file was added to: each time it gets one more cross-reference section, and a linearised file begins
    with two."""
    return _count(source, b"startxref") > (2 if pdf.is_linearized else 1)


def _count(source: BinaryIO, word: bytes) -> int:
    """How often the word is in the file, which is read in pieces; it may lie across two of them."""
    source.seek(0)
    count, end = 0, b""
    while piece := source.read(_MEGABYTE):
        count += (end + piece).count(word)
        end = piece[1 - len(word) :]
    return count


def _page_size(geometry: PageGeometry) -> PageSize:
    width, height = geometry.visible_size
    return PageSize(width * geometry.unit, height * geometry.unit)
