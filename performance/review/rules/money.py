"""R03 words and figures, R04 sums, R18 supplements: exact arithmetic on what the text itself says."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from core.money import Money
from performance.review.extraction.amounts import Amount
from performance.review.reading import Reading
from performance.review.rule import Case, Hit, Severity
from performance.review.text import Passage, Table

_WORDS_DIFFER = Case(
    "R03.words_differ",
    Severity.HIGH,
    "民法典第四百七十条、第五百一十条；票据法第八条（仅参照）",
    "金额大写与小写不一致：大写为 {words} 元，小写为 {figures} 元。",
    "The amount in words is {words}, in figures {figures} CNY.",
    "请核对并统一大写与小写金额。",
    "Find out which is meant and write both alike.",
)
_ITEMS = Case(
    "R04.items_total",
    Severity.HIGH,
    "民法典第四百七十条、第五百一十一条",
    "数量、单价与金额对不上：{what} 应为 {computed} 元，写为 {written} 元。",
    "Items and total disagree: {what} comes to {computed}, the text says {written} CNY.",
    "请复核清单的数量、单价、小计与合同总价。",
    "Check quantities, unit prices, line totals and the price.",
)
_INSTALMENTS = Case(
    "R04.instalments",
    Severity.HIGH,
    "民法典第四百七十条、第五百一十一条",
    "分期付款对不上：{what} 为 {written}，应为 {computed}。",
    "The instalments don't add up: {what} is {written}, it should be {computed}.",
    "请复核各期付款比例和金额，合计应为合同总价的 100%。",
    "Check the shares and amounts; together they should be 100 % of the price.",
)
_SUPPLEMENTS = Case(
    "R18.over_10",
    Severity.HIGH,
    "政府采购法第四十九条",
    "补充合同累计 {supplements} 元，超过原合同 {original} 元的百分之十。",
    "Supplements of {supplements} in total exceed ten per cent of the original {original} CNY.",
    "超过部分应依法另行采购；请核对累计追加金额。",
    "What exceeds it must be procured anew; check the total of all supplements.",
)

_CELL_NUMBER = re.compile(r"¥?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?(?:元|[台套张把件个支只株册吨辆])?")
_SUM_ROW = re.compile("合计|总计|共计")
_INLINE = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+(?:\.[0-9]+)?)(万)?([台套张把件个支只株册吨辆组块盏樘])[^0-9。;\n|][^。;\n|]{0,24}?单价"
    r"(?:\(元\))?(?:为|:)?(?:人民币)?¥? ?([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?(万)?"
)
_LEAST_RANK = 88
_RECURRING = re.compile("每月|每季|每年|按月|按季|按年|当月|当季|上月|次月|分期|每批")
_REST = re.compile(r"(?:其余|余款|剩余|尾款)")


def words_and_figures(reading: Reading) -> Iterator[Hit]:
    """R03. 叁拾万元整 beside ¥360,000; compared to the fen."""
    for pair in reading.pairs:
        if not pair.agrees:
            words, figures = str(pair.words.value), str(pair.figures.value)
            yield _WORDS_DIFFER.at(pair.start, pair.end, 97, words=words, figures=figures)


def items_and_total(reading: Reading) -> Iterator[Hit]:
    """R04: each line of a price table, its sum, and the sum against the price; outside of tables quantity × price."""
    for table in reading.text.tables:
        yield from _table(reading, table)
    if reading.text.tables:
        return
    matches = list(_INLINE.finditer(reading.text.body))
    prices = _prices(reading)
    if len(matches) != 1 or not prices:
        return
    match = matches[0]
    quantity = Decimal(match[1].replace(",", "")) * (10_000 if match[2] else 1)
    price = Decimal(match[4].replace(",", "") + (match[5] or "")) * (10_000 if match[6] else 1)
    computed = Money(int(quantity * price * 100))
    if all(each.value != computed for each in prices):
        what = f"{match[1]}{match[2] or ''}{match[3]} × {price}"
        yield _ITEMS.at(match.start(), match.end(), 85, what=what, computed=str(computed), written=str(prices[0].value))


def _prices(reading: Reading) -> Sequence[Amount]:
    """What the text calls the contract's price; both of a pair that disagrees."""
    if reading.amount is not None and reading.amount.confidence >= _LEAST_RANK:
        return [reading.amount.amount]
    disputed = [each for pair in reading.pairs if not pair.agrees for each in (pair.words, pair.figures)]
    if disputed:
        return [*disputed, *([reading.amount.amount] if reading.amount else [])]
    return [reading.amount.amount] if reading.amount else []


