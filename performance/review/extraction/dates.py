"""Days, periods and deadlines in a text, in every style contracts use. Pure.

2026年3月5日, 2026-03-05, 2026.3.5, 2026/3/5, 二〇二六年三月五日, 二零二六年…; periods 自…起至…止, A—B, 开工 A，竣工 B;
deadlines of N 日、N 个工作日、N 个月 after an event. A day that doesn't exist (2月30日) is a mention without a value.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from performance.due_dates.policy import Anchor, DueUnit, add_months
from performance.review.extraction.numerals import NUMERAL, integer
from performance.review.text import ContractText

_YEAR, _PART = "[0-9]{4}|[二一][零〇○O一二三四五六七八九]{3}", f"[0-9]{{1,2}}|{NUMERAL}{{1,3}}"
_DAY = re.compile(
    rf"(?<![0-9])({_YEAR}) ?(?:年 ?({_PART}) ?月 ?({_PART}) ?(?:日|号)|[./-]([0-9]{{1,2}})[./-]([0-9]{{1,2}})(?![0-9]))"
)
_SAME_YEAR = re.compile(rf"起?[,]?(?:至|到|[-—–~]+) ?({_PART})月({_PART})日")
_JOIN = re.compile(r"(?:起|始)?(?:计算)?[,、]? ?(?:至|到|[-—–~]+)")
_WORKS_JOIN = re.compile(r"(?:起|开工)?[。;,\n ]{0,2}(?:(?:计划)?竣工(?:日期|时间)?[为是:]{0,2}|至)")
_WORKS_PAIR = re.compile(r"开工[,、;]")
_STARTS = re.compile(r"(?:(?:开工|起始|开始)(?:日期|时间)?[为是:]{0,2}|自)$")
_SIGNED_LABEL = re.compile(r"(?:(?:签订|签署|签约|合同)?(?:日期|时间)|签订日|签署日) ?[为是:]? ?$")
_AWARD = re.compile(r"(?:中标|成交)(?:通知书)?(?:的)?(?:发出|签发|下达)?(?:日期|时间|之日)?(?:为|是|:|于)?$")

_COUNT = rf"([0-9]{{1,4}}|{NUMERAL}{{1,4}})"
_UNIT = r"(个?工作日|个?日历天|日历日|个?自然日|个?月|天|日|年)"
_AFTER = re.compile(
    rf"(?:(?:之日|当日|次日)?(?:起|后|之后|以后|算起)|之日)的?,?第?{_COUNT} ?{_UNIT}(?!前)(?:之内|以内|内)?"
)
_ANCHORS: tuple[tuple[Anchor | None, str], ...] = (
    (Anchor.ACCEPTANCE, r"(?:验收|终验|初验|考核)(?:合格|通过|完成|完毕)?|验收报告"),
    (Anchor.INVOICE, r"发票"),
    (
        Anchor.SIGNING,
        r"(?:合同|协议)(?:正式)?(?:签订|签署|生效)|(?:签订|签署)(?:本)?(?:补充)?(?:合同|协议)|签约|签订(?=之日|后)|生效",
    ),
    (Anchor.DELIVERY, r"到货|货到(?:现场)?|交货|(?:设备|货物)?交付|送达|收货|供货完毕"),
    (None, r"期满|届满|届期|期限?满|首付款|预付款|半年|完工|结束|收到(?!.{0,12}发票)"),
)
_EVENTS = tuple((anchor, re.compile(words)) for anchor, words in _ANCHORS)
_WHEN = re.compile(r"之?后|时|当日|之日")
_REACH = 16


@dataclass(frozen=True, slots=True)
class DayMention:
    """`day` is None if the calendar has no such day."""

    day: date | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both included."""

    first: DayMention
    last: DayMention

    @property
    def is_possible(self) -> bool:
        return self.first.day is not None and self.last.day is not None and self.first.day <= self.last.day


@dataclass(frozen=True, slots=True)
class Deadline:
    """A fixed `day`, or `count` `unit`s after `anchor` (count None: on or after the event, no time said). Neither: the
    event is none that the register knows."""

    start: int
    end: int
    day: date | None = None
    anchor: Anchor | None = None
    count: int | None = None
    unit: DueUnit | None = None

    def longest_days(self) -> int | None:
        """About how many calendar days at most; five working days are a week. None for what isn't relative."""
        if self.count is None or self.unit is None:
            return None
        if self.unit is DueUnit.MONTHS:
            return self.count * 30
        return self.count + self.count // 5 * 2 if self.unit is DueUnit.WORKING_DAYS else self.count


