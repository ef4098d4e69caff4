"""What a signed contract says of itself in words that can hardly mean anything else (pure, for rule X06).

Only what carries its label is taken: 合同总价 … 480,000.00 元, 签订日期 … 2026年11月23日, and codes whose check
character is right. A value without a label may be an instalment or a deadline, and a false alarm costs somebody a day.
"""

import re
from datetime import date
from decimal import Decimal

from accounts.errors import InvalidUSCC
from accounts.policy import USCC_ALPHABET, check_uscc
from core.money import Money

_PRICE = re.compile(
    r"合同(?:总)?(?:金额|价款|价格|总价|总额|价)[^0-9¥￥\n]{0,20}[¥￥]?\s*([0-9]{1,3}(?:[,，][0-9]{3})+|[0-9]{1,12})(\.[0-9]{1,6})?\s*(万元|元)?"
)
_SIGNED = re.compile(
    r"(?:签订|签署)(?:日期|时间)\s*[:：]?\s*([0-9]{4})\s*[年./-]\s*([0-9]{1,2})\s*[月./-]\s*([0-9]{1,2})"
)
_CODE = re.compile(f"(?<![0-9A-Za-z])[{USCC_ALPHABET}]{{18}}(?![0-9A-Za-z])")


def stated_amounts(text: str) -> list[Money]:
    """The amounts called the contract's price, in the order of the text. Only 元 and 万元 (CNY) are read."""
    found = []
    for match in _PRICE.finditer(text):
        whole, fraction, unit = match.groups()
        if unit is None and "¥" not in match[0] and "￥" not in match[0]:
            continue  # A number and no unit: 合同价格 30 日内有效
        value = Decimal(re.sub("[,，]", "", whole) + (fraction or "")) * (10000 if unit == "万元" else 1)
        if value == value.quantize(Decimal("0.01")):
            found.append(Money(int(value * 100)))
    return found


def stated_days(text: str) -> list[date]:
    """The days called the day of signature. Impossible ones are left to the risk review."""
    found = []
    for match in _SIGNED.finditer(text):
        year, month, day = (int(part) for part in match.groups())
        try:
            found.append(date(year, month, day))
        except ValueError:
            continue
    return found


def stated_usccs(text: str) -> list[str]:
    """Every well-formed unified social credit code, once, in the order of the text."""
    found = []
    for match in _CODE.finditer(text):
        try:
            found.append(check_uscc(match[0]))
        except InvalidUSCC:
            continue
    return list(dict.fromkeys(found))
