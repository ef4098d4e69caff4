"""Damages PDFs as chance and malice do: the same seed gives the same files, on any machine.

A mutation of bytes mostly breaks the cross-reference table, which any parser notices at once. So half of them are
mended (`_mend`), and the mutations of objects are written anew by qpdf: those files open, and are wrong inside.
"""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from random import Random
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, StreamDecodeLevel

_OBJECT = re.compile(rb"(?:^|[\r\n ])(\d{1,7}) (\d{1,5}) obj\b")
_NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
_NAME = re.compile(rb"/[A-Za-z][A-Za-z0-9]{0,30}")
_NUMBERS = (
    b"0", b"-1", b"1", b"65535", b"2147483647", b"-2147483648", b"4294967296", b"9223372036854775807",
    b"99999999999999999999999999", b"1e400", b"0.0000000001", b"-.5", b"NaN",
)  # fmt: skip
_TOKENS = (
    b"obj", b"endobj", b"stream", b"endstream", b"<<", b">>", b"[", b"]", b"(", b")", b"R", b"null", b"true", b"xref",
    b"trailer", b"startxref", b"%%EOF", b"/Kids", b"/Parent", b"/Count", b"/Length", b"/Type", b"/Contents", b"/Prev",
    b"/Filter/FlateDecode", b"/ByteRange[0 1 2 3]", b"(D:99999999999999Z)", b"<FEFFD800>", b"\xff\xfe\x00",
)  # fmt: skip
_FILTERS = ("FlateDecode", "LZWDecode", "ASCII85Decode", "ASCIIHexDecode", "RunLengthDecode", "DCTDecode", "JPXDecode",
            "CCITTFaxDecode", "JBIG2Decode", "Crypt", "NoSuchDecode")  # fmt: skip
_KEYS = ("Type", "Kids", "Parent", "Count", "Contents", "Resources", "MediaBox", "CropBox", "Rotate", "UserUnit",
         "Annots", "Font", "XObject", "Rect", "AP", "FT", "V", "Fields", "Filter", "DecodeParms", "BBox", "Matrix",
         "Subtype", "ByteRange", "M", "Reference", "Pages", "AcroForm", "F", "AS", "DA", "Ff")  # fmt: skip
