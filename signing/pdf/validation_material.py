"""The document security store (DSS): what a validator will need in the long term (ISO 32000-2 §12.8.4.3).

Certificates, revocation lists and OCSP responses are each a stream, kept once: what is in the file already isn't
added again. An entry per signature (VRI) says that the store was written for it, after it: some validators count a
signature as B-LT only then (EU DSS).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography import x509

from signing.pdf.errors import SignerRevoked
from signing.pdf.growing import GrowingPDF
from signing.pdf.objects import Name, PDFObject, add_stream, pdf
from signing.pki.der import certificate_names

_KEYS = ("Certs", "CRLs", "OCSPs")


@dataclass(frozen=True, slots=True)
class Material:
    """All DER: certificates, revocation lists (CRLs), OCSP responses.

    `revoked` are the certificates of which the lists and responses say so, `unknown` those of which nothing does.
    """

    certificates: Sequence[bytes] = ()
    revocation_lists: Sequence[bytes] = ()
    ocsp_responses: Sequence[bytes] = ()
    revoked: Sequence[bytes] = ()
    unknown: Sequence[bytes] = ()


class Held(Protocol):
    """As `Material` holds it; `signing.pki.material.ValidationMaterial` does too."""

    @property
    def certificates(self) -> Sequence[bytes]: ...

    @property
    def revocation_lists(self) -> Sequence[bytes]: ...

    @property
    def ocsp_responses(self) -> Sequence[bytes]: ...


MaterialSource = Callable[[Sequence[bytes]], Material]
"""Given the DER certificates that signatures and tokens carry: what a validator needs to judge them.

That one is revoked is told with what proves it, for whether it matters depends on when it signed. A source that can't
tell may raise `RevocationUnknown`, and `SignerRevoked` if it has nothing to prove it with.
"""


def require_good(material: Material, certificates: Sequence[bytes]) -> None:
    """For whoever is about to sign. Raises `SignerRevoked` if one of these certificates, DER, or one of those above
    them is revoked."""
    path = list(certificates)
    for der in path:
        if der in material.revoked:
            raise SignerRevoked(subject=subject_of(der))
        issuer = certificate_names(der).issuer
        above = (each for each in material.certificates if certificate_names(each).subject == issuer)
        path += [each for each in above if each not in path]


def subject_of(certificate: bytes) -> str:
    """As far as it can be read."""
    try:
        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()
    except ValueError:
        return "?"


class SecurityStore:
    """The store of a growing PDF."""

    def __init__(self, growing: GrowingPDF) -> None:
        self._growing = growing
        self._held = {hashlib.sha256(der).digest() for der in _stored(growing.file.Root.get("/DSS", {}))}

    def add(self, material: Held, signatures: Sequence[bytes] = ()) -> None:
        """Adds what isn't there yet, and entries for `signatures`: their contents as they stand in the file, padding
        included. Nothing changes if all of it is there."""
        parts = (material.certificates, material.revocation_lists, material.ocsp_responses)
        new = {key: self._streams(part) for key, part in zip(_KEYS, parts, strict=True)}
        if not any(new.values()) and not signatures:
            return
        store = self._store()
        for key, pointers in new.items():
            if pointers:
                store[f"/{key}"] = pdf([*_pointers(store, f"/{key}"), *pointers])
        if signatures:
            # An entry that is there stays as it was: changing it would look like tampering.
            store["/VRI"] = pdf({**{_identifier(each): _entry(store) for each in signatures}, **_entries(store)})

    def _streams(self, ders: Sequence[bytes]) -> list[PDFObject]:
        added = []
        for der in ders:
            fingerprint = hashlib.sha256(der).digest()
            if fingerprint not in self._held:
                self._held.add(fingerprint)
                added.append(add_stream(self._growing, der))
        return added

    def _store(self) -> PDFObject:
        """The store's dictionary, which will be written with the next increment."""
        root = self._growing.root
        if "/DSS" not in root:
            root["/DSS"] = self._growing.add_object(pdf({"Type": Name("DSS")}))
            self._growing.update_root()
        held = root.raw_get("/DSS")
        self._growing.mark_update(held.reference if hasattr(held, "reference") else self._growing.root_ref)
        return root["/DSS"]


def _identifier(contents: bytes) -> str:
    """SHA-1 names the signature here and protects nothing (ISO 32000-2 table 261)."""
    return hashlib.sha1(contents, usedforsecurity=False).hexdigest().upper()


def _entry(store: PDFObject) -> dict[str, object]:
    """All that is in the store: what a validator takes from it follows from the certificates."""
    pointers = {name: _pointers(store, f"/{key}") for name, key in zip(("Cert", "CRL", "OCSP"), _KEYS, strict=True)}
    return {name: each for name, each in pointers.items() if each}


def _entries(store: PDFObject) -> dict[str, object]:
    held: PDFObject = store.get("/VRI", {})
    return {str(key).removeprefix("/"): held.raw_get(key) for key in held}


def _pointers(store: PDFObject, key: str) -> list[PDFObject]:
    return [store[key].raw_get(number) for number in range(len(store[key]))] if key in store else []


def _stored(store: Any) -> Iterator[bytes]:
    for key in _KEYS:
        for stream in store.get(f"/{key}", []):
            yield bytes(stream.read_bytes())
