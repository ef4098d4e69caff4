"""R16 what was left open, R22 what should be there by the text's own account: annexes, pages, numbers, seals."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from performance.review.extraction.numerals import NUMERAL, integer
from performance.review.reading import Reading
from performance.review.rule import Case, Hit, Severity
from performance.review.text import Passage

_BLANK = Case(
    "R16.blank",
    Severity.HIGH,
    "民法典第四百七十条、第五百一十条",
    "正文有未填写的空白。",
    "There is a blank that nobody filled in.",
    "请填写，或者写“无”。",
    "Fill it in, or write 无 (none).",
)
_UNDECIDED = Case(
    "R16.undecided",
    Severity.MEDIUM,
    "民法典第四百七十条、第五百一十条、第五百一十一条",
    "内容未定：“{words}”。",
    "Something is left open: {words}.",
    "请明确约定，或者写明确定的方法和时间。",
    "Decide it, or say how and when it is decided.",
)
_UNTICKED = Case(
    "R16.unticked",
    Severity.MEDIUM,
    "民法典第四百七十条、第五百一十条",
    "选项未勾选。",
    "None of the options is ticked.",
    "请勾选其中一项。",
    "Tick one.",
)
_ANNEX = Case(
    "R22.annex",
    Severity.MEDIUM,
    "民法典第四百七十条、第四百九十条",
    "提到{annex}，但文本中没有。",
    "{annex} is mentioned and isn't there.",
    "请附上，或者删除引用。",
    "Attach it, or delete the reference.",
)
_PAGE = Case(
    "R22.page",
    Severity.HIGH,
    "民法典第四百九十条",
    "页码不完整：缺第 {missing} 页（共 {total} 页）。",
    "The pages aren't complete: {missing} of {total} is missing.",
    "请补齐缺页后再签。",
    "Complete it before anybody signs.",
)
_CLAUSE = Case(
    "R22.clause_number",
    Severity.LOW,
    "民法典第四百九十条",
    "条款编号不连续：{before} 之后是 {after}。",
    "The numbering is broken: {after} follows {before}.",
    "请核对是否缺条或者重号。",
    "See whether a clause is missing or a number used twice.",
)
_SEAL = Case(
    "R22.seal",
    Severity.MEDIUM,
    "民法典第四百九十条",
    "没有签字、盖章的位置。",
    "There is no place to sign or seal.",
    "请增加双方签字、盖章处。",
    "Add one for both parties.",
)

_GAP = re.compile(r"_{2,}|(?<![0-9〇一二三四五六七八九十 ]) ?(?<![每当本次全当]) 年 ?月 ?日")
_OPEN = re.compile(
    r"(?:价|租金|费|金额|时间|日期|期限?|数量|标准|涨幅|归属|地点|方式|付款|比例|质量|款)[^,。;\n未]{0,10}"
    r"(?:待定|另行(?:协商|约定|商定|议定|确定)|另议|面议|再议|双方再定)|待定(?=[。;,\n])"
)
_TICKED = re.compile("[☑☒√✓✔■]")
_ANNEXES = re.compile(rf"附件 ?([0-9]{{1,2}}|{NUMERAL}{{1,2}})|附图|附表")
_ATTACHED = re.compile(rf"(?:附件 ?([0-9]{{1,2}}|{NUMERAL}{{1,2}})|附图|附表)")
_NUMBERINGS = (
    re.compile(rf"第 ?([0-9]{{1,3}}|{NUMERAL}{{1,4}}) ?条"),
    re.compile(rf"({NUMERAL}{{1,3}})、"),
    re.compile(r"([0-9]{1,2})(?:[、.](?![0-9])|(?=[\u4e00-\u9fff]))"),
)
_LEAST_NUMBERED = 3
_SIGNED = re.compile("盖章|签章|公章|签字|签名|章\\)")


def left_open(reading: Reading) -> Iterator[Hit]:
    """R16. Blanks where the parties sign are filled when they sign."""
    text = reading.text
    for match in _GAP.finditer(text.body, 0, text.signature_start):
        yield _BLANK.at(match.start(), match.end(), 88)
    for match in _OPEN.finditer(text.body, 0, text.signature_start):
        yield _UNDECIDED.at(match.start(), match.end(), 82, words=match[0])
    for line in text.lines:
        if line.text.count("□") >= 2 and not _TICKED.search(line.text):
            yield _UNTICKED.at(line.start, line.end, 90)


def completeness(reading: Reading) -> Iterator[Hit]:
    """R22."""
    yield from _annexes(reading)
    yield from _pages(reading)
    yield from _clauses(reading)
    signatures = reading.text.body[reading.text.signature_start :]
    if not _SIGNED.search(signatures):
        yield _SEAL.missing(78)


def _annexes(reading: Reading) -> Iterator[Hit]:
    attached = {_annex(match) for line in reading.text.lines if (match := _ATTACHED.match(line.text))}
    told: set[str] = set()
    for match in _ANNEXES.finditer(reading.text.body):
        name = _annex(match)
        if name not in attached | told:
            told.add(name)
            yield _ANNEX.at(match.start(), match.end(), 80, annex=match[0])


def _annex(match: re.Match[str]) -> str:
    return f"附件{integer(match[1])}" if match[1] else match[0]


def _pages(reading: Reading) -> Iterator[Hit]:
    """By what the pages say of themselves; a text without page numbers says nothing."""
    labels = reading.text.labels
    if not labels:
        return
    total = max(label.total or label.number for label in labels)
    missing = sorted(set(range(1, total + 1)) - {label.number for label in labels})
    if missing:
        yield _PAGE.missing(85, missing=", ".join(map(str, missing)), total=str(total))


def _clauses(reading: Reading) -> Iterator[Hit]:
    """The outermost numbering alone: the first style that at least three lines begin with."""
    lines = [line for line in reading.text.lines if line.start < reading.text.signature_start]
    for style in _NUMBERINGS:
        numbered = [(line, number) for line in lines if (number := _number(style, line)) is not None]
        if len(numbered) >= _LEAST_NUMBERED:
            yield from _broken(numbered)
            return


def _number(style: re.Pattern[str], line: Passage) -> int | None:
    match = style.match(line.text)
    return integer(match[1]) if match else None


def _broken(numbered: Sequence[tuple[Passage, int]]) -> Iterator[Hit]:
    for (_, before), (line, after) in pairwise(numbered):
        if after != before + 1 and after != 1:  # an annex counts from one again
            yield _CLAUSE.at(line.start, line.end, 80, before=str(before), after=str(after))
            return
