"""What envelopes need of PDF and certificate work, as values and Protocols.

Instants are aware UTC. Boxes are parts of the visible page, 0 to 1, from its top left corner; pages count from 1.
Nothing here but `CertificateIssuer` may be called inside a unit of work: it takes long, and may ask a time-stamp
authority.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.plan import FieldKind


@dataclass(frozen=True, slots=True)
class ScreeningLimits:
    """`decompressed_bytes` bounds what one stream, and all streams together, may unpack to."""

    bytes: int = 50 * 1024 * 1024
    pages: int = 500
    objects: int = 200_000
    decompressed_bytes: int = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PageSize:
    """In points, as the page is seen: cropped and rotated."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class ScreenedDocument:
    """An upload that may be signed. `has_form` says that it has form fields, which preparing makes plain content."""

    pages: tuple[PageSize, ...]
    has_form: bool

    @property
    def page_count(self) -> int:
        return len(self.pages)


@dataclass(frozen=True, slots=True)
class PlacedField:
    """A box to be signed or filled. `recipient` is any name for whose it is, the same for all boxes of one signer.

    A signer's first signature box (in the order of reading) carries the digital signature; all their further ones
    show the same picture.
    """

    name: str
    recipient: str
    kind: FieldKind
    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SignerIdentity:
    """The verified person and the organisation they act for: what the certificate will say."""

    name: str
    organisation_name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class SigningOrder:
    """One signer's signature. `fields` are all boxes of this signer, exactly as they were prepared.

    `values` by field name: text as it is, checkboxes `true` or `false`, dates as they are to be shown.
    """

    fields: Sequence[PlacedField]
    identity: SignerIdentity
    certificate_id: UUID
    signed_at: datetime
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)


class DocumentScreener(Protocol):
    """Decides whether an upload may be signed. Pure: no state, harmless to repeat."""

    def screen(self, data: bytes, limits: ScreeningLimits | None = None) -> ScreenedDocument:
        """Raises one of the errors in `signing.pdf.errors`, whatever the bytes are."""
        ...


class DocumentPreparer(Protocol):
    """Makes every field and page stamp, before anybody signs. Keeps nothing; repeating gives an equal document."""

    def prepare(
        self, data: bytes, fields: Sequence[PlacedField], *, prepared_at: datetime, page_note: str | None = None
    ) -> bytes:
        """`data` is a screened document; `page_note` is a short line for the foot of every page.

        Raises `signing.pdf.errors.FieldMisplaced` for a box outside its page.
        """
        ...


class DocumentSigner(Protocol):
    """Signs and seals. Repeating gives other bytes that are just as good; keep only one of them.

    The PDF given is never changed: an increment is added to it, and the whole is validated before it is returned.
    """

    def sign(self, data: bytes, order: SigningOrder) -> bytes:
        """The first signature also certifies the document: from then on only filling in and signing is allowed.

        Raises `ledger.errors.TimestampUnavailable` (try again), or `signing.pdf.errors.SignatureBroken` if the
        result, or a signature that was there before, doesn't validate; then nothing may be kept.
        """
        ...

    def seal(self, data: bytes, *, sealed_at: datetime, reason: str) -> bytes:
        """The platform's seal, everything needed to validate in the long term, and a document timestamp (B-LTA).

        Raises as `sign` does.
        """
        ...


class CertificateIssuer(Protocol):
    """The certification authority, for signers."""

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """A new key for one signature, and its certificate, written in the caller's unit of work.

        Sign with it within `signing.pki.policy.SIGNING_WINDOW`. One that was never used does no harm.
        """
        ...
