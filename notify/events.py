"""What notify tells itself (a message that shouldn't wait for the next sweep) and others (what became of a link)."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from core.events import Event


class MessageQueued(Event):
    type: ClassVar[str] = "message.queued"

    message_id: UUID


class LinkMessageSettled(Event):
    """The message with a recipient's newest signing link was taken by the channel (`sent`), or will not arrive
    (`failed`, with the reason).

    A `failed` may follow a `sent` (the phone rejected it), and a `sent` a `failed` (it arrived after all). Events come
    late and in any order: one whose `queued_at` is before the recipient's link in force was issued is about a link that
    no longer counts.
    """

    type: ClassVar[str] = "link_message.settled"

    message_id: UUID
    envelope_id: UUID
    recipient_id: UUID
    outcome: Literal["sent", "failed"]
    reason: str | None
    queued_at: datetime
    settled_at: datetime
