"""A determination brought to any point of its procedure, with a drafter, a decider and the accused party."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from accounts.policy import Actor
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger.ports import DocumentSealer
from performance.determinations.draw_up import Notice
from performance.determinations.policy import DeterminationChange
from performance.determinations.service import DeterminationService
from tests.support.clock import FixedClock
from tests.support.signing import IMPRINT

_C = DeterminationChange
NOTICE = Notice("到期未交付设备", "有履行能力而拒不履行", "实施方案二（四）3")


def determinations(unit_of_work: UnitOfWorkFactory, objects: Objects, sealer: DocumentSealer) -> DeterminationService:
    return DeterminationService(unit_of_work, objects, sealer, IMPRINT, "dingyue tests")


@dataclass(frozen=True, slots=True)
class Procedure:
    """`regulator` drafts; `other` is a second person of the same authority."""

    service: DeterminationService
    clock: FixedClock
    regulator: Actor

    @property
    def other(self) -> Actor:
        return replace(self.regulator, person_id=UUID(int=7))

    def notified(self, obligation_id: UUID) -> UUID:
        row = self.service.open(self.regulator, obligation_id, reason="恶意违约").determination
        self.service.freeze_facts(self.regulator, row.id)
        self.service.notify(self.regulator, row.id, NOTICE)
        return row.id

    def issued(self, obligation_id: UUID) -> UUID:
        """Without a statement; its document isn't made yet."""
        identifier = self.notified(obligation_id)
        self.clock.advance(timedelta(days=8))
        self.step(identifier, _C.SUBMIT)
        self.step(identifier, _C.ISSUE, by=self.other, text="认定该单位恶意违约。")
        return identifier

    def served(self, obligation_id: UUID) -> UUID:
        identifier = self.issued(obligation_id)
        self.service.make_document(identifier)
        self.step(identifier, _C.SERVE)
        return identifier

    def public(self, obligation_id: UUID, summary: str = "经仲裁裁决，该单位恶意违约。") -> UUID:
        identifier = self.served(obligation_id)
        self.clock.advance(timedelta(days=10))
        self.step(identifier, _C.PUBLISH, text=summary)
        return identifier

    def step(
        self, identifier: UUID, change: DeterminationChange, *, by: Actor | None = None, text: str = "办理"
    ) -> str:
        return self.service.take_step(by or self.regulator, identifier, change, text=text).determination.state
