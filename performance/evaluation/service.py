"""Use cases of evaluations and of monthly volumes, behind one facade; each is one unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from accounts.policy import Actor
from core.clock import china_day
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance.due_dates.calendar import HolidayCalendar
from performance.evaluation import draft_evaluation, reading, review_evaluation, watch_volumes
from performance.evaluation.models import Evaluation, VolumePrompt
from performance.evaluation.policy import Factor
from performance.evaluation.reading import EvaluationDossier
from performance.evaluation.schemes import Schemes
from performance.evaluation.watch_volumes import Fulfilment
from performance.models import Contract
from performance.policy import PartyRole
from performance.reading import Page


@dataclass(frozen=True, slots=True)
class EvaluationService:
    unit_of_work: UnitOfWorkFactory
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)
    schemes: Schemes = field(default_factory=Schemes)

    def evaluation(self, actor: Actor, evaluation_id: UUID) -> EvaluationDossier:
        """With its steps and why its grade is what it is. Raises `EvaluationNotFound`."""
        with self.unit_of_work() as uow:
            return reading.evaluation(uow.session, actor, evaluation_id, self.schemes)

    def evaluations(
        self,
        actor: Actor,
        *,
        contract_id: UUID | None = None,
        state: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[tuple[Evaluation, Contract]]:
        """Newest first. Raises `ListCursorInvalid`."""
        with self.unit_of_work() as uow:
            return reading.evaluations(
                uow.session, actor, contract_id=contract_id, state=state, cursor=cursor, limit=limit
            )

    def open(self, actor: Actor, contract_id: UUID, *, role: PartyRole, reason: str) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = draft_evaluation.open_evaluation(uow, actor, contract_id, self.schemes, role=role, reason=reason)
            return self._dossier(uow, actor, row)

    def assess(
        self,
        actor: Actor,
        evaluation_id: UUID,
        *,
        factor: Factor,
        points: int,
        narrative: str,
        document_ids: Sequence[UUID],
    ) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            draft_evaluation.assess_factor(
                uow,
                actor,
                evaluation_id,
                self.schemes,
                factor=factor,
                points=points,
                narrative=narrative,
                document_ids=document_ids,
            )
            return reading.dossier(uow.session, actor, evaluation_id, self.schemes)

    def submit(self, actor: Actor, evaluation_id: UUID, *, text: str) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = draft_evaluation.submit_evaluation(uow, actor, evaluation_id, self.schemes, self.calendar, text=text)
            return self._dossier(uow, actor, row)

    def withdraw(self, actor: Actor, evaluation_id: UUID, *, text: str) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = draft_evaluation.withdraw_evaluation(uow, actor, evaluation_id, text=text)
            return self._dossier(uow, actor, row)

    def comment(
        self, actor: Actor, evaluation_id: UUID, *, text: str, is_last: bool = False, document_ids: Sequence[UUID] = ()
    ) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = review_evaluation.comment_on_evaluation(
                uow, actor, evaluation_id, text=text, is_last=is_last, document_ids=document_ids
            )
            return self._dossier(uow, actor, row)

    def request_review(self, actor: Actor, evaluation_id: UUID, *, text: str) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = review_evaluation.request_review(uow, actor, evaluation_id, text=text)
            return self._dossier(uow, actor, row)

    def confirm(self, actor: Actor, evaluation_id: UUID, *, text: str) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = review_evaluation.confirm_evaluation(uow, actor, evaluation_id, self.schemes, text=text)
            return self._dossier(uow, actor, row)

    def return_to_evaluator(self, actor: Actor, evaluation_id: UUID, *, text: str) -> EvaluationDossier:
        with self.unit_of_work() as uow:
            row = review_evaluation.return_evaluation(uow, actor, evaluation_id, text=text)
            return self._dossier(uow, actor, row)

    # Monthly volumes

    def fulfilment(self, actor: Actor, contract_id: UUID) -> Fulfilment:
        """The fulfilment rates of every month, quarter and year. See `watch_volumes.fulfilment`."""
        with self.unit_of_work() as uow:
            today = china_day(uow.now)
            return watch_volumes.fulfilment(uow.session, actor, contract_id, self.schemes, today)

    def prompt_report(self, actor: Actor, contract_id: UUID, *, month: date) -> VolumePrompt:
        with self.unit_of_work() as uow:
            return watch_volumes.prompt_report(uow, actor, contract_id, self.schemes, month=month)

    def _dossier(self, uow: UnitOfWork, actor: Actor, row: Evaluation) -> EvaluationDossier:
        return reading.dossier(uow.session, actor, row.id, self.schemes)
