"""What a sender plans: recipients and fields of a new envelope, and the checks it must pass. Pure.

Boxes are measured in parts of the visible page, 0 to 1, from its top left corner.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Protocol
from uuid import UUID

from accounts.policy import check_uscc
from accounts.service import check_phone
from signing.errors import (
    AnchorNotFound,
    DocumentsInvalid,
    EmailInvalid,
    ExpiryInvalid,
    FieldDocumentUnknown,
    FieldDuplicate,
    FieldKindNotForRole,
    FieldNotYours,
    FieldOutsidePage,
    FieldRecipientNotSigner,
    FieldRecipientUnknown,
    FieldsOverlap,
    FieldValueInvalid,
    FieldValueMissing,
    PhoneShared,
    RecipientDuplicate,
    ReminderIntervalInvalid,
    SignatureFieldMissing,
    SignerMissing,
    TextInvalid,
)
from signing.policy import ACTING, SIGNING, RecipientRole

DEFAULT_LIFETIME = timedelta(days=30)
LONGEST_LIFETIME = timedelta(days=365)
LONGEST_VALUE = 200
LONGEST_REMINDER_DAYS = 30
MOST_DOCUMENTS = 20
SMALLEST_SIGNATURE = 0.03, 0.02
SMALLEST_FIELD = 0.005, 0.005
"""Width and height in parts of the page: below this nobody could read what is in it."""

_INVISIBLE = frozenset({"Cc", "Cs", "Cf", "Zl", "Zp"})
"""Controls, surrogates, and format characters, which reverse what is read or can't be seen; ends of lines."""

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""What looks like nothing, though Unicode calls it letters, marks or symbols: two names could look the same by it."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]{2,}")


class FieldKind(StrEnum):
    """`seal` is an organisation's seal; `cross_page_seal` (骑缝章) shows a slice of it on the edge of every page."""

    SIGNATURE = "signature"
    INITIALS = "initials"
    SEAL = "seal"
    CROSS_PAGE_SEAL = "cross_page_seal"
    DATE = "date"
    TEXT = "text"
    CHECKBOX = "checkbox"


CARRYING = frozenset({FieldKind.SIGNATURE, FieldKind.SEAL, FieldKind.CROSS_PAGE_SEAL})
"""Kinds of which a recipient needs one, to carry their digital signature."""

_ONLY_FOR = {
    FieldKind.SIGNATURE: RecipientRole.SIGNER,
    FieldKind.INITIALS: RecipientRole.SIGNER,
    FieldKind.SEAL: RecipientRole.SEAL,
    FieldKind.CROSS_PAGE_SEAL: RecipientRole.SEAL,
}
_LARGE = frozenset({FieldKind.SIGNATURE, FieldKind.SEAL})


class Place(Protocol):
    """Where a text was found (`ports.TextBox`)."""

    @property
    def page(self) -> int: ...
    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """`key` is the sender's own name for the recipient within this envelope, such as `supplier`."""

    key: str
    name: str
    phone: str
    organisation_name: str
    uscc: str
    role: RecipientRole = RecipientRole.SIGNER
    order: int = 1
    email: str | None = None
    language: str = "zh"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A text the field stands at: its top left corner is that of the text, moved by `dx` and `dy`.

    `occurrence` counts from 1 in the order of reading; negative ones from the end.
    """

    text: str
    occurrence: int = 1
    dx: float = 0
    dy: float = 0


@dataclass(frozen=True, slots=True)
class NewField:
    """`document` is which of the envelope's documents, counted from 1.

    With an `anchor`, `page`, `x` and `y` are found by it. A cross-page seal stands at the right edge of every page
    from `page` on, at the height `y`; its `x` doesn't matter and `width` is that of one slice.
    """

    name: str
    recipient_key: str
    kind: FieldKind
    page: int = 1
    x: float = 0
    y: float = 0
    width: float = 0.2
    height: float = 0.06
    is_required: bool = True
    document: int = 1
    anchor: Anchor | None = None


@dataclass(frozen=True, slots=True)
class NewEnvelope:
    """`contract_class` is one of the region's classes, if the sender names it: seals are authorised by class.

    `is_test`: nothing it makes is binding, and every page says so. `may_delegate`: recipients may name somebody else.
    """

    document_ids: Sequence[UUID]
    title: str
    recipients: Sequence[NewRecipient]
    fields: Sequence[NewField]
    expires_at: datetime | None = None
    external_id: str | None = None
    language: str = "zh"
    metadata: Mapping[str, str] = field(default_factory=dict)
    contract_class: str | None = None
    is_test: bool = False
    may_delegate: bool = False
    remind_every_days: int | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A field as far as filling it in goes."""

    name: str
    kind: FieldKind
    is_required: bool


