"""The package's ZIP, in the one form a list of members has (evidence.md, "The evidence package").

Members are stored, one after the other from byte 0, dated 1980-01-01, named in UTF-8 (flag bit 11); no extra
fields, comments, attributes or gaps; no ZIP64. So an archive is a function of its members, and a reader can check
every byte of it by writing it again (`check_canonical`). `decode` itself believes nothing it doesn't need: it never
inflates, so an archive can't grow, and it bounds what it reads.

Layout and names of the fields: APPNOTE.TXT 6.3.10, §4.3.7, §4.3.12, §4.3.16.
"""

import struct
import unicodedata
import zlib
from collections.abc import Mapping

from ledger.verifier.verdict import Contradiction, Unusable

MAXIMUM_SIZE = 256 * 1024 * 1024
MAXIMUM_MEMBERS = 20_000
MAXIMUM_NAME_SIZE = 400
"""Bytes of UTF-8."""

MIMETYPE_NAME = "mimetype"
MIMETYPE = b"application/vnd.etsi.asic-e+zip"

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCAL_SIGNATURE, _CENTRAL_SIGNATURE, _END_SIGNATURE = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_PIECE = 4096
_VERSION = 20
_UTF8_NAME = 0x0800
_STORED = 0
_MIDNIGHT, _FIRST_OF_JANUARY_1980 = 0, 0x0021

_NOT_A_PACKAGE = ("这不是鼎约证据包（ASiC-E）。", "This isn't an evidence package (ASiC-E).")


def encode(members: Mapping[str, bytes]) -> bytes:
    """The archive of `members`, in their order."""
    local = bytearray()
    central = bytearray()
    for name, data in members.items():
        encoded_name = name.encode()
        common = (_UTF8_NAME, _STORED, _MIDNIGHT, _FIRST_OF_JANUARY_1980, zlib.crc32(data), len(data), len(data))
        central += _CENTRAL.pack(
            _CENTRAL_SIGNATURE, _VERSION, _VERSION, *common, len(encoded_name), 0, 0, 0, 0, 0, len(local)
        )
        central += encoded_name
        local += _LOCAL.pack(_LOCAL_SIGNATURE, _VERSION, *common, len(encoded_name), 0) + encoded_name + data
    count = len(members)
    end = _END.pack(_END_SIGNATURE, 0, 0, count, count, len(central), len(local), 0)
    return bytes(local + central + end)


def decode(data: bytes) -> dict[str, bytes]:
    """The members in the order of the central directory.

    Raises `Unusable` for anything that isn't a package-like archive of stored, safely named members.
    """
    if len(data) > MAXIMUM_SIZE:
        raise Unusable(
            f"文件超过 {MAXIMUM_SIZE} 字节，未读取。", f"The file is larger than {MAXIMUM_SIZE} bytes; it wasn't read."
        )
    first_member = encode({MIMETYPE_NAME: MIMETYPE})[: _LOCAL.size + len(MIMETYPE_NAME) + len(MIMETYPE)]
    if not data.startswith(first_member):
        raise Unusable(*_NOT_A_PACKAGE)
    if len(data) < len(first_member) + _END.size:
        raise _damaged()
    signature, _, _, _, count, size, start, _ = _END.unpack_from(data, len(data) - _END.size)
    if signature != _END_SIGNATURE or start + size + _END.size != len(data) or count > MAXIMUM_MEMBERS:
        raise _damaged()
    return _members(data, count, start)


def check_canonical(data: bytes, members: Mapping[str, bytes]) -> None:
    """Raises `Contradiction` unless `data` is exactly what `encode` makes of its members."""
    canonical = encode(members)
    if canonical == data:
        return
    offset = _first_difference(canonical, data)
    name = _member_at(members, offset)
    raise Contradiction(
        f"归档不是规范形式：自第 {offset} 字节起（{name}）与其内容不符，文件已被改动。",
        f"The archive isn't canonical: from byte {offset} on ({name}) it doesn't fit its content. It was changed.",
        offset=offset,
        member=name,
    )


def _first_difference(one: bytes, other: bytes) -> int:
    """The first position at which they differ; of one that goes on where the other ends, that end."""
    least = min(len(one), len(other))
    starts = range(0, least, _PIECE)
    piece = next((start for start in starts if one[start : start + _PIECE] != other[start : start + _PIECE]), least)
    return next((n for n in range(piece, min(piece + _PIECE, least)) if one[n] != other[n]), least)


def _members(data: bytes, count: int, directory: int) -> dict[str, bytes]:
    members: dict[str, bytes] = {}
    position, end, total = directory, len(data) - _END.size, 0
    for _ in range(count):
        if position + _CENTRAL.size > end:
            raise _damaged()
        fields = _CENTRAL.unpack_from(data, position)
        method, size, name_size, offset = fields[4], fields[9], fields[10], fields[16]
        position += _CENTRAL.size + name_size
        name = _safe_name(data[position - name_size : position])
        total += size
        begin = offset + _LOCAL.size + name_size
        if fields[0] != _CENTRAL_SIGNATURE or position > end or begin + size > directory or total > directory:
            raise _damaged()  # `total` keeps overlapping members from multiplying what is read.
        if method != _STORED:
            raise Unusable("证据包的成员一律不压缩，此文件不是证据包。", "A package never compresses; this isn't one.")
        if name in members:
            raise Unusable(f"归档中有重名成员 {name}。", f"The archive has two members named {name}.")
        members[name] = data[begin : begin + size]
    if position != end:
        raise _damaged()
    return members


def _safe_name(encoded: bytes) -> str:
    """A relative path of plain components, or `Unusable`: nobody who unpacks a package is sent elsewhere."""
    try:
        name = encoded.decode()
    except UnicodeDecodeError as error:
        raise _damaged() from error
    if not is_safe_name(name):
        raise Unusable(
            "归档中有不安全的成员名。", "The archive has a member with an unsafe name.", name=repr(name)[:200]
        )
    return name


def is_safe_name(name: str) -> bool:
    """Whether a member may be called `name`: NFC, relative, no empty, `.` or `..` parts, nothing a shell trips on."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= MAXIMUM_NAME_SIZE
        and unicodedata.normalize("NFC", name) == name
        and all(part not in {"", ".", ".."} for part in name.split("/"))
        and all(character.isprintable() and character not in '\\:*?"<>|' for character in name)
    )


def _member_at(members: Mapping[str, bytes], offset: int) -> str:
    end = 0
    for name, data in members.items():
        end += _LOCAL.size + len(name.encode()) + len(data)
        if offset < end:
            return name
    return "central directory"


def _damaged() -> Unusable:
    return Unusable(
        "归档结构损坏或不完整，不是可用的证据包。请重新下载。",
        "The archive is damaged or incomplete, not a usable evidence package. Download it again.",
    )
