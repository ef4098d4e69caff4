"""Attacks on signed PDFs, each made by our own code from a contract that two parties signed and the platform sealed.

An attacker has the file and no key. What they can do is add increments, exchange bytes, move things about, or take
signatures from one place to another. Each attack here takes the contract and returns what a victim would be shown.
Published classes are named as in the literature (see `ledger.verifier.pades_findings`).
"""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.support.pdf import blank_pdf

_kinds: Any = generic
name: Any = _kinds.pdf_name
Writer = Any
Attack = Callable[[bytes], bytes]

_XREF_ROOM = 1024
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


def increment(data: bytes, change: Callable[[Writer], None]) -> bytes:
    """The file with one more increment, in which `change` did something."""
    writer: Writer = IncrementalPdfFileWriter(BytesIO(data))
    change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def field(writer: Writer, wanted: str) -> Any:
    for number in range(len(writer.root["/AcroForm"]["/Fields"])):
        found = writer.root["/AcroForm"]["/Fields"][number]
        if found["/T"] == wanted:
            return found
    raise LookupError(wanted)


def page(writer: Writer, number: int = 0) -> Any:
    return writer.root["/Pages"]["/Kids"][number]


def drawing(text: bytes) -> Any:
    return _kinds.StreamObject(stream_data=b"BT /F1 20 Tf 100 500 Td (" + text + b") Tj ET")


# --- Incremental saving


