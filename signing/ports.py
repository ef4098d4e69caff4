"""What envelopes need of PDF and certificate work, as values and Protocols.

Instants are aware UTC. Boxes are parts of the visible page, 0 to 1, from its top left corner; pages count from 1.
Nothing here but `CertificateIssuer` may be called inside a unit of work: it takes long, and may ask a time-stamp
authority.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.plan import FieldKind


@dataclass(frozen=True, slots=True)
class ScreeningLimits:
    """`decompressed_bytes` bounds what one stream, and all streams together, may unpack to; `depth` how deep
    dictionaries and arrays may lie inside each other; `time_seconds` how long all of it may take."""

    bytes: int = 50 * 1024 * 1024
    pages: int = 500
    objects: int = 200_000
    decompressed_bytes: int = 512 * 1024 * 1024
    depth: int = 64
    time_seconds: float = 8


@dataclass(frozen=True, slots=True)
class PageSize:
    """In points, as the page is seen: cropped and rotated."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class ScreenedDocument:
    """An upload that may be signed. `has_form` says that it has form fields, which preparing makes plain content.

    `flattened` says what of the upload preparing makes plain content or leaves out, as codes of
    `signing.pdf.flatten.FLATTENED`.
    """

    pages: tuple[PageSize, ...]
    has_form: bool
    flattened: tuple[str, ...] = ()

    @property
    def page_count(self) -> int:
        return len(self.pages)


