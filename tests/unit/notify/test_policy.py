"""When reminders go out, and what reports mean."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from core.clock import CHINA
from notify import policy
from notify.policy import LateReason, MessageState, ReminderState

DUE_ON = date(2026, 12, 10)


def china(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=CHINA)


def summary(now: datetime, due_on: date = DUE_ON) -> list[tuple[int, datetime, str, str | None]]:
    return [(item.offset_days, item.send_at, str(item.state), item.late_reason) for item in policy.plan(due_on, now)]


def test_plans_seven_days_before_and_on_the_day_at_nine_in_china() -> None:
    assert summary(china(20, 15, month=11)) == [
        (-7, datetime(2026, 12, 3, 1, tzinfo=UTC), "planned", None),
        (0, datetime(2026, 12, 10, 1, tzinfo=UTC), "planned", None),
    ]


def test_on_the_seventh_day_before_it_still_counts_as_in_time() -> None:
    assert summary(china(3, 15))[0] == (-7, china(3, 15), "planned", None)


@pytest.mark.parametrize(
    ("now", "send_at"),
    [
        (china(5, 15), china(5, 15)),
        (china(5, 7, 59), china(5, 8)),
        (china(5, 20), china(6, 8)),
        (china(3, 21), china(4, 8)),
    ],
)
def test_late_intake_reminds_at_once_inside_the_window_and_keeps_the_reason(now: datetime, send_at: datetime) -> None:
    assert summary(now)[0] == (-7, send_at, "planned", LateReason.LATE_INTAKE)


@pytest.mark.parametrize("now", [china(10, 7), china(10, 15), china(9, 21)])
def test_an_early_reminder_is_overtaken_when_it_could_only_go_out_on_the_due_day(now: datetime) -> None:
    early, final = policy.plan(DUE_ON, now)

    assert (early.state, early.late_reason) == (ReminderState.OVERTAKEN, LateReason.LATE_INTAKE)
    assert (final.state, final.late_reason) == (ReminderState.PLANNED, None)


def test_an_obligation_past_due_at_intake_gets_no_reminder_but_the_reason() -> None:
    planned = policy.plan(DUE_ON, china(11, 9))

    assert {item.state for item in planned} == {ReminderState.OVERTAKEN}
    assert {item.late_reason for item in planned} == {LateReason.LATE_INTAKE}


@pytest.mark.parametrize(("hour", "minute", "allowed"), [(7, 59, False), (8, 0, True), (19, 59, True), (20, 0, False)])
def test_the_window_is_open_from_eight_to_twenty(hour: int, minute: int, allowed: bool) -> None:
    assert policy.is_allowed(china(1, hour, minute)) is allowed


def test_a_reminder_sent_on_another_day_than_planned_is_marked() -> None:
    assert policy.late_reason(None, china(3, 9), china(3, 19)) is None
    assert policy.late_reason(None, china(3, 9), china(5, 9)) == LateReason.SENT_LATE
    assert policy.late_reason("late_intake", china(3, 9), china(5, 9)) == LateReason.LATE_INTAKE


def test_reports_only_ever_move_a_message_forward() -> None:
    order = [MessageState.QUEUED, MessageState.SENDING, MessageState.SENT, MessageState.FAILED, MessageState.DELIVERED]
    for position, current in enumerate(order):
        assert [policy.moves(current, reported) for reported in order] == [
            candidate > position for candidate in range(len(order))
        ]


def test_references_differ_by_message_and_attempt_and_are_never_taken_for_a_code() -> None:
    first, second = UUID(int=1), UUID(int=2)
    references = {policy.reference(message, attempt) for message in (first, second) for attempt in (1, 2)}

    assert len(references) == 4
    assert all(len(item) == 8 and item.isalpha() and item.isupper() for item in references)
    assert policy.reference(first, 1) == policy.reference(first, 1)


def test_retries_slow_down_to_one_an_hour() -> None:
    now = china(1, 9)

    minutes = [(policy.retry_at(attempt, now) - now).total_seconds() / 60 for attempt in (1, 2, 3, 7, 1000)]

    assert minutes == [1, 2, 4, 60, 60]
