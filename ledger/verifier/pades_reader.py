"""pyHanko's reader, for files of any size: over any buffer, without copying it, and each object read once.

What costs pyHanko most is read in another way. It takes a character at a time, which for the long hexadecimal contents
of signatures takes longer than all the rest (`pades_objects`); large streams it copies, once for every revision, which
for a scanned contract is more than the file itself. Where anything about an object is unusual, pyHanko reads it after
all.
"""

import io
import re
import secrets
from mmap import mmap
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from ledger.verifier.pades_objects import read_plain

Buffer = bytes | bytearray | memoryview | mmap

_kinds: Any = generic  # pyHanko's object classes have no type hints
_Resolver: Any = HistoricalResolver
_Stream: Any = generic.StreamObject

_CONTENTS = re.compile(rb"/Contents\s*<")
_HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2}){256,}")
_END_OF_OBJECT = re.compile(rb"endobj")
_LONGEST_PLAIN = 4 * 1024
_BEHIND = 8
"""Bytes behind an object that its end can be told by."""
_BEFORE_CONTENTS = 16 * 1024
_AFTER_CONTENTS = 64 * 1024
_BEGINNING_OF_STREAM = re.compile(rb"stream(?:\r\n|\n)")
_END_OF_STREAM = re.compile(rb"\s{0,2}endstream\s{1,2}endobj\b")
_LARGE = 64 * 1024


class LargeStream(_Stream):  # type: ignore[misc]  # pyHanko's class has no type hints
    """A stream whose data stays where it is until somebody asks for it."""

    def __init__(self, entries: Any, view: memoryview) -> None:
        self.view = view
        super().__init__(entries)

    @property
    def _encoded_data(self) -> bytes:
        return bytes(self.view)

    @_encoded_data.setter
    def _encoded_data(self, value: None) -> None:
        """pyHanko's constructor says that there is none yet."""


class _Revision(_Resolver):  # type: ignore[misc]  # as above
    """The file as of a revision."""

    def _subsume_object(self, obj: Any) -> Any:
        if not isinstance(obj, LargeStream):
            return super()._subsume_object(obj)
        held: dict[Any, Any] = dict(dict.items(obj))
        entries = {key: super(_Revision, self)._subsume_object(value) for key, value in held.items()}
        copy = LargeStream(entries, obj.view)
        container = obj.get_container_ref()
        copy.container_ref = _kinds.Reference(container.idnum, container.generation, self)
        return copy


