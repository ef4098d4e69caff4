"""A PDF that only ever grows: one increment after the other (ISO 32000-2 §7.5.6), never a changed byte before it.

qpdf reads the file, because it knows every kind of cross-reference and is quick; what is changed or added is held as
pyHanko's objects (`signing.pdf.objects`) and written by us: the increment alone, after whatever the file was. Nothing
of the file is copied or hashed twice, however many increments follow: the SHA-256 of everything so far is kept and
carried on (FIPS 180-4 works through a message from its start to its end).

A signature leaves a hole in its increment. `draft` writes the increment with the hole; `keep` fills it, and only then
does the increment count.
"""

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any, BinaryIO, Self

import pikepdf
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.pdf.errors import BrokenPDF, EncryptedPDF
from signing.pdf.objects import Name, PDFObject, pdf

_kinds: Any = generic  # pyHanko's object classes have no type hints

_TAIL = 2048
_CHUNK = 1024 * 1024
_LAST_XREF = re.compile(rb"startxref\s+(\d{1,12})\s+%%EOF")
_BYTE_RANGE_WIDTH = 60


class Hole(_kinds.PdfObject):  # type: ignore[misc]
    """The value of /Contents, left open: `size` bytes in hexadecimal. Knows where in the increment it was written."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.start = 0

    @property
    def end(self) -> int:
        return self.start + 2 * self.size + 2

    def write_to_stream(self, stream: BinaryIO, *_: object) -> None:
        self.start = stream.tell()
        stream.write(b"<" + b"00" * self.size + b">")


class _ByteRange(_kinds.PdfObject):  # type: ignore[misc]
    """The value of /ByteRange, written over once the length of the increment is known."""

    def __init__(self) -> None:
        self.start = 0

    def write_to_stream(self, stream: BinaryIO, *_: object) -> None:
        self.start = stream.tell()
        stream.write(b" " * _BYTE_RANGE_WIDTH)


@dataclass(frozen=True, slots=True)
class Draft:
    """An increment whose hole isn't filled. `digest` is the SHA-256 of the whole file but for the hole."""

    increment: bytearray
    start: int
    end: int
    digest: bytes

    @property
    def room(self) -> int:
        return (self.end - self.start - 2) // 2

    def fill(self, contents: bytes) -> bytes:
        """The finished increment. The contents must not be larger than `room`."""
        digits = contents.hex().encode()
        self.increment[self.start + 1 : self.start + 1 + len(digits)] = digits
        return bytes(self.increment)


