"""Amounts of money in a text, in figures and in words, and which of them is the contract's. Pure, exact.

An amount in words beside one in figures is a pair. A pair that disagrees gives no value: which of the two holds is for
the parties to say.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from core.money import Money
from performance.review.extraction.numerals import CAPITALS, capital_amount
from performance.review.text import ContractText

_FIGURES = re.compile(
    r"(?<![0-9A-Za-z.,-])(¥|RMB|CNY)? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})(\.[0-9]{1,6})? ?(亿元|万元|千元|元)?"
    r"(?![0-9.%‰])"
)
_WORDS = re.compile(
    rf"(?<![0-9.])(?![佰仟百千万亿]){CAPITALS}+(?:元|圆|圓)(?:零?{CAPITALS}角)?(?:零?{CAPITALS}分)?(?:整|正)?"
)
_SCALE = {"亿元": 100_000_000, "万元": 10_000, "千元": 1000, "元": 1, None: 1}
_BETWEEN = re.compile(r"[\s:,()¥]|人民币|大写|小写|即|为|计|RMB|CNY|金额")
_MOST_BETWEEN = 24
_PER_UNIT = re.compile(r"\)?(?:/|每)")
_LABELS: tuple[tuple[int, str], ...] = (
    (95, "合同(?:的)?(?:总金额|总价款|总价|总额|金额|价款|价格|价)|(?:协议|工程)(?:总价款|总价|价款|造价)"),
    (94, "(?:追加|增加)(?:合同|采购)?(?:金额|价款)"),
    (88, "总价款|总价|总金额|总额"),
    (80, "(?:合计|共计|总计)(?:金额)?"),
    (75, "咨询费|勘察费|设计费|监理费|服务费用?|价款|价格|全年预算"),
)
_GAP = r"(?:\([^()]{0,12}\)|[:为是计共,(¥ ]|人民币|暂定|大写|小写|固定|含税)*"
_LABELLED = tuple((rank, re.compile(rf"(?:{words}){_GAP}$")) for rank, words in _LABELS)
_NOT_THE_CONTRACTS = re.compile(
    r"(?:原合同|原协议|单价|每月|月|累计|违约|逾期|保证金|定金|订金|押金|码洋)[^,;。]{0,14}$|原$"
)
_LOOK_BACK = 34
_CONFIRMED = 4


@dataclass(frozen=True, slots=True)
class Amount:
    """`value` is positive, in CNY. `is_unit_price`: 元/吨 and the like."""

    value: Money
    start: int
    end: int
    is_words: bool = False
    is_unit_price: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """The same amount in words and in figures, as it should be."""

    words: Amount
    figures: Amount

    @property
    def agrees(self) -> bool:
        return self.words.value == self.figures.value

    @property
    def start(self) -> int:
        return min(self.words.start, self.figures.start)

    @property
    def end(self) -> int:
        return max(self.words.end, self.figures.end)

    def has(self, amount: Amount) -> bool:
        return amount in (self.words, self.figures)


@dataclass(frozen=True, slots=True)
class ContractAmount:
    """The contract's price; `confidence` in per cent, `reason` a key of `wording.REASONS`."""

    amount: Amount
    confidence: int
    reason: str


def amounts(body: str) -> tuple[Amount, ...]:
    """In the order of the text. A number needs 元 after it or ¥ before it; fractions of a fen are no amount."""
    return tuple(sorted([*_figures(body), *_words(body)], key=lambda amount: amount.start))


def _figures(body: str) -> Iterator[Amount]:
    for match in _FIGURES.finditer(body):
        sign, whole, fraction, unit = match.groups()
        if sign is None and unit is None:
            continue
        minor = Decimal(whole.replace(",", "") + (fraction or "")) * _SCALE[unit] * 100
        if minor == minor.to_integral_value():
            start = match.end() - len(match[0].lstrip())
            yield Amount(Money(int(minor)), start, match.end(), is_unit_price=bool(_PER_UNIT.match(body, match.end())))


def _words(body: str) -> Iterator[Amount]:
    for match in _WORDS.finditer(body):
        value = capital_amount(match[0])
        if value is not None:
            is_unit_price = bool(_PER_UNIT.match(body, match.end()))
            yield Amount(Money(int(value * 100)), match.start(), match.end(), True, is_unit_price)


def pairs(body: str, found: Sequence[Amount]) -> tuple[Pair, ...]:
    """Neighbours of which one is in words and one in figures, with nothing between them but what joins the two."""
    paired: list[Pair] = []
    taken = -1
    for index, (first, second) in enumerate(pairwise(found)):
        if first.is_words == second.is_words or index == taken:
            continue
        between = body[first.end : second.start]
        if len(between) <= _MOST_BETWEEN and "\n" not in between and not _BETWEEN.sub("", between):
            words, figures = (first, second) if first.is_words else (second, first)
            paired.append(Pair(words, figures))
            taken = index + 1
    return tuple(paired)


def contract_amount(text: ContractText, found: Sequence[Amount], paired: Sequence[Pair]) -> ContractAmount | None:
    """The amount with the weightiest label; the first of equals. None where nothing is called a price, or where words
    and figures disagree and nothing else confirms one of them."""
    disputed = [pair for pair in paired if not pair.agrees]
    confirmed = [pair for pair in paired if pair.agrees]
    ranked = [
        (rank + _CONFIRMED * any(pair.has(amount) for pair in confirmed), amount)
        for amount in found
        if (rank := _rank(text.body, amount, paired))
    ]
    ranked.sort(key=lambda each: -each[0])  # stable: the first of equals stays first
    if not ranked:
        return None
    rank, best = ranked[0]
    if not any(pair.has(best) for pair in disputed):
        is_confirmed = any(pair.has(best) for pair in confirmed)
        return ContractAmount(best, rank, "amount_confirmed" if is_confirmed else "amount_label")
    values = {each.value for pair in disputed for each in (pair.words, pair.figures)}
    for _, amount in ranked:
        if amount.value in values and not any(pair.has(amount) for pair in disputed):
            return ContractAmount(amount, 50, "amount_disputed")
    return None


def _rank(body: str, amount: Amount, paired: Sequence[Pair]) -> int:
    """How surely an amount is the contract's, by what stands before it (or before its pair); 0: not at all."""
    if amount.is_unit_price:
        return 0
    start = next((pair.start for pair in paired if pair.has(amount)), amount.start)
    before = re.split(r"[。;\n]", body[max(0, start - _LOOK_BACK) : start])[-1]
    for rank, pattern in _LABELLED:
        match = pattern.search(before)
        if match and not _NOT_THE_CONTRACTS.search(before[: match.start()]):
            return rank
    return 0
