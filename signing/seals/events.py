"""What seals tell the packages above."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from core.events import Event


class SealChanged(Event):
    """A step in a seal's life. `step` is the evidence step's name (`seal.approved`, `seal.authorised` …).

    `event_id` is the evidence record's id and names the step for good. `by_person_id` is None for what the platform
    does by itself. `authorisation_id` and `user_id` are set for
    steps of one authorisation.
    """

    type: ClassVar[str] = "seal.changed"

    event_id: UUID
    seal_id: UUID
    organisation_id: UUID
    name: str
    step: str
    seal_state: str
    by_person_id: UUID | None
    authorisation_id: UUID | None
    user_id: UUID | None
    at: datetime


class SealUsed(Event):
    """A seal was used, and its use counts. `event_id` is the evidence record's id."""

    type: ClassVar[str] = "seal.used"

    event_id: UUID
    use_id: UUID
    seal_id: UUID
    organisation_id: UUID
    name: str
    authorisation_id: UUID
    person_id: UUID
    envelope_id: UUID
    recipient_id: UUID
    at: datetime