_STRINGS = ("", "D:00000000000000Z", "D:99991231235959+99'99'", "\ud7ff文", "x" * 9999)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` says from which file and how it was made, for whoever has to look into a failure."""

    name: str
    data: bytes


def mutants(seeds: Mapping[str, bytes], count: int, seed: int) -> Iterator[Mutant]:
    """`count` damaged files, each made of one of `seeds` by one to three mutations."""
    chance = Random(seed)
    names = sorted(seeds)
    for number in range(count):
        source = names[number % len(names)]
        data, done = seeds[source], []
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            mutate = chance.choice(MUTATIONS)
            done.append(mutate.__name__)
            data = mutate(chance, data)
        yield Mutant(f"{seed}/{number} {source}: {', '.join(done)}", data)


# Bytes


def flip_bits(chance: Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def insert_bytes(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.randint(1, 40)) + data[at:]


def delete_bytes(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 200) :]


def truncate(chance: Random, data: bytes) -> bytes:
    """Sometimes with an end that looks whole."""
    return data[: chance.randrange(1, len(data))] + chance.choice((b"", b"\n%%EOF\n", b"\nstartxref\n0\n%%EOF\n"))


def insert_token(chance: Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    return _perhaps_mended(chance, data[:at] + b" " + chance.choice(_TOKENS) + b" " + data[at:])


def change_number(chance: Random, data: bytes) -> bytes:
    return _perhaps_mended(chance, _replaced(chance, data, _NUMBER, chance.choice(_NUMBERS)))


def swap_name(chance: Random, data: bytes) -> bytes:
    found = _NAME.findall(data)
    return _perhaps_mended(chance, _replaced(chance, data, _NAME, chance.choice(found))) if found else data


def duplicate_object(chance: Random, data: bytes) -> bytes:
    """An object stands there twice, the second time perhaps under another number."""
    found = list(_OBJECT.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    end = data.find(b"endobj", one.end())
    copy = data[one.start() : end + 6] if end > 0 else b""
    if chance.random() < 0.5:
        copy = copy.replace(one.group(1), chance.choice(found).group(1), 1)
    at = chance.choice(found).start()
    return _perhaps_mended(chance, data[:at] + b"\n" + copy + b"\n" + data[at:])


def loop_cross_references(chance: Random, data: bytes) -> bytes:
    """The chain of cross-reference sections leads back to where it began."""
    last = data.rfind(b"startxref")
    offset = data[last + 9 :].split(b"%%EOF")[0].strip() or b"0"
    if data.rfind(b"trailer", 0, last) < 0:
        return data[:last] + b"xref\n0 0\ntrailer<</Size 9/Prev " + offset + b">>\nstartxref\n%d\n%%%%EOF\n" % last
    target = chance.choice((offset, b"%d" % last, b"0", b"-5"))
    return data.replace(b"trailer\n<<", b"trailer\n<< /Prev " + target, 1).replace(
        b"trailer <<", b"trailer << /Prev " + target, 1
    )


# Objects


def nest_deeply(chance: Random, data: bytes) -> bytes:
    """Thousands of arrays or dictionaries inside each other."""
    depth = chance.choice((50, 150, 450, 5000, 50_000))
    opening, closing = chance.choice(((b"[", b"]"), (b"<</A", b">>")))
    return _replaced(chance, data, re.compile(rb"/Type ?/\w+"), b"/Z " + opening * depth + b"0" + closing * depth)


def change_length(chance: Random, data: bytes) -> bytes:
    pattern = re.compile(rb"/Length \d+")
    return _perhaps_mended(chance, _replaced(chance, data, pattern, b"/Length " + chance.choice(_NUMBERS)))


def change_filter(chance: Random, data: bytes) -> bytes:
    names = b"".join(b"/" + chance.choice(_FILTERS).encode() for _ in range(chance.choice((1, 1, 2, 6))))
    return _perhaps_mended(chance, _replaced(chance, data, re.compile(rb"/Filter ?/\w+"), b"/Filter [" + names + b"]"))


def loop_object_streams(chance: Random, data: bytes) -> bytes:
    """An object stream that extends itself, or says that it holds more objects than it does."""
    lie = chance.choice(
        (b"/Type /ObjStm /Extends 1 0 R", b"/N 2147483647 /Type /ObjStm", b"/First 99999 /Type /ObjStm")
    )
    return _replaced(chance, data, re.compile(rb"/Type ?/ObjStm"), lie)


def lie_about_pages(chance: Random, data: bytes) -> bytes:
    def change(pdf: Pdf) -> None:
        tree = pdf.Root.Pages
        match chance.randrange(6):
            case 0:
                tree.Count = chance.choice((-1, 0, 1, 10**6, 2**31 - 1, 2**40))
            case 1:
                tree.Kids.append(tree)
            case 2:
                tree.Parent = tree.Kids[0]
            case 3:
                tree.Kids = Array([tree.Kids[0]] * chance.choice((2, 400, 3000)))
            case 4:
                tree.Kids.append(pdf.make_indirect(Dictionary(Type=Name.Pages, Kids=Array([tree]), Count=1)))
            case _:
                tree.Kids[0].Parent = tree.Kids[0]

    return _rewritten(data, change)


def rewire(chance: Random, data: bytes) -> bytes:
    """Entries of dictionaries and arrays get values of another kind, or lead somewhere else: up, to themselves."""

    def change(pdf: Pdf) -> None:
        objects = [found for found in pdf.objects if isinstance(found, Dictionary | pikepdf.Stream | Array)]
        for _ in range(chance.choice((1, 2, 5))):
            _rewire_one(chance, pdf, chance.choice(objects), objects)

    return _rewritten(data, change)


def _rewire_one(chance: Random, pdf: Pdf, target: Any, objects: list[Object]) -> None:
    value = _strange_value(chance, pdf, objects)
    if isinstance(target, Array):
        if len(target):
            target[chance.randrange(len(target))] = value
        return
    keys = sorted(key for key in target.keys() if key != "/Length")  # noqa: SIM118 - no iteration by key
    match chance.randrange(4):
        case 0 if keys:
            del target[chance.choice(keys)]
        case 1 if len(keys) > 1:
            one, other = chance.sample(keys, 2)
            target[one], target[other] = target[other], target[one]
        case 2:
            target[f"/{chance.choice(_KEYS)}"] = value
        case _:
            if keys:
                target[chance.choice(keys)] = value


def _strange_value(chance: Random, pdf: Pdf, objects: list[Object]) -> Any:
    def nested() -> Any:
        inner: Any = Array([])
        for _ in range(chance.choice((10, 60, 120))):
            inner = Array([inner])
        return inner

    makers: tuple[Callable[[], Any], ...] = (
        lambda: chance.choice(objects),
        lambda: chance.choice(objects),
        lambda: chance.choice((-1, 0, 7, 2**31 - 1, -(2**31), 2**62)),
        lambda: pikepdf.String(
            chance.choice(("", "D:00000000000000Z", "D:99991231235959+99'99'", "\ud7ff文", "x" * 9999))
        ),
        lambda: Name(f"/{chance.choice(_KEYS)}"),
        lambda: Array([chance.choice((0, -1, 10**9, 595)) for _ in range(chance.choice((0, 1, 4, 4, 4, 7)))]),
        Dictionary,
        lambda: pdf.make_stream(chance.randbytes(20)),
        nested,
    )
    return chance.choice(makers)()


def _rewritten(data: bytes, change: Callable[[Pdf], None]) -> bytes:
    """Changed by qpdf; a file that can't be read, or not be written after that, stays as it is."""
    output = BytesIO()
    try:
        with warnings.catch_warnings(action="ignore"), Pdf.open(BytesIO(data), suppress_warnings=True) as pdf:
            change(pdf)
            pdf.save(output, deterministic_id=True, stream_decode_level=StreamDecodeLevel.none)
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        return data
    return output.getvalue()


def _replaced(chance: Random, data: bytes, pattern: "re.Pattern[bytes]", text: bytes) -> bytes:
    """One of the places that the pattern finds, with another text."""
    found = list(pattern.finditer(data))
    if not found:
        return data
    one = chance.choice(found)
    return data[: one.start()] + text + data[one.end() :]


def _perhaps_mended(chance: Random, data: bytes) -> bytes:
    return _mend(data) if chance.random() < 0.7 else data


def _mend(data: bytes) -> bytes:
    """A new cross-reference table for the objects as they stand now; files with another kind stay as they are."""
    start, trailer = data.rfind(b"\nxref"), data.rfind(b"trailer")
    end = data.rfind(b"startxref")
    if not 0 < start < trailer < end:
        return data
    places = {int(found.group(1)): found.start(1) for found in _OBJECT.finditer(data[:start])}
    size = max(places, default=0) + 1
    if size > 5000:
        return data
    rows = [b"0000000000 65535 f \n"]
    rows += [b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(1, size)]
    table = b"\nxref\n0 %d\n" % size + b"".join(rows)
    return data[:start] + table + data[trailer:end] + b"startxref\n%d\n%%%%EOF\n" % (start + 1)


MUTATIONS: tuple[Callable[[Random, bytes], bytes], ...] = (
    flip_bits,
    insert_bytes,
    delete_bytes,
    truncate,
    insert_token,
    change_number,
    swap_name,
    duplicate_object,
    loop_cross_references,
    nest_deeply,
    change_length,
    change_filter,
    loop_object_streams,
    lie_about_pages,
    rewire,
    rewire,
    rewire,
)
