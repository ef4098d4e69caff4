"""A determination from its opening to its revocation (R15), with every guard on the way, its document and its public
side."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pypdfium2
import pytest

from accounts.policy import OrganisationKind
from core.secrets import SecretBox
from ledger import repository as evidence
from ledger.record import Subject
from ledger.verifier.pades import verify_pdf
from performance.determinations import errors
from performance.determinations.draw_up import Notice
from performance.determinations.policy import DETERMINATION, DeterminationChange, replay
from performance.errors import MediationConfidential, NotAParty, ObligationNotFound, RegulatorRequired
from performance.models import Obligation
from performance.policy import DisputeOutcome, PartyRole
from performance.terminate_obligation import Resolution
from signing.pdf.sign import PDFSigner
from tests.support.clock import FixedClock
from tests.support.determinations import NOTICE, Procedure, determinations
from tests.support.real_signing import real_pki
from tests.support.signing import PaperWork

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

_C = DeterminationChange


@pytest.fixture
def clock() -> FixedClock:
    """Early enough in the last year whose holidays are published for two procedures, one after the other."""
    return FixedClock(datetime(2026, 5, 11, 2, 0, tzinfo=UTC))


@pytest.fixture
def procedure(world: "World") -> Procedure:
    service = determinations(world.unit_of_work, world.objects, PaperWork())
    return Procedure(service, world.clock, world.regulator)


@pytest.fixture
def late(world: "World") -> Obligation:
    delivery = world.registered().file.obligations[0]
    world.pass_days(11)
    world.service.sweep_due()
    return delivery


@pytest.fixture
def breached(world: "World", late: Obligation) -> UUID:
    """The late delivery, with its breach on record."""
    breach(world, late)
    return late.id


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


def records(world: "World", identifier: UUID, actor: object) -> list[str]:
    """Types of the evidence an actor may read of a determination, oldest first."""
    subject = Subject("determination", f"{DETERMINATION}_{identifier.hex}")
    with world.unit_of_work() as uow:
        found = evidence.records_of_subjects(uow.session, actor, [subject])  # type: ignore[arg-type]
        return [each.type for each in found]


def test_r13_nothing_is_determined_before_the_breach_is_recorded(
    world: "World", procedure: Procedure, late: Obligation
) -> None:
    service = procedure.service
    with pytest.raises(errors.ObligationNotDeterminable):
        service.open(world.regulator, late.id, reason="恶意违约")
    breach(world, late)
    with pytest.raises(RegulatorRequired):
        service.open(world.outsider, late.id, reason="恶意违约")
    with pytest.raises(ObligationNotFound):
        service.open(replace(world.regulator, region="baoji"), late.id, reason="恶意违约")
    assert service.open(world.regulator, late.id, reason="恶意违约").determination.party_role == "supplier"


def test_r15_from_the_notice_to_publication_and_revocation(
    world: "World", procedure: Procedure, breached: UUID
) -> None:
    service, drafter, other = procedure.service, procedure.regulator, procedure.other
    row = service.open(drafter, breached, reason="恶意违约").determination
    assert service.freeze_facts(drafter, row.id).determination.facts_sha256
    with pytest.raises(errors.DeterminationNotFound):
        service.determination(world.supplier, row.id)
    with pytest.raises(errors.NoticeIncomplete):
        service.notify(drafter, row.id, Notice("事实", " ", "依据"))
    service.notify(drafter, row.id, NOTICE)
    with pytest.raises(errors.DeterminationNotFound):  # not the other party's business before it is public
        procedure.step(row.id, _C.STATE, by=world.purchaser)
    procedure.step(row.id, _C.STATE, by=world.supplier, text="运输中断")
    procedure.step(row.id, _C.ASK_FOR_HEARING, by=world.supplier, text="请求听证")
    with pytest.raises(errors.PeriodRunning):
        procedure.step(row.id, _C.SUBMIT)
    world.pass_days(8)
    with pytest.raises(errors.DefencePeriodOver):
        procedure.step(row.id, _C.STATE, by=world.supplier, text="迟到的申辩")
    with pytest.raises(errors.HearingOutstanding):
        procedure.step(row.id, _C.SUBMIT)
    with pytest.raises(errors.DrafterCannotHear):
        procedure.step(row.id, _C.HOLD_HEARING)
    procedure.step(row.id, _C.HOLD_HEARING, by=other, text="听证笔录")
    procedure.step(row.id, _C.SUBMIT)
    with pytest.raises(errors.DrafterCannotDecide):
        procedure.step(row.id, _C.ISSUE)
    procedure.step(row.id, _C.ISSUE, by=other, text="认定恶意违约")
    with pytest.raises(errors.DocumentNotMade):
        procedure.step(row.id, _C.SERVE)
    service.make_document(row.id)
    with pytest.raises(errors.PublicationBeforeService):
        procedure.step(row.id, _C.PUBLISH)
    procedure.step(row.id, _C.SERVE, text="直接送达")
    with pytest.raises(errors.PeriodRunning):
        procedure.step(row.id, _C.PUBLISH)
    world.pass_days(10)
    assert procedure.step(row.id, _C.PUBLISH, text="公示") == "public"
    assert procedure.step(row.id, _C.REVOKE, by=other, text="裁决被撤销") == "revoked"
    steps = service.determination(world.supplier, row.id).steps
    assert replay(DeterminationChange(step.change) for step in steps) == "revoked"
    told = world.events("determination.step")
    assert [each["change"] for each in told] == [step.change for step in steps][1:]
    assert len(world.events("determination.document_made")) == 1


def test_whoever_took_part_in_drawing_it_up_cant_decide(world: "World", procedure: Procedure, breached: UUID) -> None:
    identifier = procedure.notified(breached)
    world.pass_days(8)
    procedure.step(identifier, _C.SUBMIT, by=procedure.other)
    with pytest.raises(errors.DrafterCannotDecide):
        procedure.step(identifier, _C.DISMISS, by=procedure.other)
    with pytest.raises(errors.DrafterCannotDecide):
        procedure.step(identifier, _C.DISMISS, by=replace(procedure.regulator, person_id=None))
    third = replace(procedure.regulator, person_id=uuid4())
    assert procedure.step(identifier, _C.DISMISS, by=third, text="事实不清") == "not_established"


def test_another_regulator_of_the_region_reads_and_may_not_act(
    world: "World", procedure: Procedure, breached: UUID
) -> None:
    neighbour = replace(world.regulator, organisation_id=world.outsider.organisation_id, person_id=uuid4())
    opened = procedure.service.open(world.regulator, breached, reason="恶意违约").determination
    with pytest.raises(errors.DeterminationNotFound):
        procedure.service.determination(neighbour, opened.id)
    procedure.service.freeze_facts(world.regulator, opened.id)
    procedure.service.notify(world.regulator, opened.id, NOTICE)
    assert procedure.service.determination(neighbour, opened.id).determination.state == "notified"
    with pytest.raises(errors.AuthorityRequired):
        procedure.step(opened.id, _C.SUBMIT, by=neighbour)


def test_who_reads_of_it_when(world: "World", procedure: Procedure, breached: UUID) -> None:
    service = procedure.service
    credit_office = replace(
        world.regulator,
        organisation_kind=OrganisationKind.CREDIT_OFFICE,
        organisation_id=world.outsider.organisation_id,
    )

    def readers() -> list[str]:
        everybody = {"regulator": world.regulator, "supplier": world.supplier, "purchaser": world.purchaser}
        everybody |= {"credit_office": credit_office, "outsider": world.outsider}
        return [name for name, actor in everybody.items() if service.determinations(actor).items]

    row = service.open(world.regulator, breached, reason="恶意违约").determination
    assert readers() == ["regulator"]
    assert records(world, row.id, world.supplier) == []
    service.freeze_facts(world.regulator, row.id)
    service.notify(world.regulator, row.id, NOTICE)
    assert readers() == ["regulator", "supplier"]
    assert records(world, row.id, world.supplier) == ["determination.notify"]
    assert records(world, row.id, world.purchaser) == []
    world.pass_days(8)
    procedure.step(row.id, _C.SUBMIT)
    procedure.step(row.id, _C.ISSUE, by=procedure.other)
    service.make_document(row.id)
    procedure.step(row.id, _C.SERVE)
    world.pass_days(10)
    procedure.step(row.id, _C.PUBLISH)
    assert readers() == ["regulator", "supplier", "purchaser", "credit_office"]
    assert records(world, row.id, world.purchaser) == ["determination.publish"]
    assert records(world, row.id, world.regulator)[0] == "determination.open"
    assert "determination.document_made" in records(world, row.id, world.supplier)
    with pytest.raises(NotAParty):
        procedure.step(row.id, _C.STATE, by=world.purchaser)
    history = world.service.history(world.purchaser, row.contract_id, limit=200).items
    assert [item.change for item in history if item.change.startswith("determination")] == ["determination_publish"]


def test_what_is_public_is_masked_marked_on_revision_and_withdrawn_on_revocation(
    world: "World", procedure: Procedure, breached: UUID
) -> None:
    first = procedure.public(breached, summary="经裁决恶意违约，联系人 13912345678。")
    (shown,) = procedure.service.published(region="yulin").items
    assert shown.content["summary"] == "经裁决恶意违约，联系人 139****5678。"
    assert shown.content["party"] == "榆林市示范科技有限公司"
    assert "办公设备" not in str(shown.content)
    assert procedure.service.published(region="baoji").items == []
    procedure.step(first, _C.REVISE, by=procedure.other, text="依据更正")
    marked = procedure.service.published_one(first)
    assert (marked.standing, marked.content, marked.replaced_by) == ("revised", {"authority": "榆林市发改委"}, None)
    assert procedure.service.document(world.supplier, first)[1] == "revised"

    second = procedure.public(breached)

    about = procedure.service.determination(world.regulator, second)
    assert about.determination.replaces_id == first
    assert procedure.service.published_one(first).replaced_by == second
    assert {item.id for item in procedure.service.published().items} == {first, second}
    procedure.step(second, _C.REVOKE, by=procedure.other, text="裁决被撤销")
    with pytest.raises(errors.DeterminationNotFound):
        procedure.service.published_one(second)
    assert [item.id for item in procedure.service.published().items] == [first]
    for actor in (world.supplier, world.regulator):
        with pytest.raises(errors.DocumentWithdrawn):
            procedure.service.document(actor, second)


def test_the_document_is_the_authoritys_alone_until_it_is_served(
    world: "World", procedure: Procedure, breached: UUID
) -> None:
    identifier = procedure.issued(breached)
    with pytest.raises(errors.DocumentNotMade):
        procedure.service.document(world.regulator, identifier)
    procedure.service.make_document(identifier)
    procedure.service.make_document(identifier)
    assert procedure.service.document(world.regulator, identifier)[0].data
    with pytest.raises(errors.DocumentNotServed):
        procedure.service.document(world.supplier, identifier)
    procedure.step(identifier, _C.SERVE)
    assert procedure.service.document(world.supplier, identifier)[1] == "in_force"


def test_the_document_is_a_sealed_pdf_that_tells_who_was_heard(
    world: "World", secrets: SecretBox, breached: UUID
) -> None:
    pki = real_pki(world.unit_of_work, secrets, world.clock)
    service = determinations(world.unit_of_work, world.objects, PDFSigner(pki, pki.timestamps, world.clock))
    procedure = Procedure(service, world.clock, world.regulator)
    identifier = procedure.notified(breached)
    procedure.step(identifier, _C.STATE, by=world.supplier, text="运输中断" * 300)
    world.pass_days(8)
    procedure.step(identifier, _C.SUBMIT)
    procedure.step(identifier, _C.ISSUE, by=procedure.other, text="认定该单位恶意违约。")
    (issued,) = [event for event in world.events("determination.step") if event["change"] == "issue"]
    for subscription in service.subscriptions():
        subscription.react(subscription.event.model_validate(issued))  # type: ignore[union-attr] # the only one

    document, _ = service.document(world.regulator, identifier)

    roots: Sequence[bytes] = pki.roots()
    verdict = verify_pdf(document.data, signing_roots=roots, timestamp_roots=roots)
    assert verdict.outcome == "authentic"
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(document.data))
    flat = "".join(text.split())
    row = service.determination(world.regulator, identifier).determination
    assert row.number is not None
    for told in (row.number, "榆林市发改委", "有履行能力而拒不履行", "认定该单位恶意违约", "本平台自定的假设", "试用"):
        assert told in flat, told
    assert flat.count("运输中断") == 300  # nothing of what the party said is left out
    (made,) = world.events("determination.document_made")
    assert made["sha256"] == document.sha256


def test_papers_of_a_mediation_are_not_kept(world: "World", late: Obligation) -> None:
    case = world.service.enter_termination_register(world.regulator, late.id, reason="确实无法完成")
    mediated = Resolution(DisputeOutcome.MEDIATION, decided_on=world.today, is_no_fault=True)
    papers = (world.document(world.regulator),)
    with pytest.raises(MediationConfidential):
        world.service.record_outcome(world.regulator, case.id, replace(mediated, document_ids=papers))
    assert world.service.record_outcome(world.regulator, case.id, mediated).documents == []
    assert world.events("breach.recorded") == []
