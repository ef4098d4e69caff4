"""Gives a change that isn't allowed its name, for people. Nothing is decided here: it was refused before.

What is looked at is what a reader of the document would see: pages, what is drawn on them, form fields, pictures of
signatures; then things that lay ready in the file and were exchanged (shadow attacks); then validation data.
"""

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic

from ledger.verifier.pades_file import elements, entry
from ledger.verifier.pades_findings import Finding

_kinds: Any = generic  # pyHanko's object classes have no type hints
Revision = Any
"""A pyHanko `HistoricalResolver`."""
Number = tuple[int, int]

_DEEPEST = 60
_MOST_PAGES = 100_000
_MOST_LAYERS = 10_000
_DRAWN_TYPES = ("/Font", "/FontDescriptor", "/XObject", "/ExtGState", "/OCG", "/OCMD", "/Pattern", "/Encoding")


def name_change(old: Revision, new: Revision) -> Finding:
    try:
        return _name(old, new)
    except Exception:  # noqa: BLE001 - the file is hostile and already refused; only the name is missing
        return Finding.CONTENT_CHANGED_INCREMENTALLY


def _name(old: Revision, new: Revision) -> Finding:
    overwritten = {
        (ref.idnum, ref.generation)
        for ref in new.explicit_refs_in_revision() | new.refs_freed_in_revision()
        if old.reader.xrefs.get_historical_ref(ref, old.revision) is not None
    }
    for look in (_pages, _layers, _drawings, _fields, _validation_data, _lying_ready):
        finding = look(old, new, overwritten)
        if finding is not None:
            return finding
    return Finding.CONTENT_CHANGED_INCREMENTALLY


def _pages(old: Revision, new: Revision, _overwritten: set[Number]) -> Finding | None:
    before, after = list(_page_numbers(old)), list(_page_numbers(new))
    if len(after) > len(before):
        return Finding.PAGE_ADDED
    if len(after) < len(before):
        return Finding.PAGE_REMOVED
    if before != after:
        existed = all(_exists(old, number) for number in after)
        return Finding.SHADOW_CONTENT if existed else Finding.CONTENT_CHANGED_INCREMENTALLY
    return None


def _layers(old: Revision, new: Revision, overwritten: set[Number]) -> Finding | None:
    """Optional content switched on or off: in the settings of the file, or by what pages call their layers."""
    settings = _raw(old.root, "/OCProperties"), _raw(new.root, "/OCProperties")
    is_changed = not _is_same(*settings) or any(number in overwritten for number in _reached(old, settings[0]))
    for number in () if is_changed else _page_numbers(new):
        named = [_raw(entry(_object(revision, number), "/Resources"), "/Properties") for revision in (old, new)]
        is_changed = is_changed or not _is_same(*named) or _number(named[1]) in overwritten
    return Finding.SHADOW_CONTENT if is_changed else None


def _reached(revision: Revision, value: Any) -> Iterator[Number]:
    """The objects that a value refers to, and those that they refer to in turn: as a rule, groups of layers."""
    seen: set[Number] = set()
    waiting = [value]
    while waiting and len(seen) < _MOST_LAYERS:
        found = waiting.pop()
        number = _number(found)
        if number is not None:
            if number in seen:
                continue
            seen.add(number)
            yield number
            found = _object(revision, number)
        if isinstance(found, _kinds.DictionaryObject):
            waiting += dict.values(found)
        elif isinstance(found, _kinds.ArrayObject):
            waiting += list.__iter__(found)


def _drawings(old: Revision, new: Revision, overwritten: set[Number]) -> Finding | None:
    """What is drawn on pages, and what lies over them."""
    for number in _page_numbers(new):
        page_before, page_after = _object(old, number), _object(new, number)
        contents = _numbers(_raw(page_before, "/Contents")), _numbers(_raw(page_after, "/Contents"))
        if contents[0] != contents[1]:
            is_added = set(contents[0]) < set(contents[1])
            return Finding.OVERLAY_ADDED if is_added else Finding.CONTENT_CHANGED_INCREMENTALLY
        if overwritten & set(contents[1]):
            return Finding.CONTENT_CHANGED_INCREMENTALLY
        notes = _numbers(_raw(page_before, "/Annots")), _numbers(_raw(page_after, "/Annots"))
        added = [_object(new, note) for note in notes[1] if note not in notes[0]]
        if any(entry(note, "/Subtype") != "/Widget" for note in added):
            return Finding.OVERLAY_ADDED
        if any(entry(_object(new, note), "/Subtype") != "/Widget" for note in notes[1] if note in overwritten):
            return Finding.OVERLAY_ADDED
    return None


