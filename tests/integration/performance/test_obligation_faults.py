"""Crash points 103 to 106: an amendment, by paper and by event; going on after a suspension; silence that confirms."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, func, select

from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.verifier.pades_verdict import PDFVerdict, SignatureVerdict
from performance.models import Fulfilment
from performance.variations import sign_amendment
from performance.variations.errors import VariationStateForbids
from performance.variations.policy import Terms
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

FAULTS = pytest.mark.parametrize("fault", ["lost", "applied"])
Dying = Callable[[Fault, int], UnitOfWorkFactory]


@pytest.fixture
def dying(engine: Engine, clock: FixedClock) -> Dying:
    """Units of work of which the one after `at` dies around its commit."""

    def of(fault: Fault, at: int) -> UnitOfWorkFactory:
        plan = CrashPlan(at, fault)

        def begin() -> UnitOfWork:
            return CrashingUnitOfWork(engine, clock, plan)

        return begin

    return of


@FAULTS
def test_a_paper_that_was_validated_takes_effect_once(world: "World", dying: Dying, fault: Fault) -> None:
    delivery = world.registered().file.obligations[0]
    day = world.today + timedelta(days=60)
    variation = world.agreed(delivery, Terms(due_on=day))
    document_id = world.document(world.supplier)

    def signed_by_both(_data: bytes) -> PDFVerdict:
        signatures = (
            SignatureVerdict(code, is_document_timestamp=False, signer=code, organisation_identifier=f"NTRCN-{code}")
            for code in world.usccs.values()
        )
        return PDFVerdict("authentic", "", tuple(signatures))

    sound = replace(world.variations, validate=signed_by_both)
    with pytest.raises(Crash):  # after the file was validated, around the commit of what follows from it
        replace(sound, unit_of_work=dying(fault, 1)).sign_with_document(world.supplier, variation.id, document_id)
    about = world.service.obligation(world.supplier, delivery.id)
    assert about.obligation.due_version == (2 if fault == "applied" else 1)
    if fault == "applied":
        with pytest.raises(VariationStateForbids):
            sound.sign_with_document(world.supplier, variation.id, document_id)
    else:
        sound.sign_with_document(world.supplier, variation.id, document_id)
    about = world.service.obligation(world.supplier, delivery.id)
    assert (about.obligation.due_on, about.obligation.due_version) == (day, 2)


@FAULTS
def test_an_amendment_told_again_after_a_crash_takes_effect_once(world: "World", dying: Dying, fault: Fault) -> None:
    delivery = world.registered().file.obligations[0]
    variation = world.agreed(delivery, Terms(due_on=world.today + timedelta(days=60)))
    envelope_id = world.envelope(world.purchaser)
    world.variations.attach_envelope(world.purchaser, variation.id, envelope_id)
    event = world.completion(envelope_id, [world.purchaser, world.supplier])
    with pytest.raises(Crash), dying(fault, 0)() as uow:
        sign_amendment.amend_by_completed_envelope(uow, event, world.service.calendar)
    world.handle(event)
    about = world.service.obligation(world.supplier, delivery.id)
    assert (about.obligation.due_version, about.variations[0].state) == (2, "effective")
    assert [each["state"] for each in world.events("variation.moved")].count("effective") == 1
    assert world.contract_state(delivery.contract_id) == "performing"


@FAULTS
def test_days_move_once_when_a_contract_goes_on(world: "World", dying: Dying, fault: Fault) -> None:
    obligations = world.registered().file.obligations
    suspension_id = world.suspend(obligations[0].contract_id)
    world.pass_days(5)
    world.suspensions.resume(world.supplier, suspension_id, reason="恢复")
    victim = replace(world.suspensions, unit_of_work=dying(fault, 0))
    with pytest.raises(Crash):
        victim.resume(world.purchaser, suspension_id, reason="恢复")
    found = world.service.contract(world.purchaser, obligations[0].contract_id).file
    moved = {each.due_version for each in found.obligations}
    assert (moved, found.contract.state) == (({2}, "performing") if fault == "applied" else ({1}, "suspended"))
    if fault == "lost":
        world.suspensions.resume(world.purchaser, suspension_id, reason="恢复")
    for before, after in zip(
        obligations, world.service.contract(world.purchaser, found.contract.id).file.obligations, strict=True
    ):
        assert before.due_on is not None
        assert after.due_on == before.due_on + timedelta(days=5)


@FAULTS
def test_silence_that_died_in_a_batch_confirms_each_claim_once(world: "World", dying: Dying, fault: Fault) -> None:
    for number in range(2):
        delivery = world.registered(silence_days=3, number=f"N-{number}", acknowledges_duplicate=True)
        world.service.claim_fulfilment(
            world.supplier, delivery.file.obligations[0].id, fulfilled_on=world.today, statement="已交付"
        )
    world.pass_days(4)
    with pytest.raises(Crash):
        replace(world.service, unit_of_work=dying(fault, 0)).sweep_due()
    world.service.sweep_due()
    assert len(world.events("fulfilment.answered")) == 2
    with world.unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).where(Fulfilment.is_deemed)) == 2
