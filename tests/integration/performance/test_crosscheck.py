"""Reported facts and findings on the real database: opened once, answered, resolved by somebody else (R6)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from accounts.policy import Actor
from core.money import Money
from core.sandbox import Sandbox
from ledger.models import EvidenceRecord
from ledger.record import describe_file
from performance.crosschecks import errors
from performance.crosschecks.check_contract import check_obligation
from performance.crosschecks.models import Finding
from performance.crosschecks.pdf_text import SandboxedTextReader, text_of
from performance.crosschecks.policy import AcceptanceOutcome, Choice, FindingState, ReportKind
from performance.crosschecks.report_fact import FactReport
from performance.crosschecks.service import CrosscheckService
from performance.errors import (
    AmountNegative,
    ContractNotFound,
    ContractStateForbids,
    EvidenceMissing,
    NotAParty,
    ObligationNotFound,
)
from performance.events import ContractRegistered, ObligationClosed
from performance.models import Contract
from performance.reading import ContractDossier
from tests.support.pdf import contract_pdf

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World


@dataclass(slots=True)
class Desk:
    world: "World"
    service: CrosscheckService
    dossier: ContractDossier

    @property
    def contract_id(self) -> UUID:
        return self.dossier.file.contract.id

    def report(self, actor: Actor, kind: ReportKind, **what: Any) -> list[Finding]:
        plain = FactReport(kind, "公共资源交易平台", uuid4().hex, self.world.today)
        _, found = self.service.report(actor, self.contract_id, replace(plain, **what))
        return [finding for finding, _ in found]

    def award(self, amount: str = "470000.00") -> Finding:
        (found,) = self.report(self.world.regulator, ReportKind.AWARD, amount=Money.parse(amount))
        return found

    def resolve(self, actor: Actor, finding_id: UUID, choice: Choice = Choice.FIRST, **what: Any) -> Finding:
        papers = what.pop("document_ids", None) or [self.world.document(actor, "核验.pdf")]
        about = self.service.resolve(actor, finding_id, choice=choice, reason="经核对原件", document_ids=papers, **what)
        return about.finding

    def sign(self, data: bytes, recorded: bytes | None = None) -> None:
        """Gives the contract a signed file, of which `recorded` (else itself) is on record."""
        with self.world.unit_of_work() as uow:
            contract = uow.session.scalars(select(Contract).where(Contract.id == self.contract_id)).one()
            contract.signed_object_key = self.world.objects.put(data)
            contract.signed_sha256 = describe_file("合同.pdf", "application/pdf", recorded or data).sha256

    def evidence(self, record_type: str) -> list[str]:
        with self.world.unit_of_work() as uow:
            records = [str(each.record) for each in uow.session.scalars(select(EvidenceRecord))]
        return [each for each in records if record_type in each]


@pytest.fixture
def desk(world: "World") -> Desk:
    return Desk(world, CrosscheckService(world.unit_of_work, world.objects, text_of), world.registered())


@pytest.fixture
def official(world: "World") -> Actor:
    """Another of the regulator's people than the one who reports."""
    return replace(world.regulator, person_id=uuid4())


def test_a_contradiction_opens_a_finding_with_both_values_sources_and_dates(desk: Desk) -> None:
    finding = desk.award()
    assert (finding.rule, finding.state, finding.standing) == ("X01", "open", "470000.00 CNY")
    assert finding.first["value"] == "470000.00 CNY"
    assert finding.first["source"] == "award 公共资源交易平台"
    assert (finding.second["value"], finding.second["source"]) == ("480000.00 CNY", "register")
    assert finding.first["on"] == finding.second["on"] == desk.world.today.isoformat()
    (event,) = desk.world.events("finding.opened")
    assert (event["standing"], event["rule"]) == ("470000.00 CNY", "X01")
    assert desk.evidence("finding.open")
    assert desk.evidence("fact.reported")
    assert len(desk.world.events("fact.reported")) == 1
    about = desk.service.finding(desk.world.supplier, finding.id)
    assert "办结前按 470000.00 CNY 计" in about.conclusion_zh
    assert "招标投标法第四十六条" in about.rule.basis
    history = desk.world.service.history(desk.world.supplier, desk.contract_id, limit=200).items
    assert {"fact_reported", "finding"} <= {row.change for row in history}


def test_the_same_facts_again_open_nothing(desk: Desk) -> None:
    desk.award()
    assert desk.service.check(desk.world.purchaser, desk.contract_id) == []
    assert len(desk.service.findings(desk.world.purchaser).items) == 1


