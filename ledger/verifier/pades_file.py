"""A PDF as the verifier sees it: its objects through the reader, its bytes themselves for digests and gaps.

What a reader would pass over in silence is looked for here: every form field whose value is or should be a signature,
and signature dictionaries that no field shows.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic

from ledger.verifier.pades_reader import Buffer, Reader

_kinds: Any = generic  # pyHanko's object classes have no type hints

_CHUNK = 4 * 1024 * 1024
_DEEPEST = 40
_MOST_FIELDS = 20_000
_SIGNATURE_MARK = re.compile(rb"/ByteRange\b|/Type\s*/Sig\b|/Type\s*/DocTimeStamp\b")
_HEADER = re.compile(rb"%PDF-\d")
_STARTXREF = re.compile(rb"startxref\s+(\d{1,12})\s")
_END = re.compile(rb"startxref\s+\d{1,12}\s+%%EOF")
_XREF = re.compile(rb"xref\b|\d+\s+\d+\s+obj\b")


@dataclass(frozen=True, slots=True)
class FilledField:
    """A form field with a signature for its value, or with what should be one. `number` is that of its object."""

    name: str
    field: Any
    value: Any
    number: int | None


def entry(container: Any, key: str, default: Any = None) -> Any:
    """What stands under a key, and not a reference to it, as `get` of pyHanko's dictionaries would give."""
    if not isinstance(container, _kinds.DictionaryObject):
        return default
    try:
        found = container[key]
    except KeyError:  # null is the same as nothing (ISO 32000-2 §7.3.7)
        return default
    return default if isinstance(found, _kinds.NullObject) else found


def elements(value: Any) -> list[Any]:
    """The members of an array, each as it is and not a reference; none of anything else."""
    return [value[number] for number in range(len(value))] if isinstance(value, _kinds.ArrayObject) else []


def filled_fields(reader: Reader) -> list[FilledField]:
    """Every field that shows a signature. Raises `ValueError` for a form too deep or too large to be one."""
    return list(_filled(entry(entry(reader.root, "/AcroForm"), "/Fields"), "", None, _DEEPEST, set()))


def _filled(fields: Any, parent: str, kind: Any, depth: int, seen: set[int]) -> Iterator[FilledField]:
    if depth == 0 or len(seen) > _MOST_FIELDS:
        raise ValueError("the form is too deep or too large")
    for field in elements(fields):
        if not isinstance(field, _kinds.DictionaryObject) or id(field) in seen:
            continue
        seen.add(id(field))
        own = str(entry(field, "/T", ""))
        name = f"{parent}.{own}" if parent and own else parent or own
        inherited = entry(field, "/FT", kind)
        value = entry(field, "/V")
        if _is_signature(value) or (inherited == "/Sig" and value is not None):
            raw = field.raw_get("/V")
            yield FilledField(name, field, value, raw.idnum if isinstance(raw, _kinds.IndirectObject) else None)
        yield from _filled(entry(field, "/Kids"), name, inherited, depth - 1, seen)


def _is_signature(value: Any) -> bool:
    if not isinstance(value, _kinds.DictionaryObject):
        return False
    return "/ByteRange" in value or entry(value, "/Type") in ("/Sig", "/DocTimeStamp")


def has_stray_signature(data: Buffer, reader: Reader, known: set[int], since: int = 0) -> bool:
    """Whether a signature dictionary stands in the file (from `since` on) that isn't among the `known` objects.

    A signature that was taken out of its form is still in an earlier revision. What looks like one inside a stream,
    an attached PDF for example, isn't one; usage rights (/UR3) are no signature over what people read.
    """
    marks = [found.start() for found in _SIGNATURE_MARK.finditer(data, since)]
    starts = _object_starts(reader)
    known = known | _usage_rights(reader)
    checked = set()
    for mark in marks:
        owner = starts[bisect_right(starts, (mark, 0, 0)) - 1] if starts and starts[0][0] <= mark else None
        if owner is None or owner in checked or owner[1] in known:
            continue
        checked.add(owner)
        position, number, generation = owner
        found = reader._read_object(_kinds.Reference(number, generation, reader), position)  # noqa: SLF001
        if _is_signature(found) and not isinstance(found, _kinds.StreamObject):
            return True
    return False


def _usage_rights(reader: Reader) -> set[int]:
    permissions = entry(reader.root, "/Perms", {})
    raw = permissions.raw_get("/UR3") if "/UR3" in permissions else None
    return {raw.idnum} if isinstance(raw, _kinds.IndirectObject) else set()


def _object_starts(reader: Reader) -> list[tuple[int, int, int]]:
    """Position, number and generation of every object of every revision, in the order of the file."""
    xrefs = reader.xrefs
    return sorted(
        (position, number, generation)
        for revision in range(xrefs.total_revisions)
        for number, (generation, position) in xrefs.get_xref_data(revision).standard_xrefs.items()
    )


class Digests:
    """Digests over byte ranges that leave out one gap each: each part of the file goes through each algorithm once,
    and what follows a gap once more.

    `hash_before` is a SHA-256 of the first `hashed` bytes that somebody has already, to carry on from.
    """

    def __init__(self, data: Buffer, hash_before: Any = None, hashed: int = 0) -> None:
        self._view = memoryview(data)
        self._states: dict[str, list[tuple[int, Any]]] = {}
        if hash_before is not None:
            self._states["sha256"] = [(hashed, hash_before)]

    def of(self, byte_range: tuple[int, int, int, int], algorithm: str) -> bytes:
        """Raises `ValueError` for an algorithm there isn't."""
        _, before, after, length = byte_range
        state = self._up_to(before, algorithm)
        self._update(state, after, after + length)
        digest: bytes = state.digest()
        return digest

    def _up_to(self, position: int, algorithm: str) -> Any:
        states = self._states.setdefault(algorithm, [])
        start, state = max(
            (known for known in states if known[0] <= position), key=lambda known: known[0], default=(0, None)
        )
        state = hashlib.new(algorithm) if state is None else state.copy()
        self._update(state, start, position)
        states.append((position, state))
        return state.copy()

    def _update(self, state: Any, start: int, end: int) -> None:
        for position in range(start, end, _CHUNK):
            state.update(self._view[position : min(position + _CHUNK, end)])


def begins_with_something_else(data: Buffer) -> bool:
    """Whether another document, or anything else, was put before the PDF that the last cross-references belong to."""
    headers = [found.start() for found in _HEADER.finditer(data)]
    if not headers:
        return False
    if headers[0] != 0:
        return True
    last = [int(found[1]) for found in _STARTXREF.finditer(data, max(0, len(data) - 4096))]
    if not last or _XREF.match(data, last[-1]):
        return False
    return any(_XREF.match(data, header + last[-1]) for header in headers[1:])


def goes_on_after_its_end(data: Buffer) -> bool:
    """Whether anything but space stands after the last cross-references and their end of file."""
    ends = [found.end() for found in _END.finditer(data, max(0, len(data) - 1024 * 1024))]
    return bool(ends) and bool(bytes(data[ends[-1] :]).strip())


def mentions_signature(data: Buffer) -> bool:
    return _SIGNATURE_MARK.search(data) is not None


def starts_with(data: Buffer, beginning: Buffer) -> bool:
    if len(data) < len(beginning):
        return False
    whole, part = memoryview(data), memoryview(beginning)
    return all(
        bytes(whole[position : min(position + _CHUNK, len(part))]) == bytes(part[position : position + _CHUNK])
        for position in range(0, len(part), _CHUNK)
    )
