"""Real-name checks: well-formed identity numbers, how often one may try, and which check evidence goes by."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.package.vocabulary import EVENTS, VALUES
from signing.identity.errors import IdentityNumberInvalid, TooManyIdentityChecks
from signing.identity.facts import NAME_OF, UNCHECKED, name_facts, standing
from signing.identity.identify_recipient import STEPS
from signing.identity.models import IdentityCheck
from signing.identity.policy import Tried, check_identity_number, check_rate
from signing.papers.report_wording import NAMES
from signing.ports import IdentityClaim, IdentityOutcome

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
TODAY = date(2026, 11, 22)
NUMBER = "11010519491231002X"
"""The example of GB 11643-1999 itself."""


def tried(minutes_ago: float, outcome: IdentityOutcome | None, attempts: int = 1) -> Tried:
    return Tried(NOW - timedelta(minutes=minutes_ago), attempts, outcome)


def check(outcome: str | None) -> IdentityCheck:
    return IdentityCheck(outcome=outcome)


def test_the_example_of_the_standard() -> None:
    assert check_identity_number(f" {NUMBER.lower()} ", TODAY) == NUMBER
    assert check_identity_number("440524188001010014", TODAY) == "440524188001010014"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        NUMBER[:-1],
        NUMBER[:-1] + "1",  # another check character
        "11010519491231003X",  # one digit off
        "110105194912310021X",
        "110105194902300020",  # 30 February
        "110105202612310020",  # not born yet
        "１１０１０５１９４９１２３１００２X",
        "110105 19491231 002X",
    ],
)
def test_other_numbers_are_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(IdentityNumberInvalid) as refused:
        check_identity_number(typed, TODAY)
    assert refused.value.facts == {}


def test_five_mismatches_in_a_day_lock() -> None:
    four = [tried(minutes * 70, IdentityOutcome.MISMATCHED) for minutes in range(1, 5)]
    check_rate(four, NOW)
    check_rate([*four, tried(24 * 60, IdentityOutcome.MISMATCHED)], NOW)
    with pytest.raises(TooManyIdentityChecks) as locked:
        check_rate([*four, tried(23 * 60, IdentityOutcome.MISMATCHED)], NOW)
    assert locked.value.facts["retry_after_seconds"] == 3601


def test_ten_calls_in_an_hour_are_the_most_whatever_came_of_them() -> None:
    check_rate([tried(1, None, attempts=9)], NOW)
    check_rate([tried(60, None, attempts=10)], NOW)
    with pytest.raises(TooManyIdentityChecks) as slowed:
        check_rate([tried(50, IdentityOutcome.UNKNOWN, attempts=7), tried(1, None, attempts=3)], NOW)
    assert slowed.value.facts["retry_after_seconds"] == 601


def test_a_mismatch_is_not_hidden_behind_a_later_question() -> None:
    asked, refused, matched = check(None), check("mismatched"), check("matched")
    assert standing([]) is None
    assert standing([asked]) is asked
    assert standing([asked, refused]) is refused
    assert standing([asked, refused, matched]) is matched


def test_what_is_said_of_a_name_has_words_in_both_languages() -> None:
    assert name_facts(None) == {"name": UNCHECKED}
    for said in (UNCHECKED, *NAME_OF.values()):
        assert said in VALUES
        assert said in NAMES
    for step in ("recipient.identity_requested", *STEPS.values()):
        assert step in EVENTS


def test_a_claim_never_prints_its_number() -> None:
    assert NUMBER not in repr(IdentityClaim("张三", "13900000001", NUMBER))
