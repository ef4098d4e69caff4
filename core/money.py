"""Money: whole minor units and a currency, never a float (architecture.md, rule 7)."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from core.errors import InvalidAmount, MixedCurrencies

_DECIMALS = {"CNY": 2}
_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,2})?")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units (CNY: 分 fen)."""

    minor: int
    currency: str = "CNY"

    @classmethod
    def parse(cls, text: str, currency: str = "CNY") -> Self:
        """Reads a plain decimal such as `480000` or `480000.50`.

        Raises `InvalidAmount` for an unknown currency, separators, exponents or more decimals than the currency has.
        """
        if currency not in _DECIMALS or not _AMOUNT.fullmatch(text):
            raise InvalidAmount(given=text[:40], currency=currency[:8])
        return cls(int(Decimal(text).scaleb(_DECIMALS[currency])), currency)

    def __str__(self) -> str:
        """The plain decimal that `parse` reads back: `480000.00`."""
        return f"{Decimal(self.minor).scaleb(-_DECIMALS[self.currency]):.{_DECIMALS[self.currency]}f}"

    def __add__(self, other: Self) -> "Money":
        if self.currency != other.currency:
            raise MixedCurrencies(first=self.currency, second=other.currency)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> "Money":
        return self + type(other)(-other.minor, other.currency)
