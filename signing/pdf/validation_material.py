"""The document security store (DSS): what a validator will need in the long term (ISO 32000-2 §12.8.4.3).

Certificates, revocation lists and OCSP responses are each a stream, kept once: what is in the file already isn't
added again. There are no per-signature entries (VRI): they are optional, and what they would say follows from the
certificates themselves.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from signing.pdf.growing import GrowingPDF
from signing.pdf.objects import Name, PDFObject, add_stream, pdf

_KEYS = ("Certs", "CRLs", "OCSPs")


@dataclass(frozen=True, slots=True)
class Material:
    """All DER: certificates, revocation lists (CRLs), OCSP responses."""

    certificates: Sequence[bytes] = ()
    revocation_lists: Sequence[bytes] = ()
    ocsp_responses: Sequence[bytes] = ()


class Held(Protocol):
    """As `Material` holds it; `signing.pki.material.ValidationMaterial` does too."""

    @property
    def certificates(self) -> Sequence[bytes]: ...

    @property
    def revocation_lists(self) -> Sequence[bytes]: ...

    @property
    def ocsp_responses(self) -> Sequence[bytes]: ...


MaterialSource = Callable[[Sequence[bytes]], Held]
"""Given the DER certificates that signatures and tokens carry: what a validator needs to judge them."""


class SecurityStore:
    """The store of a growing PDF."""

    def __init__(self, growing: GrowingPDF) -> None:
        self._growing = growing
        self._held = {hashlib.sha256(der).digest() for der in _stored(growing.file.Root.get("/DSS", {}))}

    def add(self, material: Held) -> None:
        """Adds what isn't there yet. Nothing changes if all of it is."""
        parts = (material.certificates, material.revocation_lists, material.ocsp_responses)
        new = {key: self._streams(part) for key, part in zip(_KEYS, parts, strict=True)}
        if not any(new.values()):
            return
        store = self._store()
        for key, pointers in new.items():
            if pointers:
                store[f"/{key}"] = pdf([*_pointers(store, f"/{key}"), *pointers])

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


def _pointers(store: PDFObject, key: str) -> list[PDFObject]:
    return [store[key].raw_get(number) for number in range(len(store[key]))] if key in store else []


def _stored(store: Any) -> Iterator[bytes]:
    for key in _KEYS:
        for stream in store.get(f"/{key}", []):
            yield bytes(stream.read_bytes())
