"""Pure decisions about when to remind and what a provider's answer means.

Reminders (R9): seven calendar days before the due date and on the day, at 09:00 in China, never outside 08:00–20:00.
One that can't go out on its day goes out at once and keeps the reason. One that would arrive together with its
successor is *overtaken*.

    reminder   planned → queued | cancelled | overtaken
    message    queued → sending → sent → delivered | undelivered | failed
               sending → unknown (no answer) → sent | queued (the provider never had it)
               queued | unknown → cancelled (no longer wanted, or too late to be of use)

Reports of a provider arrive late, twice and out of order: a message only ever moves to a higher `rank`.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from core.clock import CHINA, china_day

OFFSETS_DAYS = (-7, 0)
SENT_AT = time(9)
WINDOW = (time(8), time(20))
MOST_ATTEMPTS = 5
_FIRST_RETRY = timedelta(minutes=1)
_LONGEST_RETRY = timedelta(hours=1)
# Consonants only: a reference never spells a word and is never taken for a code.
_REFERENCE_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
_REFERENCE_LENGTH = 8


class ReminderState(StrEnum):
    PLANNED = "planned"
    QUEUED = "queued"
    CANCELLED = "cancelled"
    OVERTAKEN = "overtaken"


class MessageState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    CANCELLED = "cancelled"


class LateReason(StrEnum):
    """Why a reminder missed its day: the contract came in too late, or no worker ran."""

    LATE_INTAKE = "late_intake"
    SENT_LATE = "sent_late"


class FailureAction(StrEnum):
    """What a provider's error asks for (requirements.md §7)."""

    RETRY = "retry"
    OTHER_CHANNEL = "other_channel"
    MEND_TEMPLATE = "mend_template"
    STOP = "stop"
    GIVE_UP = "give_up"


_RANK = {
    MessageState.QUEUED: 0,
    MessageState.SENDING: 1,
    MessageState.UNKNOWN: 1,
    MessageState.SENT: 2,
    MessageState.UNDELIVERED: 3,
    MessageState.FAILED: 3,
    MessageState.CANCELLED: 3,
    MessageState.DELIVERED: 4,
}


@dataclass(frozen=True, slots=True)
class PlannedReminder:
    offset_days: int
    send_at: datetime
    state: ReminderState
    late_reason: LateReason | None


def is_allowed(instant: datetime) -> bool:
    """Whether reminders may go out at `instant`."""
    opens, closes = WINDOW
    return opens <= instant.astimezone(CHINA).time() < closes


def next_allowed(instant: datetime) -> datetime:
    """The first instant not before `instant` at which reminders may go out."""
    if is_allowed(instant):
        return instant
    local = instant.astimezone(CHINA)
    day = local.date() if local.time() < WINDOW[0] else local.date() + timedelta(days=1)
    return datetime.combine(day, WINDOW[0], CHINA)


def plan(due_on: date, now: datetime) -> list[PlannedReminder]:
    """The reminders of one obligation to one contact, oldest first, as they stand at `now`."""
    return [_planned(due_on, offset, now) for offset in OFFSETS_DAYS]


def _planned(due_on: date, offset_days: int, now: datetime) -> PlannedReminder:
    nominal = datetime.combine(due_on + timedelta(days=offset_days), SENT_AT, CHINA)
    send_at = nominal if now <= nominal else next_allowed(now)
    is_late = china_day(send_at) > china_day(nominal)
    is_overtaken = has_been_overtaken(due_on, offset_days, send_at) or due_on < china_day(now)
    return PlannedReminder(
        offset_days=offset_days,
        send_at=send_at,
        state=ReminderState.OVERTAKEN if is_overtaken else ReminderState.PLANNED,
        late_reason=LateReason.LATE_INTAKE if is_late else None,
    )


def has_been_overtaken(due_on: date, offset_days: int, at: datetime) -> bool:
    """An early reminder that could only go out on the due day, or after, says nothing its successor doesn't."""
    return offset_days < 0 and china_day(at) >= due_on


def late_reason(planned_reason: str | None, send_at: datetime, now: datetime) -> str | None:
    """The reason to keep for a reminder that goes out at `now`."""
    if planned_reason is None and china_day(now) > china_day(send_at):
        return LateReason.SENT_LATE
    return planned_reason


def moves(current: MessageState, reported: MessageState) -> bool:
    """Whether a report changes the state: only upwards, so that old and repeated callbacks change nothing."""
    return _RANK[reported] > _RANK[current]


def is_settled(state: MessageState) -> bool:
    """Nothing more is expected of such a message, short of a delivery report that arrives late."""
    return _RANK[state] >= _RANK[MessageState.UNDELIVERED]


def is_news_of_arrival(before: MessageState, reported: MessageState) -> bool:
    """Whether a report that `moves` a message says for the first time, or against what was said, that it gets there."""
    return reported in {MessageState.SENT, MessageState.DELIVERED} and before != MessageState.SENT


def retry_at(attempt: int, now: datetime) -> datetime:
    """When to try again after `attempt` calls: 1, 2, 4, … minutes, at most an hour."""
    doublings = min(attempt - 1, 6)
    return now + min(_FIRST_RETRY * (1 << doublings), _LONGEST_RETRY)


def may_try_again(attempt: int, expires_at: datetime | None, now: datetime) -> bool:
    """Whether a message that certainly did not arrive is worth another attempt."""
    return attempt < MOST_ATTEMPTS and not has_expired(expires_at, now)


def has_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Whether it is no use, or no longer wanted, to send a message now."""
    return expires_at is not None and now >= expires_at


def reference(message_id: UUID, attempt: int) -> str:
    """Eight letters (34 bits) at the end of the text that name one attempt to send one message.

    Creating a message at a provider has no idempotency key; the reference makes every text unique, so that looking
    through what the provider accepted tells for certain whether an attempt without an answer got through.
    """
    digest = int.from_bytes(hashlib.sha256(f"{message_id.hex}:{attempt}".encode()).digest())
    letters = []
    for _ in range(_REFERENCE_LENGTH):
        digest, index = divmod(digest, len(_REFERENCE_ALPHABET))
        letters.append(_REFERENCE_ALPHABET[index])
    return "".join(letters)
