"""CMS SignedData (RFC 5652) with one signature, ECDSA or RSA, as CAdES and RFC 3161 want it.

The DER is put together from encoded parts, and what stays the same for a certificate is made once: a signing
framework would load the key and rebuild every structure for each signature, and asn1crypto, asked to encode a
structure this deep, now and then takes a minute for it.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from asn1crypto import algos, core

from signing.pki import der
from signing.pki.credentials import ECDSA_SHA256, RSA_SHA256, SigningCredential
from signing.pki.der import CONTEXT, INTEGER, OCTET_STRING, SEQUENCE, SET

_REMEMBERED = 512
"""Certificates whose parts are kept: those of the platform and of organisations, used again and again."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What every signature made with one certificate has in common."""

    signer: bytes
    signing_certificate: bytes
    algorithm: bytes


def signed_data(
    credential: SigningCredential,
    digest: bytes,
    *,
    content_type: str,
    content: bytes | None = None,
    certificates: Sequence[bytes] = (),
    timestamp: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """A DER ContentInfo over content whose SHA-256 is `digest`; detached unless `content` is given.

    The signer's certificate is bound by signing-certificate-v2 (RFC 5035), its default digest being SHA-256.
    `content_type` is `data` or `tst_info`. `certificates` are carried along, DER. `timestamp` makes a token over the
    SHA-256 of the signature (CAdES-T).
    """
    kind = _CONTENT_TYPES[content_type]
    encapsulated = [kind] if content is None else [kind, der.value(CONTEXT, der.value(OCTET_STRING, content))]
    fields = [
        der.value(INTEGER, b"\x01" if content_type == "data" else b"\x03"),
        _SHA256_SET,
        der.value(SEQUENCE, *encapsulated),
        *([_certificate_set(tuple(certificates))] if certificates else []),
        der.value(SET, _signer_info(credential, digest, kind, timestamp)),
    ]
    return der.value(SEQUENCE, _SIGNED_DATA, der.value(CONTEXT, der.value(SEQUENCE, *fields)))


def _signer_info(
    credential: SigningCredential, digest: bytes, content_type: bytes, timestamp: Callable[[bytes], bytes] | None
) -> bytes:
    parts = _parts(credential.der, credential.signature_algorithm)
    attributes = sorted(
        [
            _attribute(_CONTENT_TYPE, content_type),
            _attribute(_MESSAGE_DIGEST, der.value(OCTET_STRING, digest)),
            parts.signing_certificate,
        ]
    )
    # What is signed is the SET; in the structure the same attributes stand under a context tag (RFC 5652 §5.4).
    signature = credential.sign(der.value(SET, *attributes))
    fields = [
        der.value(INTEGER, b"\x01"),
        parts.signer,
        _SHA256,
        der.value(CONTEXT, *attributes),
        parts.algorithm,
        der.value(OCTET_STRING, signature),
    ]
    if timestamp is not None:
        token = timestamp(hashlib.sha256(signature).digest())
        fields.append(der.value(CONTEXT + 1, _attribute(_TIMESTAMP_TOKEN, token)))
    return der.value(SEQUENCE, *fields)


@lru_cache(_REMEMBERED)
def _parts(certificate: bytes, algorithm: str) -> _Parts:
    """By the certificate's own bytes, so that whoever holds an equal credential shares them."""
    names = der.certificate_names(certificate)
    # ESSCertIDv2: SHA-256 is its default, which DER leaves out.
    identifier = der.value(SEQUENCE, der.value(OCTET_STRING, hashlib.sha256(certificate).digest()))
    return _Parts(
        signer=der.value(SEQUENCE, names.issuer, names.serial_number),
        signing_certificate=_attribute(_SIGNING_CERTIFICATE, der.value(SEQUENCE, der.value(SEQUENCE, identifier))),
        algorithm=_ALGORITHMS[algorithm],
    )


@lru_cache(_REMEMBERED)
def _certificate_set(certificates: tuple[bytes, ...]) -> bytes:
    """In the order of DER (X.690 §11.6), each once."""
    return der.value(CONTEXT, *sorted(set(certificates)))


def _attribute(kind: bytes, value: bytes) -> bytes:
    return der.value(SEQUENCE, kind, der.value(SET, value))


def _oid(dotted: str) -> bytes:
    return bytes(core.ObjectIdentifier(dotted).dump())


_SHA256 = bytes(algos.DigestAlgorithm({"algorithm": "sha256"}).dump())
_SHA256_SET = der.value(SET, _SHA256)
_ALGORITHMS = {
    name: bytes(algos.SignedDigestAlgorithm({"algorithm": name}).dump()) for name in (ECDSA_SHA256, RSA_SHA256)
}
_SIGNED_DATA = _oid("1.2.840.113549.1.7.2")
_CONTENT_TYPES = {"data": _oid("1.2.840.113549.1.7.1"), "tst_info": _oid("1.2.840.113549.1.9.16.1.4")}
_CONTENT_TYPE = _oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = _oid("1.2.840.113549.1.9.16.2.47")
_TIMESTAMP_TOKEN = _oid("1.2.840.113549.1.9.16.2.14")
