"""The canonical ZIP: one form, and nothing else is taken."""

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.verifier.container import MIMETYPE, check_canonical, decode, encode, is_safe_name
from ledger.verifier.verdict import Contradiction, Unusable

MEMBERS = {"mimetype": MIMETYPE, "documents/采购合同.pdf": b"%PDF-1.7 ...", "VERIFY.md": b"", "x/y.bin": bytes(300)}


def test_members_survive_and_python_reads_them_too() -> None:
    archive = encode(MEMBERS)
    assert decode(archive) == MEMBERS
    check_canonical(archive, decode(archive))
    with zipfile.ZipFile(io.BytesIO(archive)) as other:
        assert other.testzip() is None
        assert {info.filename: other.read(info) for info in other.infolist()} == MEMBERS


def test_mimetype_stands_where_asice_wants_it() -> None:
    """EN 319 162-1 §A.1: the type can be read at byte 38 without understanding ZIP."""
    assert encode(MEMBERS)[30:38] == b"mimetype"
    assert encode(MEMBERS)[38:69] == MIMETYPE


def test_no_byte_can_change_unnoticed() -> None:
    archive = encode(MEMBERS)
    for position in range(len(archive)):
        for bit in range(8):
            changed = bytearray(archive)
            changed[position] ^= 1 << bit
            with pytest.raises((Unusable, Contradiction)):
                check_canonical(bytes(changed), decode(bytes(changed)))


@pytest.mark.parametrize("length", [0, 1, 21, 22, 69, 200])
def test_a_truncated_archive_is_unusable(length: int) -> None:
    with pytest.raises(Unusable):
        decode(encode(MEMBERS)[:length])


def test_appended_bytes_are_refused() -> None:
    with pytest.raises(Unusable):
        decode(encode(MEMBERS) + b"\x00")


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_random_bytes_are_unusable(data: bytes) -> None:
    with pytest.raises(Unusable):
        decode(data)
    with pytest.raises(Unusable):
        decode(encode({"mimetype": MIMETYPE})[:69] + data)


def test_a_compressed_bomb_is_not_inflated() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bomb:
        bomb.writestr(zipfile.ZipInfo("mimetype"), MIMETYPE)
        bomb.writestr("documents/zeros", bytes(50_000_000), zipfile.ZIP_DEFLATED)
    with pytest.raises(Unusable):
        decode(buffer.getvalue())


def test_a_deflated_member_behind_our_own_mimetype_is_refused() -> None:
    changed = bytearray(encode(MEMBERS))
    directory = changed.index(b"PK\x01\x02", changed.index(b"PK\x01\x02") + 4)
    changed[directory + 10] = 8
    with pytest.raises(Unusable):
        decode(bytes(changed))


def test_overlapping_members_are_refused() -> None:
    """A bomb of stored members pointing at the same bytes."""
    changed = bytearray(encode({"mimetype": MIMETYPE, "a": bytes(1000), "b": bytes(1000)}))
    last = changed.rindex(b"PK\x01\x02")
    previous = changed.rindex(b"PK\x01\x02", 0, last)
    changed[last + 42 : last + 46] = changed[previous + 42 : previous + 46]
    with pytest.raises(Contradiction):
        check_canonical(bytes(changed), decode(bytes(changed)))


def test_a_repeated_name_is_refused() -> None:
    changed = encode({"mimetype": MIMETYPE, "a1": b"1", "a2": b"2"}).replace(b"a2", b"a1")
    with pytest.raises(Unusable):
        decode(changed)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a/./b",
        "a\\b",
        "C:x",
        "a\nb",
        "e\u0301",
        "a" * 401,
        "a\u202eb",
        "x?",
    ],
)
def test_unsafe_names(name: str) -> None:
    assert not is_safe_name(name)
    with pytest.raises(Unusable):
        decode(encode({"mimetype": MIMETYPE, name: b""}))


def test_safe_names() -> None:
    assert all(is_safe_name(name) for name in ["mimetype", "documents/采购合同 (2).pdf", "META-INF/timestamp.tst"])
