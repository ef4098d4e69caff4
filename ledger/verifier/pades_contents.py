"""What of a PDF signature its own digest doesn't cover: the contents between the two parts of the byte range.

A signature can't sign itself, so its contents could be changed without breaking it: padding, other certificates,
another spelling of the same structure. A file of ours has none of that, and only then is there no byte in it that
nobody vouches for: evidence packages ask for this canonical form. Of other software's signatures it can't be asked:
there the contents must be where the byte range says, and nothing may hide behind them.
"""

import re
from collections.abc import Sequence
from typing import Any

from asn1crypto import parser, x509

from ledger.verifier.pades_findings import Finding
from ledger.verifier.pades_reader import Buffer
from ledger.verifier.timestamp import TokenInvalid, canonical_token

_CONTENTS = re.compile(rb"<(?:[0-9A-F]*|[0-9a-f]*)>")
_CONTENTS_OF_OTHERS = re.compile(rb"<[0-9A-Fa-f]*>")

ByteRange = tuple[int, int, int, int]


def gap_problem(
    data: Buffer, byte_range: ByteRange, contents: bytes, *, is_canonical: bool
) -> tuple[Finding, str] | None:
    """The byte range must be the whole file up to its end, but for the hexadecimal contents, padded with zeros."""
    start, before, after, length = byte_range
    if start != 0 or not before < after or after + length > len(data):
        return Finding.BYTE_RANGE_CHANGED, "its byte range isn't from the start of the file"
    if (after - before) != 2 * len(contents) + 2:
        return Finding.BYTE_RANGE_CHANGED, "its byte range leaves out more than the signature"
    gap = bytes(data[before:after])
    if not (_CONTENTS if is_canonical else _CONTENTS_OF_OTHERS).fullmatch(gap):
        return Finding.BYTE_RANGE_CHANGED, "its byte range leaves out more than the signature"
    if bytes.fromhex(gap[1:-1].decode()) != contents:
        return Finding.BYTE_RANGE_CHANGED, "its contents aren't where its byte range says"
    if contents[parser.peek(contents) :].strip(b"\0"):
        return Finding.CONTENTS_PADDED, "its contents are followed by something else"
    return None


def contents_of(found: Any) -> bytes:
    """The contents as encoded, without padding."""
    contents: bytes = found.pkcs7_content
    return contents[: parser.peek(contents)]


def token_problem(found: Any) -> str | None:
    """A document timestamp must be in the one canonical form of tokens."""
    return None if _is_canonical(contents_of(found)) else "its token isn't in canonical form"


def signature_problem(found: Any, path: Sequence[x509.Certificate]) -> str | None:
    """A signature must be DER, with the certificates of its `path` and at most a canonical time-stamp besides."""
    contents = contents_of(found)
    signed, signer = found.signed_data, found.signer_info
    digests = [*signed["digest_algorithms"], signer["digest_algorithm"]]
    carried = {choice.chosen.dump() for choice in signed["certificates"]}
    checks = {
        "its contents aren't in canonical form": _is_der(contents) and _has_known_parts_only(contents),
        "its contents name other digests than its own": len(digests) == 2
        and digests[0]["algorithm"].native == digests[1]["algorithm"].native,
        "its contents give parameters to an algorithm that has none": all(
            _is_plain(algorithm) for algorithm in [*digests, signer["signature_algorithm"]]
        ),
        "its contents have another version than its kind of signature": (
            signed["version"].native,
            signer["version"].native,
        )
        == ("v1", "v1"),
        "its contents spell its issuer's name another way": _is_issuer_spelt_alike(signer["sid"], found.signer_cert),
        "it carries a certificate that isn't part of its chain": carried <= {member.dump() for member in path},
        "its contents have unsigned parts besides a time-stamp in canonical form": all(
            _is_canonical_timestamp(attribute) for attribute in signer["unsigned_attrs"] or ()
        ),
    }
    return next((problem for problem, holds in checks.items() if not holds), None)


def _has_known_parts_only(contents: bytes) -> bool:
    """Whether nothing stands in the structure that a parser would pass over (RFC 5652 §5.1, §5.3).

    asn1crypto isn't asked to encode it again for comparison: for a structure this deep that can take a minute.
    """
    [content_info] = _parts(contents)
    kind, explicit = _parts(content_info[1])
    [signed] = _parts(explicit[1])
    fields = _parts(signed[1])
    signers = _parts(fields[-1][1])
    shape = [bytes(tag for tag, _ in _parts(signer)) for _, signer in signers]
    return (
        (content_info[0], kind[0], explicit[0], signed[0]) == (0x30, 0x06, 0xA0, 0x30)
        and bytes(tag for tag, _ in fields) == b"\x02\x31\x30\xa0\x31"
        and shape in ([b"\x02\x30\x30\xa0\x30\x04"], [b"\x02\x30\x30\xa0\x30\x04\xa1"])
    )


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of the DER values in `data`, one after the other."""
    parts = []
    while data:
        size = _der_size(data)
        header = 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
        parts.append((data[0], data[header:size]))
        data = data[size:]
    return parts


def _is_canonical_timestamp(attribute: Any) -> bool:
    is_token = attribute["type"].native == "signature_time_stamp_token" and len(attribute["values"]) == 1
    return is_token and _is_canonical(attribute["values"][0].dump())


def _is_issuer_spelt_alike(identifier: Any, certificate: x509.Certificate) -> bool:
    """Names match in either case (RFC 5280 §7.1), so a changed letter would go unnoticed."""
    if identifier.name != "issuer_and_serial_number":
        return True
    return bool(identifier.chosen["issuer"].dump() == certificate.issuer.dump())


def _is_plain(algorithm: Any) -> bool:
    """No parameters, or NULL (RFC 5754 §2); only RSA-PSS has any, and they decide whether the signature fits."""
    return algorithm["algorithm"].native == "rsassa_pss" or algorithm["parameters"].dump() in (b"", b"\x05\x00")


def _is_canonical(token: bytes) -> bool:
    try:
        return canonical_token(token) == token
    except TokenInvalid:
        return False


def _is_der(data: bytes) -> bool:
    """Whether lengths are definite and as short as can be, all the way down (X.690 §10.1): one spelling, no gaps."""
    position = 0
    while position < len(data):
        if len(data) - position < 2 or data[position] & 0x1F == 0x1F:
            return False
        start = position + 2 + (data[position + 1] & 0x7F if data[position + 1] >= 0x80 else 0)
        end = position + _der_size(data[position:])
        length = end - start
        minimal = 0 if length < 0x80 else (length.bit_length() + 7) // 8
        if end > len(data) or data[position + 1] == 0x80 or start - position - 2 != minimal:
            return False
        if data[position] & 0x20 and not _is_der(data[start:end]):
            return False
        position = end
    return True


def _der_size(data: bytes) -> int:
    """Bytes the DER value at the start of `data` takes."""
    if data[1] < 0x80:
        return 2 + data[1]
    count = data[1] & 0x7F
    return 2 + count + int.from_bytes(data[2 : 2 + count])
