"""Use cases of determinations, behind one facade; each is one unit of work.

The authority acts, the party states its defence, and the document is made by a reaction to the issue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core.events import Reaction, Subscription
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger.ports import DocumentSealer
from performance.determinations import draw_up, reading, take_step
from performance.determinations.draw_up import Notice
from performance.determinations.events import DeterminationStepTaken
from performance.determinations.make_document import DocumentMaker
from performance.determinations.models import Determination
from performance.determinations.policy import DeterminationChange, DeterminationState
from performance.determinations.reading import DeterminationDossier, PublicDetermination, Standing
from performance.due_dates.calendar import HolidayCalendar
from performance.models import Contract
from performance.reading import Page
from signing.papers.report_facts import Imprint
from signing.read_envelopes import StoredPDF


@dataclass(frozen=True, slots=True)
class DeterminationService:
    unit_of_work: UnitOfWorkFactory
    objects: Objects
    sealer: DocumentSealer
    imprint: Imprint
    software: str
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)

    def open(self, actor: Actor, obligation_id: UUID, *, reason: str) -> DeterminationDossier:
        with self.unit_of_work() as uow:
            row = draw_up.open_determination(uow, actor, obligation_id, reason=reason)
            return reading.determination(uow.session, actor, row.id)

    def freeze_facts(self, actor: Actor, determination_id: UUID) -> DeterminationDossier:
        with self.unit_of_work() as uow:
            draw_up.freeze_facts(uow, actor, determination_id)
            return reading.determination(uow.session, actor, determination_id)

    def notify(self, actor: Actor, determination_id: UUID, notice: Notice) -> DeterminationDossier:
        with self.unit_of_work() as uow:
            draw_up.notify(uow, actor, determination_id, notice, self.calendar)
            return reading.determination(uow.session, actor, determination_id)

    def take_step(
        self,
        actor: Actor,
        determination_id: UUID,
        change: DeterminationChange,
        *,
        text: str,
        document_ids: Sequence[UUID] = (),
    ) -> DeterminationDossier:
        with self.unit_of_work() as uow:
            take_step.take_step(
                uow, actor, determination_id, change, text=text, calendar=self.calendar, document_ids=document_ids
            )
            return reading.determination(uow.session, actor, determination_id)

    def determination(self, actor: Actor, determination_id: UUID) -> DeterminationDossier:
        """Raises `DeterminationNotFound`."""
        with self.unit_of_work() as uow:
            return reading.determination(uow.session, actor, determination_id)

    def determinations(
        self, actor: Actor, *, state: DeterminationState | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[tuple[Determination, Contract]]:
        """Newest first. Raises `ListCursorInvalid`."""
        with self.unit_of_work() as uow:
            return reading.determinations(uow.session, actor, state=state, cursor=cursor, limit=limit)

    def published(
        self, *, region: str | None = None, cursor: str | None = None, limit: int = 50
    ) -> Page[PublicDetermination]:
        """For anybody, without an account."""
        with self.unit_of_work() as uow:
            return reading.published(uow.session, region=region, cursor=cursor, limit=limit)

    def published_one(self, determination_id: UUID) -> PublicDetermination:
        """For anybody. Raises `DeterminationNotFound`."""
        with self.unit_of_work() as uow:
            return reading.published_one(uow.session, determination_id)

    def document(self, actor: Actor, determination_id: UUID) -> tuple[StoredPDF, Standing]:
        """The sealed PDF, and whether it still holds. Raises what `reading.document` and the store raise."""
        with self.unit_of_work() as uow:
            kept = reading.document(uow.session, actor, determination_id)
        return StoredPDF(name=kept.name, sha256=kept.sha256, data=self.objects.get(kept.object_key)), kept.standing

    def make_document(self, determination_id: UUID) -> None:
        """Idempotent. Raises what `DocumentMaker.make` raises."""
        DocumentMaker(self.unit_of_work, self.objects, self.sealer, self.imprint, self.software).make(determination_id)

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return [Reaction("determinations.make_document", DeterminationStepTaken, self._make_document)]

    def _make_document(self, event: DeterminationStepTaken) -> None:
        if event.change == DeterminationChange.ISSUE:
            self.make_document(event.determination_id)
