"""Reads and completes finished CMS signatures without taking them apart. Pure.

The DER around a part is put together anew, and everything else stays byte for byte what its maker wrote, wherever it
was made. The unsigned attributes are the one part of a SignerInfo that may grow after signing; a time-stamp of the
signature goes there (CAdES-T, ETSI EN 319 122-1 §5.3).
"""

from dataclasses import dataclass

from asn1crypto import cms

from signing.pki.der import CONTEXT, OCTET_STRING, SEQUENCE, SET, value

_UNSIGNED_ATTRIBUTES = CONTEXT + 1
_SIGNATURE_TIMESTAMP = cms.CMSAttributeType("signature_time_stamp_token").dump()


class NotASignature(ValueError):
    """Not DER of SignedData with one signer."""


@dataclass(frozen=True, slots=True)
class Value:
    """A DER value: its tag, its content, and the whole of it."""

    tag: int
    content: bytes
    encoded: bytes


def signature_value(signature: bytes) -> bytes:
    """The bytes that a time-stamp of the signature is over. Raises `NotASignature`."""
    return _signer(_signed(signature))[5].content


def with_timestamp(signature: bytes, token: bytes) -> bytes:
    """The same signature, with the token as its only unsigned attribute. Raises `NotASignature`."""
    fields = _signed(signature)
    signer = [field.encoded for field in _signer(fields) if field.tag != _UNSIGNED_ATTRIBUTES]
    attribute = value(SEQUENCE, _SIGNATURE_TIMESTAMP, value(SET, token))
    signers = value(SET, value(SEQUENCE, *signer, value(_UNSIGNED_ATTRIBUTES, attribute)))
    kind = values(values(signature)[0].content)[0]
    signed = value(SEQUENCE, *(field.encoded for field in fields[:-1]), signers)
    return value(SEQUENCE, kind.encoded, value(CONTEXT, signed))


def certificates(signature: bytes) -> list[bytes]:
    """DER of the certificates a signature or token carries, and those in the time-stamp of a signature.

    Raises `NotASignature`.
    """
    fields = _signed(signature)
    found = [each.encoded for field in fields if field.tag == CONTEXT for each in values(field.content)]
    for field in _signer(fields):
        if field.tag == _UNSIGNED_ATTRIBUTES:
            for attribute in values(field.content):
                kind, tokens = values(attribute.content)
                if kind.encoded == _SIGNATURE_TIMESTAMP:
                    found += [der for token in values(tokens.content) for der in certificates(token.encoded)]
    return found


def values(data: bytes) -> list[Value]:
    """The DER values in `data`, one after the other. Raises `NotASignature`."""
    found, position = [], 0
    while position < len(data):
        found.append(first_value(data, position))
        position += len(found[-1].encoded)
    return found


def first_value(data: bytes, position: int = 0) -> Value:
    """The DER value at a position, whatever follows it. Raises `NotASignature`."""
    if len(data) - position < 2 or data[position + 1] == 0x80:
        raise NotASignature("it isn't DER")
    start, length = position + 2, data[position + 1]
    if length > 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[position + 2 : start])
    if start + length > len(data):
        raise NotASignature("it is cut off")
    return Value(data[position], data[start : start + length], data[position : start + length])


def _signed(signature: bytes) -> list[Value]:
    """The fields of the SignedData."""
    try:
        [content_info] = values(signature)
        kind, content = values(content_info.content)
        [signed] = values(content.content)
        fields = values(signed.content)
    except ValueError as error:
        raise NotASignature("it isn't one SignedData") from error
    if kind.encoded != cms.ContentType("signed_data").dump() or len(fields) < 4:
        raise NotASignature("it isn't SignedData")
    return fields


def _signer(fields: list[Value]) -> list[Value]:
    """The fields of the one SignerInfo."""
    signers = values(fields[-1].content)
    if fields[-1].tag != SET or len(signers) != 1:
        raise NotASignature("it hasn't one signer")
    signer = values(signers[0].content)
    if len(signer) < 6 or signer[5].tag != OCTET_STRING:
        raise NotASignature("its signer signed no attributes")
    return signer