def change_content(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        shown = page(writer)
        writer.update_container(shown)
        shown[name("/Contents")] = writer.add_object(drawing(b"480 yuan"))

    return increment(data, change)


def overwrite_content(data: bytes) -> bytes:
    """The page is the same, and refers to the same stream; the stream is another."""

    def change(writer: Writer) -> None:
        raw = page(writer).raw_get("/Contents")
        target = raw if isinstance(raw, _kinds.IndirectObject) else raw.raw_get(0)
        writer.objects[(target.generation, target.idnum)] = drawing(b"480 yuan")

    return increment(data, change)


def overlay_content(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        writer.add_stream_to_page(0, writer.add_object(drawing(b"void")))

    return increment(data, change)


def overlay_stamp(data: bytes) -> bytes:
    """A stamp annotation that covers the amount."""

    def change(writer: Writer) -> None:
        look = _kinds.StreamObject(
            _kinds.DictionaryObject(
                {
                    name("/Type"): name("/XObject"),
                    name("/Subtype"): name("/Form"),
                    name("/BBox"): _numbers(0, 0, 300, 60),
                }
            ),
            stream_data=b"1 1 1 rg 0 0 300 60 re f",
        )
        stamp = _kinds.DictionaryObject(
            {
                name("/Type"): name("/Annot"),
                name("/Subtype"): name("/Stamp"),
                name("/Rect"): _numbers(60, 700, 360, 760),
                name("/F"): _kinds.NumberObject(4),
                name("/AP"): _kinds.DictionaryObject({name("/N"): writer.add_object(look)}),
            }
        )
        _annotate(writer, writer.add_object(stamp))

    return increment(data, change)


def append_page(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        tree = writer.root["/Pages"]
        added = _kinds.DictionaryObject(
            {
                name("/Type"): name("/Page"),
                name("/Parent"): writer.root.raw_get("/Pages"),
                name("/MediaBox"): _numbers(0, 0, 595, 842),
                name("/Contents"): writer.add_object(drawing(b"Annex")),
            }
        )
        tree["/Kids"].append(writer.add_object(added))
        tree[name("/Count")] = _kinds.NumberObject(int(tree["/Count"]) + 1)
        writer.update_container(tree["/Kids"])
        writer.update_container(tree)

    return increment(data, change)


def remove_page(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        tree = writer.root["/Pages"]
        del tree["/Kids"][len(tree["/Kids"]) - 1]
        tree[name("/Count")] = _kinds.NumberObject(int(tree["/Count"]) - 1)
        writer.update_container(tree["/Kids"])
        writer.update_container(tree)

    return increment(data, change)


# --- Form fields


def change_locked_field(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        found = field(writer, "date_a")
        found[name("/V")] = _kinds.pdf_string("2020-01-01")
        writer.update_container(found)

    return increment(data, change)


def swap_fields(data: bytes) -> bytes:
    """Each party's signature appears in the place of the other's."""

    def change(writer: Writer) -> None:
        first, second = field(writer, "sign_a"), field(writer, "sign_b")
        first[name("/V")], second[name("/V")] = second.raw_get("/V"), first.raw_get("/V")
        writer.update_container(first)
        writer.update_container(second)

    return increment(data, change)


def show_a_signature_twice(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        second = field(writer, "sign_b")
        second[name("/V")] = field(writer, "sign_a").raw_get("/V")
        writer.update_container(second)

    return increment(data, change)


def replace_signature_picture(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        found = field(writer, "sign_a")
        look = found["/AP"]["/N"]
        other = _kinds.StreamObject(
            _kinds.DictionaryObject({key: look.raw_get(key) for key in look if key not in ("/Length", "/Filter")}),
            stream_data=b"1 0 0 rg 0 0 100 50 re f",
        )
        found[name("/AP")] = _kinds.DictionaryObject({name("/N"): writer.add_object(other)})
        writer.update_container(found)

    return increment(data, change)


def overwrite_signature_picture(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        raw = field(writer, "sign_a")["/AP"].raw_get("/N")
        look = raw.get_object()
        writer.objects[(raw.generation, raw.idnum)] = _kinds.StreamObject(
            _kinds.DictionaryObject({key: look.raw_get(key) for key in look if key not in ("/Length", "/Filter")}),
            stream_data=b"1 0 0 rg 0 0 100 50 re f",
        )

    return increment(data, change)


def remove_signature(data: bytes) -> bytes:
    """The first party's field is empty again."""

    def change(writer: Writer) -> None:
        found = field(writer, "sign_a")
        del found["/V"]
        writer.update_container(found)

    return increment(data, change)


def remove_form(data: bytes) -> bytes:
    """No field, no signature: a reader that looks at fields alone calls the file unsigned."""

    def change(writer: Writer) -> None:
        del writer.root["/AcroForm"]
        writer.root.pop("/Perms", None)
        writer.update_root()

    return increment(data, change)


# --- Universal forgery: a signature without what would have to be checked


def forge(entry: str, value: Any | None) -> Attack:
    """Another value for an entry of the second party's signature; the entry is left out if None."""

    def attack(data: bytes) -> bytes:
        def change(writer: Writer) -> None:
            signature = field(writer, "sign_b")["/V"]
            if value is None:
                del signature[entry]
            else:
                signature[name(entry)] = value
            writer.update_container(signature)

        return increment(data, change)

    return attack


def range_of(*numbers: int) -> Any:
    return _numbers(*numbers)


NULL: Any = _kinds.NullObject()
NOTHING: Any = _kinds.ByteStringObject(b"")
ZEROS: Any = _kinds.ByteStringObject(bytes(64))


# --- Byte ranges and contents


def change_byte_range(data: bytes) -> bytes:
    """The gap of the last signature made larger by ten bytes."""
    found = list(_BYTE_RANGE.finditer(data))[-1]
    zero, before, after, length = (int(number) for number in found.groups())
    text = b"/ByteRange [%d %d %d %d]" % (zero, before, after + 10, length - 10)
    return data[: found.start()] + text.ljust(len(found.group())) + data[found.end() :]


def wrap_signature(data: bytes) -> bytes:
    """What was signed is moved apart, and another document stands between its halves (signature wrapping).

    The second half goes to the end of the file, and the new byte range says so: the digest fits. The cross-references
    that its last lines point to are those that the attacker put at the very place where the old ones were.
    """
    found = list(_BYTE_RANGE.finditer(data))[-1]
    _, before, after, length = (int(number) for number in found.groups())
    first, gap, second = data[:before], data[before:after], data[after : after + length]
    old_xref = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    reader: Any = PdfFileReader(BytesIO(data))
    signature, number = _last_signature(reader)
    page_number = reader.root["/Pages"]["/Kids"].raw_get(0)
    shown = reader.root["/Pages"]["/Kids"][0]

    trailer = reader.trailer

    def build(moved_to: int) -> bytes:
        size, start = int(trailer["/Size"]), old_xref + _XREF_ROOM
        again = {name(key): signature.raw_get(key) for key in signature}
        again[name("/ByteRange")] = _numbers(0, before, moved_to, length)
        altered = {name(key): shown.raw_get(key) for key in shown}
        altered[name("/Contents")] = _kinds.IndirectObject(size, 0, reader)
        forged = {
            size: b"<< /Length 44 >>\nstream\n"
            + b"BT /F1 20 Tf 100 500 Td (480 yuan) Tj ET".ljust(44)
            + b"\nendstream",
            page_number.idnum: _written(_kinds.DictionaryObject(altered)),
            number: _written(_kinds.DictionaryObject(again)),
        }
        # The increment's own objects stay where they were signed; those after the gap have moved with their half.
        positions = {
            held: position if position < after else position + moved_to - after
            for held, (_, position) in reader.xrefs.get_xref_data(
                reader.xrefs.total_revisions - 1
            ).standard_xrefs.items()
        }
        objects, xref = bytearray(), bytearray(b"xref\n")
        for forged_number, content in forged.items():
            positions[forged_number] = start + len(objects)
            objects += b"%d 0 obj\n%b\nendobj\n" % (forged_number, content)
        for held, position in positions.items():
            xref += b"%d 1\n%010d 00000 n \n" % (held, position)
        root = trailer.raw_get("/Root").idnum
        xref += b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\n" % (size + 1, root, old_xref_before(data))
        return b" " * (old_xref - after) + bytes(xref).ljust(_XREF_ROOM) + bytes(objects)

    middle = build(0)
    for _ in range(3):
        middle = build(after + len(middle))
    return first + gap + middle + second


def old_xref_before(data: bytes) -> int:
    return int(re.findall(rb"startxref\s+(\d+)", data)[-2])


def flip_signed_byte(data: bytes) -> bytes:
    """One digit of the contract's first revision."""
    position = data.index(b"/MediaBox") + 14
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def change_claimed_time(data: bytes) -> bytes:
    """The time that the first signer claimed, some years earlier."""
    found = re.search(rb"/M\s*\(D(?::|\\072)20(\d)", data)
    assert found is not None
    return data[: found.start(1)] + b"1" + data[found.end(1) :]


def change_digest(data: bytes) -> bytes:
    """Another message digest in the second signature's signed attributes."""

    def change(contents: bytes) -> bytes:
        signer = cms.ContentInfo.load(contents)["content"]["signer_infos"][0]
        [digest] = [found for found in signer["signed_attrs"] if found["type"].native == "message_digest"]
        old: bytes = digest["values"][0].native
        return contents.replace(old, bytes(byte ^ 0xFF for byte in old))

    return rewrite_contents(data, 1, change)


def pad_contents(data: bytes) -> bytes:
    """Something behind the last signature's own bytes, where only zeros belong."""
    return rewrite_contents(data, -1, lambda contents: contents + b"\xab" * 40)


def swap_timestamps(data: bytes) -> bytes:
    """The first signature gets the time-stamp of the second."""
    other = _token(contents_of(data, 1))

    def change(contents: bytes) -> bytes:
        own = _token(contents)
        info = cms.ContentInfo.load(contents)
        attribute = info["content"]["signer_infos"][0]["unsigned_attrs"][0]
        assert attribute["values"][0].dump() == own
        attribute["values"] = [cms.ContentInfo.load(other)]
        info["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
        return bytes(info.dump(force=True))

    return rewrite_contents(data, 0, change)


def contents_of(data: bytes, number: int) -> bytes:
    _, before, after, _ = (int(found) for found in list(_BYTE_RANGE.finditer(data))[number].groups())
    return bytes.fromhex(data[before + 1 : after - 1].decode())


def rewrite_contents(data: bytes, number: int, change: Callable[[bytes], bytes]) -> bytes:
    """The same file with other contents in the place of a signature's; there must be room for them."""
    _, before, after, _ = (int(found) for found in list(_BYTE_RANGE.finditer(data))[number].groups())
    room = (after - before - 2) // 2
    padded = contents_of(data, number)
    size = len(cms.ContentInfo.load(padded).dump())
    changed = change(padded[:size])
    if len(changed) > room:
        raise ValueError("the contents don't fit")
    return data[: before + 1] + changed.ljust(room, b"\0").hex().encode() + data[after - 1 :]


# --- Shadow attacks: something was laid ready before signing


def shadow_replace_font(data: bytes) -> bytes:
    """The font that draws the contract is exchanged: the digits mean others."""

    def change(writer: Writer) -> None:
        fonts = page(writer)["/Resources"]["/Font"]
        raw = fonts.raw_get(next(iter(fonts)))
        font = _kinds.DictionaryObject(
            {
                name("/Type"): name("/Font"),
                name("/Subtype"): name("/Type1"),
                name("/BaseFont"): name("/ZapfDingbats"),
            }
        )
        writer.objects[(raw.generation, raw.idnum)] = font

    return increment(data, change)


def shadow_switch_objects(data: bytes) -> bytes:
    """Cross-references alone: the first page's number now leads to the object of the second page."""
    reader: Any = PdfFileReader(BytesIO(data))
    kids = reader.root["/Pages"]["/Kids"]
    first, second = kids.raw_get(0).reference, kids.raw_get(1).reference
    content_first, content_second = (_first_content(reader.get_object(found)) for found in (first, second))
    position = reader.xrefs[content_second]
    xref = len(data)
    trailer = reader.trailer
    body = b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        content_first.idnum,
        position,
        int(trailer["/Size"]),
        trailer.raw_get("/Root").idnum,
        int(re.findall(rb"startxref\s+(\d+)", data)[-1]),
        xref,
    )
    return data + body


def _first_content(shown: Any) -> Any:
    raw = shown.raw_get("/Contents")
    return (raw if isinstance(raw, _kinds.IndirectObject) else raw.raw_get(0)).reference


def shadow_switch_pages(data: bytes) -> bytes:
    """Another order of pages that were all there before (hide and replace)."""

    def change(writer: Writer) -> None:
        tree = writer.root["/Pages"]
        kids = tree["/Kids"]
        kids[0], kids[1] = kids.raw_get(1), kids.raw_get(0)
        writer.update_container(kids)
        writer.update_container(tree)

    return increment(data, change)


def shadow_show_layer(data: bytes) -> bytes:
    """A layer that was prepared and hidden is switched on."""

    def change(writer: Writer) -> None:
        layers = writer.root.get("/OCProperties")
        ready = layers.get_object() if layers is not None else _kinds.DictionaryObject()
        ready[name("/D")] = _kinds.DictionaryObject({name("/BaseState"): name("/OFF")})
        ready[name("/OCGs")] = _kinds.ArrayObject([])
        writer.root[name("/OCProperties")] = ready
        writer.update_root()

    return increment(data, change)


def shadow_hide_picture(data: bytes) -> bytes:
    """What lay over the contract when it was signed, and is drawn by an object of its own, is gone (hide)."""

    def change(writer: Writer) -> None:
        pictures = page(writer)["/Resources"]["/XObject"]
        raw = pictures.raw_get(next(iter(pictures)))
        look = raw.get_object()
        kept = {key: look.raw_get(key) for key in look if key not in ("/Length", "/Filter", "/DecodeParms")}
        writer.objects[(raw.generation, raw.idnum)] = _kinds.StreamObject(
            _kinds.DictionaryObject(kept), stream_data=b" "
        )

    return increment(data, change)


# --- The file as a whole


def append_bytes(data: bytes) -> bytes:
    return data + b"% something more\n"


def second_end_of_file(data: bytes) -> bytes:
    return data + b"%%EOF\n"


def prefix_with_another_pdf(data: bytes) -> bytes:
    return blank_pdf() + data


def repeat_cross_references(data: bytes) -> bytes:
    """The last cross-references once more, at the end, in another order."""
    start = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    section = data[start : data.rindex(b"startxref")]
    parts = re.match(rb"xref\s+((?:\d+ \d+\s+(?:\d{10} \d{5} [nf][ \r\n]{1,2})+)+)trailer", section)
    assert parts is not None
    subsections = re.findall(rb"\d+ \d+\s+(?:\d{10} \d{5} [nf][ \r\n]{1,2})+", parts[1])
    rest = re.sub(rb"/Prev \d+", b"/Prev %d" % start, section[parts.end(1) :])
    return data + b"xref\n" + b"".join(reversed(subsections)) + rest + b"startxref\n%d\n%%%%EOF\n" % len(data)


def empty_increment(data: bytes) -> bytes:
    start = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    trailer: Any = PdfFileReader(BytesIO(data)).trailer
    return data + b"xref\n0 0\ntrailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        int(trailer["/Size"]),
        trailer.raw_get("/Root").idnum,
        start,
        len(data),
    )


def replace_validation_data(foreign_crl: bytes) -> Attack:
    """Somebody else's CRL in the place of the authority's."""

    def attack(data: bytes) -> bytes:
        def change(writer: Writer) -> None:
            store = writer.root["/DSS"]
            lists = [writer.add_object(_kinds.StreamObject(stream_data=foreign_crl))]
            store[name("/CRLs")] = _kinds.ArrayObject(lists)
            writer.update_container(store)
            writer.update_root()

        return increment(data, change)

    return attack


# --- Increments that look like those of signing, but for one thing


def fill_in_without_signing(data: bytes) -> bytes:
    """A value for a field of the other party, who hasn't signed yet: nobody vouches for it."""

    def change(writer: Writer) -> None:
        found = field(writer, "address_b")
        found[name("/V")] = _kinds.pdf_string("another address")
        writer.update_container(found)

    return increment(data, change)


def look_of_another_field(data: bytes) -> bytes:
    """A field shows what another field showed before."""

    def change(writer: Writer) -> None:
        found = field(writer, "address_b")
        found[name("/AP")] = _kinds.DictionaryObject({name("/N"): field(writer, "date_a")["/AP"].raw_get("/N")})
        found[name("/V")] = _kinds.pdf_string("2026-11-23")
        writer.update_container(found)

    return increment(data, change)


def move_field(data: bytes) -> bytes:
    """A field is filled in and stands elsewhere."""

    def change(writer: Writer) -> None:
        found = field(writer, "address_b")
        found[name("/V")] = _kinds.pdf_string("another address")
        found[name("/Rect")] = _numbers(60, 700, 360, 760)
        writer.update_container(found)

    return increment(data, change)


def add_visible_field(data: bytes) -> bytes:
    """A field for a signature, with a picture that covers the amount."""

    def change(writer: Writer) -> None:
        look = _kinds.StreamObject(
            _kinds.DictionaryObject(
                {
                    name("/Type"): name("/XObject"),
                    name("/Subtype"): name("/Form"),
                    name("/BBox"): _numbers(0, 0, 300, 60),
                }
            ),
            stream_data=b"1 1 1 rg 0 0 300 60 re f",
        )
        added = _kinds.DictionaryObject(
            {
                name("/Type"): name("/Annot"),
                name("/Subtype"): name("/Widget"),
                name("/FT"): name("/Sig"),
                name("/T"): _kinds.pdf_string("Another"),
                name("/F"): _kinds.NumberObject(4),
                name("/Rect"): _numbers(60, 700, 360, 760),
                name("/P"): writer.root["/Pages"]["/Kids"].raw_get(0),
                name("/AP"): _kinds.DictionaryObject({name("/N"): writer.add_object(look)}),
            }
        )
        reference = writer.add_object(added)
        form = writer.root["/AcroForm"]
        form["/Fields"].append(reference)
        writer.update_container(form["/Fields"])
        _annotate(writer, reference)

    return increment(data, change)


def sign_with_what_was_there(data: bytes) -> bytes:
    """The other party's field gets the signature of the first."""

    def change(writer: Writer) -> None:
        found = field(writer, "sign_b")
        found[name("/V")] = field(writer, "sign_a").raw_get("/V")
        writer.update_container(found)

    return increment(data, change)


def drop_validation_data(data: bytes) -> bytes:
    def change(writer: Writer) -> None:
        store = writer.root["/DSS"]
        del store["/CRLs"][len(store["/CRLs"]) - 1]
        writer.update_container(store["/CRLs"])
        writer.update_container(store)

    return increment(data, change)


def another_lock(data: bytes) -> bytes:
    """The certification permits anything from now on."""

    def change(writer: Writer) -> None:
        writer.root[name("/Perms")] = _kinds.DictionaryObject()
        writer.update_root()

    return increment(data, change)


LIKE_SIGNING: list[Attack] = [
    fill_in_without_signing,
    look_of_another_field,
    move_field,
    add_visible_field,
    sign_with_what_was_there,
    drop_validation_data,
    another_lock,
]


def add_annotation_to_certified(data: bytes) -> bytes:
    """A comment in a document whose certification permits filling in and signing only."""

    def change(writer: Writer) -> None:
        note = _kinds.DictionaryObject(
            {
                name("/Type"): name("/Annot"),
                name("/Subtype"): name("/FreeText"),
                name("/Rect"): _numbers(60, 700, 360, 760),
                name("/Contents"): _kinds.pdf_string("free of charge"),
                name("/DA"): _kinds.pdf_string("/Helv 12 Tf 0 g"),
            }
        )
        _annotate(writer, writer.add_object(note))

    return increment(data, change)


def _annotate(writer: Writer, note: Any) -> None:
    shown = page(writer)
    notes = shown.get("/Annots")
    held = notes.get_object() if notes is not None else _kinds.ArrayObject()
    held.append(note)
    shown[name("/Annots")] = held if notes is None else notes
    writer.update_container(held if isinstance(notes, _kinds.IndirectObject) else shown)


def _last_signature(reader: Any) -> tuple[Any, int]:
    found = max(reader.embedded_signatures, key=lambda signature: signature.byte_range[2])
    return found.sig_object, found.sig_field.raw_get("/V").idnum


def _token(contents: bytes) -> bytes:
    attributes = cms.ContentInfo.load(contents)["content"]["signer_infos"][0]["unsigned_attrs"]
    return bytes(attributes[0]["values"][0].dump())


def _numbers(*values: int) -> Any:
    return _kinds.ArrayObject(_kinds.NumberObject(value) for value in values)


def _written(found: Any) -> bytes:
    output = BytesIO()
    found.write_to_stream(output, None)
    return output.getvalue()
