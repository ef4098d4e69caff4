"""What can be wrong with a log or its anchors, in words; and what is remembered of an alarm.

An alarm that *stays* rests on something that can't be taken back: a signed note, a final block. It is never closed;
begin again with a new state folder once it is dealt with. The others end by themselves when a pass doesn't find them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from core.clock import rfc3339
from ledger.verifier.verdict import Statement


class AlarmCode(StrEnum):
    """Stable codes for programs."""

    LOG_SPLIT_VIEW = "log_split_view"
    LOG_REWRITTEN = "log_rewritten"
    LOG_SHRANK = "log_shrank"
    CHECKPOINT_UNTRUSTED = "checkpoint_untrusted"
    TILES_CONTRADICT = "tiles_contradict_checkpoint"
    ENTRIES_CONTRADICT = "entries_contradict_checkpoint"
    CONTRACT_REPLACED = "contract_replaced"
    FOREIGN_WRITER = "foreign_writer"
    WRITER_REPLACED = "writer_replaced"
    SUCCESSOR_ANNOUNCED = "successor_announced"
    BLOCKS_REWRITTEN = "blocks_rewritten"
    ANCHOR_MISSING = "anchor_missing"
    ANCHOR_CONTRADICTS_LOG = "anchor_contradicts_log"
    ANCHOR_OF_ANOTHER_NOTE = "anchor_of_another_note"
    ANCHOR_AHEAD = "anchor_ahead_of_log"
    ANCHOR_OVERDUE = "anchor_overdue"


STAYS = frozenset(
    {
        AlarmCode.LOG_SPLIT_VIEW,
        AlarmCode.LOG_REWRITTEN,
        AlarmCode.FOREIGN_WRITER,
        AlarmCode.BLOCKS_REWRITTEN,
        AlarmCode.ANCHOR_MISSING,
        AlarmCode.ANCHOR_CONTRADICTS_LOG,
        AlarmCode.ANCHOR_OF_ANOTHER_NOTE,
    }
)

_TEXTS: Mapping[AlarmCode, Statement] = {
    AlarmCode.LOG_SPLIT_VIEW: Statement(
        "日志对同一大小 {size} 签署了两个不同的根：对不同的人展示了不同的历史。请保存证明文件并公布。",
        "The log signed two different roots for size {size}: it shows two histories. Keep the proof and publish it.",
    ),
    AlarmCode.LOG_REWRITTEN: Statement(
        "日志被改写：大小 {newer} 的检查点不包含此前签署的大小 {size} 的历史。请保存证明文件并公布。",
        "The log was rewritten: its checkpoint of size {newer} doesn't contain the history it signed at size {size}. "
        "Keep the proof and publish it.",
    ),
    AlarmCode.LOG_SHRANK: Statement(
        "日志变小：曾签署 {size} 条，现只展示 {served} 条。可能恢复了旧备份，或隐藏了条目。请向运营方查询。",
        "The log shrank: it signed {size} entries and now shows {served}. An old backup, or hidden entries: ask its "
        "operator.",
    ),
    AlarmCode.CHECKPOINT_UNTRUSTED: Statement(
        "检查点没有受信密钥的有效签名（{reason}）。请另行取得新的信任文件核对；不要采信此检查点。",
        "The checkpoint isn't signed by a trusted key ({reason}). Get the trust file anew by another way; don't rely "
        "on this checkpoint.",
    ),
    AlarmCode.TILES_CONTRADICT: Statement(
        "日志公布的哈希分片与其签署的检查点（大小 {size}）不符：{reason}。请向运营方查询其存储。",
        "The log's hash tiles don't lead to the checkpoint of size {size} that it signed: {reason}. Ask its operator "
        "about the store.",
    ),
    AlarmCode.ENTRIES_CONTRADICT: Statement(
        "日志公布的条目推不出其签署的检查点（大小 {size}）：条目被改动、缺失或调换。请向运营方查询。",
        "The log's entries don't lead to the checkpoint of size {size} that it signed: some were changed, lost or "
        "swapped. Ask its operator.",
    ),
    AlarmCode.CONTRACT_REPLACED: Statement(
        "{chain}上 {contract} 的合约代码与信任文件不同。请勿采信其锚定，先核对节点与信任文件。",
        "The code at {contract} on {chain} isn't the trusted one. Don't rely on its anchors; check the node and the "
        "trust file first.",
    ),
    AlarmCode.FOREIGN_WRITER: Statement(
        "{chain}上大小 {size} 的锚定由信任文件以外的账户 {writer} 写入。其私钥可能被盗，请立即通知运营方。",
        "The anchor of size {size} on {chain} was written by {writer}, whom the trust file doesn't name. A key may be "
        "stolen: tell the operator at once.",
    ),
    AlarmCode.WRITER_REPLACED: Statement(
        "{chain}上现任写入者 {writer} 不在信任文件之列。请另行取得新的信任文件核对。",
        "The writer in office on {chain}, {writer}, isn't in the trust file. Get the trust file anew by another way.",
    ),
    AlarmCode.SUCCESSOR_ANNOUNCED: Statement(
        "{chain}上宣布了新的写入者 {writer}，将于 {effective_at} 生效，信任文件中没有它。"
        "如非运营方公告的更换，请立即通知运营方。",
        "A new writer, {writer}, was announced on {chain}, in office from {effective_at}; the trust file doesn't name "
        "it. Unless the operator told of a change, warn them at once.",
    ),
    AlarmCode.BLOCKS_REWRITTEN: Statement(
        "{chain}第 {block} 块曾最终确认，现已是另一块或不存在。请换一个节点核对；此链的锚定可能不可靠。",
        "Block {block} of {chain} was final, and is now another one or gone. Ask another node; anchors on this chain "
        "may not be reliable.",
    ),
    AlarmCode.ANCHOR_MISSING: Statement(
        "{chain}上大小 {size} 的锚定声称前一个是 {claimed}，而见到的前一个是 {previous}："
        "节点隐去了锚定，或合约不对。请换节点核对。",
        "The anchor of size {size} on {chain} says that {claimed} came before it, but {previous} was seen: the node "
        "hides anchors, or it is the wrong contract. Ask another node.",
    ),
    AlarmCode.ANCHOR_CONTRADICTS_LOG: Statement(
        "{chain}上锚定的大小 {size} 的根与日志不同：日志被改写，或锚定了另一份历史。请保存证明文件并公布。",
        "The root anchored on {chain} for size {size} isn't the log's: the log was rewritten, or another history was "
        "anchored. Keep the proof and publish it.",
    ),
    AlarmCode.ANCHOR_OF_ANOTHER_NOTE: Statement(
        "{chain}上大小 {size} 的锚定所指的检查点不是日志展示的那一份。请向运营方索取并保存两份检查点。",
        "The anchor of size {size} on {chain} is of another note than the log showed. Keep the note and ask the "
        "operator for the other one.",
    ),
    AlarmCode.ANCHOR_AHEAD: Statement(
        "{chain}上已锚定大小 {size}，而日志只展示 {served} 条：日志隐藏了条目或恢复了旧备份。请向运营方查询。",
        "Size {size} is anchored on {chain}, but the log shows only {served} entries: it hides some, or an old backup "
        "runs. Ask its operator.",
    ),
    AlarmCode.ANCHOR_OVERDUE: Statement(
        "自 {since} 起的条目仍未在{chain}上锚定，已超过您设定的时限。请向运营方查询。",
        "Entries seen since {since} aren't anchored on {chain}, which is later than you allow. Ask its operator.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong that a pass found. `key` tells it from others of its code; `proof` is a file's content."""

    code: AlarmCode
    key: str
    facts: Mapping[str, Any]
    proof: bytes | None = None
    notes: tuple[bytes, ...] = ()

    @property
    def identifier(self) -> str:
        return f"{self.code}:{self.key}"


