"""A cell of a sheet becomes a value: days, amounts and choices as people write them. Pure, exact; nothing is guessed.

Full-width characters count as their usual forms (NFKC). A bare number where a day should be is a spreadsheet's serial
number of one (1900 system) if it lies between 1980 and 2199.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta

from core.clock import EARLIEST_DAY, LATEST_DAY
from core.errors import InvalidAmount
from core.money import Money
from performance.register.errors import CellNotAChoice, CellNotADate, CellNotAnAmount
from performance.review.extraction.amounts import amounts
from performance.review.extraction.dates import days

_PLAIN_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?")
_DAY = re.compile(r"([0-9]{4})(?:年|[-/.])([0-9]{1,2})(?:月|[-/.])([0-9]{1,2})(?:日|号)?(?:[T ]00:00(?::00)?)?")
_COMPACT = re.compile(r"([12][0-9]{3})([01][0-9])([0-3][0-9])")
_SERIAL = re.compile(r"[0-9]{5}")
_SERIAL_START = date(1899, 12, 30)
"""Day 0 as all days after February 1900 count: spreadsheets believe in a 29 February 1900."""
_AROUND = re.compile(r"^(?:人民币|RMB|CNY|¥)+|[ ,]+$")
_SPACES = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")
"""Not between two digits: those are two numbers, or none."""
_MOST_TOLD = 60


def plain(text: str) -> str:
    """The usual forms of full-width characters; ASCII, which most cells are, is left alone."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def code(text: str) -> str:
    """A credit code or a phone: without spaces and hyphens, in capitals."""
    return plain(text).replace(" ", "").replace("-", "").upper()


def day(text: str) -> date:
    """Raises `CellNotADate`."""
    given = _SPACES.sub("", plain(text)) if "T" not in text else plain(text)
    match = _DAY.fullmatch(given) or _COMPACT.fullmatch(given)
    if match is not None:
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError as error:
            raise CellNotADate(given=text[:_MOST_TOLD]) from error
    if _SERIAL.fullmatch(given):
        found = _SERIAL_START + timedelta(days=int(given))
        if EARLIEST_DAY <= found <= LATEST_DAY:
            return found
    mentions = days(given)  # 二〇二六年三月一日
    if len(mentions) == 1 and mentions[0].day is not None and mentions[0].end - mentions[0].start == len(given):
        return mentions[0].day
    raise CellNotADate(given=text[:_MOST_TOLD])


def amount(text: str) -> Money:
    """Yuan in figures, with or without separators, 万元, 亿元, or in words. Raises `CellNotAnAmount`."""
    given = plain(text)
    if _PLAIN_AMOUNT.fullmatch(given):
        return Money.parse(given)
    given = _AROUND.sub("", _SPACES.sub("", given))
    try:
        if _PLAIN_AMOUNT.fullmatch(given) or _GROUPED.fullmatch(given):
            return Money.parse(given.replace(",", ""))
    except InvalidAmount as error:
        raise CellNotAnAmount(given=text[:_MOST_TOLD]) from error
    for whole in (given, f"{given}元"):
        found = amounts(whole)
        if len(found) == 1 and (found[0].start, found[0].end) == (0, len(whole)):
            return found[0].value
    raise CellNotAnAmount(given=text[:_MOST_TOLD])


def choice(text: str, known: Mapping[str, str], told: str) -> str:
    """The code of what was chosen; `known` maps what may be written, in lower case. Raises `CellNotAChoice`."""
    found = known.get(plain(text).casefold())
    if found is None:
        raise CellNotAChoice(given=text[:_MOST_TOLD], known=told)
    return found
