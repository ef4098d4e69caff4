"""Identifiers: UUIDv7 inside the database, a prefix at the edge (`env_…`, `ctr_…`).

A prefixed id is `<prefix>_<32 lowercase hex digits>`. Ids are names, not secrets: whatever lets somebody in is a
separate random token (`core.secrets`).
"""

import os
from datetime import datetime
from uuid import UUID

from core.errors import InvalidId

ORGANISATION = "org"
PERSON = "per"
API_TOKEN = "tok"  # noqa: S105 - the prefix of an id, not a token
DOCUMENT = "doc"
ENVELOPE = "env"
RECIPIENT = "rcp"
EVIDENCE = "evd"
EVIDENCE_HOLD = "hld"
CONTRACT = "ctr"
OBLIGATION = "obl"
FULFILMENT = "ful"
SUPERVISION = "sup"
TERMINATION = "ter"
MESSAGE = "msg"
CREDIT_EVENT = "cev"
EVENT = "evt"
TEMPLATE = "tpl"
BULK_SEND = "blk"
SEAL = "sea"
SEAL_AUTHORISATION = "sau"
SEAL_USE = "sus"
WEBHOOK_ENDPOINT = "whe"
WEBHOOK_DELIVERY = "whd"
WEBHOOK_SECRET = "whs"  # noqa: S105 - the prefix of an id, not a secret
REMOTE_SIGNATURE = "rsg"
CERTIFICATE = "crt"
IDENTITY_CHECK = "idc"


def new_id(now: datetime) -> UUID:
    """A UUIDv7 (RFC 9562 §5.7) whose first 48 bits are `now` in milliseconds, so that ids sort by creation."""
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(os.urandom(10))
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_ids(now: datetime, count: int) -> list[UUID]:
    """UUIDv7 in ascending order, each one more than the one before (RFC 9562 §6.2, method 2): what is made in bulk
    lies side by side in every index, and the first id and their number name them all."""
    first = new_id(now).int & ~(1 << 61)  # so that counting never carries into the variant
    return [UUID(int=first + number) for number in range(count)]


def public(prefix: str, identifier: UUID) -> str:
    """The id as people and programs outside see it."""
    return f"{prefix}_{identifier.hex}"


def parse(prefix: str, text: str) -> UUID:
    """The UUID behind a prefixed id.

    Raises `InvalidId` for another prefix, upper case, or anything that isn't 32 hex digits.
    """
    head, _, tail = text.partition("_")
    if head != prefix or len(tail) != 32 or not set(tail) <= set("0123456789abcdef"):
        raise InvalidId(given=text[:80], expected=f"{prefix}_<32 hex>")
    return UUID(hex=tail)
