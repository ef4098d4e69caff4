"""Who pays what when, and what is delivered when: the milestones of a contract's text. Pure.

An instalment is a piece of a sentence about paying that has its own share or amount, or its own time. 支付至 80% is
read as the part that is still missing. What is said of damages, interest and deposits is no instalment; 定金 is one if
it counts towards the price (抵作价款, 民法典 §587).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from performance.due_dates.policy import Anchor
from performance.review.extraction.amounts import Amount
from performance.review.extraction.dates import DayMention, Deadline, Period, deadlines, event_of
from performance.review.extraction.numerals import SHARE, share
from performance.review.text import ContractText, Passage

_PAYS = re.compile(r"支付|付款|付清|结清|(?<!交)付至|付[0-9百全]|首付|预付|余款|尾款|返还|作为质(?:保|量保证)金")
_NOT_PAYING = re.compile(
    r"违约|利息|赔偿|罚|每逾期|滞纳金|押金|订金|履约保证|履约担保|补偿|扣减|工资|抵作|结算依据|原合同|□"
)
_EARNEST, _EARNEST_COUNTS = (
    re.compile("定金"),
    re.compile("定金[^。;\n]{0,8}抵[作扣充]|抵[作扣充][^。;\n]{0,6}(?:货款|价款)"),
)
_SHARES = re.compile(SHARE)
_UP_TO = re.compile(r"(?:支付|付|拨付|累计)(?:款)?(?:至|到)[^,;。]{0,14}$")
_ALL = re.compile(r"一次性(?:支付|付清|付)|支付全部|付清全部")
_CUT = re.compile(r"[,、](?=剩余|其余|余款?|尾款|[^,]{0,30}[0-9百])")
_NOT_A_PRICE = re.compile(r"返还|退还|到货|安装|图纸")
_DELIVERS = re.compile(
    r"交货|交付|送达|运至|运抵|运到|送至|送到|送货|到货|供货|供至|供应至|提交[^,。;]{0,8}(?:成果|报告)|交车|完成开发"
)
_NOT_DELIVERING = re.compile(
    r"违约|逾期|迟延|送达(?:地址|方式|的效力)|质保期|异议|投标|图纸|原合同|验收合格[^,;。]{0,12}付"
)
_PAID_BY_THEN = re.compile(r"支付|付款|付清|货款|付[0-9]")
_INSPECTS, _INSPECTED_AFTER = re.compile("验收|检验|抽检|异议"), (Anchor.DELIVERY, Anchor.ACCEPTANCE)
_BY_THEN = re.compile(r"(?:之|以)?前")


@dataclass(frozen=True, slots=True)
class Milestone:
    """`share` of the price as a fraction, `stated` the amount the text names. `deadline` is None where the text has no
    time that a register could count from."""

    start: int
    end: int
    deadline: Deadline | None
    share: Decimal | None = None
    stated: Amount | None = None


def payments(text: ContractText, amounts: Sequence[Amount], days: Sequence[DayMention]) -> tuple[Milestone, ...]:
    """The instalments in the order of the text."""
    earnest_counts = bool(_EARNEST_COUNTS.search(text.body))
    found: list[Milestone] = []
    reached = Decimal(0)
    for piece in _pieces(text):
        is_earnest = bool(_EARNEST.search(piece.text)) and not earnest_counts
        if is_earnest or not _PAYS.search(piece.text) or _NOT_PAYING.search(piece.text):
            continue
        milestone = _instalment(text.body, piece, amounts, days, reached)
        if milestone is not None:
            found.append(milestone)
            reached += milestone.share or 0
    return tuple(found)


def _pieces(text: ContractText) -> Iterator[Passage]:
    """Sentences before the signatures, cut at commas where one has several shares."""
    for sentence in text.sentences:
        if sentence.start >= text.signature_start or sentence.text.startswith("|"):
            continue
        starts = [0]
        for match in _CUT.finditer(sentence.text):
            has_share = _SHARES.search(sentence.text, starts[-1], match.start())
            if has_share and _SHARES.search(sentence.text, match.end()):
                starts.append(match.end())
        for start, end in zip(starts, [*starts[1:], len(sentence.text)], strict=True):
            yield Passage(sentence.text[start:end], sentence.start + start)


def _instalment(
    body: str, piece: Passage, amounts: Sequence[Amount], days: Sequence[DayMention], reached: Decimal
) -> Milestone | None:
    match = next(iter(reversed(list(_SHARES.finditer(piece.text)))), None)
    part = share(match[0]) if match else None
    if match and part is not None and _UP_TO.search(piece.text[: match.start()]):
        part = part - reached if part > reached else None
    if part is None and _ALL.search(piece.text):
        part = Decimal(1)
    stated = [each for each in amounts if piece.start <= each.start < piece.end and not each.is_unit_price]
    deadline = _deadline(body, piece, days)
    says_little = part is None and not stated
    if says_little and (deadline is None or deadline.count is None or _NOT_A_PRICE.search(piece.text)):
        return None
    return Milestone(piece.start, piece.end, deadline, part, stated[-1] if stated else None)


def _deadline(body: str, piece: Passage, days: Sequence[DayMention]) -> Deadline | None:
    found = list(deadlines(body, piece.start, piece.end, days))
    known = [each for each in found if each.day or each.anchor]
    if known:
        return known[0]
    event = None if found else event_of(body, piece.start, piece.end)
    return event if event is not None and event.anchor is not None else None


def deliveries(text: ContractText, days: Sequence[DayMention], works: Period | None) -> tuple[Milestone, ...]:
    """What is handed over by a day, or by a time after signing or another event that a register knows; of works their
    completion."""
    if works is not None:
        last = works.last
        return (Milestone(last.start, last.end, Deadline(last.start, last.end, last.day)),) if last.day else ()
    found: list[Milestone] = []
    for sentence in text.sentences:
        if sentence.start >= text.signature_start or sentence.text.startswith("|"):
            continue
        if not _DELIVERS.search(sentence.text) or _NOT_DELIVERING.search(sentence.text):
            continue
        for deadline in deadlines(text.body, sentence.start, sentence.end, days):
            is_inspection = deadline.anchor in _INSPECTED_AFTER and _INSPECTS.search(sentence.text)
            is_due = deadline.anchor or (deadline.day and _BY_THEN.match(text.body, deadline.end))
            if is_due and not is_inspection and not _PAID_BY_THEN.search(_around(sentence, deadline)):
                found.append(Milestone(deadline.start, deadline.end, deadline))
    return tuple(found)


def _around(sentence: Passage, deadline: Deadline) -> str:
    """The piece between commas that a deadline stands in."""
    start, end = deadline.start - sentence.start, deadline.end - sentence.start
    stop = sentence.text.find(",", end)
    return sentence.text[sentence.text.rfind(",", 0, start) + 1 : stop if stop >= 0 else len(sentence.text)]