def test_checks_at_the_same_time_open_one_finding(desk: Desk) -> None:
    with desk.world.unit_of_work() as uow:  # a register entry that changes after the award agreed with it
        contract = uow.session.scalars(select(Contract).where(Contract.id == desk.contract_id)).one()
        contract.amount_minor = 47000000
    assert desk.report(desk.world.regulator, ReportKind.AWARD, amount=Money.parse("470000.00")) == []
    with desk.world.unit_of_work() as uow:
        uow.session.scalars(select(Contract).where(Contract.id == desk.contract_id)).one().amount_minor = 48000000
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: desk.service.check(desk.world.purchaser, desk.contract_id), range(3)))
    assert sum(len(each) for each in found) == 1


def test_a_correction_shows_the_new_values_in_the_open_finding(desk: Desk) -> None:
    payment = desk.dossier.file.obligations[1]
    over = {"amount": Money.parse("200000.00"), "obligation_id": payment.id}
    (first,) = desk.report(desk.world.supplier, ReportKind.PAYMENT, **over)
    (again,) = desk.report(
        desk.world.supplier, ReportKind.PAYMENT, amount=Money.parse("1.00"), obligation_id=payment.id
    )
    assert again.id == first.id
    assert (again.first["value"], again.standing) == ("200001.00 CNY", "144000.00 CNY")
    steps = desk.service.finding(desk.world.purchaser, first.id).steps
    assert [(step.change, step.first["value"]) for step in steps] == [
        ("open", "200000.00 CNY"),
        ("see_again", "200001.00 CNY"),
    ]


def test_what_was_resolved_comes_back_only_with_other_values(desk: Desk, official: Actor) -> None:
    finding = desk.award()
    resolved = desk.resolve(official, finding.id)
    assert (resolved.state, resolved.resolved_value) == ("resolved", "470000.00 CNY")
    assert desk.service.check(desk.world.purchaser, desk.contract_id) == []
    assert len(desk.report(desk.world.regulator, ReportKind.AWARD, amount=Money.parse("460000.00"))) == 1
    (event,) = desk.world.events("finding.resolved")
    assert (event["choice"], event["value"]) == ("first", "470000.00 CNY")
    with pytest.raises(errors.FindingResolved):
        desk.resolve(official, finding.id)
    with pytest.raises(errors.FindingResolved):
        desk.service.answer(desk.world.supplier, finding.id, text="迟到的说明")


def test_nobody_resolves_in_their_own_favour(desk: Desk, official: Actor) -> None:
    world, finding = desk.world, desk.award()
    program = replace(official, person_id=None)
    for actor in (world.regulator, world.purchaser, world.supplier, program):
        with pytest.raises(errors.ResolverRequired):
            desk.resolve(actor, finding.id, Choice.SECOND)
    with pytest.raises(errors.FindingNotFound):
        desk.resolve(world.outsider, finding.id)
    with pytest.raises(EvidenceMissing):
        desk.service.resolve(official, finding.id, choice=Choice.FIRST, reason="无证据", document_ids=[])
    with pytest.raises(errors.ResolutionInvalid):
        desk.resolve(official, finding.id, Choice.OTHER)
    third = desk.resolve(official, finding.id, Choice.OTHER, other="475000 CNY")
    assert third.resolved_value == "475000.00 CNY"


def test_a_party_may_concede_by_another_person_and_nothing_else(desk: Desk) -> None:
    world, delivery = desk.world, desk.dossier.file.obligations[0]
    later = world.today + timedelta(days=2)
    assert desk.report(world.supplier, ReportKind.COMPLETION, obligation_id=delivery.id) == []
    world.pass_days(3)
    (finding,) = desk.report(world.purchaser, ReportKind.COMPLETION, obligation_id=delivery.id, occurred_on=later)
    assert finding.standing == later.isoformat()
    for actor, choice in (
        (world.supplier, Choice.FIRST),  # reported it
        (replace(world.supplier, person_id=uuid4()), Choice.SECOND),  # its own value
        (replace(world.purchaser, person_id=uuid4()), Choice.FIRST),  # its own value
    ):
        with pytest.raises(errors.ResolverRequired):
            desk.resolve(actor, finding.id, choice)
    conceded = desk.resolve(replace(world.supplier, person_id=uuid4()), finding.id, Choice.FIRST)
    assert conceded.resolved_value == later.isoformat()


def test_both_parties_may_answer(desk: Desk) -> None:
    finding = desk.award()
    desk.service.answer(desk.world.supplier, finding.id, text="补充协议增加 1 万元")
    with pytest.raises(NotAParty):
        desk.service.answer(replace(desk.world.regulator, scopes=desk.world.supplier.scopes), finding.id, text="旁观者")
    steps = desk.service.finding(desk.world.purchaser, finding.id).steps
    assert [step.change for step in steps] == ["open", "answer"]


def test_findings_are_listed_for_those_who_see_the_contract(desk: Desk) -> None:
    finding, world = desk.award(), desk.world
    for actor in (world.purchaser, world.supplier, world.regulator):
        listed = desk.service.findings(actor, state=FindingState.OPEN, rule="X01", contract_id=desk.contract_id)
        assert [row.id for row, _ in listed.items] == [finding.id]
    assert desk.service.findings(world.outsider).items == []
    assert desk.service.findings(world.purchaser, state=FindingState.RESOLVED).items == []
    with pytest.raises(errors.FindingNotFound):
        desk.service.finding(world.outsider, finding.id)


