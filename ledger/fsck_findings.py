"""What an examination of the log can find, each with its place: leaf, object and byte, checkpoint, record."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

_WORDS = {
    "head_differs": ("日志头记录的大小与最新检查点不同", "the head's size isn't the latest checkpoint's"),
    "leaf_missing": ("该序号没有存证条目", "no entry has this index"),
    "entry_changed": ("条目与其哈希不符", "the entry doesn't have its hash"),
    "entry_unreadable": ("条目不是本系统的格式", "the entry isn't in the form that entries have"),
    "record_changed": ("存证记录与条目不符", "the record doesn't lead to its entry"),
    "record_missing": ("存证记录不存在，也没有删除记录", "the record isn't there, and nobody erased it"),
    "record_not_erased": ("存证记录登记为已删除，却仍然存在", "the record is said to be erased and is there"),
    "chain_broken": ("存证记录与同一事项的前一条不相连", "the record doesn't follow the one before it"),
    "object_missing": ("对象存储中缺少该文件", "the object store doesn't have it"),
    "object_changed": ("对象存储中的内容与条目不符", "what the object store has isn't what the entries make"),
    "root_differs": ("检查点的根哈希与条目不符", "the checkpoint's root isn't what the entries make"),
    "note_invalid": ("检查点的签名或格式无效", "the checkpoint isn't signed as it must be"),
    "timestamp_differs": ("时间戳不是针对该检查点的", "the time-stamp isn't about this checkpoint"),
    "anchor_differs": ("锚定的内容与检查点不同", "what was anchored isn't this checkpoint"),
    "copy_invalid": ("对象存储中的检查点副本不是本日志签名的", "this log didn't sign the copy of the checkpoint"),
    "copy_unknown": ("对象存储中的检查点副本不为本数据库所知", "the database doesn't know the copy of the checkpoint"),
    "copy_behind": ("对象存储中的检查点副本没有跟上", "the copy of the checkpoint stayed behind"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`leaf` counts from 0, `byte` within the object `path`, `size` names a checkpoint, `evidence_id` a record.

    `detail` is for whoever mends it: a name of an authority, a reason.
    """

    code: str
    leaf: int | None = None
    path: str | None = None
    byte: int | None = None
    size: int | None = None
    evidence_id: UUID | None = None
    detail: str | None = None

    @property
    def zh(self) -> str:
        places = (
            ("第 {} 个叶子", self.leaf),
            ("存证 {}", self.evidence_id),
            ("检查点 {}", self.size),
            ("{}", self.path),
            ("第 {} 字节", self.byte),
        )
        return f"{_places(places, '，')}：{_WORDS[self.code][0]}{f'（{self.detail}）' if self.detail else ''}。"

    @property
    def en(self) -> str:
        places = (
            ("leaf {}", self.leaf),
            ("record {}", self.evidence_id),
            ("checkpoint {}", self.size),
            ("{}", self.path),
            ("byte {}", self.byte),
        )
        return f"{_places(places, ', ')}: {_WORDS[self.code][1]}{f' ({self.detail})' if self.detail else ''}."

    def to_json(self) -> dict[str, Any]:
        facts = asdict(self) | {"evidence_id": self.evidence_id.hex if self.evidence_id else None}
        return {name: value for name, value in facts.items() if value is not None} | {"zh": self.zh, "en": self.en}


def _places(places: tuple[tuple[str, object], ...], separator: str) -> str:
    return separator.join(words.format(value) for words, value in places if value is not None) or "log"
