"""Crash points 93 to 95: a fact and its findings, a check of the signed file, a version taking another's place."""

from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope, uscc_check_character
from core.money import Money
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.record import describe_file
from performance.crosschecks.errors import FactTaken
from performance.crosschecks.pdf_text import text_of
from performance.crosschecks.policy import ReportKind
from performance.crosschecks.report_fact import FactReport
from performance.crosschecks.service import CrosscheckService
from performance.evaluation.errors import EvaluationStateForbids
from performance.evaluation.policy import Factor
from performance.evaluation.service import EvaluationService
from performance.events import ContractRegistered
from performance.intake import ContactElement, ContractElements, ObligationElement, PartyElement
from performance.models import Contract
from performance.policy import ObligationKind, PartyRole
from performance.service import PerformanceService
from signing.models import Document
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingObjects, CrashingUnitOfWork, CrashPlan, Fault

TODAY = date(2026, 11, 23)
FAULTS = pytest.mark.parametrize("fault", ["lost", "applied"])


class Stage:
    """A registered contract, its two parties and its regulator."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, objects: Objects) -> None:
        self.unit_of_work, self.objects = unit_of_work, objects
        self._usccs: dict[UUID, str] = {}
        write, supervise = Scope.CONTRACTS_WRITE, Scope.SUPERVISION_WRITE
        self.purchaser = self._actor("11610800016037001", OrganisationKind.GOVERNMENT, write)
        self.supplier = self._actor("91610802MA7000001", OrganisationKind.ENTERPRISE, write)
        self.regulator = self._actor("11610800016037002", OrganisationKind.REGULATOR, supervise)
        entered = PerformanceService(unit_of_work).enter_contract(self.purchaser, self._elements())
        self.contract_id = entered.file.contract.id

    def report(self, unit_of_work: UnitOfWorkFactory) -> None:
        award = FactReport(ReportKind.AWARD, "交易平台", "ZB-1", TODAY, amount=Money.parse("470000.00"))
        self.crosschecks(unit_of_work).report(self.regulator, self.contract_id, award)

    def crosschecks(
        self, unit_of_work: UnitOfWorkFactory | None = None, objects: Objects | None = None
    ) -> CrosscheckService:
        return CrosscheckService(unit_of_work or self.unit_of_work, objects or self.objects, text_of)

    def evaluations(self, unit_of_work: UnitOfWorkFactory | None = None) -> EvaluationService:
        return EvaluationService(unit_of_work or self.unit_of_work)

    def found(self) -> list[str]:
        return [row.rule for row, _ in self.crosschecks().findings(self.purchaser).items]

    def lose_signed_file(self) -> None:
        data = b"the signed file"
        with self.unit_of_work() as uow:
            contract = uow.session.get(Contract, self.contract_id)
            assert contract is not None
            contract.signed_object_key = self.objects.put(data)
            contract.signed_sha256 = "0" * 64

    def under_review(self) -> UUID:
        service, by = self.evaluations(), self.purchaser
        opened = service.open(by, self.contract_id, role=PartyRole.SUPPLIER, reason="年度评价").evaluation.id
        for factor in (Factor.QUALITY, Factor.PROGRESS, Factor.VARIATIONS, Factor.AFTER_SALES):
            service.assess(
                by, opened, factor=factor, points=80, narrative="依据验收记录", document_ids=[self._document()]
            )
        service.submit(by, opened, text="")
        service.comment(self.supplier, opened, text="无意见", is_last=True)
        service.request_review(by, opened, text="")
        return opened

    def states(self) -> list[str]:
        """Of all versions, the newest first."""
        rows = [row for row, _ in self.evaluations().evaluations(self.purchaser).items]
        return [row.state for row in sorted(rows, key=lambda row: -row.version)]

    def _document(self) -> UUID:
        described = describe_file("验收单.pdf", "application/pdf", b"%PDF-1.7")
        with self.unit_of_work() as uow:
            row = Document(
                id=uow.new_id(),
                organisation_id=self.purchaser.organisation_id,
                created_by=None,
                name=described.name,
                size=described.size,
                sha256=described.sha256,
                sm3=described.sm3,
                object_key=self.objects.put(b"%PDF-1.7"),
                pages=1,
                created_at=uow.now,
            )
            uow.session.add(row)
        return row.id

    def _actor(self, code: str, kind: OrganisationKind, scope: Scope) -> Actor:
        uscc = code + uscc_check_character(code)
        with self.unit_of_work() as uow:
            row = Organisation(id=uow.new_id(), name=code, uscc=uscc, kind=kind, region="yulin", created_at=uow.now)
            uow.session.add(row)
        self._usccs[row.id] = uscc
        return Actor(row.id, kind, "yulin", uuid4(), frozenset({Scope.CONTRACTS_READ, scope}))

    def _elements(self) -> ContractElements:
        contact = (ContactElement("联系人", "13900000001"),)
        parties = tuple(
            PartyElement(role, "某单位", self._usccs[actor.organisation_id], contact)
            for role, actor in ((PartyRole.PURCHASER, self.purchaser), (PartyRole.SUPPLIER, self.supplier))
        )
        return ContractElements(
            title="办公设备政府采购合同",
            class_code="government_procurement",
            parties=parties,
            obligations=(ObligationElement(ObligationKind.DELIVERY, "交付设备", PartyRole.SUPPLIER, TODAY),),
            amount=Money.parse("480000.00"),
            signed_on=TODAY,
        )


@pytest.fixture
def stage(unit_of_work: UnitOfWorkFactory, objects: Objects) -> Stage:
    return Stage(unit_of_work, objects)


def dying(engine: Engine, clock: FixedClock, fault: Fault, at: int = 0) -> UnitOfWorkFactory:
    plan = CrashPlan(at, fault)

    def begin() -> UnitOfWork:
        return CrashingUnitOfWork(engine, clock, plan)

    return begin


@FAULTS
def test_a_fact_and_its_findings_are_there_together_or_not_at_all(
    stage: Stage, engine: Engine, clock: FixedClock, fault: Fault
) -> None:
    with pytest.raises(Crash):
        stage.report(dying(engine, clock, fault))
    facts = stage.crosschecks().facts(stage.purchaser, stage.contract_id).items
    assert (len(facts), stage.found()) == ((1, ["X01"]) if fault == "applied" else (0, []))
    if fault == "applied":  # who didn't hear of it reports again, and learns that it is there
        with pytest.raises(FactTaken):
            stage.report(stage.unit_of_work)
    else:
        stage.report(stage.unit_of_work)
    assert stage.found() == ["X01"]


@FAULTS
@pytest.mark.parametrize("where", ["objects", "database"])
def test_a_check_that_died_is_made_again_when_its_event_is_offered_again(
    stage: Stage, engine: Engine, clock: FixedClock, fault: Fault, where: str
) -> None:
    stage.lose_signed_file()
    if where == "objects":
        victim = stage.crosschecks(objects=CrashingObjects(stage.objects, CrashPlan(0, fault)))
    else:
        victim = stage.crosschecks(dying(engine, clock, fault, at=1))
    event = ContractRegistered(
        contract_id=stage.contract_id, number="1", title="合同", parties=[], registered_at=clock.now()
    )
    with pytest.raises(Crash):
        victim.subscriptions()[0].react(event)  # type: ignore[union-attr] # the first is the reaction
    for _ in range(2):
        stage.crosschecks().subscriptions()[0].react(event)  # type: ignore[union-attr]
    assert stage.found() == ["X07"]


@FAULTS
def test_at_every_moment_one_version_counts(stage: Stage, engine: Engine, clock: FixedClock, fault: Fault) -> None:
    reviewer = replace(stage.regulator, person_id=uuid4())
    stage.evaluations().confirm(reviewer, stage.under_review(), text="同意")
    second = stage.under_review()
    with pytest.raises(Crash):
        stage.evaluations(dying(engine, clock, fault)).confirm(reviewer, second, text="同意")
    expected = ["final", "superseded"] if fault == "applied" else ["under_review", "final"]
    assert stage.states() == expected
    if fault == "applied":
        with pytest.raises(EvaluationStateForbids):
            stage.evaluations().confirm(replace(stage.regulator, person_id=uuid4()), second, text="同意")
    else:
        stage.evaluations().confirm(reviewer, second, text="同意")
    assert stage.states() == ["final", "superseded"]
