"""What notify tells itself: a message that shouldn't wait for the next sweep."""

from typing import ClassVar
from uuid import UUID

from core.events import Event


class MessageQueued(Event):
    type: ClassVar[str] = "message.queued"

    message_id: UUID
