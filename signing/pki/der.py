"""As much of DER (X.690 §10) as signatures need: writing values, and reading names out of a certificate."""

from dataclasses import dataclass

INTEGER, OCTET_STRING, GENERALIZED_TIME, SEQUENCE, SET = 0x02, 0x04, 0x18, 0x30, 0x31
CONTEXT = 0xA0
"""Constructed and context-specific; the tag's number is added."""


@dataclass(frozen=True, slots=True)
class CertificateNames:
    """Parts of a certificate, encoded exactly as they stand in it."""

    serial_number: bytes
    issuer: bytes
    subject: bytes


def value(tag: int, *contents: bytes) -> bytes:
    """Tag, length in as few bytes as can be, contents."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content


def integer(number: int) -> bytes:
    """In as few bytes as two's complement needs (X.690 §8.3); others' nonces may be negative."""
    length = (number + (number < 0)).bit_length() // 8 + 1
    return value(INTEGER, number.to_bytes(length, signed=True))


def certificate_names(certificate: bytes) -> CertificateNames:
    """`certificate` is one that was parsed before, for nothing is checked here (RFC 5280 §4.1)."""
    at = _content(certificate, _content(certificate, 0))
    if certificate[at] == CONTEXT:  # the version, which the oldest certificates leave out
        at = _end(certificate, at)
    serial_number = certificate[at : (at := _end(certificate, at))]
    at = _end(certificate, at)  # the signature's algorithm
    issuer = certificate[at : (at := _end(certificate, at))]
    at = _end(certificate, at)  # validity
    return CertificateNames(serial_number, issuer, certificate[at : _end(certificate, at)])


def _content(data: bytes, at: int) -> int:
    """Where the content of the value at `at` begins."""
    length = data[at + 1]
    return at + 2 if length < 0x80 else at + 2 + (length & 0x7F)


def _end(data: bytes, at: int) -> int:
    begin = _content(data, at)
    length = data[at + 1] if begin == at + 2 else int.from_bytes(data[at + 2 : begin])
    return begin + length
