"""R05: days that can't be, terms that end before they begin or aren't as long as said, and signing too late."""

import re
from collections.abc import Iterator

from performance.review.extraction.dates import Period, awarded_on, last_day_of, length_of
from performance.review.extraction.numerals import NUMERAL
from performance.review.reading import Reading
from performance.review.rule import Case, Hit, Severity

_IMPOSSIBLE = Case(
    "R05.impossible",
    Severity.HIGH,
    "民法典第二百条",
    "日期“{day}”不存在。",
    "There is no day {day}.",
    "请更正日期。",
    "Correct the date.",
)
_REVERSED = Case(
    "R05.reversed",
    Severity.HIGH,
    "民法典第四百七十条",
    "期限的终止日 {last} 早于起始日 {first}。",
    "The term ends on {last}, before it begins on {first}.",
    "请更正起止日期。",
    "Correct the two dates.",
)
_LENGTH = Case(
    "R05.length",
    Severity.MEDIUM,
    "民法典第二百条、第二百零一条、第二百零二条",
    "写明的期限 {said} 与起止日期（{first} 至 {last}，共 {actual} 日）不符。",
    "The term is said to be {said}; from {first} to {last} it is {actual} days.",
    "请统一期限与起止日期。",
    "Make the length and the dates agree.",
)
_AWARD_LATE = Case(
    "R05.award_late",
    Severity.MEDIUM,
    "政府采购法第四十六条；招标投标法第四十六条",
    "签订日期 {signed} 距中标（成交）通知书发出之日 {awarded} 已超过三十日。",
    "It was signed on {signed}, more than thirty days after the award of {awarded}.",
    "请说明逾期签订的原因并留存证明。",
    "Say why it was signed late and keep the proof.",
)
_MISSING = Case(
    "R05.missing",
    Severity.MEDIUM,
    "民法典第四百九十条",
    "未写明签订日期，也没有填写签订日期的位置。",
    "There is neither a date of signature nor a place for one.",
    "请在签署处增加签订日期。",
    "Add the date where the parties sign.",
)

_SAID = re.compile(
    rf"(?<!试用)(?:期限|工期|租期|服务期|供货期|共|共计|为期)(?!至|自)[^0-9。;\n自]{{0,8}}?([0-9]{{1,3}}|{NUMERAL}{{1,4}})"
    r" ?(个?日历天|日历日|个?月|年|天|日)(?![0-9])"
)
_DAY_PLACE = re.compile(r"(?:签订|签署|签约)?(?:日期|时间) ?:|年 ?_* ?月 ?_* ?日")
_MOST_DAYS = 30


def dates(reading: Reading) -> Iterator[Hit]:
    body = reading.text.body
    for mention in reading.days:
        if mention.day is None:
            yield _IMPOSSIBLE.at(mention.start, mention.end, 98, day=body[mention.start : mention.end])
    for period in reading.periods:
        yield from _period(reading, period)
    yield from _signing(reading)
    is_dated = any(mention.start >= reading.text.signature_start for mention in reading.days)
    if not is_dated and reading.signed is None and not _DAY_PLACE.search(body):
        yield _MISSING.missing(80)


def _period(reading: Reading, period: Period) -> Iterator[Hit]:
    first, last = period.first.day, period.last.day
    if first is None or last is None:
        return
    told = {"first": first.isoformat(), "last": last.isoformat()}
    if last < first:
        yield _REVERSED.at(period.first.start, period.last.end, 96, **told)
        return
    line = next(line for line in reading.text.lines if line.start <= period.first.start < line.end + 1)
    end = reading.text.body.find("\n", period.last.end)
    for match in _SAID.finditer(reading.text.body, line.start, end if end > 0 else len(reading.text.body)):
        length = length_of(match[1], match[2])
        is_inside = match.end() > period.first.start and match.start() < period.last.end
        if length is None or is_inside or abs((last_day_of(first, *length) - last).days) <= 1:
            continue
        actual = str((last - first).days + 1)
        yield _LENGTH.at(match.start(), match.end(), 85, said=f"{match[1]}{match[2]}", actual=actual, **told)


def _signing(reading: Reading) -> Iterator[Hit]:
    awarded = awarded_on(reading.text.body, reading.days)
    signed = reading.signed[0] if reading.signed else None
    if awarded is None or awarded.day is None or signed is None or signed.day is None:
        return
    if (signed.day - awarded.day).days > _MOST_DAYS:
        told = {"signed": signed.day.isoformat(), "awarded": awarded.day.isoformat()}
        yield _AWARD_LATE.at(signed.start, signed.end, 90, **told)