class GrowingPDF(PdfHandler):
    """`stream` is the file, seekable; it is read from and never written to.

    Drawings and fields use it as pyHanko's writers: `add_object`, `mark_update`, `update_container`, `root`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Raises `EncryptedPDF` or `BrokenPDF`."""
        self.strict = True
        self.increments: list[bytes] = []
        self._file = _open(stream)
        self._trailer = self._file.trailer
        self.length, self._last_xref, self._has_xref_stream, self._needs_line_end = _measure(stream)
        self._hash = _hash(stream)
        self.original_hash = self._hash.copy()
        """The SHA-256 of the file without any increment, as a state that others may carry on from a copy of."""
        self._next_number = int(self._trailer.Size)
        self._objects: dict[int, PDFObject] = {}
        self._changed: dict[int, int] = {}
        self._drafted: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._file.close()

    @property
    def file(self) -> pikepdf.Pdf:
        """The file as it was opened, without any increment: quick to look around in."""
        return self._file

    @property
    def root_ref(self) -> PDFObject:
        return self.reference(*self._trailer.Root.objgen)

    def reference(self, number: int, generation: int = 0) -> PDFObject:
        return _kinds.Reference(number, generation, self)

    def pointer(self, number: int, generation: int = 0) -> PDFObject:
        """A reference as it stands in objects."""
        return _kinds.IndirectObject(number, generation, self)

    def get_object(self, ref: PDFObject, *_: object) -> PDFObject:
        if ref.idnum not in self._objects:
            self._objects[ref.idnum] = self._read(ref)
        return self._objects[ref.idnum]

    def add_object(self, added: PDFObject) -> PDFObject:
        """Returns the pointer to it."""
        number, self._next_number = self._next_number, self._next_number + 1
        added.container_ref = self.reference(number)
        self._objects[number] = added
        self._changed[number] = 0
        return self.pointer(number)

    def mark_update(self, reference: PDFObject) -> None:
        """The object will be part of the next increment, as it is then."""
        self.get_object(reference)
        self._changed[reference.idnum] = reference.generation

    def update_container(self, changed: PDFObject) -> None:
        if changed.container_ref is not None:
            self.mark_update(changed.container_ref)

    def update_root(self) -> None:
        self.mark_update(self.root_ref)

    def add_signature(self, entries: dict[str, object], room: int) -> PDFObject:
        """Adds a signature dictionary with a hole of `room` bytes; its size may be changed until it fits."""
        made = pdf({**entries, "ByteRange": _ByteRange(), "Contents": Hole(room)})
        return self.add_object(made)

    def draft(self, signature: PDFObject) -> Draft:
        """The increment with all changes since the last, and with the signature's hole open. Nothing is kept yet."""
        increment = self._write()
        entries = signature.get_object()
        hole, byte_range = entries.raw_get("/Contents"), entries.raw_get("/ByteRange")
        before, after = self.length + hole.start, self.length + hole.end
        written = b"[0 %d %d %d]" % (before, after, self.length + len(increment) - after)
        increment[byte_range.start : byte_range.start + _BYTE_RANGE_WIDTH] = written.ljust(_BYTE_RANGE_WIDTH)
        digest = self._hash.copy()
        digest.update(memoryview(increment)[: hole.start])
        digest.update(memoryview(increment)[hole.end :])
        return Draft(increment, hole.start, hole.end, digest.digest())

    def append(self) -> None:
        """Makes an increment of the changes since the last, without a signature; none if nothing changed."""
        if self._changed:
            self.keep(bytes(self._write()))

    def keep(self, increment: bytes) -> None:
        """The drafted increment, filled, is part of the file from now on."""
        if self._drafted is None:
            raise ValueError("nothing was drafted")
        self._last_xref, self._next_number = self._drafted
        self.increments.append(increment)
        self.length += len(increment)
        self._hash.update(increment)
        self._needs_line_end = False
        self._changed.clear()
        self._drafted = None

    def _write(self) -> bytearray:
        """The increment with all changes since the last."""
        buffer = BytesIO()
        if self._needs_line_end:
            buffer.write(b"\n")
        positions = self._write_objects(buffer)
        xref = self.length + buffer.tell()
        self._write_xref(buffer, positions, xref)
        buffer.write(b"startxref\n%d\n%%%%EOF\n" % xref)
        self._drafted = (xref, self._next_number + (1 if self._has_xref_stream else 0))
        return bytearray(buffer.getbuffer())

    def _read(self, ref: PDFObject) -> PDFObject:
        found: Any = self._file.get_object((ref.idnum, ref.generation))
        container = self.reference(ref.idnum, ref.generation)
        if not isinstance(found, pikepdf.Object):
            return pdf(float(found) if isinstance(found, Decimal) else found)  # an indirect number or truth value
        if isinstance(found, pikepdf.Stream):
            entries = _parse(found.stream_dict, container)
            read = _kinds.StreamObject(entries, encoded_data=found.read_raw_bytes())
            read.container_ref = container
            return read
        return _parse(found, container)

    def _write_objects(self, buffer: BytesIO) -> dict[int, tuple[int, int]]:
        """Writes what was changed; returns generation and position in the file of each object by number."""
        positions = {}
        for number, generation in sorted(self._changed.items()):
            positions[number] = (generation, self.length + buffer.tell())
            buffer.write(b"%d %d obj\n" % (number, generation))
            self._objects[number].write_to_stream(buffer, None, self.reference(number, generation))
            buffer.write(b"\nendobj\n")
        return positions

    def _write_xref(self, buffer: BytesIO, positions: dict[int, tuple[int, int]], xref: int) -> None:
        """In the way of the file's last one, as readers expect (ISO 32000-2 §7.5.8.4)."""
        trailer: dict[str, object] = {
            "Size": self._next_number,
            "Root": self.pointer(*self._trailer.Root.objgen),
            "Prev": self._last_xref,
            "ID": [_kinds.ByteStringObject(identifier) for identifier in self._identifiers()],
        }
        if "/Info" in self._trailer and self._trailer.Info.is_indirect:
            trailer["Info"] = self.pointer(*self._trailer.Info.objgen)
        if self._has_xref_stream:
            number = self._next_number
            positions = {**positions, number: (0, xref)}
            trailer["Size"] = number + 1
            _write_xref_stream(buffer, positions, number, trailer)
        else:
            _write_xref_table(buffer, positions)
            buffer.write(b"trailer\n")
            pdf(trailer).write_to_stream(buffer, None)
            buffer.write(b"\n")

    def _identifiers(self) -> tuple[bytes, bytes]:
        """The first stays, the second is new with every increment (ISO 32000-2 §14.4)."""
        new = secrets.token_bytes(16)
        return (bytes(self._trailer.ID[0]) if "/ID" in self._trailer else new), new


