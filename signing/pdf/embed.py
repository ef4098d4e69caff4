"""Adds one signature, or one document timestamp, to a growing PDF (ETSI EN 319 142-1 §5).

    signature            /Sig, ETSI.CAdES.detached; the first may certify the file (DocMDP), each may lock fields
                         (FieldMDP); a time-stamp of the signature is an unsigned attribute of its CMS (B-T)
    document timestamp   /DocTimeStamp, ETSI.RFC3161, over everything before it (B-LTA)

The hole for the CMS fits: its size is reckoned from the certificates and from the tokens seen so far, and an
increment that turns out too small for its CMS is drafted once more, before anything is kept.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.sign.general import check_ess_certid
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr

from ledger.errors import TimestampUnavailable
from ledger.ports import TimestampAuthority
from signing.pdf.cms_parts import first_value, signature_value, with_timestamp
from signing.pdf.form import Form
from signing.pdf.growing import Draft, GrowingPDF
from signing.pdf.objects import Name, PDFObject, pdf
from signing.pki.cms import signed_data
from signing.pki.credentials import SigningCredential

_date: Any = generic.pdf_date

TIMESTAMP_FIELD = "Document timestamp"

_ROOM_FOR_ATTRIBUTES = 1024
_FIRST_ROOM_FOR_TOKEN = 4 * 1024
_SPARE = 128

FORM_FILLING, NO_CHANGES = 2, 1
"""What a certification allows afterwards (DocMDP's P, ISO 32000-2 table 257)."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signature dictionary says. `permission` counts only for the file's first signature."""

    field: str
    signed_at: datetime
    name: str
    reason: str
    locked_fields: Sequence[str] = ()
    permission: int | None = FORM_FILLING
    location: str | None = None


class Embedder:
    """Remembers how large tokens are, so that later holes fit at once. May be shared by threads."""

    def __init__(self, timestamps: TimestampAuthority | None) -> None:
        self._timestamps = timestamps
        self._room_for_token = _FIRST_ROOM_FOR_TOKEN

    def sign(
        self, growing: GrowingPDF, form: Form, signature: Signature, credential: SigningCredential, *, stamp: bool
    ) -> bool:
        """Returns whether the signature carries a time-stamp; it is asked for if `stamp`, and missing if none is to
        be had. Raises `SignatureFieldTaken`, or what the credential raises."""
        certificates = [credential.der, *credential.chain]
        room = sum(map(len, certificates)) + _ROOM_FOR_ATTRIBUTES + (self._room_for_token if stamp else 0)
        is_stamped = False

        def make(digest: bytes) -> bytes:
            nonlocal is_stamped
            made = signed_data(credential, digest, content_type="data", certificates=certificates)
            stamped = self.stamped(made) if stamp else None
            is_stamped = stamped is not None
            return stamped or made

        pointer = begin_signature(growing, form, signature, room)
        form.mark_signed(signature.field, _fill(growing, pointer, make))
        return is_stamped

    def stamped(self, signature: bytes) -> bytes | None:
        """A CMS signature with a time-stamp; None if none can be had. Never a time of our own in its place."""
        if self._timestamps is None:
            return None
        try:
            token = self._timestamps.timestamp(hashlib.sha256(signature_value(signature)).digest())
        except TimestampUnavailable:
            return None
        self._room_for_token = len(token) + _SPARE
        return with_timestamp(signature, token)

    def add_document_timestamp(self, growing: GrowingPDF, form: Form) -> datetime:
        """Returns when the certificate of its authority ends. Raises `TimestampUnavailable`."""
        timestamps = self._timestamps
        if timestamps is None:
            raise TimestampUnavailable
        number = 1
        while f"{TIMESTAMP_FIELD} {number}" in form:
            number += 1
        name = f"{TIMESTAMP_FIELD} {number}"
        field = form.add_signature_field(name)
        entries: dict[str, object] = {
            "Type": Name("DocTimeStamp"),
            "Filter": Name("Adobe.PPKLite"),
            "SubFilter": Name("ETSI.RFC3161"),
        }
        pointer = _put(growing, field, entries, self._room_for_token)
        contents = _fill(growing, pointer, timestamps.timestamp)
        form.mark_signed(name, contents)
        token = first_value(contents).encoded
        self._room_for_token = len(token) + _SPARE
        return authority_until(token)


def begin_signature(growing: GrowingPDF, form: Form, signature: Signature, room: int) -> PDFObject:
    """The signature dictionary in its field, with a hole; returns the pointer to it. Raises `SignatureFieldTaken`."""
    field = form.unsigned(signature.field)
    certifies = not form.signed and signature.permission is not None
    references = [
        *([_reference("DocMDP", {"P": signature.permission})] if certifies else []),
        *([_field_lock(growing, signature.locked_fields)] if signature.locked_fields else []),
    ]
    entries: dict[str, object] = {
        "Type": Name("Sig"),
        "Filter": Name("Adobe.PPKLite"),
        "SubFilter": Name("ETSI.CAdES.detached"),
        "Name": signature.name,
        "Reason": signature.reason,
        "M": _date(signature.signed_at),
        **({"Location": signature.location} if signature.location else {}),
        **({"Reference": references} if references else {}),
    }
    pointer = _put(growing, field, entries, room)
    if certifies:
        root = growing.root
        root["/Perms"] = pdf({"DocMDP": pointer})
        growing.update_root()
    return pointer


def authority_until(token: bytes) -> datetime:
    """When the certificate of the authority that made a token ends."""
    signed = cms.ContentInfo.load(token)["content"]
    named = get_signing_cert_attr(signed["signer_infos"][0]["signed_attrs"])
    for choice in signed["certificates"]:
        if named is None or check_ess_certid(choice.chosen, named["certs"][0]):
            ends: datetime = choice.chosen.not_valid_after
            return ends.astimezone(UTC)
    raise TimestampUnavailable


def _put(growing: GrowingPDF, field: PDFObject, entries: dict[str, object], room: int) -> PDFObject:
    pointer = growing.add_signature(entries, room)
    field["/V"] = pointer
    growing.update_container(field)
    return pointer


def _fill(growing: GrowingPDF, signature: PDFObject, make: Callable[[bytes], bytes]) -> bytes:
    """Fills the hole with what `make` makes of the digest, and keeps the increment; returns the hole's contents."""
    draft: Draft = growing.draft(signature)
    contents = make(draft.digest)
    while len(contents) > draft.room:
        signature.get_object().raw_get("/Contents").size = len(contents) + _SPARE
        draft = growing.draft(signature)
        contents = make(draft.digest)
    growing.keep(draft.fill(contents))
    return contents.ljust(draft.room, b"\0")


def _field_lock(growing: GrowingPDF, fields: Sequence[str]) -> dict[str, object]:
    parameters: dict[str, object] = {"Action": Name("Include"), "Fields": list(fields)}
    return {**_reference("FieldMDP", parameters), "Data": growing.pointer(*growing.file.Root.objgen)}


def _reference(method: str, parameters: Mapping[str, object]) -> dict[str, object]:
    """A signature reference dictionary (ISO 32000-2 table 256)."""
    transform = {"Type": Name("TransformParams"), "V": Name("1.2"), **parameters}
    return {"Type": Name("SigRef"), "TransformMethod": Name(method), "TransformParams": transform}
