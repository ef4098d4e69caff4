"""Chinese numerals: 三十, 二〇二六, 壹佰贰拾万元整, 百分之三十, 万分之零点三. Exact, in `Decimal`. Pure."""

import re
from decimal import Decimal

_DIGITS = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    **{character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")},
    "〇": 0,
    "○": 0,
    "O": 0,
    "两": 2,
    "貳": 2,
    "參": 3,
    "陸": 6,
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}

NUMERAL = "[零〇○一二两三四五六七八九十百千万]"
CAPITALS = "[零壹贰貳叁參肆伍陆陸柒捌玖拾佰仟万萬亿億一二三四五六七八九十百千]"
NUMBER = rf"(?:[0-9]+(?:\.[0-9]+)?|{NUMERAL}+(?:点{NUMERAL}+)?)"
SHARE = rf"(?:[0-9]+(?:\.[0-9]+)? ?[%‰]|[百千万]分之{NUMBER})"
"""A per cent, per mille or per myriad, in figures or in words."""

_CAPITAL_AMOUNT = re.compile(rf"({CAPITALS}+)(?:元|圆|圓)(?:零?({CAPITALS})角)?(?:零?({CAPITALS})分)?(?:整|正)?")


def integer(text: str) -> int | None:
    """三十 → 30, 二〇二六 → 2026, 一百二十 → 120, 12 → 12; None for what is no number."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    if not any(character in _UNITS or character in _MYRIADS for character in text):
        digits = [_DIGITS.get(character) for character in text]
        return None if None in digits else int("".join(map(str, digits)))
    return _with_units(text)


def number(text: str) -> Decimal | None:
    """A whole or decimal number in figures or words: 0.5, 零点三, 十五."""
    if text.isascii():
        return Decimal(text)
    whole, _, fraction = text.partition("点")
    value = integer(whole)
    if value is None or integer(fraction or "0") is None:
        return None
    return Decimal(f"{value}.{''.join(str(_DIGITS.get(each, 0)) for each in fraction)}") if fraction else Decimal(value)


def share(text: str) -> Decimal | None:
    """A `SHARE` as a fraction of one: 30% → 0.3, 千分之一 → 0.001."""
    text = text.replace(" ", "")
    if text[-1] in "%‰":
        return Decimal(text[:-1]) / (100 if text[-1] == "%" else 1000)
    value = number(text[3:])
    return None if value is None else value / {"百": 100, "千": 1000, "万": 10_000}[text[0]]


def capital_amount(text: str) -> Decimal | None:
    """壹佰贰拾万叁仟元伍角整 in yuan; None for what is none."""
    match = _CAPITAL_AMOUNT.fullmatch(text)
    whole = _with_units(match[1]) if match else None
    if match is None or whole is None:
        return None
    tenths, hundredths = (_DIGITS.get(part, 0) if part else 0 for part in match.groups()[1:])
    return Decimal(whole) + Decimal(tenths) / 10 + Decimal(hundredths) / 100


def _with_units(text: str) -> int | None:
    """Digits with 十百千万亿. A myriad multiplies all below it that no greater one has taken (壹亿贰仟万)."""
    total, section, digit = 0, 0, None
    for character in text:
        if character in _DIGITS:
            digit = _DIGITS[character]
        elif character in _UNITS:
            section += (1 if digit is None else digit) * _UNITS[character]
            digit = None
        elif character in _MYRIADS:
            section += digit or 0
            if _MYRIADS[character] > 10_000:
                total, section = (total + section) * _MYRIADS[character], 0
            else:
                total, section = total + section * _MYRIADS[character], 0
            digit = None
        else:
            return None
    return total + section + (digit or 0)