def days(body: str) -> tuple[DayMention, ...]:
    """In the order of the text."""
    found = [DayMention(_day(match), match.start(), match.end()) for match in _DAY.finditer(body)]
    for mention in list(found):
        short = _SAME_YEAR.match(body, mention.end)
        if short and mention.day:
            same = _existing(mention.day.year, integer(short[1]), integer(short[2]))
            found.append(DayMention(same, short.start(1), short.end()))
    return tuple(sorted(found, key=lambda mention: mention.start))


def _day(match: re.Match[str]) -> date | None:
    year, month, day, plain_month, plain_day = match.groups()
    return _existing(integer(year), integer(month or plain_month), integer(day or plain_day))


def _existing(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def periods(body: str, found: Sequence[DayMention]) -> tuple[Period, ...]:
    """Two days joined by 至 or a dash, or called 开工 and 竣工."""
    whole = []
    for first, last in pairwise(found):
        between = body[first.end : last.start]
        is_works = bool(_WORKS_JOIN.fullmatch(between)) and (
            "工" in between or bool(_STARTS.search(body[max(0, first.start - 8) : first.start]))
        )
        if _JOIN.fullmatch(between) or _WORKS_PAIR.fullmatch(between) or is_works:
            whole.append(Period(first, last))
    return tuple(whole)


def signed_on(text: ContractText, found: Sequence[DayMention]) -> tuple[DayMention, int] | None:
    """The day of signature and how sure that is, in per cent: labelled as such, or alone where the parties sign."""
    labelled, bare = None, None
    for mention in found:
        before = text.body[max(0, mention.start - 12) : mention.start].split("\n")[-1]
        is_alone = not before.strip() and text.body[mention.end : mention.end + 1] in {"", "\n"}
        if mention.start >= text.signature_start and (is_alone or _SIGNED_LABEL.search(before)):
            bare = mention
        elif labelled is None and _SIGNED_LABEL.search(before) and re.search("签[订署约]", before):
            labelled = mention
    if bare is not None:
        return bare, 92
    return None if labelled is None else (labelled, 95)


def awarded_on(body: str, found: Sequence[DayMention]) -> DayMention | None:
    """The day of the award, 中标通知书发出日期."""
    for mention in found:
        if mention.day and _AWARD.search(body[max(0, mention.start - 18) : mention.start]):
            return mention
    return None


def deadlines(body: str, start: int, end: int, found: Sequence[DayMention]) -> Iterator[Deadline]:
    """Of a piece of the body: the days it names, then the times after an event."""
    for mention in found:
        if start <= mention.start and mention.end <= end and mention.day is not None:
            yield Deadline(mention.start, mention.end, day=mention.day)
    for match in _AFTER.finditer(body, start, end):
        event = event_before(body, max(start, match.start() - _REACH), match.start())
        length = length_of(match[1], match[2])
        if length is not None and event is not None:
            yield Deadline(match.start(), match.end(), anchor=event[0], count=length[0], unit=length[1])


def event_of(body: str, start: int, end: int) -> Deadline | None:
    """The event a piece of the body hangs on without saying how long after it (验收合格后付 90%)."""
    for match in _WHEN.finditer(body, start, end):
        event = event_before(body, max(start, match.start() - _REACH), match.start(), near=4)
        if event is not None:
            return Deadline(event[1], match.end(), anchor=event[0])
    return None


def event_before(body: str, start: int, end: int, near: int = _REACH) -> tuple[Anchor | None, int] | None:
    """The last event before `end`: of 验收合格并收到发票后 it is the invoice. An unknown one is (None, …)."""
    last: tuple[int, int, Anchor | None] | None = None
    for anchor, pattern in _EVENTS:
        for match in pattern.finditer(body, start, end):
            if end - match.end() <= near and (last is None or (match.end(), -match.start()) > (last[0], -last[1])):
                last = match.end(), match.start(), anchor
    return None if last is None else (last[2], last[1])


def length_of(count: str, unit: str) -> tuple[int, DueUnit] | None:
    """十五, 个工作日 → (15, working days); a year is twelve months. None if the count is no number."""
    number = integer(count)
    if number is None:
        return None
    if unit.endswith(("月", "年")):
        return number * (12 if unit.endswith("年") else 1), DueUnit.MONTHS
    return number, DueUnit.WORKING_DAYS if "工作日" in unit else DueUnit.CALENDAR_DAYS


def last_day_of(first: date, count: int, unit: DueUnit) -> date:
    """The last day of a term that begins with `first`, which counts (租期两年，自 5 月 1 日起: 4 月 30 日)."""
    if unit is DueUnit.MONTHS:
        return add_months(first, count) - timedelta(days=1)
    return first + timedelta(days=count - 1)