def check_envelope(new: NewEnvelope, *, pages: Sequence[int]) -> None:
    """Raises the `InvalidInput` that says what is wrong first. `pages` is each document's number of pages."""
    check_text("title", new.title, 200)
    if not 1 <= len(new.document_ids) <= MOST_DOCUMENTS or len(set(new.document_ids)) != len(new.document_ids):
        raise DocumentsInvalid(most=MOST_DOCUMENTS)
    if new.contract_class is not None:
        check_text("contract_class", new.contract_class, 40)
    if new.remind_every_days is not None and not 1 <= new.remind_every_days <= LONGEST_REMINDER_DAYS:
        raise ReminderIntervalInvalid(most=LONGEST_REMINDER_DAYS)
    if new.external_id is not None:
        check_text("external_id", new.external_id, 100)
    for name, value in new.metadata.items():
        check_text("metadata", name, 40)
        check_text("metadata", value, 500)
    _check_recipients(new.recipients)
    _check_fields(new.fields, new.recipients, pages)


def place_anchored(fields: Sequence[NewField], found: Mapping[int, Mapping[str, Sequence[Place]]]) -> list[NewField]:
    """The fields with every anchor replaced by the place it was found at; `found` by document, then by text.

    Raises `AnchorNotFound`.
    """
    return [placed if placed.anchor is None else _place(placed, placed.anchor, found) for placed in fields]


def _place(placed: NewField, anchor: Anchor, found: Mapping[int, Mapping[str, Sequence[Place]]]) -> NewField:
    places = found.get(placed.document, {}).get(anchor.text, ())
    index = anchor.occurrence - 1 if anchor.occurrence > 0 else anchor.occurrence
    if anchor.occurrence == 0 or not -len(places) <= index < len(places):
        raise AnchorNotFound(field=placed.name, text=anchor.text[:40], count=len(places))
    place = places[index]
    return replace(placed, page=place.page, x=place.x + anchor.dx, y=place.y + anchor.dy, anchor=None)


def check_expiry(given: datetime | None, now: datetime) -> datetime:
    """When the envelope expires: as given, or 30 days from now. Raises `ExpiryInvalid`."""
    if given is None:
        return now + DEFAULT_LIFETIME
    if not now < given <= now + LONGEST_LIFETIME:
        raise ExpiryInvalid(given=given.isoformat(), days=LONGEST_LIFETIME.days)  # year 1 has no UTC everywhere
    return given


def check_text(what: str, text: str, longest: int) -> str:
    """A line people can read: not empty, not too long, nothing that hides or turns what is read around it.

    Raises `TextInvalid`.
    """
    if not text.strip() or len(text) > longest or _hides(text):
        raise TextInvalid(what=what, longest=longest)
    return text


def _hides(text: str) -> bool:
    return any(unicodedata.category(character) in _INVISIBLE or character in _FILLERS for character in text)


def check_email(email: str | None) -> None:
    """Raises `EmailInvalid`."""
    if email is not None and not (len(email) <= 200 and _EMAIL.fullmatch(email)):
        raise EmailInvalid


def check_values(values: Mapping[str, str], blanks: Sequence[Blank]) -> dict[str, str]:
    """What a signer filled in, by field name. Signatures and dates are the platform's to make, never sent in.

    Raises `FieldNotYours`, `FieldValueInvalid` or `FieldValueMissing`.
    """
    fillable = {blank.name: blank for blank in blanks if blank.kind in {FieldKind.TEXT, FieldKind.CHECKBOX}}
    for name, value in values.items():
        if name not in fillable:
            raise FieldNotYours(field=name[:40])
        _check_value(fillable[name], value)
    filled = {name: value for name, value in values.items() if value.strip()}
    for blank in fillable.values():
        is_empty = blank.name not in filled or (blank.kind is FieldKind.CHECKBOX and filled[blank.name] == "false")
        if blank.is_required and is_empty:
            raise FieldValueMissing(field=blank.name)
    return filled


def _check_value(blank: Blank, value: str) -> None:
    is_valid = not value or (
        value in {"true", "false"}
        if blank.kind is FieldKind.CHECKBOX
        else len(value) <= LONGEST_VALUE and not _hides(value)
    )
    if not is_valid:
        raise FieldValueInvalid(field=blank.name, longest=LONGEST_VALUE)


