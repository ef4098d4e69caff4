"""Evaluation (R8) and monthly volumes on the real database: each step with its evidence, its event and its guard."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from accounts.policy import Actor
from ledger.models import EvidenceRecord
from performance.crosschecks.policy import ReportKind
from performance.crosschecks.report_fact import FactReport, report_fact
from performance.errors import (
    ContractNotFound,
    ContractStateForbids,
    EvidenceDocumentNotFound,
    EvidenceMissing,
    RegulatorRequired,
)
from performance.evaluation import errors
from performance.evaluation.kpi import Verdict
from performance.evaluation.policy import Factor
from performance.evaluation.reading import EvaluationDossier
from performance.evaluation.service import EvaluationService
from performance.intake import ObligationElement
from performance.policy import ObligationKind, PartyRole

if TYPE_CHECKING:
    from tests.integration.performance.conftest import World

POINTS = {Factor.QUALITY: 95, Factor.PROGRESS: 90, Factor.VARIATIONS: 80, Factor.AFTER_SALES: 90}


@dataclass(slots=True)
class Desk:
    """The evaluation of a registered contract's supplier by its purchaser; `reviewer` is another of the regulator's."""

    world: "World"
    service: EvaluationService
    contract_id: UUID
    reviewer: Actor

    def open(self, actor: Actor | None = None, role: PartyRole = PartyRole.SUPPLIER) -> UUID:
        by = actor or self.world.purchaser
        return self.service.open(by, self.contract_id, role=role, reason="年度评价").evaluation.id

    def assess(
        self, evaluation_id: UUID, points: Mapping[Factor, int] = POINTS, actor: Actor | None = None
    ) -> EvaluationDossier:
        by = actor or self.world.purchaser
        for factor, each in points.items():
            about = self.service.assess(
                by,
                evaluation_id,
                factor=factor,
                points=each,
                narrative=f"{factor} 依据验收记录",
                document_ids=[self.world.document(by)],
            )
        return about

    def submitted(self) -> UUID:
        evaluation_id = self.open()
        self.assess(evaluation_id)
        self.service.submit(self.world.purchaser, evaluation_id, text="请在意见期内提出意见")
        return evaluation_id

    def under_review(self) -> UUID:
        evaluation_id = self.submitted()
        self.service.comment(self.world.supplier, evaluation_id, text="无其他意见", is_last=True)
        self.service.request_review(self.world.purchaser, evaluation_id, text="提请复核")
        return evaluation_id

    def final(self) -> UUID:
        evaluation_id = self.under_review()
        self.service.confirm(self.reviewer, evaluation_id, text="同意")
        return evaluation_id

    def evidence(self, record_type: str) -> list[Any]:
        with self.world.unit_of_work() as uow:
            return [each for each in uow.session.scalars(select(EvidenceRecord)) if record_type in str(each.record)]


@pytest.fixture
def desk(world: "World") -> Desk:
    service = EvaluationService(world.unit_of_work)
    reviewer = replace(world.regulator, person_id=uuid4())
    return Desk(world, service, world.registered().file.contract.id, reviewer)


def test_from_draft_to_final_every_step_leaves_its_trace(desk: Desk) -> None:
    evaluation_id = desk.final()

    about = desk.service.evaluation(desk.world.supplier, evaluation_id)
    assert (about.evaluation.state, about.evaluation.grade) == ("final", "excellent")
    assert about.evaluation.score_hundredths == 40 * 95 + 30 * 90 + 10 * 80 + 20 * 90 == 9100
    assert [step.change for step in about.steps] == ["submit", "comment", "request_review", "confirm"]
    assert "＝91.00 分" in about.explanation.conclusion_zh
    (event,) = desk.world.events("evaluation.final")
    assert (event["grade"], event["party"]["role"], event["version"]) == ("excellent", "supplier", 1)
    (opened,) = desk.world.events("evaluation.open_for_comment")
    assert opened["comment_until"] == "2026-12-07"
    for change in ("open", "assess", "submit", "comment", "request_review", "confirm"):
        assert desk.evidence(f"evaluation.{change}"), change
    history = desk.world.service.history(desk.world.supplier, desk.contract_id, limit=200).items
    states = [row.after for row in history if row.change == "evaluation"]
    assert states == ["commenting", "commenting", "under_review", "final"]


def test_a_draft_is_its_evaluators_alone(desk: Desk) -> None:
    evaluation_id = desk.open()
    desk.assess(evaluation_id)
    for other in (desk.world.supplier, desk.world.regulator, desk.world.outsider):
        with pytest.raises(errors.EvaluationNotFound):
            desk.service.evaluation(other, evaluation_id)
        assert desk.service.evaluations(other, contract_id=desk.contract_id).items == []
    history = desk.world.service.history(desk.world.supplier, desk.contract_id, limit=200).items
    assert "evaluation" not in {row.change for row in history}
    desk.service.withdraw(desk.world.purchaser, evaluation_id, text="误开")
    with pytest.raises(errors.EvaluationNotFound):
        desk.service.evaluation(desk.world.supplier, evaluation_id)
    assert desk.world.events("evaluation.step") == []


def test_who_may_evaluate_whom(desk: Desk) -> None:
    world = desk.world
    for actor, role in (
        (world.supplier, PartyRole.PURCHASER),
        (world.supplier, PartyRole.SUPPLIER),
        (world.purchaser, PartyRole.PURCHASER),
    ):
        with pytest.raises(errors.EvaluatorRequired):
            desk.open(actor, role)
    with pytest.raises(ContractNotFound):
        desk.open(world.outsider)
    with pytest.raises(ContractStateForbids):
        desk.open(role=PartyRole.SIGNATORY)
    assert desk.open(world.regulator, PartyRole.PURCHASER)
    with pytest.raises(errors.EvaluationOpen):
        desk.open(world.regulator, PartyRole.PURCHASER)
    draft = world.service.enter_contract(world.purchaser, world.elements()).file.contract.id
    with pytest.raises(ContractStateForbids):
        desk.service.open(world.purchaser, draft, role=PartyRole.SUPPLIER, reason="未登记")


def test_two_who_open_at_once_get_one_evaluation(desk: Desk) -> None:
    def attempt(_: int) -> str:
        try:
            desk.open()
        except errors.EvaluationOpen:
            return "refused"
        return "opened"

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(attempt, range(3))) == ["opened", "refused", "refused"]


def test_each_factor_needs_points_a_narrative_and_evidence(desk: Desk) -> None:
    world, evaluation_id = desk.world, desk.open()
    paper = world.document(world.purchaser)
    whole = {"factor": Factor.QUALITY, "points": 90, "narrative": "合格", "document_ids": [paper]}
    for change, error in (
        ({"narrative": " "}, errors.NarrativeMissing),
        ({"points": 101}, errors.PointsInvalid),
        ({"document_ids": []}, EvidenceMissing),
        ({"document_ids": [world.document(world.supplier)]}, EvidenceDocumentNotFound),
        ({"factor": Factor.SAFETY}, errors.FactorUnknown),  # a procurement contract has none
    ):
        with pytest.raises(error):
            desk.service.assess(world.purchaser, evaluation_id, **{**whole, **change})  # type: ignore[arg-type]
    desk.assess(evaluation_id, {Factor.QUALITY: 90})
    with pytest.raises(errors.FactorsIncomplete, match="progress"):
        desk.service.submit(world.purchaser, evaluation_id, text="")


def test_the_latest_assessment_of_a_factor_counts_and_the_earlier_one_stays(desk: Desk) -> None:
    evaluation_id = desk.open()
    desk.assess(evaluation_id)
    about = desk.assess(evaluation_id, {Factor.QUALITY: 20})
    assert about.explanation.score is not None
    assert about.explanation.score.hundredths == 9100 - 40 * 75
    assert len(desk.evidence("evaluation.assess")) == 5


def test_after_submission_nothing_changes_but_by_a_new_version(desk: Desk) -> None:
    evaluation_id = desk.submitted()
    for attempt in (
        lambda: desk.assess(evaluation_id),
        lambda: desk.service.submit(desk.world.purchaser, evaluation_id, text=""),
        lambda: desk.service.confirm(desk.reviewer, evaluation_id, text=""),
    ):
        with pytest.raises(errors.EvaluationStateForbids):
            attempt()
    with pytest.raises(errors.EvaluationOpen):
        desk.open()


def test_only_the_evaluated_party_comments_and_only_in_time(desk: Desk) -> None:
    world, evaluation_id = desk.world, desk.submitted()
    for other in (world.purchaser, replace(world.regulator, scopes=world.purchaser.scopes)):
        with pytest.raises(errors.EvaluatedPartyRequired):
            desk.service.comment(other, evaluation_id, text="代为答复")
    with pytest.raises(errors.CommentPeriodOpen):
        desk.service.request_review(world.purchaser, evaluation_id, text="")
    world.pass_days(14)
    desk.service.comment(
        world.supplier, evaluation_id, text="进度评分有误", document_ids=[world.document(world.supplier)]
    )
    with pytest.raises(errors.CommentPeriodOpen):
        desk.service.request_review(world.purchaser, evaluation_id, text="")
    world.pass_days(1)
    with pytest.raises(errors.CommentPeriodOver):
        desk.service.comment(world.supplier, evaluation_id, text="又一条")
    about = desk.service.request_review(world.purchaser, evaluation_id, text="已核对，维持")
    assert about.evaluation.state == "under_review"


def test_drafter_cannot_review_nor_any_party(desk: Desk) -> None:
    world, evaluation_id = desk.world, desk.under_review()
    program = replace(desk.reviewer, person_id=None)
    for actor in (world.purchaser, replace(world.purchaser, person_id=uuid4()), world.supplier, program):
        with pytest.raises(errors.ReviewerRequired):
            desk.service.confirm(actor, evaluation_id, text="自行复核")
    assert desk.service.confirm(desk.reviewer, evaluation_id, text="同意").evaluation.state == "final"


def test_a_regulators_evaluation_is_reviewed_by_another_of_its_people(desk: Desk) -> None:
    world = desk.world
    drafter = world.regulator
    drafting = replace(drafter, scopes=drafter.scopes | world.purchaser.scopes)
    evaluation_id = desk.open(drafting, PartyRole.SUPPLIER)
    desk.assess(evaluation_id, actor=drafting)
    desk.service.submit(drafting, evaluation_id, text="")
    desk.service.comment(world.supplier, evaluation_id, text="无意见", is_last=True)
    desk.service.request_review(drafting, evaluation_id, text="")
    with pytest.raises(errors.ReviewerRequired):
        desk.service.confirm(drafter, evaluation_id, text="")
    desk.service.confirm(desk.reviewer, evaluation_id, text="")


def test_a_new_version_takes_the_place_of_the_final_one(desk: Desk) -> None:
    first = desk.final()
    second = desk.final()
    states = {
        row.version: row.state
        for row, _ in desk.service.evaluations(desk.world.supplier, contract_id=desk.contract_id).items
    }
    assert states == {1: "superseded", 2: "final"}
    last = desk.service.evaluation(desk.world.supplier, first).steps[-1]
    assert (last.change, last.before, last.after) == ("supersede", "final", "superseded")
    assert desk.service.evaluation(desk.world.supplier, second).evaluation.version == 2


def test_a_returned_version_leaves_the_earlier_final_one_standing(desk: Desk) -> None:
    first, second = desk.final(), desk.under_review()
    desk.service.return_to_evaluator(desk.reviewer, second, text="质量一项缺检测报告")
    assert desk.service.evaluation(desk.world.supplier, first).evaluation.state == "final"
    assert desk.service.evaluation(desk.world.supplier, second).evaluation.state == "returned"
    assert desk.open()


def test_a_list_goes_on_after_its_cursor(desk: Desk) -> None:
    for _ in range(3):
        desk.world.clock.advance(timedelta(milliseconds=1))
        desk.final()
    page = desk.service.evaluations(desk.world.purchaser, limit=2)
    rest = desk.service.evaluations(desk.world.purchaser, limit=2, cursor=page.next_cursor)
    assert (len(page.items), len(rest.items), rest.next_cursor) == (2, 1, None)


# Monthly volumes


@pytest.fixture
def coal(desk: Desk) -> Desk:
    """A supply of 30000 吨 a month, November to January; today is 23 November."""
    months = (date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31))
    world = desk.world
    supply = tuple(
        ObligationElement(
            ObligationKind.DELIVERY, f"{due_on:%m} 月供货", PartyRole.SUPPLIER, due_on, quantity="30000 吨"
        )
        for due_on in months
    )
    desk.contract_id = world.registered(class_code="bulk_supply", obligations=supply).file.contract.id
    return desk


def volume(coal: Desk, actor: Actor, quantity: str, month: date, corrects: UUID | None = None) -> UUID:
    report = FactReport(
        ReportKind.DELIVERY_VOLUME,
        "煤炭交易平台",
        uuid4().hex,
        coal.world.today,
        quantity=quantity,
        period=month,
        corrects_id=corrects,
    )
    with coal.world.unit_of_work() as uow:
        return report_fact(uow, actor, coal.contract_id, report)[0].id


def test_rates_of_a_supply_with_conflicting_missing_and_prompted_reports(coal: Desk) -> None:
    world, november = coal.world, date(2026, 11, 1)
    assert [each.verdict for each in coal.service.fulfilment(world.supplier, coal.contract_id).results[:3]] == [
        Verdict.PENDING
    ] * 3
    with pytest.raises(errors.PromptTooEarly):
        coal.service.prompt_report(world.regulator, coal.contract_id, month=november)
    world.pass_days(8)  # 1 December
    volume(coal, world.supplier, "30000 吨", november)
    volume(coal, world.purchaser, "23999 吨", november)
    first = coal.service.fulfilment(world.supplier, coal.contract_id).results[0]
    assert (first.verdict, first.basis_points) == (Verdict.NOT_MET, 7999)
    with pytest.raises(RegulatorRequired):
        coal.service.prompt_report(
            replace(world.purchaser, scopes=world.regulator.scopes), coal.contract_id, month=november
        )
    with pytest.raises(errors.PeriodInvalid):
        coal.service.prompt_report(world.regulator, coal.contract_id, month=date(2026, 10, 1))
    world.pass_days(31)  # 1 January
    december = date(2026, 12, 1)
    prompt = coal.service.prompt_report(world.regulator, coal.contract_id, month=date(2026, 12, 15))
    again = coal.service.prompt_report(world.regulator, coal.contract_id, month=december)
    assert (prompt.respond_by, again.prompted_at) == (date(2027, 1, 11), prompt.prompted_at)
    assert len(world.events("volume.prompted")) == 1
    world.pass_days(11)
    results = coal.service.fulfilment(world.regulator, coal.contract_id).results
    assert [(each.period, each.verdict) for each in results] == [
        ("month", Verdict.NOT_MET),
        ("month", Verdict.NOT_MET),
        ("month", Verdict.PENDING),
        ("quarter", Verdict.NOT_MET),
        ("quarter", Verdict.PENDING),
        ("year", Verdict.NOT_MET),
        ("year", Verdict.PENDING),
    ]


def test_a_corrected_report_counts_in_place_of_the_first(coal: Desk) -> None:
    world, november = coal.world, date(2026, 11, 1)
    world.pass_days(8)
    wrong = volume(coal, world.supplier, "3000 吨", november)
    volume(coal, world.supplier, "30000 吨", november, corrects=wrong)
    first = coal.service.fulfilment(world.supplier, coal.contract_id).results[0]
    assert (first.verdict, first.delivered) == (Verdict.MET, 30000)


def test_a_class_without_rates_says_so(desk: Desk) -> None:
    with pytest.raises(errors.KPIUnknown):
        desk.service.fulfilment(desk.world.supplier, desk.contract_id)
