"""Pure decisions of the ledger."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """When a key of the log signs: checkpoints of at least `first_size` entries, until a later key takes over.

    `first_size` is None while the announcement of the key has no index. The key before it goes on signing until
    `predecessor_signs_until`, which only the first key doesn't have.
    """

    first_size: int | None
    predecessor_signs_until: datetime | None


def in_office(terms: Sequence[KeyTerm], size: int) -> int:
    """The generation whose signature makes a checkpoint of `size`; `terms` are in order, the first from size 0 on."""
    return max(
        generation for generation, term in enumerate(terms) if term.first_size is not None and term.first_size <= size
    )


def signing_generations(terms: Sequence[KeyTerm], size: int, now: datetime) -> list[int]:
    """Those that sign a checkpoint of `size` at `now`: the one in office, then the ones before it in their overlap.

    How long a key signs on is its own successor's to say: a later rotation neither cuts it off nor, where it is in
    wrong hands, calls it back.
    """
    newest = in_office(terms, size)
    ends = [term.predecessor_signs_until for term in terms[1 : newest + 1]]
    overlapping = [generation for generation, end in enumerate(ends) if end is not None and now < end]
    return [newest, *reversed(overlapping)]


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