class Reader(PdfFileReader):
    """Reads each object once whatever revision asks for it."""

    def __init__(self, data: Buffer) -> None:
        self._data = data
        self._objects: dict[tuple[Any, ...], Any] = {}
        self._revisions: dict[int, Any] = {}
        super().__init__(_stream(data), strict=True)

    def get_historical_resolver(self, revision: int) -> Any:
        if revision not in self._revisions:
            self._revisions[revision] = _Revision(self, revision)
        return self._revisions[revision]

    def _read_object(self, ref: Any, marker: Any, never_decrypt: bool = False, as_metadata_stream: bool = False) -> Any:
        key = (ref.idnum, ref.generation, marker, as_metadata_stream)
        if key not in self._objects:
            read = None
            if isinstance(marker, int) and not as_metadata_stream and not self.encrypted:
                read = (
                    self._read_plain(ref, marker)
                    or self._read_signature(ref, marker)
                    or self._read_large_stream(ref, marker)
                )
            if read is None:
                read = super()._read_object(ref, marker, never_decrypt, as_metadata_stream)
            self._objects[key] = read
        return self._objects[key]

    def streams(self, array: Any, revision: int) -> list[bytes]:
        """What the streams of an array hold, as of a revision; each is decoded once for all revisions it is in."""
        members = list.__iter__(array) if isinstance(array, _kinds.ArrayObject) else ()
        found = [
            self.at(member, revision) if isinstance(member, _kinds.IndirectObject) else member for member in members
        ]
        return [stream.data for stream in found]

    def root_at(self, revision: int) -> Any | None:
        """The catalog as of a revision. None in the first part of a linearised file, whose cross-references come in two
        parts: the one that is read first names no catalog (ISO 32000-2 annex F)."""
        try:
            self.trailer.raw_get("/Root", revision=revision)
        except KeyError:
            return None
        return self.get_historical_resolver(revision).root

    def at(self, reference: Any, revision: int) -> Any:
        """What a reference led to as of a revision."""
        reader: Any = self
        return reader.get_object(reference.reference, revision)

    def _read_plain(self, ref: Any, start: int) -> Any | None:
        end = _END_OF_OBJECT.search(self._data, start, start + _LONGEST_PLAIN)
        return read_plain(bytes(self._data[start : end.end() + _BEHIND]), ref) if end else None

    def _read_signature(self, ref: Any, start: int) -> Any | None:
        """The object, read with a short random string in place of its long contents; None if there is none such.

        Only if that string then is the value of /Contents are the contents put in its place: they may have stood in
        a comment, or in another string.
        """
        first_end = _END_OF_OBJECT.search(self._data, start, start + _BEFORE_CONTENTS)
        limit = first_end.start() if first_end else start + _BEFORE_CONTENTS
        opening = _CONTENTS.search(self._data, start, limit)
        digits = _HEXADECIMAL.match(self._data, opening.end()) if opening else None
        if opening is None or digits is None:
            return None
        end = _END_OF_OBJECT.search(self._data, digits.end(), digits.end() + _AFTER_CONTENTS)
        if end is None:
            return None
        mark = secrets.token_bytes(16)
        before, after = self._data[start : digits.start()], self._data[digits.end() : end.end() + _BEHIND]
        read = self._read_from(ref, bytes(before) + mark.hex().encode() + bytes(after))
        if (
            type(read) is not _kinds.DictionaryObject
            or getattr(dict.get(read, "/Contents"), "original_bytes", None) != mark
        ):
            return None
        contents = _kinds.ByteStringObject(bytes.fromhex(digits.group().decode()))
        contents.container_ref = read.container_ref
        read[_kinds.pdf_name("/Contents")] = contents
        return read

    def _read_large_stream(self, ref: Any, start: int) -> Any | None:
        """The object, without its data; None if it isn't a large stream whose length stands in it and is right."""
        if _END_OF_OBJECT.search(self._data, start, start + _BEFORE_CONTENTS):
            return None
        beginning = _BEGINNING_OF_STREAM.search(self._data, start, start + _BEFORE_CONTENTS)
        if beginning is None:
            return None
        read = self._read_from(ref, bytes(self._data[start : beginning.start()]) + b"\nendobj\n0")
        length = dict.get(read, "/Length") if type(read) is _kinds.DictionaryObject else None
        if not isinstance(length, int) or length < _LARGE:
            return None
        end = beginning.end() + length
        if not _END_OF_STREAM.match(self._data, end):
            return None
        stream = LargeStream(dict(dict.items(read)), memoryview(self._data)[beginning.end() : end])
        stream.container_ref = read.container_ref
        return stream

    def _read_from(self, ref: Any, content: bytes) -> Any:
        """The object as it reads with other content, to behind its end; None if that can't be read."""
        plain = read_plain(content, ref)
        if plain is not None:
            return plain
        whole_file, self.stream = self.stream, io.BytesIO(content)
        try:
            return super()._read_object(ref, 0)
        except PdfError:
            return None
        finally:
            self.stream = whole_file


def _stream(data: Buffer) -> Any:
    return io.BytesIO(data) if isinstance(data, bytes) else io.BufferedReader(_BufferIO(data), 64 * 1024)


class _BufferIO(io.RawIOBase):
    """A buffer as a file, without copying it."""

    def __init__(self, data: Buffer) -> None:
        self._view = memoryview(data)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._view)}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, target: Any) -> int:
        read = self._view[self._position : self._position + len(target)]
        target[: len(read)] = read
        self._position += len(read)
        return len(read)
