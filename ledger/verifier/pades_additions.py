"""Recognises the increments that signing makes, so that whoever just made one needn't walk the whole document.

An increment is recognised if every object it replaces is one of these, and is changed in nothing else:

1. the catalog: other extensions, a form or a security store where it stood before;
2. the form: fields were added behind the others;
3. a field at the top of the form: a value, looks made of new objects, one of the looks it had. One with a signature
   isn't touched again; the signature is a new object;
4. a page: annotations were added behind the others, and they are the new fields;
5. the security store: entries were added, none left out;
6. what the file says of its author and dates.

New fields hold a signature and show nothing. No object is freed, none is reused, and every reference that a replaced
object gained leads to a new one. That is less than pyHanko's rules allow (a test asks both of every attack and of
every honest increment), and takes a tenth of the time, for only what the increment touches is read. What isn't
recognised isn't refused: pyHanko decides.

pyHanko also looks for objects of the document that are fields and something else at the same time. Of documents that
we prepared there are none: their fields are objects of our making. So this serves `verify_increment` alone; whoever
is handed a file asks `verify_pdf`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.diff_analysis import ModificationLevel

from ledger.verifier.pades_reader import Reader

_kinds: Any = generic  # pyHanko's object classes have no type hints
_NOTHING: Any = object()

_CATALOG = frozenset({"/AcroForm", "/DSS", "/Extensions"})
_FIELD = frozenset({"/V", "/AP", "/AS"})
_NEW_FIELD = frozenset({"/Type", "/Subtype", "/FT", "/T", "/F", "/Rect", "/P", "/V"})
_STORE = frozenset({"/Type", "/VRI", "/Certs", "/CRLs", "/OCSPs"})
_LISTS = ("/Certs", "/CRLs", "/OCSPs")
_ENTRY = frozenset({"/Type", "/TU", "/Cert", "/CRL", "/OCSP"})
_HASH = re.compile("/[A-F0-9]{40}")
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Additions:
    """`fields` are the names of those that a lock would forbid to touch."""

    level: ModificationLevel
    fields: frozenset[str]


class _Unfamiliar(Exception):
    """Not an increment as we make them."""


def recognise(reader: Reader, revision: int) -> Additions | None:
    """What the increment added, if it is one as signing makes them. Never raises."""
    try:
        return _Increment(reader, revision).additions()
    except (_Unfamiliar, PdfError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        return None


class _Increment:
    def __init__(self, reader: Reader, revision: int) -> None:
        self._reader = reader
        self._revision = revision
        xrefs: Any = reader.xrefs
        touched = xrefs.explicit_refs_in_revision(revision)
        old = {ref for ref in touched if xrefs.get_historical_ref(ref, revision - 1) is not None}
        self._replaced = {ref.idnum for ref in old}
        self._added = {ref.idnum for ref in touched - old}
        self._root = 0
        self._explained: set[int] = set()
        self._changed: set[str] = set()
        self._level = ModificationLevel.LTA_UPDATES
        first_new = xrefs.get_xref_container_info(revision - 1).size
        _require(bool(touched) and all(ref.generation == 0 for ref in touched))
        _require(not self._added or min(self._added) >= first_new)
        _require(not xrefs.refs_freed_in_revision(revision) and not xrefs.object_streams_used_in(revision))
        _require(xrefs.get_xref_container_info(revision).stream_ref is None)

    def additions(self) -> Additions:
        roots = [self._reader.trailer.raw_get("/Root", revision=number) for number in self._revisions]
        _require(_is_same(*roots))
        self._root = roots[1].idnum
        old, new = self._plain(*roots)
        _require_same(old, new, besides=_CATALOG)
        _require(not list(_references(_raw(new, "/Extensions"))))
        self._form(*self._plain(_raw(old, "/AcroForm"), _raw(new, "/AcroForm")))
        self._store(_raw(old, "/DSS"), _raw(new, "/DSS"))
        self._information()
        _require(self._replaced <= self._explained)
        return Additions(self._level, frozenset(self._changed))

    def _information(self) -> None:
        """What the file says of its author and dates is no part of what people read."""
        told = [number for number in self._replaced if number not in self._explained]
        if told:
            old, new = (self._reader.trailer.raw_get("/Info", revision=number) for number in self._revisions)
            _require(not list(_references(self._plain(old, new)[1])))

    @property
    def _revisions(self) -> tuple[int, int]:
        return self._revision - 1, self._revision

    def _both(self, old: Any, new: Any) -> tuple[Any, Any]:
        """What stands in the same place before and after. If it is an object of its own, it is the same one, and
        replacing it is explained.
        """
        if isinstance(old, _kinds.IndirectObject) or isinstance(new, _kinds.IndirectObject):
            _require(_is_same(old, new))
            self._explained.add(old.idnum)
            old, new = (self._reader.at(old, number) for number in self._revisions)
        _require(not isinstance(new, _kinds.StreamObject))
        return old, new

    def _plain(self, old: Any, new: Any) -> tuple[Any, Any]:
        """As `_both`, of dictionaries."""
        old, new = self._both(old, new)
        _require(type(old) is type(new) is _kinds.DictionaryObject)
        return old, new

    def _longer(self, old: Any, new: Any) -> tuple[list[Any], list[Any]]:
        """Of two arrays, the members of the first and those that were added behind them. No array has no members."""
        if old is not _NOTHING:
            old, new = self._both(old, new)
        before, after = _members(old), _members(new)
        _require(_is_same(before, after[: len(before)]))
        return before, after[len(before) :]

    def _new(self, value: Any) -> Any:
        """The new object that a reference leads to."""
        _require(isinstance(value, _kinds.IndirectObject) and value.idnum in self._added)
        return self._reader.at(value, self._revision)

    def _form(self, old: Any, new: Any) -> None:
        _require_same(old, new, besides=frozenset({"/Fields"}))
        known, added = self._longer(_raw(old, "/Fields"), _raw(new, "/Fields"))
        names = []
        for reference in known:
            if reference.idnum in self._replaced:
                self._field(reference)
            if added:
                names.append(str(self._reader.at(reference, self._revision).raw_get("/T")))
        for reference in added:
            field = self._new(reference)
            _require(str(field.raw_get("/T")) not in names)
            names.append(str(field.raw_get("/T")))
            self._new_field(field)
            self._page(field.raw_get("/P"), [found.idnum for found in added])

    def _field(self, reference: Any) -> None:
        """Filled in."""
        old, new = self._plain(reference, reference)
        _require_same(old, new, besides=_FIELD)
        _require("/Kids" not in new and new.raw_get("/Subtype") == "/Widget")
        value = new.raw_get("/V")
        if new.raw_get("/FT") == "/Sig":
            _require("/V" not in old)
            self._signature(value)
        else:
            _require(isinstance(value, (_kinds.TextStringObject, _kinds.NameObject)))
        looks = _raw(new, "/AP")
        if not _is_same(_raw(old, "/AP"), looks):
            _require(type(looks) is _kinds.DictionaryObject)
            _require({found.idnum for found in _references(looks)} <= self._added)
        _require(isinstance(_raw(new, "/AS"), _kinds.NameObject) or _is_same(_raw(old, "/AS"), _raw(new, "/AS")))
        self._changed.add(str(new.raw_get("/T")))
        self._level = ModificationLevel.FORM_FILLING

    def _new_field(self, field: Any) -> None:
        """For a signature that shows nothing, as document timestamps are."""
        _require(type(field) is _kinds.DictionaryObject and set(field) <= _NEW_FIELD)
        _require(field.raw_get("/FT") == "/Sig" and field.raw_get("/Subtype") == "/Widget")
        _require([float(side) for side in _members(field.raw_get("/Rect"))] == [0, 0, 0, 0])
        _require("." not in str(field.raw_get("/T")))
        if self._signature(field.raw_get("/V")) != "/DocTimeStamp":
            self._changed.add(str(field.raw_get("/T")))
            self._level = ModificationLevel.FORM_FILLING

    def _signature(self, value: Any) -> str:
        """Its type."""
        found = self._new(value)
        _require(type(found) is _kinds.DictionaryObject)
        _require({reference.idnum for reference in _references(found)} <= {self._root})  # what a lock is about
        _require(found.raw_get("/Type") in ("/Sig", "/DocTimeStamp") and "/ByteRange" in found)
        return str(found.raw_get("/Type"))

    def _page(self, reference: Any, fields: list[int]) -> None:
        old, new = self._plain(reference, reference)
        _require(new.raw_get("/Type") == "/Page")
        _require_same(old, new, besides=frozenset({"/Annots"}))
        added = self._longer(_raw(old, "/Annots"), _raw(new, "/Annots"))[1]
        _require(all(isinstance(note, _kinds.IndirectObject) and note.idnum in fields for note in added))

    def _store(self, old: Any, new: Any) -> None:
        if new is _NOTHING:
            _require(old is _NOTHING)
            return
        if old is _NOTHING:
            old, new = _kinds.DictionaryObject(), self._new(new)
            _require(type(new) is _kinds.DictionaryObject)
        else:
            old, new = self._plain(old, new)
        _require(set(new) <= _STORE)
        held: set[int] = set()
        for key in _LISTS:
            known, added = self._longer(_raw(old, key), _raw(new, key))
            _require(all(isinstance(self._new(reference), _kinds.StreamObject) for reference in added))
            held |= {reference.idnum for reference in [*known, *added]}
        self._entries(_raw(old, "/VRI"), _raw(new, "/VRI"), held)

    def _entries(self, old: Any, new: Any, held: set[int]) -> None:
        """Of the store, for single signatures: of what it holds, each says what concerns its signature."""
        if new is _NOTHING:
            _require(old is _NOTHING)
            return
        old, new = (_kinds.DictionaryObject(), new) if old is _NOTHING else self._plain(old, new)
        _require(type(new) is _kinds.DictionaryObject)
        _require(all(key in new and _is_same(old.raw_get(key), new.raw_get(key)) for key in old))
        for key in set(new) - set(old):
            value = new.raw_get(key)
            found = self._new(value) if isinstance(value, _kinds.IndirectObject) else value
            _require(type(found) is _kinds.DictionaryObject and set(found) <= _ENTRY and bool(_HASH.fullmatch(key)))
            _require({reference.idnum for reference in _references(found)} <= held)


def _require(holds: bool) -> None:
    if not holds:
        raise _Unfamiliar


def _require_same(old: Any, new: Any, *, besides: frozenset[str]) -> None:
    _require(set(old) - besides == set(new) - besides)
    _require(all(_is_same(old.raw_get(key), new.raw_get(key)) for key in set(new) - besides))


def _raw(container: Any, key: str) -> Any:
    return container.raw_get(key) if key in container else _NOTHING


def _members(value: Any) -> list[Any]:
    """As they are: references aren't followed, for they would lead to the latest revision."""
    if value is _NOTHING:
        return []
    _require(isinstance(value, _kinds.ArrayObject))
    return list(list.__iter__(value))


def _references(value: Any, depth: int = _DEEPEST) -> Iterator[Any]:
    """That stand in a value, not those that stand in what they lead to."""
    _require(depth > 0)
    if isinstance(value, _kinds.IndirectObject):
        yield value
    elif isinstance(value, _kinds.DictionaryObject):
        for member in dict.values(value):
            yield from _references(member, depth - 1)
    elif isinstance(value, _kinds.ArrayObject):
        for member in list.__iter__(value):
            yield from _references(member, depth - 1)


def _is_same(old: Any, new: Any) -> bool:
    """As written, a name being no string, and a reference being its number."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return dict.keys(old) == dict.keys(new) and all(_is_same(dict.get(old, key), dict.get(new, key)) for key in old)
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_is_same, list.__iter__(old), list.__iter__(new)))
    return bool(old == new)
