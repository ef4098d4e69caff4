"""Signatures whose key is elsewhere: what must hold of the certificate before, and of the CMS after.

Between the two the signer's certificate waits in the hole of the prepared increment: the digest doesn't cover the
hole, and the CMS takes its place without a trace.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from core.clock import rfc3339
from signing.pdf.cms_parts import NotASignature, first_value, signature_value
from signing.pdf.errors import BrokenPDF, CertificateUnsuitable, RemoteSignatureInvalid
from signing.pki.credentials import signature_algorithm
from signing.pki.der import value
from signing.pki.errors import KeyUnsuitable

ROOM = 16 * 1024
"""For the CMS of an unknown maker, with its chain and a time-stamp of an unknown authority."""

_BYTE_RANGE = re.compile(rb"/ByteRange \[0 (\d{1,12}) (\d{1,12}) (\d{1,12})\]")
_SET = 0x31


@dataclass(frozen=True, slots=True)
class Hole:
    """Where the contents of the last signature stand in a prepared file, with their brackets."""

    start: int
    end: int
    revision_start: int

    def digest(self, prepared: bytes) -> bytes:
        """SHA-256 of all but the hole."""
        digest, view = hashlib.sha256(), memoryview(prepared)
        digest.update(view[: self.start])
        digest.update(view[self.end :])
        return digest.digest()

    def certificate(self, prepared: bytes) -> bytes:
        """What `prepare` left in the hole. Raises `BrokenPDF`."""
        try:
            return first_value(bytes.fromhex(prepared[self.start + 1 : self.end - 1].decode())).encoded
        except (ValueError, IndexError) as error:
            raise BrokenPDF(why="it wasn't prepared for a remote signature") from error

    def filled(self, prepared: bytes, contents: bytes) -> bytes:
        """Raises `RemoteSignatureInvalid` if they are too large."""
        room = self.end - self.start - 2
        digits = contents.hex().encode().ljust(room, b"0")
        if len(digits) > room:
            raise invalid("it is too large")
        return b"".join([prepared[: self.start + 1], digits, prepared[self.end - 1 :]])


def require_suitable(certificate: bytes, signed_at: datetime) -> None:
    """Raises `CertificateUnsuitable` unless documents can be signed with it at that time (ETSI EN 319 412-2 §4.3.2)."""
    try:
        loaded = x509.load_der_x509_certificate(certificate)
        signature_algorithm(loaded.public_key())
        usage = loaded.extensions.get_extension_for_class(x509.KeyUsage).value
    except KeyUnsuitable as error:
        raise CertificateUnsuitable(why=error.en) from error
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.UnsupportedGeneralNameType) as error:
        raise CertificateUnsuitable(why="no readable certificate with a key usage") from error
    if not usage.content_commitment:
        raise CertificateUnsuitable(why="its key usage isn't non-repudiation")
    if not loaded.not_valid_before_utc <= signed_at <= loaded.not_valid_after_utc:
        raise CertificateUnsuitable(
            why=f"it is valid from {rfc3339(loaded.not_valid_before_utc)} to {rfc3339(loaded.not_valid_after_utc)}"
        )


def find_hole(prepared: bytes) -> Hole:
    """Raises `BrokenPDF` unless the file ends with a signature's increment."""
    found = _BYTE_RANGE.match(prepared, max(0, prepared.rfind(b"/ByteRange [0 ")))
    if found is None:
        raise BrokenPDF(why="it wasn't prepared for a remote signature")
    start, end, length = (int(number) for number in found.groups())
    if end + length != len(prepared) or prepared[start : start + 1] != b"<" or prepared[end - 1 : end] != b">":
        raise BrokenPDF(why="it wasn't prepared for a remote signature")
    # The increment begins after the end-of-file mark of the revision before it.
    return Hole(start, end, prepared.rfind(b"%%EOF", 0, start) + len(b"%%EOF\n"))


def check(signature: bytes, digest: bytes, certificate: bytes) -> None:
    """1 its one signer signed this digest, 2 as the certificate it names, 3 with that certificate's key.

    Raises `RemoteSignatureInvalid`. Whether the certificate is trusted is for the validation of the whole file.
    """
    try:
        signed = asn1_cms.ContentInfo.load(signature, strict=True)["content"]
        signer = signed["signer_infos"][0]
        attributes = {item["type"].native: item["values"] for item in signer["signed_attrs"]}
        if signed["encap_content_info"]["content"].native is not None:
            raise invalid("it isn't detached")
        if attributes["message_digest"][0].native != digest or attributes["content_type"][0].native != "data":
            raise invalid("it is over another digest")
        named = attributes["signing_certificate_v2"][0]["certs"][0]
        if named["cert_hash"].native != hashlib.sha256(certificate).digest():
            raise invalid("it names another certificate")
        _check_key(signature, x509.load_der_x509_certificate(certificate))
    except RemoteSignatureInvalid:
        raise
    except (NotASignature, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise invalid("it isn't a CAdES signature in DER with one signer") from error


def invalid(why: str) -> RemoteSignatureInvalid:
    return RemoteSignatureInvalid(why=why)


def _check_key(signature: bytes, certificate: x509.Certificate) -> None:
    """Over the signed attributes as a SET (RFC 5652 §5.4), exactly as they stand in the structure."""
    parsed = asn1_cms.ContentInfo.load(signature)["content"]["signer_infos"][0]
    signed = value(_SET, parsed["signed_attrs"].contents)
    key, algorithm = certificate.public_key(), parsed["signature_algorithm"]
    if parsed["digest_algorithm"]["algorithm"].native != "sha256":
        raise invalid("it uses another digest than SHA-256")
    try:
        if isinstance(key, rsa.RSAPublicKey) and algorithm.signature_algo == "rsassa_pkcs1v15":
            key.verify(signature_value(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.signature_algo == "ecdsa":
            key.verify(signature_value(signature), signed, ec.ECDSA(hashes.SHA256()))
        else:
            raise invalid("its algorithm isn't that of the certificate's key")
    except InvalidSignature as error:
        raise invalid("it wasn't made with the certificate's key") from error
