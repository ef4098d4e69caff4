"""What a sender plans: recipients and fields of a new envelope, and the checks it must pass. Pure.

Boxes are measured in parts of the visible page, 0 to 1, from its top left corner.
"""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations
from uuid import UUID

from accounts.policy import check_uscc
from accounts.service import check_phone
from signing.errors import (
    EmailInvalid,
    ExpiryInvalid,
    FieldDuplicate,
    FieldNotYours,
    FieldOutsidePage,
    FieldRecipientNotSigner,
    FieldRecipientUnknown,
    FieldsOverlap,
    FieldValueInvalid,
    FieldValueMissing,
    RecipientDuplicate,
    SignatureFieldMissing,
    SignerMissing,
    TextInvalid,
)
from signing.policy import RecipientRole

DEFAULT_LIFETIME = timedelta(days=30)
LONGEST_LIFETIME = timedelta(days=365)
LONGEST_VALUE = 200
SMALLEST_SIGNATURE = 0.03, 0.02
SMALLEST_FIELD = 0.005, 0.005
"""Width and height in parts of the page: below this nobody could read what is in it."""

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
class NewField:
    name: str
    recipient_key: str
    kind: FieldKind
    page: int
    x: float
    y: float
    width: float
    height: float
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class NewEnvelope:
    document_id: UUID
    title: str
    recipients: Sequence[NewRecipient]
    fields: Sequence[NewField]
    expires_at: datetime | None = None
    external_id: str | None = None
    language: str = "zh"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blank:
    """A field as far as filling it in goes."""

    name: str
    kind: FieldKind
    is_required: bool


def check_envelope(new: NewEnvelope, *, pages: int) -> None:
    """Raises the `InvalidInput` that says what is wrong first. `pages` is the document's number of pages."""
    check_text("title", new.title, 200)
    if new.external_id is not None:
        check_text("external_id", new.external_id, 100)
    for name, value in new.metadata.items():
        check_text("metadata", name, 40)
        check_text("metadata", value, 500)
    _check_recipients(new.recipients)
    _check_fields(new.fields, new.recipients, pages)


def check_expiry(given: datetime | None, now: datetime) -> datetime:
    """When the envelope expires: as given, or 30 days from now. Raises `ExpiryInvalid`."""
    if given is None:
        return now + DEFAULT_LIFETIME
    if not now < given <= now + LONGEST_LIFETIME:
        raise ExpiryInvalid(given=given.isoformat(), days=LONGEST_LIFETIME.days)  # year 1 has no UTC everywhere
    return given


def check_text(what: str, text: str, longest: int) -> str:
    """A line people can read: not empty, not too long, no control characters. Raises `TextInvalid`."""
    has_controls = any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)
    if not text.strip() or len(text) > longest or has_controls:
        raise TextInvalid(what=what, longest=longest)
    return text


def check_values(values: Mapping[str, str], blanks: Sequence[Blank]) -> dict[str, str]:
    """What a signer filled in, by field name. Signatures and dates are the platform's to make, never sent in.

    Raises `FieldNotYours`, `FieldValueInvalid` or `FieldValueMissing`.
    """
    fillable = {blank.name: blank for blank in blanks if blank.kind in {FieldKind.TEXT, FieldKind.CHECKBOX}}
    for name, value in values.items():
        if name not in fillable:
            raise FieldNotYours(field=name[:40])
        _check_value(fillable[name], value)
    for blank in fillable.values():
        if blank.is_required and values.get(blank.name, "") in {"", "false"}:
            raise FieldValueMissing(field=blank.name)
    return {name: value for name, value in values.items() if value}


def _check_value(blank: Blank, value: str) -> None:
    is_valid = not value or (
        value in {"true", "false"}
        if blank.kind is FieldKind.CHECKBOX
        else len(value) <= LONGEST_VALUE
        and not any(unicodedata.category(character) in {"Cc", "Cs"} for character in value)
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
        if recipient.email is not None and not (len(recipient.email) <= 200 and _EMAIL.fullmatch(recipient.email)):
            raise EmailInvalid
    if not any(recipient.role is RecipientRole.SIGNER for recipient in recipients):
        raise SignerMissing


def _check_fields(fields: Sequence[NewField], recipients: Sequence[NewRecipient], pages: int) -> None:
    roles = {recipient.key: recipient.role for recipient in recipients}
    seen: set[str] = set()
    for placed in fields:
        _check_name("fields.name", placed.name)
        if placed.name in seen:
            raise FieldDuplicate(field=placed.name)
        seen.add(placed.name)
        if placed.recipient_key not in roles:
            raise FieldRecipientUnknown(field=placed.name, key=placed.recipient_key[:40])
        if roles[placed.recipient_key] is not RecipientRole.SIGNER:
            raise FieldRecipientNotSigner(field=placed.name, key=placed.recipient_key)
        if not _is_on_page(placed, pages):
            raise FieldOutsidePage(field=placed.name, pages=pages)
    for one, other in combinations(fields, 2):
        if one.page == other.page and _overlap(one, other):
            raise FieldsOverlap(field=one.name, other=other.name, page=one.page)
    have_signature = {placed.recipient_key for placed in fields if placed.kind is FieldKind.SIGNATURE}
    for key, role in roles.items():
        if role is RecipientRole.SIGNER and key not in have_signature:
            raise SignatureFieldMissing(key=key)


def _check_name(what: str, name: str) -> None:
    """Keys and field names: they become names inside the PDF, where a dot would mean a hierarchy."""
    if not _NAME.fullmatch(name):
        raise TextInvalid(what=what, longest=40)


def _is_on_page(placed: NewField, pages: int) -> bool:
    numbers = (placed.x, placed.y, placed.width, placed.height)
    least_width, least_height = SMALLEST_SIGNATURE if placed.kind is FieldKind.SIGNATURE else SMALLEST_FIELD
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


def _overlap(one: NewField, other: NewField) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