def _open(stream: BinaryIO) -> pikepdf.Pdf:
    try:
        file = pikepdf.open(stream, attempt_recovery=False, suppress_warnings=True)
    except pikepdf.PasswordError as error:
        raise EncryptedPDF from error
    except pikepdf.PdfError as error:
        raise BrokenPDF(why=type(error).__name__) from error
    if file.is_encrypted:
        file.close()
        raise EncryptedPDF
    return file


def _parse(found: pikepdf.Object, container: PDFObject) -> PDFObject:
    return _kinds.read_object(BytesIO(found.unparse(resolved=True) + b" "), container)


def _measure(stream: BinaryIO) -> tuple[int, int, bool, bool]:
    """Length, position of the last cross-references, whether they are a stream, whether a line end is missing."""
    length = stream.seek(0, 2)
    stream.seek(max(0, length - _TAIL))
    tail = stream.read()
    found = list(_LAST_XREF.finditer(tail))
    stream.seek(0)
    if not found or not stream.read(5).startswith(b"%PDF-"):
        raise BrokenPDF(why="no header at the start, or no cross-references at the end")
    position = int(found[-1][1])
    stream.seek(position)
    is_stream = not stream.read(20).lstrip().startswith(b"xref")
    return length, position, is_stream, tail[-1:] not in (b"\n", b"\r")


def _hash(stream: BinaryIO) -> Any:
    state = hashlib.sha256()
    stream.seek(0)
    while chunk := stream.read(_CHUNK):
        state.update(chunk)
    return state


def _runs(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Numbers that follow each other, together."""
    run: list[int] = []
    for number in numbers:
        if run and number != run[-1] + 1:
            yield run
            run = []
        run.append(number)
    if run:
        yield run


def _write_xref_table(buffer: BytesIO, positions: dict[int, tuple[int, int]]) -> None:
    buffer.write(b"xref\n")
    for run in _runs(sorted(positions)):
        buffer.write(b"%d %d\n" % (run[0], len(run)))
        for number in run:
            generation, position = positions[number]
            buffer.write(b"%010d %05d n \n" % (position, generation))


def _write_xref_stream(
    buffer: BytesIO, positions: dict[int, tuple[int, int]], number: int, trailer: dict[str, object]
) -> None:
    rows = bytearray()
    index: list[int] = []
    for run in _runs(sorted(positions)):
        index += [run[0], len(run)]
        for member in run:
            generation, position = positions[member]
            rows += b"\x01" + position.to_bytes(6) + generation.to_bytes(2)
    entries = {**trailer, "Type": Name("XRef"), "W": [1, 6, 2], "Index": index}
    stream = _kinds.StreamObject(pdf(entries), stream_data=bytes(rows))
    buffer.write(b"%d 0 obj\n" % number)
    stream.write_to_stream(buffer, None)
    buffer.write(b"\nendobj\n")
