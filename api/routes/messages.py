"""What was sent and what is planned: the message outbox, and the reminders of a contract."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from core import ids
from notify.service import MessageView, ReminderView

router = APIRouter(tags=["messages"])

REMINDER = "rem"


class MessageOut(BaseModel):
    """`phone` and `text` are complete only where the console channel carried the message (embedded stacks);
    otherwise the phone is masked and one-time codes and links are redacted."""

    id: str
    channel: str
    provider: str | None
    template: str
    language: str
    phone: str
    text: str
    segments: int
    state: str
    reason: str | None
    error_code: str | None
    attempts: int
    contract_id: str | None
    obligation_id: str | None
    created_at: datetime
    sent_at: datetime | None


class MessagePage(BaseModel):
    items: list[MessageOut]
    next_cursor: str | None


class ReminderOut(BaseModel):
    """`offset_days` counts from the due date; `late_reason` is `late_intake` or `sent_late` if it missed its day."""

    id: str
    obligation_id: str
    due_on: date
    due_version: int
    offset_days: int
    phone: str
    channel: str
    send_at: datetime
    state: str
    late_reason: str | None
    message_id: str | None
    message_state: str | None


class ReminderPage(BaseModel):
    items: list[ReminderOut]
    next_cursor: str | None


@router.get("/messages")
def list_messages(
    actor: CurrentActor,
    services: CurrentServices,
    phone: Annotated[str | None, Query(pattern=r"^\+?[0-9]{1,19}$", description="Only messages to this phone")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> MessagePage:
    """All messages, newest first. Needs `messages:read`, which only operators have."""
    before = ids.parse(ids.MESSAGE, cursor) if cursor else None
    views = services.notify.messages(actor, phone=phone, before=before, limit=limit)
    items = [_message(view) for view in views]
    return MessagePage(items=items, next_cursor=items[-1].id if len(items) == limit else None)


@router.get("/reminders")
def list_reminders(
    actor: CurrentActor,
    services: CurrentServices,
    contract_id: Annotated[str, Query(max_length=40, examples=["ctr_019..."])],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ReminderPage:
    """The reminders of a contract, for its parties, those who oversee its region, and operators."""
    after = ids.parse(REMINDER, cursor) if cursor else None
    views = services.notify.reminders(actor, ids.parse(ids.CONTRACT, contract_id), after=after, limit=limit)
    items = [_reminder(view) for view in views]
    return ReminderPage(items=items, next_cursor=items[-1].id if len(items) == limit else None)


def _message(view: MessageView) -> MessageOut:
    message = view.message
    return MessageOut(
        id=ids.public(ids.MESSAGE, message.id),
        channel=message.channel,
        provider=message.provider,
        template=message.template,
        language=message.language,
        phone=view.phone,
        text=view.text,
        segments=view.segments.segments,
        state=message.state,
        reason=message.reason,
        error_code=message.error_code,
        attempts=message.attempt,
        contract_id=ids.public(ids.CONTRACT, message.contract_id) if message.contract_id else None,
        obligation_id=ids.public(ids.OBLIGATION, message.obligation_id) if message.obligation_id else None,
        created_at=message.created_at,
        sent_at=message.sent_at,
    )


def _reminder(view: ReminderView) -> ReminderOut:
    reminder = view.reminder
    return ReminderOut(
        id=ids.public(REMINDER, reminder.id),
        obligation_id=ids.public(ids.OBLIGATION, reminder.obligation_id),
        due_on=reminder.due_on,
        due_version=reminder.due_version,
        offset_days=reminder.offset_days,
        phone=view.phone,
        channel=reminder.channel,
        send_at=reminder.send_at,
        state=reminder.state,
        late_reason=reminder.late_reason,
        message_id=ids.public(ids.MESSAGE, reminder.message_id) if reminder.message_id else None,
        message_state=view.message_state,
    )