def _fields(old: Revision, new: Revision, overwritten: set[Number]) -> Finding | None:
    """Values and looks of form fields; the looks of a signature apart from the others."""
    before, after = dict(_form_fields(old)), dict(_form_fields(new))
    touched = [number for number in after if _field_changed(before.get(number), after[number], overwritten, number)]
    pictures = [after[number] for number in touched if _is_signed(after[number]) and _is_signed(before.get(number))]
    if any(
        _is_same(_raw(field, "/V"), _raw(before[number], "/V")) for number, field in after.items() if field in pictures
    ):
        return Finding.APPEARANCE_CHANGED
    return Finding.FIELD_CHANGED if touched or before.keys() - after.keys() else None


def _field_changed(before: Any, after: Any, overwritten: set[Number], number: Number) -> bool:
    if before is None:
        return not _is_signed(after)
    looks = set(_appearances(before) + _appearances(after))
    if looks & overwritten or _appearances(before) != _appearances(after):
        return True
    if number not in overwritten:
        return False
    return any(
        not _is_same(_raw(before, key), _raw(after, key)) for key in ("/V", "/Rect", "/F", "/AS", "/MK", "/DA", "/T")
    )


def _validation_data(old: Revision, new: Revision, _overwritten: set[Number]) -> Finding | None:
    return Finding.VALIDATION_DATA_CHANGED if has_lost_validation_data(old, new) else None


def has_lost_validation_data(old: Revision, new: Revision) -> bool:
    """Whether certificates, CRLs or OCSP responses are no longer in the document security store, under any number."""
    before, after = entry(old.root, "/DSS"), entry(new.root, "/DSS")
    if before is None:
        return False
    for key in ("/Certs", "/CRLs", "/OCSPs"):
        held = elements(entry(before, key))
        if held and not {found.data for found in held} <= {found.data for found in elements(entry(after, key))}:
            return True
    return False


def _lying_ready(old: Revision, _new: Revision, overwritten: set[Number]) -> Finding | None:
    """Fonts, pictures and drawings that were exchanged under what refers to them."""
    for number in overwritten:
        was = _object(old, number)
        if isinstance(was, _kinds.StreamObject) and entry(was, "/Type") not in ("/Metadata", "/XRef", "/ObjStm"):
            return Finding.SHADOW_CONTENT
        if isinstance(was, _kinds.DictionaryObject) and entry(was, "/Type") in _DRAWN_TYPES:
            return Finding.SHADOW_CONTENT
    return None


def _page_numbers(revision: Revision) -> Iterator[Number]:
    seen: set[Number] = set()
    waiting = [_number(_raw(revision.root, "/Pages"))]
    while waiting:
        number = waiting.pop()
        if number is None or number in seen or len(seen) > _MOST_PAGES:
            continue
        seen.add(number)
        node = _object(revision, number)
        if "/Kids" in node:
            waiting += reversed(_numbers(entry(node, "/Kids")))
        else:
            yield number


def _form_fields(revision: Revision) -> Iterator[tuple[Number, Any]]:
    form = entry(revision.root, "/AcroForm")
    waiting = [(number, _DEEPEST) for number in _numbers(entry(form, "/Fields"))]
    while waiting:
        number, depth = waiting.pop()
        field = _object(revision, number)
        yield number, field
        if depth:
            waiting += [(kid, depth - 1) for kid in _numbers(entry(field, "/Kids"))]


def _appearances(field: Any) -> list[Number]:
    """The drawings a field shows in any of its states."""
    pictures = entry(field, "/AP")
    looks = entry(pictures, "/N")
    if isinstance(looks, _kinds.DictionaryObject) and not isinstance(looks, _kinds.StreamObject):
        return [number for key in looks for number in _numbers(_raw(looks, key))]
    return _numbers(_raw(pictures, "/N"))


def _is_signed(field: Any) -> bool:
    return field is not None and entry(field, "/FT") == "/Sig" and entry(field, "/V") is not None


def _exists(revision: Revision, number: Number) -> bool:
    ref = _kinds.Reference(*number, revision.reader)
    return revision.reader.xrefs.get_historical_ref(ref, revision.revision) is not None


def _object(revision: Revision, number: Number) -> Any:
    return revision(_kinds.Reference(*number, revision))


def _raw(container: Any, key: str) -> Any:
    return container.raw_get(key) if isinstance(container, _kinds.DictionaryObject) and key in container else None


def _number(value: Any) -> Number | None:
    return (value.idnum, value.generation) if isinstance(value, _kinds.IndirectObject) else None


def _numbers(value: Any) -> list[Number]:
    """Of one reference, or of the references in an array."""
    own = _number(value)
    if own is not None:
        target = value.get_object()
        return [own, *_numbers(target)] if isinstance(target, _kinds.ArrayObject) else [own]
    if not isinstance(value, _kinds.ArrayObject):
        return []
    return [number for member in list.__iter__(value) if (number := _number(member)) is not None]


def _is_same(before: Any, after: Any) -> bool:
    """As written, a reference being its number: what it leads to is looked at by itself."""
    numbers = _number(before), _number(after)
    return numbers[0] == numbers[1] if any(numbers) else before == after
