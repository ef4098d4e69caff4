"""Use cases of reported facts and findings, behind one facade; each is one unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core.events import Reaction, Subscription
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from performance.crosschecks import reading, report_fact, resolve_finding
from performance.crosschecks.check_contract import ContractChecker
from performance.crosschecks.models import Finding, ReportedFact
from performance.crosschecks.pdf_text import TextReader
from performance.crosschecks.policy import Choice, FindingState
from performance.crosschecks.reading import FindingDossier
from performance.crosschecks.report_fact import FactReport
from performance.models import Contract
from performance.reading import Page


@dataclass(frozen=True, slots=True)
class CrosscheckService:
    """`read_text` reads a signed PDF; in production in the sandbox."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    read_text: TextReader

    def report(
        self, actor: Actor, contract_id: UUID, report: FactReport
    ) -> tuple[ReportedFact, list[tuple[Finding, Contract]]]:
        """Takes a fact in and compares it with all others. See `report_fact.report_fact`."""
        with self.unit_of_work() as uow:
            return report_fact.report_fact(uow, actor, contract_id, report)

    def facts(
        self, actor: Actor, contract_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> Page[ReportedFact]:
        """Newest first, corrected ones too. Raises `ContractNotFound` or `ListCursorInvalid`."""
        with self.unit_of_work() as uow:
            return reading.facts(uow.session, actor, contract_id, cursor=cursor, limit=limit)

    def check(self, actor: Actor, contract_id: UUID) -> list[tuple[Finding, Contract]]:
        """Compares everything again, the signed file too; the findings that are new or have new values."""
        return self._checker.check(actor, contract_id)

    def findings(
        self,
        actor: Actor,
        *,
        contract_id: UUID | None = None,
        state: FindingState | None = None,
        rule: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[tuple[Finding, Contract]]:
        """Newest first. Raises `ListCursorInvalid`."""
        with self.unit_of_work() as uow:
            return reading.findings(
                uow.session, actor, contract_id=contract_id, state=state, rule=rule, cursor=cursor, limit=limit
            )

    def finding(self, actor: Actor, finding_id: UUID) -> FindingDossier:
        """With its rule, its steps and what stands. Raises `FindingNotFound`."""
        with self.unit_of_work() as uow:
            return reading.finding(uow.session, actor, finding_id)

    def answer(self, actor: Actor, finding_id: UUID, *, text: str, document_ids: Sequence[UUID] = ()) -> FindingDossier:
        with self.unit_of_work() as uow:
            resolve_finding.answer_finding(uow, actor, finding_id, text=text, document_ids=document_ids)
            return reading.dossier(uow.session, actor, finding_id)

    def resolve(
        self,
        actor: Actor,
        finding_id: UUID,
        *,
        choice: Choice,
        reason: str,
        document_ids: Sequence[UUID],
        other: str | None = None,
    ) -> FindingDossier:
        with self.unit_of_work() as uow:
            resolve_finding.resolve_finding(
                uow, actor, finding_id, choice=choice, other=other, reason=reason, document_ids=document_ids
            )
            return reading.dossier(uow.session, actor, finding_id)

    def subscriptions(self) -> list[Subscription[Any] | Reaction[Any]]:
        return list(self._checker.subscriptions())

    @property
    def _checker(self) -> ContractChecker:
        return ContractChecker(self.unit_of_work, self.objects, self.read_text)
