"""CMS SignedData (RFC 5652) with one ECDSA signature, as CAdES and RFC 3161 want it.

The DER is put together from encoded parts: a signing framework would load the key and rebuild every structure for
each signature, and asn1crypto, asked to encode a structure this deep, now and then takes a minute for it.
"""

import hashlib
from collections.abc import Callable, Sequence

from asn1crypto import algos, cms, core, tsp, x509

from signing.pki.keys import Credential

_INTEGER, _OCTET_STRING, _SEQUENCE, _SET = 0x02, 0x04, 0x30, 0x31
_CONTEXT = 0xA0
"""Constructed and context-specific; the tag's number is added."""


def signed_data(
    credential: Credential,
    digest: bytes,
    *,
    content_type: str,
    content: bytes | None = None,
    certificates: Sequence[bytes] = (),
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """A DER ContentInfo over content whose SHA-256 is `digest`; detached unless `content` is given.

    The signer's certificate is bound by signing-certificate-v2 (RFC 5035), its default digest being SHA-256.
    `certificates` are carried along, DER. `timestamp` makes a token over the SHA-256 of the signature (CAdES-T).
    """
    kind = _oid(content_type)
    encapsulated = [kind] if content is None else [kind, _value(_CONTEXT, _value(_OCTET_STRING, content))]
    fields = [
        _value(_INTEGER, b"\x01" if content_type == "data" else b"\x03"),
        _value(_SET, _SHA256),
        _value(_SEQUENCE, *encapsulated),
        *([_value(_CONTEXT, *sorted(certificates))] if certificates else []),
        _value(_SET, _signer_info(credential, digest, kind, timestamp)),
    ]
    return _value(_SEQUENCE, _oid("signed_data"), _value(_CONTEXT, _value(_SEQUENCE, *fields)))


def _signer_info(
    credential: Credential, digest: bytes, content_type: bytes, timestamp: Callable[[bytes], bytes] | None
) -> bytes:
    certificate = x509.Certificate.load(credential.der)
    attributes = sorted(
        [
            _attribute("content_type", content_type),
            _attribute("message_digest", _value(_OCTET_STRING, digest)),
            _attribute("signing_certificate_v2", _signing_certificate(credential.der)),
        ]
    )
    # What is signed is the SET; in the structure the same attributes stand under a context tag (RFC 5652 §5.4).
    signature = credential.sign(_value(_SET, *attributes))
    fields = [
        _value(_INTEGER, b"\x01"),
        _value(_SEQUENCE, certificate.issuer.dump(), core.Integer(certificate.serial_number).dump()),
        _SHA256,
        _value(_CONTEXT, *attributes),
        algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}).dump(),
        _value(_OCTET_STRING, signature),
    ]
    if timestamp is not None:
        token = timestamp(hashlib.sha256(signature).digest())
        fields.append(_value(_CONTEXT + 1, _attribute("signature_time_stamp_token", token)))
    return _value(_SEQUENCE, *fields)


def _attribute(kind: str, value: bytes) -> bytes:
    return _value(_SEQUENCE, cms.CMSAttributeType(kind).dump(), _value(_SET, value))


def _signing_certificate(certificate: bytes) -> bytes:
    identifier = tsp.ESSCertIDv2(
        {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(certificate).digest()}
    )
    return bytes(tsp.SigningCertificateV2({"certs": [identifier]}).dump())


def _oid(content_type: str) -> bytes:
    return bytes(cms.ContentType(content_type).dump())


def _value(tag: int, *contents: bytes) -> bytes:
    """A DER value: tag, length in as few bytes as can be, contents (X.690 §10.1)."""
    content = b"".join(contents)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(size))) + size + content


_SHA256 = algos.DigestAlgorithm({"algorithm": "sha256"}).dump()
