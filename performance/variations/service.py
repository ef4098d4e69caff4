"""Use cases of variations, behind one facade; each is one unit of work, but for the validation of a PDF."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core.events import Reaction, Subscription
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.verifier.pades_verdict import PDFVerdict
from performance.due_dates.calendar import HolidayCalendar
from performance.variations import draft_amendment, sign_amendment
from performance.variations.models import Variation
from performance.variations.policy import Terms, signatures_of
from signing.events import EnvelopeCompleted, EnvelopeEnded


@dataclass(frozen=True, slots=True)
class VariationService:
    """`validate` says what the signatures of a PDF are worth; in production in the sandbox."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    validate: Callable[[bytes], PDFVerdict]
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)

    def propose(
        self,
        actor: Actor,
        obligation_id: UUID,
        terms: Terms,
        *,
        reason: str,
        document_ids: Sequence[UUID] = (),
    ) -> Variation:
        with self.unit_of_work() as uow:
            return draft_amendment.propose_variation(
                uow, actor, obligation_id, terms, reason=reason, document_ids=document_ids
            )

    def agree(self, actor: Actor, variation_id: UUID) -> Variation:
        with self.unit_of_work() as uow:
            return draft_amendment.agree_to_variation(uow, actor, variation_id)

    def drop(self, actor: Actor, variation_id: UUID, *, answer: str) -> Variation:
        with self.unit_of_work() as uow:
            return draft_amendment.drop_variation(uow, actor, variation_id, answer=answer)

    def attach_envelope(self, actor: Actor, variation_id: UUID, envelope_id: UUID) -> Variation:
        with self.unit_of_work() as uow:
            return sign_amendment.attach_envelope(uow, actor, variation_id, envelope_id)

    def sign_with_document(self, actor: Actor, variation_id: UUID, document_id: UUID) -> Variation:
        """Validates an amendment signed elsewhere, and puts the terms into effect. A crash on the way changes nothing.

        Raises `AmendmentInvalid`, and what `sign_amendment.take_effect_by_document` raises.
        """
        with self.unit_of_work() as uow:
            object_key = sign_amendment.document_to_validate(uow, actor, variation_id, document_id).object_key
        signatures = signatures_of(self.validate(self.objects.get(object_key)))
        with self.unit_of_work() as uow:
            return sign_amendment.take_effect_by_document(
                uow, actor, variation_id, self.calendar, document_id=document_id, signatures=signatures
            )

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return [
            Subscription("performance.amend_contract", EnvelopeCompleted, self._amend),
            Subscription("performance.detach_amendment", EnvelopeEnded, sign_amendment.detach_ended_envelope),
        ]

    def _amend(self, uow: UnitOfWork, event: EnvelopeCompleted) -> None:
        sign_amendment.amend_by_completed_envelope(uow, event, self.calendar)
