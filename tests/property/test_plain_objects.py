"""What is read plainly, pyHanko reads the same: of well-formed objects, of broken ones, and of anything in between."""

from io import BytesIO
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from ledger.verifier.pades_objects import read_plain
from tests.support.pdf import blank_pdf

_kinds: Any = generic
READER: Any = PdfFileReader(BytesIO(blank_pdf()), strict=True)
REFERENCE = _kinds.Reference(7, 0, READER)
BEHIND = b"\n8 0 obj"

SPACE = st.sampled_from([b" ", b"\n", b"\r\n", b"\t", b"\0", b" \f ", b"%!\n"])
ATOM = st.sampled_from(
    rb"""
    /Type /A#20B /_.-+, /\ / 0 -17 +3 3.25 -.5 4. 00 1e3 true false null nul truefalse <> <fEff4e2d> <414> <4G> () (a)
    (\050\051) (\n\)\(\\) (\8) (\0) ((a)) (\400) (%) R endobj {}
    """.split()
)
WITH_SPACE = [
    b"5 0 R",
    b"5  0 R",
    b"5 0 Rx",
    b"0 0 R",
    b"12 0",
    b"<41 42>",
    b"stream\n",
    b"(\r\n)",
    b"(\\\n)",
    b"(\xfe\xffN-)",
]
ANY = ATOM | st.sampled_from(WITH_SPACE)
SEPARATED = st.tuples(ANY, SPACE).map(b"".join)


def containers(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    keys = st.sampled_from([b"/A ", b"/B", b"/C\n", b"/A#42 ", b"A "])
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda items: b"[" + b"".join(items) + b"]"),
        st.lists(st.tuples(keys, inner).map(b"".join), max_size=4).map(lambda items: b"<<" + b"".join(items) + b">>"),
    )


VALUE = st.recursive(SEPARATED | ANY, containers, max_leaves=8)
OBJECT = st.tuples(st.sampled_from([b"7 0 obj", b"7 0 obj\n", b"7  0 obj ", b"8 0 obj "]), VALUE, st.just(b"\nendobj"))


def by_pyhanko(content: bytes) -> Any:
    READER.stream = BytesIO(content)
    return PdfFileReader._read_object(READER, REFERENCE, 0)


def told(value: Any) -> Any:
    """All that can be told of an object."""
    belongs = value.container_ref == REFERENCE
    raw: Any
    if isinstance(value, _kinds.DictionaryObject):
        raw = {(type(key), key): told(dict.__getitem__(value, key)) for key in value}
    elif isinstance(value, _kinds.ArrayObject):
        raw = [told(member) for member in list.__iter__(value)]
    elif isinstance(value, _kinds.BooleanObject):
        raw = value.value
    elif isinstance(value, _kinds.TextStringObject):
        raw = str(value), value.autodetected_encoding
    elif isinstance(value, _kinds.IndirectObject):
        raw = value.idnum, value.generation, value.get_pdf_handler() is READER
    elif isinstance(value, _kinds.NullObject):
        raw = None
    else:
        raw = repr(value)
    return type(value), belongs, raw


def require_same(content: bytes) -> bool:
    """Whether it was plain."""
    plain = read_plain(content, REFERENCE)
    if plain is not None:
        assert told(plain) == told(by_pyhanko(content))
    return plain is not None


@given(OBJECT)
@settings(max_examples=500, deadline=None)
def test_what_is_read_plainly_reads_the_same_by_pyhanko(parts: tuple[bytes, ...]) -> None:
    require_same(b"".join(parts) + BEHIND)


@given(OBJECT, st.integers(0, 200), st.binary(max_size=2))
@settings(max_examples=500, deadline=None)
def test_so_does_what_somebody_changed_a_little(parts: tuple[bytes, ...], place: int, put: bytes) -> None:
    whole = b"".join(parts) + BEHIND
    assume(place < len(whole))
    require_same(whole[:place] + put + whole[place + 1 :])


@pytest.mark.parametrize(
    "text",
    [
        b"<< /Type /Annot /Rect [0 0 72.5 -3] /T (buyer\\137signature) /P 9 0 R /F 132 /V null >>",
        b"<</ByteRange[0 15 4000 99]/Contents<3080a1>/M(D:20260701120000+08'00')/Reason(\xfe\xffT\x0c)>>",
        b"[ << /A [ true false ] >> [] 5 0 R ]",
    ],
)
def test_objects_as_signing_software_writes_them_are_plain(text: bytes) -> None:
    assert require_same(b"7 0 obj\n" + text + b"\nendobj" + BEHIND)


@pytest.mark.parametrize(
    "content",
    [
        b"7 0 obj << /A 1 /A 2 >> endobj" + BEHIND,
        b"7 0 obj << /A#42 1 >> endobj" + BEHIND,
        b"7 0 obj << /Length 1 >> stream\nx\nendstream endobj" + BEHIND,
        b"7 0 obj (a(b)) endobj" + BEHIND,
        b"7 0 obj 1 %\n endobj" + BEHIND,
        b"7 0 obj " + b"[" * 40 + b"]" * 40 + b" endobj" + BEHIND,
        b"8 0 obj 1 endobj" + BEHIND,
        b"7 1 obj 1 endobj" + BEHIND,
        b"7 0 obj 1 endobj\n",
        b"7 0 obj 1",
        b"",
    ],
)
def test_whatever_is_unusual_is_left_to_pyhanko(content: bytes) -> None:
    assert read_plain(content, REFERENCE) is None