@dataclass(frozen=True, slots=True)
class PlacedField:
    """A box to be signed or filled. `recipient` is any name for whose it is, the same for all boxes of one signer.

    A recipient's first box of kind signature or seal (in the order of reading; else the first slice of their
    cross-page seal) carries the digital signature; all their further ones show the same picture. `slice` is which
    part of a cross-page seal stands on this page, counted from 0 at the left, and of how many.
    """

    name: str
    recipient: str
    kind: FieldKind
    page: int
    x: float
    y: float
    width: float
    height: float
    slice: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class TextBox:
    """Where a text stands on a page, as it is seen; measured like fields."""

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
    """One recipient's signature. `fields` are all their boxes, exactly as they were prepared.

    `values` by field name: text as it is, checkboxes `true` or `false`, dates as they are to be shown. `pictures` are
    PNGs by kind of field (signature, initials, seal; a cross-page seal shows slices of the seal's); kinds without one
    are drawn as text.
    """

    fields: Sequence[PlacedField]
    identity: SignerIdentity
    certificate_id: UUID
    signed_at: datetime
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[FieldKind, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignedPDF:
    """A PDF with one more increment.

    `is_timestamped`: false if no time-stamp authority answered, so that the time of the new signature is only claimed
    until a later document timestamp covers it. `renew_before`: when the certificate of the file's last document
    timestamp ends; None without one.
    """

    data: bytes
    is_timestamped: bool = True
    renew_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemotePreparation:
    """A PDF whose next signature somebody else makes: everything but the signature's contents is in `data`.

    `digest` is the SHA-256 over the byte range, to be signed as the message digest of a CAdES signature.
    """

    data: bytes
    digest: bytes


class IdentityOutcome(StrEnum):
    """`UNKNOWN`: no answer, or none that can be read; it says nothing about the person."""

    MATCHED = "matched"
    MISMATCHED = "mismatched"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class IdentityClaim:
    """Who somebody says they are. `id_number` (GB 11643) is what they typed; it is kept nowhere and never printed."""

    name: str
    phone: str
    id_number: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class IdentityCheck:
    """A provider's answer. `method` in the field's own words (运营商三要素, 二要素 …); `reference` finds the check in
    the provider's own records; `checked_at` is the provider's clock. They are None where it didn't say."""

    outcome: IdentityOutcome
    method: str | None = None
    reference: str | None = None
    checked_at: datetime | None = None


class IdentityProvider(Protocol):
    """An outside register of real names (a carrier, an identity authority, a service in front of one).

    Called outside any unit of work: it takes long, and costs money. Duties:
    - idempotent by `key`: the same claim under the same key is one check, however often it is asked;
    - a time-out, an error or rubbish is `UNKNOWN`, never a mismatch, and is returned, not raised;
    - it gets the claim for this one check and keeps no more of it than the law makes it keep; our side of it logs
      neither the claim nor its own secret.
    """

    @property
    def name(self) -> str:
        """The provider, as evidence names it."""
        ...

    @property
    def needs_id_number(self) -> bool:
        """Whether the recipient must type their identity number."""
        ...

    def check(self, claim: IdentityClaim, key: str) -> IdentityCheck: ...


class DocumentScreener(Protocol):
    """Decides whether an upload may be signed. Pure: no state, harmless to repeat."""

    def screen(self, data: bytes, limits: ScreeningLimits | None = None) -> ScreenedDocument:
        """Raises one of the errors in `signing.pdf.errors`, whatever the bytes are."""
        ...


class TextLocator(Protocol):
    """Finds text on pages, for fields placed by anchor text. Pure."""

    def locate(self, data: bytes, texts: Sequence[str]) -> Mapping[str, Sequence[TextBox]]:
        """Every occurrence of each text in the order of reading; a text that isn't there has none."""
        ...


class DocumentPreparer(Protocol):
    """Makes every field and page stamp, before anybody signs. Keeps nothing; repeating gives an equal document."""

    def prepare(
        self,
        data: bytes,
        fields: Sequence[PlacedField],
        *,
        prepared_at: datetime,
        page_note: str | None = None,
        watermark: str | None = None,
    ) -> bytes:
        """`data` is a screened document; `page_note` is a short line for the foot of every page, `watermark` a pale
        text across every page (test mode).

        Raises `signing.pdf.errors.FieldMisplaced` for a box outside its page.
        """
        ...


class DocumentSigner(Protocol):
    """Signs, seals and time-stamps. Repeating gives other bytes that are just as good; keep only one of them.

    The PDF given is never changed: an increment is added to it, and the whole is validated before it is returned.
    `SignatureBroken` means that the result, or a signature that was there before, doesn't validate; then nothing may
    be kept.
    """

    def sign(self, data: bytes, order: SigningOrder) -> SignedPDF:
        """The first signature also certifies the document: from then on only filling in and signing is allowed.

        Without an answer of the time-stamp authority the signature is made all the same, and says so. Raises
        `signing.pdf.errors.SignatureBroken`.
        """
        ...

    def require_ready(self) -> None:
        """Whether sealing could work now: a valid seal, and an authority that answers (asked at most once a minute).

        Raises `signing.pdf.errors.SealingNotReady` with the reason: an envelope must not be sent that could end up
        signed and never sealed.
        """
        ...

    def seal(self, data: bytes, *, sealed_at: datetime, reason: str) -> SignedPDF:
        """The platform's seal, everything needed to validate in the long term, and a document timestamp (B-LTA).

        Raises `ledger.errors.TimestampUnavailable` (try again) or `SignatureBroken`.
        """
        ...

    def add_timestamp(self, data: bytes) -> SignedPDF:
        """Current validation material and one more document timestamp: for signatures whose time is only claimed so
        far, and before the last timestamp's certificate ends. Raises as `seal` does."""
        ...

    def prepare_remote(self, data: bytes, order: SigningOrder, certificate: bytes) -> RemotePreparation:
        """For a signer whose key is elsewhere: `certificate` is theirs, DER (`order.certificate_id` isn't looked at).

        Raises `signing.pdf.errors.CertificateUnsuitable`, or `SignerRevoked` if its authority says so. It may be asked
        over the network: never call this inside a unit of work.
        """
        ...

    def complete_remote(self, prepared: bytes, cms: bytes) -> SignedPDF:
        """Embeds the DER CMS made over a preparation's digest; a time-stamp is added if one can be had.

        Raises `signing.pdf.errors.RemoteSignatureInvalid` if it isn't a signature over the digest by the certificate,
        or `SignerRevoked` if that has been revoked meanwhile.
        """
        ...


class CertificateIssuer(Protocol):
    """The certification authority, for signers and for organisations' seals."""

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """A new key for one signature, and its certificate, written in the caller's unit of work.

        Sign with it within `signing.pki.policy.SIGNING_WINDOW`. One that was never used does no harm.
        """
        ...

    def issue_seal_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """A key and certificate of an organisation's seal; `identity.name` is the seal's name. They last for years."""
        ...
