"""Signs a PDF file for one person, with any credential, at any PAdES level; used by `dingyue sign`.

Files are never held in memory: the signed one is a copy, with the increments after it. It is copied while the digest is
reckoned, which for a large file takes longer than all the rest.

    B-B     the signature
    B-T     and a time-stamp of it
    B-LT    and certificates and revocation information, in an increment of their own
    B-LTA   and a document timestamp over all of it
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

from ledger.errors import TimestampUnavailable
from signing.pdf.appearance import Canvas, draw_signature, signature_lines
from signing.pdf.embed import NO_CHANGES, Embedder, Signature
from signing.pdf.errors import CertificationTooLate, ChangesForbidden, FieldMisplaced, RevocationUnknown
from signing.pdf.form import Form, certified_permission
from signing.pdf.growing import GrowingPDF
from signing.pdf.ink import Ink, WriterSink
from signing.pdf.objects import pdf
from signing.pdf.pages import geometry_of
from signing.pdf.validation_material import MaterialSource, SecurityStore, require_good, subject_of
from signing.pki.credentials import SigningCredential

Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
FIELD = "Signature"
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Box:
    """Where the signature is shown: parts of the visible page, 0 to 1, from its top left corner; pages from 1."""

    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class FileOrder:
    """Who signs, why, when by the claim of this machine, at which level, and where it is shown, if at all.

    `field` is an empty signature field that is in the file already; without one, a field is made. `is_final` certifies
    that nobody may add anything but validation data.
    """

    name: str
    organisation_name: str
    reason: str
    signed_at: datetime
    level: Level
    box: Box | None = None
    field: str | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class SignedFile:
    """`field` is the signature's name in the file, `added_bytes` by how much the file grew."""

    field: str
    added_bytes: int
    renew_before: datetime | None


def sign_file(
    source: BinaryIO,
    target: BinaryIO,
    order: FileOrder,
    *,
    credential: SigningCredential,
    embedder: Embedder,
    material: MaterialSource,
) -> SignedFile:
    """Reads all of `source`, writes all of `target`; both are files on a disk.

    Raises `BrokenPDF`, `EncryptedPDF`, `ChangesForbidden`, `CertificationTooLate`, `SignatureFieldTaken`,
    `FieldMisplaced`, `TimestampUnavailable`, what the credential raises, or what `material` raises; then the target
    is of no use.
    """
    with ThreadPoolExecutor(1) as beside:
        copied = beside.submit(_copy, source.fileno(), target)
        signed, increments = _sign(source, order, credential, embedder, material)
        copied.result()
    target.writelines(increments)
    return signed


def _sign(
    source: BinaryIO, order: FileOrder, credential: SigningCredential, embedder: Embedder, material: MaterialSource
) -> tuple[SignedFile, list[bytes]]:
    """The increments that go after the file."""
    with GrowingPDF(source) as growing:
        form = Form(growing)
        field = _field(growing, form, order)
        permission = NO_CHANGES if order.is_final else None
        signature = Signature(field, order.signed_at, order.name, order.reason, permission=permission)
        is_stamped = order.level != "B-B"
        if embedder.sign(growing, form, signature, credential, stamp=is_stamped) is not is_stamped:
            raise TimestampUnavailable
        renew_before = None
        if order.level in ("B-LT", "B-LTA"):
            _add_material(growing, form, material, [credential.der, *credential.chain])
        if order.level == "B-LTA":
            renew_before = embedder.add_document_timestamp(growing, form)
        growing.append()
        signed = SignedFile(field, sum(map(len, growing.increments)), renew_before)
        return signed, growing.increments


def _copy(source: int, target: BinaryIO) -> None:
    """By position, for somebody else reads from the same file meanwhile."""
    position = 0
    while chunk := os.pread(source, _CHUNK, position):
        target.write(chunk)
        position += len(chunk)


def _add_material(growing: GrowingPDF, form: Form, source: MaterialSource, own: Sequence[bytes]) -> None:
    """An earlier signer's revocation is added, not refused: what it signed before may be good, as validation tells.

    Raises `SignerRevoked` for a certificate of one's own, and `RevocationUnknown`.
    """
    material = source(form.certificates())
    require_good(material, own)
    if material.unknown:
        raise RevocationUnknown(subject=subject_of(material.unknown[0]))
    SecurityStore(growing).add(material, form.contents)


def _field(growing: GrowingPDF, form: Form, order: FileOrder) -> str:
    """The field to sign. A certified file allows no new one (ISO 32000-2 table 257)."""
    permission = certified_permission(growing)
    if permission == NO_CHANGES or (permission is not None and order.field is None):
        raise ChangesForbidden
    if order.is_final and form.signed:
        raise CertificationTooLate
    return order.field or _add_field(growing, form, order)


def _add_field(growing: GrowingPDF, form: Form, order: FileOrder) -> str:
    number = 1
    while f"{FIELD} {number}" in form:
        number += 1
    name = f"{FIELD} {number}"
    box = order.box
    if box is None:
        form.add_signature_field(name)
        return name
    pages = growing.file.pages
    # Asked so that a number that is none (NaN) isn't inside.
    is_inside = min(box.x, box.y) >= 0 and box.x + box.width <= 1 and box.y + box.height <= 1
    if not (1 <= box.page <= len(pages) and min(box.width, box.height) > 0 and is_inside):
        raise FieldMisplaced(field=name, page=box.page)
    geometry = geometry_of(pages[box.page - 1])
    width, height = geometry.size_in_points
    field = form.add_signature_field(
        name, page=box.page, rectangle=geometry.rectangle(box.x, box.y, box.width, box.height)
    )
    lines = signature_lines(
        name=order.name,
        organisation_name=order.organisation_name,
        signed_at=order.signed_at,
        reason=order.reason,
    )
    canvas = Canvas(box.width * width, box.height * height, geometry.upright())
    field["/AP"] = pdf({"N": draw_signature(Ink(WriterSink(growing), [line.text for line in lines]), canvas, lines)})
    field["/MK"] = pdf({"R": geometry.rotation})
    return name