def _table(reading: Reading, table: Table) -> Iterator[Hit]:
    columns = _columns(table)
    if columns is None:
        return
    quantity_at, price_at, total_at = columns
    lines = Decimal(0)
    for row in table.rows[1:]:
        if len(row) <= total_at:
            continue
        total = _value(row[total_at])
        label = _SUM_ROW.search("".join(cell.text for cell in row))
        if label:
            if total is not None and total != lines:
                yield _items_hit(row, label[0], lines, total)
            yield from _against_price(reading, row, total)
            continue
        quantity, price = _value(row[quantity_at]), _value(row[price_at])
        if total is None or quantity is None or price is None:
            continue
        lines += total
        if quantity * price != total:
            yield _items_hit(row, f"{quantity} × {price}", quantity * price, total)


def _against_price(reading: Reading, row: Sequence[Passage], total: Decimal | None) -> Iterator[Hit]:
    price = reading.amount.amount.value if reading.amount else None
    if total is not None and price is not None and Money(int(total * 100)) != price:
        yield _items_hit(row, "清单合计 / 合同总价 price", Decimal(price.minor) / 100, total)


def _items_hit(row: Sequence[Passage], what: str, computed: Decimal, written: Decimal) -> Hit:
    return _ITEMS.at(row[0].start, row[-1].end, 95, what=what, computed=f"{computed:.2f}", written=f"{written:.2f}")


def _columns(table: Table) -> tuple[int, int, int] | None:
    """Where quantity, unit price and line total are; None if it is no table of prices."""
    heads = [cell.text for cell in table.rows[0]]
    found = [
        next((index for index, head in enumerate(heads) if re.search(words, head)), None)
        for words in ("数量", "单价", "金额|合计|小计|总价")
    ]
    quantity, price, total = found
    return None if quantity is None or price is None or total is None else (quantity, price, total)


def _value(cell: Passage) -> Decimal | None:
    match = _CELL_NUMBER.fullmatch(cell.text)
    return Decimal(match[1].replace(",", "") + (match[2] or "")) if match else None


def instalments(reading: Reading) -> Iterator[Hit]:
    """R04: shares must make up the whole; a share of the price must be the amount beside it."""
    paid = reading.payments
    price = reading.amount.amount.value if reading.amount and reading.amount.confidence > 50 else None
    for each in paid:
        if each.share is None or each.stated is None or price is None or each.share == 1:
            continue
        computed = each.share * price.minor
        if computed == computed.to_integral_value() and int(computed) != each.stated.value.minor:
            yield _INSTALMENTS.at(
                each.stated.start,
                each.stated.end,
                90,
                what=f"{each.share:.0%}",
                written=str(each.stated.value),
                computed=str(Money(int(computed))),
            )
    shares = [each.share for each in paid if each.share is not None]
    if len(shares) < 2:
        return
    total = sum(shares, Decimal(0))
    has_rest = any(each.share is None for each in paid) or _unshared_rest(reading)
    if total > 1 or (total < 1 and not has_rest):
        yield _INSTALMENTS.at(
            paid[0].start, paid[-1].end, 85, what="各期合计 all shares", written=f"{total * 100:.4g}%", computed="100%"
        )


def _unshared_rest(reading: Reading) -> bool:
    """其余价款待结算后付清: the rest is paid, without a share."""
    first, last = reading.payments[0].start, reading.payments[-1].end
    around = reading.text.body[first : last + 120]
    return any(not re.match(r"[^,;。]{0,6}[0-9百]", around[match.end() :]) for match in _REST.finditer(around))


_ORIGINAL = re.compile(r"原合同(?:采购|总)?(?:金额|价款|总价|价)[^0-9,;。]{0,8}$")
_ADDED = re.compile(r"(?:追加|增加|增补)(?:的)?(?:采购|合同)?(?:金额|价款|款项)(?:为|:|人民币|¥)*$")


def supplements(reading: Reading) -> Iterator[Hit]:
    """R18: everything added so far against the original amount; the tenth itself is allowed."""
    original: Amount | None = None
    added: list[Amount] = []
    for amount in reading.amounts:
        before = reading.text.body[max(0, amount.start - 24) : amount.start]
        if original is None and _ORIGINAL.search(before):
            original = amount
        elif _ADDED.search(before):
            added.append(amount)
    total = sum(amount.value.minor for amount in added)
    if original is not None and total * 10 > original.value.minor:
        yield _SUPPLEMENTS.at(
            added[-1].start, added[-1].end, 90, supplements=str(Money(total)), original=str(original.value)
        )
