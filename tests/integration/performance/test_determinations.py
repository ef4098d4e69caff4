"""A determination from its opening to its revocation (R15), with every guard on the way."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from performance.determinations import errors
from performance.determinations.policy import DeterminationChange, replay
from performance.determinations.service import DeterminationService, Notice
from performance.errors import MediationConfidential, NotAParty, RegulatorRequired
from performance.models import Obligation
from performance.policy import DisputeOutcome, PartyRole
from performance.terminate_obligation import Resolution

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

_C = DeterminationChange
NOTICE = Notice("到期未交付设备", "有履行能力而拒不履行", "实施方案二（四）3")


@pytest.fixture
def service(world: "World") -> DeterminationService:
    return DeterminationService(world.unit_of_work)


@pytest.fixture
def late(world: "World") -> Obligation:
    delivery = world.registered().file.obligations[0]
    world.pass_days(11)
    world.service.sweep_due()
    return delivery


def breach(world: "World", late: Obligation) -> None:
    case = world.service.enter_termination_register(world.regulator, late.id, reason="确实无法完成")
    award = Resolution(
        DisputeOutcome.AWARD,
        decided_on=world.today,
        body="榆林仲裁委员会",
        case_number="（2026）榆仲裁字第12号",
        party_at_fault=PartyRole.SUPPLIER,
        document_ids=(world.document(world.regulator),),
    )
    world.service.record_outcome(world.regulator, case.id, award)


def test_nothing_is_determined_before_the_breach_is_recorded(
    world: "World", service: DeterminationService, late: Obligation
) -> None:
    with pytest.raises(errors.ObligationNotDeterminable):
        service.open(world.regulator, late.id, reason="恶意违约")
    breach(world, late)
    with pytest.raises(RegulatorRequired):
        service.open(world.outsider, late.id, reason="恶意违约")
    assert service.open(world.regulator, late.id, reason="恶意违约").party_role == "supplier"


def test_from_the_notice_to_publication_and_revocation(
    world: "World", service: DeterminationService, late: Obligation
) -> None:
    breach(world, late)
    drafter, other = world.regulator, replace(world.regulator, person_id=uuid4())
    row = service.open(drafter, late.id, reason="恶意违约")
    assert service.freeze_facts(drafter, row.id).facts_sha256
    with pytest.raises(errors.DeterminationNotFound):
        service.steps(world.supplier, row.id)
    service.notify(drafter, row.id, NOTICE)
    with pytest.raises(NotAParty):
        service.take_step(world.purchaser, row.id, _C.STATE, text="替对方申辩")
    service.take_step(world.supplier, row.id, _C.STATE, text="运输中断")
    service.take_step(world.supplier, row.id, _C.ASK_FOR_HEARING, text="请求听证")
    with pytest.raises(errors.PeriodRunning):
        service.take_step(drafter, row.id, _C.SUBMIT, text="送审")
    world.pass_days(8)
    with pytest.raises(errors.DefencePeriodOver):
        service.take_step(world.supplier, row.id, _C.STATE, text="迟到的申辩")
    with pytest.raises(errors.HearingOutstanding):
        service.take_step(drafter, row.id, _C.SUBMIT, text="送审")
    service.take_step(drafter, row.id, _C.HOLD_HEARING, text="听证笔录")
    service.take_step(drafter, row.id, _C.SUBMIT, text="送审")
    with pytest.raises(errors.DrafterCannotDecide):
        service.take_step(drafter, row.id, _C.ISSUE, text="同意")
    service.take_step(other, row.id, _C.ISSUE, text="同意")
    with pytest.raises(errors.PublicationBeforeService):
        service.take_step(drafter, row.id, _C.PUBLISH, text="公示")
    service.take_step(drafter, row.id, _C.SERVE, text="直接送达")
    with pytest.raises(errors.PeriodRunning):
        service.take_step(drafter, row.id, _C.PUBLISH, text="公示")
    world.pass_days(10)
    assert service.take_step(drafter, row.id, _C.PUBLISH, text="公示").state == "public"
    assert service.take_step(other, row.id, _C.REVOKE, text="裁决被撤销").state == "revoked"
    steps = service.steps(world.supplier, row.id)
    assert replay(DeterminationChange(step.change) for step in steps) == "revoked"
    told = world.events("determination.step")
    assert [each["change"] for each in told] == [step.change for step in steps][1:]


def test_papers_of_a_mediation_are_not_kept(world: "World", late: Obligation) -> None:
    case = world.service.enter_termination_register(world.regulator, late.id, reason="确实无法完成")
    mediated = Resolution(DisputeOutcome.MEDIATION, decided_on=world.today, is_no_fault=True)
    papers = (world.document(world.regulator),)
    with pytest.raises(MediationConfidential):
        world.service.record_outcome(world.regulator, case.id, replace(mediated, document_ids=papers))
    assert world.service.record_outcome(world.regulator, case.id, mediated).documents == []
    assert world.events("breach.recorded") == []