def _check_recipients(recipients: Sequence[NewRecipient]) -> None:
    seen: set[str] = set()
    for recipient in recipients:
        _check_name("recipients.key", recipient.key)
        if recipient.key in seen:
            raise RecipientDuplicate(key=recipient.key)
        seen.add(recipient.key)
        check_text("recipients.name", recipient.name, 100)
        check_text("recipients.organisation_name", recipient.organisation_name, 200)
        check_phone(recipient.phone)
        check_uscc(recipient.uscc)
        check_email(recipient.email)
    if not any(recipient.role in SIGNING for recipient in recipients):
        raise SignerMissing
    check_phones((recipient.phone, recipient.uscc) for recipient in recipients if recipient.role in ACTING)


def check_phones(acting: Iterable[tuple[str, str]]) -> None:
    """Phones and organisations of those who act: nobody may act for two sides. Raises `PhoneShared`."""
    sides: dict[str, str] = {}
    for phone, uscc in acting:
        if sides.setdefault(phone, uscc) != uscc:
            raise PhoneShared(phone=phone)


def _check_fields(fields: Sequence[NewField], recipients: Sequence[NewRecipient], pages: Sequence[int]) -> None:
    roles = {recipient.key: recipient.role for recipient in recipients}
    seen: set[str] = set()
    for placed in fields:
        _check_name("fields.name", placed.name)
        if placed.name in seen:
            raise FieldDuplicate(field=placed.name)
        seen.add(placed.name)
        if placed.recipient_key not in roles:
            raise FieldRecipientUnknown(field=placed.name, key=placed.recipient_key[:40])
        role = roles[placed.recipient_key]
        if role not in SIGNING:
            raise FieldRecipientNotSigner(field=placed.name, key=placed.recipient_key)
        if placed.kind in _ONLY_FOR and _ONLY_FOR[placed.kind] is not role:
            raise FieldKindNotForRole(field=placed.name, kind=placed.kind, role=role)
        if not 1 <= placed.document <= len(pages):
            raise FieldDocumentUnknown(field=placed.name, document=placed.document, documents=len(pages))
        if not _is_on_page(placed, pages[placed.document - 1]):
            raise FieldOutsidePage(field=placed.name, pages=pages[placed.document - 1])
    for one, other in combinations(fields, 2):
        if _share_a_page(one, other) and _overlap(_as_seen(one), _as_seen(other)):
            raise FieldsOverlap(field=one.name, other=other.name, page=max(one.page, other.page))
    _check_everybody_can_sign(fields, roles)


def _check_everybody_can_sign(fields: Sequence[NewField], roles: Mapping[str, RecipientRole]) -> None:
    """Whoever signs signs somewhere, and in every document in which they fill in anything."""
    signs_in = {(placed.recipient_key, placed.document) for placed in fields if placed.kind in CARRYING}
    for placed in fields:
        if (placed.recipient_key, placed.document) not in signs_in:
            raise SignatureFieldMissing(key=placed.recipient_key)
    signing = {key for key, _ in signs_in}
    for key, role in roles.items():
        if role in SIGNING and key not in signing:
            raise SignatureFieldMissing(key=key)


def _check_name(what: str, name: str) -> None:
    """Keys and field names: they become names inside the PDF, where a dot would mean a hierarchy."""
    if not _NAME.fullmatch(name):
        raise TextInvalid(what=what, longest=40)


def _is_on_page(placed: NewField, pages: int) -> bool:
    numbers = (placed.x, placed.y, placed.width, placed.height)
    least_width, least_height = SMALLEST_SIGNATURE if placed.kind in _LARGE else SMALLEST_FIELD
    if placed.kind is FieldKind.CROSS_PAGE_SEAL and placed.page >= pages:
        return False  # there is no edge between pages to seal
    return (
        all(math.isfinite(number) for number in numbers)
        and 1 <= placed.page <= pages
        and placed.x >= 0
        and placed.y >= 0
        and placed.width >= least_width
        and placed.height >= least_height
        and placed.x + placed.width <= 1
        and placed.y + placed.height <= 1
    )


def _share_a_page(one: NewField, other: NewField) -> bool:
    if one.document != other.document:
        return False
    first, later = sorted((one, other), key=lambda placed: placed.page)
    return first.page == later.page or first.kind is FieldKind.CROSS_PAGE_SEAL


def _as_seen(placed: NewField) -> NewField:
    """A cross-page seal is at the right edge, wherever it was put."""
    return replace(placed, x=1 - placed.width) if placed.kind is FieldKind.CROSS_PAGE_SEAL else placed


def _overlap(one: NewField, other: NewField) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
