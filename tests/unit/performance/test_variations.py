"""What puts a variation into effect, and what doesn't (pure)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DingyueError
from core.money import Money
from ledger.verifier.pades_verdict import PDFVerdict, SignatureVerdict
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import HolidayTableMissing
from performance.suspensions.errors import SuspensionPaperMissing
from performance.suspensions.policy import (
    SUSPENSION_TRANSITIONS,
    SuspensionChange,
    SuspensionState,
    check_authority,
    next_suspension_state,
    postponed,
    suspended_days,
)
from performance.variations import errors
from performance.variations.policy import (
    PENDING_STATES,
    Terms,
    VariationChange,
    VariationState,
    check_signed_by_all,
    check_terms,
    next_variation_state,
    signatures_of,
)

PARTIES = [("91A", "甲公司"), ("91B", "乙公司")]


@given(st.lists(st.sampled_from(VariationChange), max_size=12))
def test_nothing_takes_effect_that_both_sides_did_not_agree_to(changes: list[VariationChange]) -> None:
    state, states = VariationState.PROPOSED, [VariationState.PROPOSED]
    for change in changes:
        try:
            state = next_variation_state(state, change)
        except DingyueError:
            continue
        states.append(state)
    if VariationState.EFFECTIVE in states:
        assert states == [VariationState.PROPOSED, VariationState.AGREED, VariationState.EFFECTIVE]
    assert all(each in PENDING_STATES for each in states[:-1])


@given(st.lists(st.sampled_from(SuspensionChange), max_size=12))
def test_a_suspension_ends_only_after_it_was_in_force(changes: list[SuspensionChange]) -> None:
    state, states = SuspensionState.PROPOSED, [SuspensionState.PROPOSED]
    for change in changes:
        try:
            state = next_suspension_state(state, change)
        except DingyueError:
            continue
        states.append(state)
    if SuspensionState.ENDED in states:
        assert states[-2:] == [SuspensionState.IN_FORCE, SuspensionState.ENDED]
    assert set(SUSPENSION_TRANSITIONS.values()) | {SuspensionState.PROPOSED} == set(SuspensionState)


def test_only_what_really_changes_is_varied() -> None:
    current = Terms(date(2026, 12, 1), Money(100), "80 台")
    assert check_terms(Terms(due_on=date(2026, 12, 1), amount=Money(90)), current) == Terms(amount=Money(90))
    for same in (Terms(), current, Terms(quantity="80 台")):
        with pytest.raises(errors.VariationEmpty):
            check_terms(same, current)


def test_an_amendment_needs_the_signatures_of_all_parties() -> None:
    check_signed_by_all(PARTIES, ["91B", "91A", "91C"])
    with pytest.raises(errors.AmendmentUnsigned) as refused:
        check_signed_by_all(PARTIES, ["91A"])
    assert refused.value.facts["absent"] == "乙公司"


def test_signatures_of_a_pdf_count_only_if_the_whole_file_holds() -> None:
    ours = SignatureVerdict("s1", is_document_timestamp=False, signer="张三", organisation_identifier="NTRCN-91A")
    stamp = SignatureVerdict("t1", is_document_timestamp=True, organisation_identifier="NTRCN-91B")
    foreign = SignatureVerdict("s2", is_document_timestamp=False, signer="Doe", organisation_identifier="VATDE-91B")
    nameless = SignatureVerdict("s3", is_document_timestamp=False, signer="李四")
    found = signatures_of(PDFVerdict("authentic", "", (ours, stamp, foreign, nameless)))
    assert [(each.uscc, each.name) for each in found] == [("91A", "张三")]
    for outcome in ("altered", "malformed", "unrecognised", "unsigned"):
        with pytest.raises(errors.AmendmentInvalid):
            signatures_of(PDFVerdict(outcome, "why", (ours,), reason_zh="原因"))  # type: ignore[arg-type]


def test_a_suspension_moves_a_day_by_as_many_days_and_rolls_only_if_the_rule_does() -> None:
    calendar = HolidayCalendar()
    days = suspended_days(date(2026, 9, 20), date(2026, 9, 30))
    assert days == 10
    assert postponed(date(2026, 9, 24), days, calendar, rolls=False) == date(2026, 10, 4)
    assert postponed(date(2026, 9, 24), days, calendar, rolls=True) == date(2026, 10, 8)
    assert postponed(date(2026, 10, 4), 0, calendar, rolls=True) == date(2026, 10, 4)
    with pytest.raises(HolidayTableMissing):
        postponed(date(2029, 12, 1), 5, calendar, rolls=True)


def test_an_authoritys_suspension_needs_its_paper() -> None:
    check_authority("榆林市中级人民法院", "（2026）陕08民初12号", has_paper=True)
    for authority, number, has_paper in (("", "1", True), ("法院", " ", True), ("法院", "1", False)):
        with pytest.raises(SuspensionPaperMissing):
            check_authority(authority, number, has_paper=has_paper)
