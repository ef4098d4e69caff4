"""Crash points 107 to 110: the document of a determination, and the end of a public demand."""

from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import Engine

from core.dispatch import Dispatcher
from core.outbox import OutboxEvent
from core.secrets import SecretBox
from ledger.errors import TimestampUnavailable
from ledger.verifier.pades import verify_pdf
from performance.determinations.errors import DocumentNotMade
from performance.models import Obligation
from performance.policy import DisputeOutcome, ObligationKind, PartyRole, StepKind
from performance.service import PerformanceService
from performance.supervision.record_step import NewStep
from performance.supervision.service import SupervisionService
from performance.terminate_obligation import Resolution
from signing.pdf.sign import PDFSigner
from tests.support.crashes import Crash, CrashingObjects, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.determinations import Procedure, determinations
from tests.support.real_signing import real_pki
from tests.support.signing import PaperWork
from tests.support.victims import kill, make_document

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

FAULTS = pytest.mark.parametrize("fault", ["lost", "applied"])


def late_deliveries(world: "World", count: int) -> list[Obligation]:
    """Of one supplier, a day late: with three of them it fails repeatedly."""
    delivery = world.obligation(ObligationKind.DELIVERY, "交付", PartyRole.SUPPLIER, 10)
    obligations = world.registered(obligations=(delivery,) * count).file.obligations
    world.pass_days(11)
    world.service.sweep_due()
    return list(obligations)


def issued(world: "World", procedure: Procedure) -> UUID:
    (late,) = late_deliveries(world, 1)
    case = world.service.enter_termination_register(world.regulator, late.id, reason="停产")
    award = Resolution(
        DisputeOutcome.AWARD,
        decided_on=world.today,
        body="榆林仲裁委员会",
        case_number="（2026）榆仲裁字第12号",
        party_at_fault=PartyRole.SUPPLIER,
        document_ids=(world.document(world.regulator),),
    )
    world.service.record_outcome(world.regulator, case.id, award)
    return procedure.issued(late.id)


def demanded(world: "World", late: Obligation) -> None:
    case = world.service.open_supervision(world.regulator, late.id, reason="一再爽约")
    step = NewStep(StepKind.PUBLIC_DEMAND, world.today, minutes="公示", outcome="限期履行")
    world.supervision.record_step(world.regulator, case.id, step)


def running(world: "World") -> int:
    return len(world.supervision.public_demands().items)


def ended(world: "World") -> int:
    return len(world.events("public_demand.ended"))


@pytest.mark.parametrize("point", ["made", "stored"])
def test_killed_while_a_document_is_made(
    world: "World", engine: Engine, secrets: SecretBox, tmp_path: Path, point: str
) -> None:
    """107: kill −9; the event of the issue is offered again, and one document is on record, sealed and whole."""
    pki = real_pki(world.unit_of_work, secrets, world.clock)
    service = determinations(world.unit_of_work, world.objects, PDFSigner(pki, pki.timestamps, world.clock))
    identifier = issued(world, Procedure(service, world.clock, world.regulator))
    now = world.clock.now()
    kill(
        make_document,
        is_forked=False,
        url=engine.url,
        folder=tmp_path,
        now=now,
        determination_id=identifier,
        point=point,
    )
    with pytest.raises(DocumentNotMade):
        service.document(world.regulator, identifier)
    service.make_document(identifier)
    document, _ = service.document(world.regulator, identifier)
    roots = pki.roots()
    assert verify_pdf(document.data, signing_roots=roots, timestamp_roots=roots).outcome == "authentic"
    (made,) = world.events("determination.document_made")
    assert made["sha256"] == document.sha256


@FAULTS
def test_the_store_fails_while_a_document_is_stored(world: "World", fault: Fault) -> None:
    """107 again, with the store's write lost or applied, and with no time-stamp to be had."""
    paper = PaperWork()
    service = determinations(world.unit_of_work, world.objects, paper)
    identifier = issued(world, Procedure(service, world.clock, world.regulator))
    broken = determinations(world.unit_of_work, CrashingObjects(world.objects, CrashPlan(0, fault)), paper)
    with pytest.raises(Crash):
        broken.make_document(identifier)
    paper.fail_next = TimestampUnavailable()
    with pytest.raises(TimestampUnavailable):
        service.make_document(identifier)
    assert world.events("determination.document_made") == []
    service.make_document(identifier)
    assert len(world.events("determination.document_made")) == 1


def test_a_reaction_that_died_before_its_receipt_makes_no_second_document(world: "World", engine: Engine) -> None:
    """108: recorded, and its receipt not written; and two workers at the same moment."""
    paper = PaperWork()
    service = determinations(world.unit_of_work, world.objects, paper)
    identifier = issued(world, Procedure(service, world.clock, world.regulator))
    paper.during = lambda: service.make_document(identifier)  # the other worker is faster
    service.make_document(identifier)
    assert len(world.events("determination.document_made")) == 1
    with world.unit_of_work() as uow:
        events = uow.session.query(OutboxEvent).filter_by(type="determination.step").all()
    dispatcher = Dispatcher(engine, world.unit_of_work, service.subscriptions())
    assert all(dispatcher.handle(event.id) for event in events)
    assert len(world.events("determination.document_made")) == 1


@FAULTS
def test_a_demand_ends_with_its_obligation_or_not_at_all(world: "World", engine: Engine, fault: Fault) -> None:
    """109: met, and the process dies around the commit."""
    *_, late = late_deliveries(world, 3)
    demanded(world, late)
    claim = world.service.claim_fulfilment(world.supplier, late.id, fulfilled_on=world.today, statement="已交付")
    plan = CrashPlan(0, fault)
    dying = PerformanceService(lambda: CrashingUnitOfWork(engine, world.clock, plan))
    with pytest.raises(Crash):
        dying.confirm_fulfilment(world.purchaser, claim.id)
    is_met = fault == "applied"
    assert world.state_of(late) == ("met_after_supervision" if is_met else "under_supervision")
    assert (running(world), ended(world)) == ((0, 1) if is_met else (1, 0))
    if not is_met:
        world.service.confirm_fulfilment(world.purchaser, claim.id)
    assert (running(world), ended(world)) == (0, 1)


@FAULTS
def test_a_sweep_that_died_between_two_demands_is_finished_by_the_next(
    world: "World", engine: Engine, fault: Fault
) -> None:
    """110: of three demands whose days are over, the process dies with the second."""
    for late in late_deliveries(world, 3):
        demanded(world, late)
    world.pass_days(30)
    plan = CrashPlan(1, fault)
    dying = SupervisionService(lambda: CrashingUnitOfWork(engine, world.clock, plan))
    with pytest.raises(Crash):
        dying.end_expired_demands()
    assert ended(world) == (2 if fault == "applied" else 1)
    assert running(world) == 0  # the public goes by the day, not by the sweep
    world.supervision.end_expired_demands()
    assert ended(world) == 3
