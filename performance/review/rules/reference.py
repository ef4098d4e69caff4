"""Figures that change with time, each with its day and source; to be verified before production."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    per_cent: Decimal
    source: str


LOAN_PRIME_RATE = ReferenceRate(Decimal("3.0"), "全国银行间同业拆借中心 2025-05-20 公布")
"""The one-year loan prime rate. A new one is a new version of the rules (`rules.VERSION`)."""
