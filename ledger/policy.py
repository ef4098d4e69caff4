"""Pure decisions of the ledger."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from asn1crypto import cms, tsp

from ledger.errors import StatedFactsInvalid, TimestampUnavailable
from ledger.verifier.verdict import Statement

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


class Standing(StrEnum):
    """What evidence is good for (evidence.md, "Witnesses")."""

    COURT_GRADE = "court_grade"
    PROVISIONAL = "provisional"


class Lack(StrEnum):
    """What keeps evidence provisional, in the order in which it is told."""

    NOT_LOGGED = "not_logged"
    NO_QUORUM_SET = "no_quorum_set"
    QUORUM_MISSING = "quorum_missing"
    NOT_ANCHORED = "not_anchored"
    DEVELOPMENT_CHAIN = "development_chain"
    BLOCK_NOT_COMPARED = "block_not_compared"


LACKS = {
    Lack.NOT_LOGGED: Statement("尚未写入日志的检查点", "no checkpoint of the log holds it yet"),
    Lack.NO_QUORUM_SET: Statement("没有设定独立见证人", "no independent witnesses are asked for"),
    Lack.QUORUM_MISSING: Statement("副署的独立见证人不足", "too few of the independent witnesses have cosigned"),
    Lack.NOT_ANCHORED: Statement("区块链锚定尚未最终确认", "its anchor on the chain isn't final yet"),
    Lack.DEVELOPMENT_CHAIN: Statement("锚定在开发链上", "development chain"),
    Lack.BLOCK_NOT_COMPARED: Statement("区块哈希未与链比对", "the block hash wasn't compared with the chain"),
}
_STANDINGS = {
    Standing.COURT_GRADE: Statement("可供诉讼使用", "court-grade"),
    Standing.PROVISIONAL: Statement("暂定", "provisional"),
}


@dataclass(frozen=True, slots=True)
class Grade:
    """A standing, and what is lacking for the better one; nothing is for `COURT_GRADE`."""

    standing: Standing
    lacks: tuple[Lack, ...] = ()

    @property
    def statement(self) -> Statement:
        """For people: `暂定（锚定在开发链上）`, `provisional (development chain)`."""
        said = _STANDINGS[self.standing]
        if not self.lacks:
            return said
        zh = "；".join(LACKS[lack].zh for lack in self.lacks)
        en = "; ".join(LACKS[lack].en for lack in self.lacks)
        return Statement(f"{said.zh}（{zh}）", f"{said.en} ({en})")

    def to_json(self) -> dict[str, Any]:
        lacks = [{"code": str(lack), "zh": LACKS[lack].zh, "en": LACKS[lack].en} for lack in self.lacks]
        return {"grade": str(self.standing), "zh": self.statement.zh, "en": self.statement.en, "lacks": lacks}


def grade(
    *,
    is_logged: bool,
    witnesses: int,
    quorum: int,
    is_anchored: bool,
    is_development: bool,
    is_compared: bool = True,
) -> Grade:
    """How far evidence has come: court-grade with the policy of witnesses met, and a final anchor on a real chain.

    `witnesses` of the policy cosigned the checkpoint that is anchored, or the one that will be. A policy that asks for
    no witness is never met: without one, the operator alone vouches for the log. `is_compared` is whether somebody held
    the block's hash against the chain; the platform does that itself before it calls an anchor final.
    """
    if not is_logged:
        return Grade(Standing.PROVISIONAL, (Lack.NOT_LOGGED,))
    found = {
        Lack.NO_QUORUM_SET: quorum == 0,
        Lack.QUORUM_MISSING: witnesses < quorum,
        Lack.NOT_ANCHORED: not is_anchored,
        Lack.DEVELOPMENT_CHAIN: is_anchored and is_development,
        Lack.BLOCK_NOT_COMPARED: is_anchored and not is_development and not is_compared,
    }
    lacks = tuple(lack for lack, is_lacking in found.items() if is_lacking)
    return Grade(Standing.PROVISIONAL if lacks else Standing.COURT_GRADE, lacks)