def test_who_may_report_what(desk: Desk) -> None:
    world, payment = desk.world, desk.dossier.file.obligations[1]
    money = Money.parse("1.00")
    refusals: list[tuple[Actor, ReportKind, dict[str, Any], type[Exception]]] = [
        (world.outsider, ReportKind.AWARD, {"amount": money}, ContractNotFound),
        (world.supplier, ReportKind.AWARD, {}, errors.FactIncomplete),
        (world.supplier, ReportKind.PAYMENT, {"amount": money, "obligation_id": uuid4()}, ObligationNotFound),
        (world.supplier, ReportKind.AWARD, {"amount": Money(-1)}, AmountNegative),
        (world.supplier, ReportKind.FILING, {"occurred_on": world.today + timedelta(days=1)}, errors.FactInFuture),
        (world.supplier, ReportKind.FILING, {"corrects_id": uuid4()}, errors.ReportedFactNotFound),
    ]
    for actor, kind, what, error in refusals:
        with pytest.raises(error):
            desk.report(actor, kind, **what)
    draft = world.service.enter_contract(world.purchaser, world.elements()).file.contract.id
    with pytest.raises(ContractStateForbids):
        desk.service.report(world.purchaser, draft, FactReport(ReportKind.FILING, "备案系统", "1", world.today))
    once = {"amount": money, "obligation_id": payment.id, "external_id": "ZF-1"}
    desk.report(world.supplier, ReportKind.PAYMENT, **once)
    with pytest.raises(errors.FactTaken):
        desk.report(world.supplier, ReportKind.PAYMENT, **once)
    (fact,) = desk.service.facts(world.purchaser, desk.contract_id).items
    assert (fact.side, fact.external_id) == ("supplier", "ZF-1")
    desk.report(world.supplier, ReportKind.PAYMENT, **once, corrects_id=fact.id)
    with pytest.raises(errors.FactTaken):  # a fact is corrected once; after that, the correction is
        desk.report(world.supplier, ReportKind.PAYMENT, **once, corrects_id=fact.id)


def test_a_claim_that_was_confirmed_is_compared_with_the_acceptance(desk: Desk) -> None:
    world, delivery = desk.world, desk.dossier.file.obligations[0]
    partial = {"outcome": AcceptanceOutcome.PARTIAL, "obligation_id": delivery.id}
    assert desk.report(world.purchaser, ReportKind.ACCEPTANCE, **partial) == []
    world.meet(delivery, world.supplier, world.purchaser)
    (closed,) = world.events("obligation.closed")
    with world.unit_of_work() as uow:
        check_obligation(uow, ObligationClosed.model_validate(closed))
    (found,) = desk.service.findings(world.regulator).items
    assert (found[0].rule, found[0].standing, found[0].obligation_id) == ("X03", "partial", delivery.id)


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (lambda desk, data: desk.sign(data, recorded=data + b" "), "X07"),
        (lambda desk, data: desk.world.objects.delete(desk.world.objects.put(data)), "X07"),
    ],
    ids=["changed", "lost"],
)
def test_the_signed_file_is_compared_with_its_digest(
    desk: Desk, spoil: Callable[[Desk, bytes], None], rule: str
) -> None:
    data = contract_pdf(1)
    desk.sign(data)
    assert desk.service.check(desk.world.purchaser, desk.contract_id) == []
    spoil(desk, data)
    ((found, _),) = desk.service.check(desk.world.purchaser, desk.contract_id)
    assert (found.rule, found.standing) == (rule, None)


def test_registration_reads_the_signed_text(desk: Desk) -> None:
    desk.sign(b"%PDF-1.7 stands for what the reader below says of it")
    reading = replace(desk.service, read_text=lambda _: "合同总价：￥408,000.00 元")
    (registered,) = desk.world.events("contract.registered")
    reaction = reading.subscriptions()[0]
    for _ in range(2):  # an event may come twice
        reaction.react(ContractRegistered.model_validate(registered))  # type: ignore[union-attr] # the first is one
    (found,) = desk.service.findings(desk.world.regulator).items
    assert (found[0].rule, found[0].standing) == ("X06", "408000.00 CNY")


def test_a_pdf_is_read_in_the_sandbox_and_what_cannot_be_read_is_silent() -> None:
    sandbox = Sandbox()
    try:
        read = SandboxedTextReader(sandbox)
        text = read(contract_pdf(1))
        assert text is not None
        assert text == text_of(contract_pdf(1))
        assert read(b"%PDF-1.7 broken") is None
    finally:
        sandbox.close()