@dataclass(slots=True)
class Alarm:
    """What is remembered of a finding. `proof` is the file or folder with the evidence, relative to the state folder.

    `ended_at` is None while it stands; `is_told`: the webhook, if there is one, has heard it.
    """

    identifier: str
    code: AlarmCode
    facts: dict[str, Any]
    first_at: str
    last_at: str
    ended_at: str | None = None
    proof: str | None = None
    is_told: bool = False

    def to_json(self) -> dict[str, Any]:
        text = describe(self.code, self.facts)
        return {
            "id": self.identifier,
            "code": str(self.code),
            "zh": text.zh,
            "en": text.en,
            "facts": self.facts,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "ended_at": self.ended_at,
            "proof": self.proof,
        }


def describe(code: AlarmCode, facts: Mapping[str, Any]) -> Statement:
    text = _TEXTS[code]
    return Statement(text.zh.format_map(facts), text.en.format_map(facts))


def remember(alarms: dict[str, Alarm], finding: Finding, proof: str | None, now: datetime) -> None:
    """Adds the finding, or notes that it is still so. One that had ended begins anew, and is told again."""
    at = rfc3339(now)
    known = alarms.get(finding.identifier)
    if known is None or known.ended_at is not None:
        alarms[finding.identifier] = Alarm(finding.identifier, finding.code, dict(finding.facts), at, at, proof=proof)
    else:
        known.facts, known.last_at = dict(finding.facts), at
