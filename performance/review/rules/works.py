"""R19: main works aren't passed on."""

import re
from collections.abc import Iterator

from performance.review.reading import Reading
from performance.review.rule import Case, Hit, Severity

_MAIN = Case(
    "R19.main_works",
    Severity.HIGH,
    "民法典第七百九十一条第三款；建筑法第二十九条",
    "允许将主体结构（主体工程、主要部分）分包。",
    "The main structure may be subcontracted.",
    "请改为主体结构由承包人自行完成。",
    "Let the contractor build it himself.",
)
_TRANSFER = Case(
    "R19.transfer",
    Severity.HIGH,
    "民法典第七百九十一条第二款；建筑法第二十八条",
    "允许将工程转包（或肢解后全部转给他人）。",
    "All of the works may be passed on.",
    "请删除，并写明不得转包。",
    "Delete it, and say that it may not.",
)
_MAIN_WORKS = re.compile(r"(?:主体|主要部分|关键性工作|全部工程)[^。;\n]{0,16}分包|分包[^。;\n]{0,12}(?:主体|全部工程)")
_ALLOWED = re.compile(r"可(?!能)|允许|同意|有权|应当将")
_FORBIDDEN = re.compile(r"不得|严禁|禁止|不可|不允许|不能|无权|杜绝")


def passing_on(reading: Reading) -> Iterator[Hit]:
    for sentence in reading.text.sentences:
        text = sentence.text
        if not _ALLOWED.search(text) or _FORBIDDEN.search(text):
            continue
        if _MAIN_WORKS.search(text):
            yield _MAIN.at(sentence.start, sentence.end, 88)
        if "转包" in text:
            yield _TRANSFER.at(sentence.start, sentence.end, 90)
