"""Pure decisions of the ledger."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, tsp

from ledger.errors import StatedFactsInvalid, TimestampUnavailable

NOTARISED_FILE = "file"
"""The subject kind of digests somebody notarised for themselves: nobody oversees these."""

MOST_ITEMS = 10_000
"""In one batch."""
MOST_REASONS = 100
"""So many of a batch's items are told to be wrong; with a hundred, it is the program that is wrong."""
MOST_STATED_BYTES = 16 * 1024
DEEPEST_STATED = 8
LARGEST_STATED_INTEGER = 2**53 - 1

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def check_stated(stated: dict[str, Any]) -> None:
    """Whether what somebody states can stand in a record: JSON that two readers read alike, within bounds.

    At most 16 KiB and 8 levels; text, integers up to ±(2^53 − 1), booleans and null. Amounts and larger integers are
    text (RFC 8785 §3.2.2.3, RFC 7493 §2.2). Raises `StatedFactsInvalid`.
    """
    if not stated:
        return
    _check_stated(stated, 1)
    try:
        size = len(_write(stated).encode())
    except UnicodeEncodeError as error:
        raise StatedFactsInvalid(reason_zh="含有不成对的代理字符", reason_en="half a character") from error
    if size > MOST_STATED_BYTES:
        raise StatedFactsInvalid(
            reason_zh=f"共 {size} 字节，上限为 {MOST_STATED_BYTES}", reason_en=f"{size} bytes of {MOST_STATED_BYTES}"
        )


def _check_stated(value: object, level: int) -> None:
    children: Iterable[object]
    if isinstance(value, str):
        return
    if isinstance(value, dict):
        children = value.values()
    elif isinstance(value, list):
        children = value
    elif isinstance(value, float):
        raise StatedFactsInvalid(reason_zh="小数须写成字符串", reason_en="write decimals as text")
    elif isinstance(value, int) and abs(value) > LARGEST_STATED_INTEGER:
        raise StatedFactsInvalid(
            reason_zh="超过 2^53 − 1 的整数须写成字符串", reason_en="write integers beyond 2^53 − 1 as text"
        )
    else:
        return
    if level > DEEPEST_STATED:
        raise StatedFactsInvalid(
            reason_zh=f"嵌套超过 {DEEPEST_STATED} 层", reason_en=f"more than {DEEPEST_STATED} levels deep"
        )
    for child in children:
        _check_stated(child, level + 1)


def timestamp_instant(token: bytes, digest: bytes) -> datetime:
    """The time that an RFC 3161 token gives `digest` (SHA-256).

    Raises `TimestampUnavailable` unless the token is about this digest (RFC 3161 §2.4.2: messageImprint): a token
    about anything else must never be kept as if it proved something. Whose signature it bears and whether it is
    valid is for the verifier to judge, against roots of its own.
    """
    try:
        signed_data = cms.ContentInfo.load(token)["content"]
        info: tsp.TSTInfo = signed_data["encap_content_info"]["content"].parsed
        imprint = info["message_imprint"]
        is_about_digest = (
            imprint["hash_algorithm"]["algorithm"].native == "sha256" and imprint["hashed_message"].native == digest
        )
        stamped_at: datetime = info["gen_time"].native
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TimestampUnavailable from error
    if not is_about_digest:
        raise TimestampUnavailable
    return stamped_at.astimezone(UTC)
