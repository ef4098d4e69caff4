"""Random increments to a signed PDF: what software, or somebody with bad intent, may add behind the signatures.

Unlike damage to bytes (`mutations`), each of these is a well-formed update: some objects are replaced, and a reader
shows what the new ones say. The same seed makes the same files.
"""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from random import Random
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError

from tests.support.attacks import name
from tests.support.mutations import Mutant

_kinds: Any = generic
_Base: Any = IncrementalPdfFileWriter
_MOST_TRIES = 100
_KEYS = ("/Contents", "/Annots", "/AP", "/V", "/F", "/AS", "/Rect", "/Kids", "/Resources", "/Type", "/Subtype", "/FT",
         "/OCProperties", "/AcroForm", "/DSS", "/Perms", "/Metadata", "/Names", "/OpenAction", "/Lang", "/MK", "/DA",
         "/CRLs", "/VRI", "/Extensions", "/MediaBox", "/CropBox", "/Rotate", "/Fields", "/SigFlags")  # fmt: skip


class _Writer(_Base):  # type: ignore[misc]  # pyHanko's class has no type hints
    def _update_meta(self) -> None:
        """The file says nothing of when it was changed: that would be another file each time."""


def updated(seeds: Mapping[str, bytes], count: int, seed: int) -> Iterator[Mutant]:
    """`count` files, each one of `seeds` with an increment in which one to three objects are replaced."""
    chance = Random(seed)
    names = sorted(seeds)
    for number in range(count):
        source = names[number % len(names)]
        data, done = _update(chance, seeds[source])
        yield Mutant(f"{seed}/{number} {source}: {', '.join(done)}", data)


def _update(chance: Random, data: bytes) -> tuple[bytes, list[str]]:
    """Tries until something came of it: not every object can be written."""
    while True:
        writer: Any = _Writer(BytesIO(data))
        done = []
        try:
            for _ in range(chance.choice((1, 1, 2, 3))):
                change = chance.choice(_CHANGES)
                change(chance, writer)
                done.append(change.__name__)
            output = BytesIO()
            writer.write(output)
        except (PdfError, KeyError, ValueError, TypeError, AttributeError, IndexError):
            continue
        if output.getvalue() != data:
            return output.getvalue(), done


def replace_entry(chance: Random, writer: Any) -> None:
    found = _any(chance, writer, _kinds.DictionaryObject)
    found[name(chance.choice(list(found)))] = _value(chance, writer)
    writer.update_container(found)


def add_entry(chance: Random, writer: Any) -> None:
    found = _any(chance, writer, _kinds.DictionaryObject)
    found[name(chance.choice(_KEYS))] = _value(chance, writer)
    writer.update_container(found)


def remove_entry(chance: Random, writer: Any) -> None:
    found = _any(chance, writer, _kinds.DictionaryObject)
    del found[chance.choice(list(found))]
    writer.update_container(found)


def exchange_entries(chance: Random, writer: Any) -> None:
    """Of two objects of the same type, or of one."""
    found = _any(chance, writer, _kinds.DictionaryObject)
    one, two = chance.sample(list(found), 2)
    first, second = found.raw_get(one), found.raw_get(two)
    found[name(one)], found[name(two)] = second, first
    writer.update_container(found)


def change_array(chance: Random, writer: Any) -> None:
    found = _any(chance, writer, _kinds.ArrayObject)
    if chance.random() < 0.5 or not found:
        found.append(_value(chance, writer))
    else:
        del found[chance.randrange(len(found))]
    writer.update_container(found)


def replace_stream(chance: Random, writer: Any) -> None:
    raw = _reference(chance, writer, _kinds.StreamObject)
    kept = writer.get_object(raw)
    entries = {key: kept.raw_get(key) for key in kept if key not in ("/Length", "/Filter", "/DecodeParms")}
    content = chance.choice((b"", b"q 1 0 0 rg 0 0 600 850 re f Q", chance.randbytes(30)))
    writer.objects[(raw.generation, raw.idnum)] = _kinds.StreamObject(
        _kinds.DictionaryObject(entries), stream_data=content
    )


def replace_object(chance: Random, writer: Any) -> None:
    """By another of the file, or by nothing."""
    raw = _reference(chance, writer, object)
    other = writer.get_object(_reference(chance, writer, object))
    writer.objects[(raw.generation, raw.idnum)] = chance.choice((other, _kinds.NullObject()))


def touch(chance: Random, writer: Any) -> None:
    """Replaced by the same."""
    writer.mark_update(_reference(chance, writer, object))


def add_to_store(chance: Random, writer: Any) -> None:
    """Nobody's revocation list, or whatever it is."""
    store = writer.root["/DSS"]
    stream = writer.add_object(_kinds.StreamObject(stream_data=chance.randbytes(40)))
    key = chance.choice(("/CRLs", "/OCSPs", "/Certs"))
    store[name(key)] = _kinds.ArrayObject([*list.__iter__(store[key]), stream]) if key in store else stream
    writer.update_container(store)


def _any(chance: Random, writer: Any, kind: Any) -> Any:
    return writer.get_object(_reference(chance, writer, kind))


def _reference(chance: Random, writer: Any, kind: Any) -> Any:
    """Of an object of the file. The first ones, and the roots of things, are as likely as all the others together."""
    xrefs = writer.prev.xrefs
    known = sorted(
        {ref for number in range(xrefs.total_revisions) for ref in xrefs.explicit_refs_in_revision(number)},
        key=lambda ref: (ref.idnum, ref.generation),
    )
    roots = [writer.root_ref, *(raw.reference for raw in dict.values(writer.root) if hasattr(raw, "reference"))]
    for _ in range(_MOST_TRIES):
        found = chance.choice(roots) if chance.random() < 0.4 else chance.choice(known)
        if isinstance(writer.get_object(found), kind):
            return found
    raise KeyError(kind)


def _value(chance: Random, writer: Any) -> Any:
    makers: tuple[Callable[[], Any], ...] = (
        lambda: _kinds.IndirectObject(_reference(chance, writer, object).idnum, 0, writer),
        lambda: _kinds.IndirectObject(_reference(chance, writer, object).idnum, 0, writer),
        lambda: _kinds.NumberObject(chance.choice((-1, 0, 1, 90, 595, 2**31))),
        lambda: _kinds.pdf_string(chance.choice(("", "480 yuan", "D:20260101000000Z"))),
        lambda: name(chance.choice(_KEYS)),
        lambda: _kinds.ArrayObject([]),
        lambda: _kinds.DictionaryObject({}),
        _kinds.NullObject,
    )
    return chance.choice(makers)()


_CHANGES: tuple[Callable[[Random, Any], None], ...] = (
    replace_entry,
    replace_entry,
    add_entry,
    add_entry,
    remove_entry,
    exchange_entries,
    change_array,
    replace_stream,
    replace_object,
    touch,
    add_to_store,
)
