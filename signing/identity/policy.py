"""What is decided about real-name checks (pure): a well-formed identity number, how often one may try."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest

from signing.identity.errors import IdentityNumberInvalid, TooManyIdentityChecks
from signing.ports import IdentityOutcome

SETTLED = frozenset({IdentityOutcome.MATCHED, IdentityOutcome.MISMATCHED})
"""Answers that stand: the check isn't made again under the same id."""

MISMATCHES_PER_DAY = 5
CALLS_PER_HOUR = 10
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

_SHAPE = re.compile(r"[1-9][0-9]{16}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"


@dataclass(frozen=True, slots=True)
class Tried:
    """One check of a recipient: when it was asked last, how often, and what came of it (None: no answer kept)."""

    asked_at: datetime
    attempts: int
    outcome: IdentityOutcome | None


def check_identity_number(text: str, today: date) -> str:
    """The number in capital letters. Raises `IdentityNumberInvalid`, which never repeats what was typed.

    GB 11643-1999: six digits of a division, the birthday, three digits, and a check character by ISO 7064 MOD 11-2.
    """
    number = text.strip().upper()
    if not number.isascii() or not _SHAPE.fullmatch(number) or not _is_born(number[6:14], today):
        raise IdentityNumberInvalid
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    if not compare_digest(number[17], _CHECK_CHARACTERS[total % 11]):
        raise IdentityNumberInvalid
    return number


def check_rate(tried: Sequence[Tried], now: datetime) -> None:
    """Five mismatches in a day: somebody is guessing. Ten calls in an hour: each costs money and tells the provider
    about the person again. Raises `TooManyIdentityChecks` with the seconds to wait."""
    mismatches = sorted(
        each.asked_at for each in tried if each.outcome is IdentityOutcome.MISMATCHED and each.asked_at > now - DAY
    )
    if len(mismatches) >= MISMATCHES_PER_DAY:
        raise TooManyIdentityChecks(retry_after_seconds=_seconds(mismatches[-MISMATCHES_PER_DAY] + DAY - now))
    recent = [each for each in tried if each.asked_at > now - HOUR]
    if sum(each.attempts for each in recent) >= CALLS_PER_HOUR:
        oldest = min(each.asked_at for each in recent)
        raise TooManyIdentityChecks(retry_after_seconds=_seconds(oldest + HOUR - now))


def _is_born(digits: str, today: date) -> bool:
    try:
        return date(1850, 1, 1) < date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) <= today
    except ValueError:
        return False


def _seconds(left: timedelta) -> int:
    return max(1, int(left.total_seconds()) + 1)
