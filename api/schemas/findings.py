"""Shapes of reported facts and of findings. A value is spelt `480000.00 CNY`, `2026-11-23`, `30000`, or a word."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.schemas.contracts import AmountShape, AmountView, DocumentIds, Name, RequiredText, Text
from api.schemas.evaluations import Month, first_of
from api.schemas.following import document_ids
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from core import ids
from core.money import Money
from performance.crosschecks.models import Finding, FindingStep, ReportedFact
from performance.crosschecks.policy import (
    FINDING,
    REPORT,
    AcceptanceOutcome,
    Choice,
    FindingChange,
    FindingState,
    ReportKind,
    ReportSide,
)
from performance.crosschecks.reading import FindingDossier
from performance.crosschecks.report_fact import FactReport
from performance.models import Contract


class NewReportedFact(Request):
    """What your organisation, or a platform that it speaks for, knows of a contract. An award, invoice or payment has
    an `amount`; an invoice, payment, acceptance or completion its `obligation_id`; an acceptance an `outcome`; a
    month's volume `quantity` and `month`. A correction names the fact it corrects."""

    kind: ReportKind
    source_system: Name
    external_id: Name
    occurred_on: date
    statement: Text = ""
    obligation_id: Annotated[str | None, Field(max_length=40, examples=["obl_…"])] = None
    amount: AmountShape | None = None
    quantity: Annotated[str | None, Field(max_length=60, examples=["30000 吨"])] = None
    month: Month | None = None
    outcome: AcceptanceOutcome | None = None
    signed_on: Annotated[date | None, Field(description="What a filing says the day of signature was")] = None
    sha256: Annotated[
        str | None,
        Field(pattern=r"^[0-9a-f]{64}$", description="What the source says its file's digest is", examples=["0" * 64]),
    ] = None
    corrects_id: Annotated[str | None, Field(max_length=40, examples=["rep_…"])] = None
    document_ids: DocumentIds = Field(default_factory=list)

    def report(self) -> FactReport:
        """Raises `InvalidAmount` or `InvalidId`."""
        return FactReport(
            kind=self.kind,
            source_system=self.source_system,
            external_id=self.external_id,
            occurred_on=self.occurred_on,
            statement=self.statement,
            obligation_id=ids.parse(ids.OBLIGATION, self.obligation_id) if self.obligation_id else None,
            amount=self.amount.money() if self.amount else None,
            quantity=self.quantity,
            period=first_of(self.month) if self.month else None,
            outcome=self.outcome,
            signed_on=self.signed_on,
            sha256=self.sha256,
            corrects_id=ids.parse(REPORT, self.corrects_id) if self.corrects_id else None,
            document_ids=tuple(document_ids(self.document_ids)),
        )


class NewFindingAnswer(Request):
    text: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)


class NewResolution(Request):
    """Which value is true: the first, the second, or with `other` the value that was found."""

    choice: Choice
    other: Annotated[str | None, Field(max_length=200)] = None
    reason: RequiredText
    document_ids: DocumentIds


class ReportedFactView(BaseModel):
    id: str
    contract_id: str
    obligation_id: str | None
    kind: ReportKind
    side: ReportSide
    source_system: str
    external_id: str
    corrects_id: str | None
    occurred_on: date
    amount: AmountView | None
    quantity: str | None
    month: str | None
    outcome: AcceptanceOutcome | None
    signed_on: date | None
    sha256: str | None
    statement: str
    documents: list[DocumentView]
    reported_at: datetime
    organisation_id: str
    evidence_id: str


class ReportedFactPage(BaseModel):
    items: list[ReportedFactView]
    next_cursor: str | None


class StatedView(BaseModel):
    """A value, the kind of source, the thing it stands in, and the day it is about."""

    value: str
    source: str
    reference: str | None
    on: date | None


class FindingItem(BaseModel):
    """Two sources that contradict each other. `standing` counts until it is resolved; null: neither is proven."""

    id: str
    contract_id: str
    contract_title: str
    obligation_id: str | None
    rule: str
    what: str
    first: StatedView
    second: StatedView
    standing: str | None
    state: FindingState
    opened_at: datetime
    resolved_at: datetime | None
    choice: Choice | None
    resolved_value: str | None


class FindingPage(BaseModel):
    items: list[FindingItem]
    next_cursor: str | None


class FindingList(BaseModel):
    items: list[FindingItem]


class ReportedView(BaseModel):
    """The fact, and the findings that it opened or gave new values."""

    fact: ReportedFactView
    findings: list[FindingItem]


class RuleView(BaseModel):
    code: str
    version: int
    zh: str
    en: str
    basis: str
    stands_zh: str
    stands_en: str


class FindingStepView(BaseModel):
    """No organisation: the rules saw it."""

    change: FindingChange
    first: StatedView
    second: StatedView
    standing: str | None
    text: str
    documents: list[DocumentView]
    at: datetime
    organisation_id: str | None
    evidence_id: str


class FindingView(FindingItem):
    explanation_zh: str
    explanation_en: str
    rule_text: RuleView
    steps: list[FindingStepView]


def fact_view(fact: ReportedFact) -> ReportedFactView:
    amount = None
    if fact.amount_minor is not None and fact.currency is not None:
        amount = AmountView(amount=str(Money(fact.amount_minor, fact.currency)), currency=fact.currency)
    return ReportedFactView(
        id=ids.public(REPORT, fact.id),
        contract_id=ids.public(ids.CONTRACT, fact.contract_id),
        obligation_id=ids.public(ids.OBLIGATION, fact.obligation_id) if fact.obligation_id else None,
        kind=ReportKind(fact.kind),
        side=ReportSide(fact.side),
        source_system=fact.source_system,
        external_id=fact.external_id,
        corrects_id=ids.public(REPORT, fact.corrects_id) if fact.corrects_id else None,
        occurred_on=fact.occurred_on,
        amount=amount,
        quantity=fact.quantity,
        month=f"{fact.period:%Y-%m}" if fact.period else None,
        outcome=AcceptanceOutcome(fact.outcome) if fact.outcome else None,
        signed_on=fact.signed_on,
        sha256=fact.sha256,
        statement=fact.statement,
        documents=[DocumentView(**document) for document in fact.documents],
        reported_at=fact.reported_at,
        organisation_id=ids.public(ids.ORGANISATION, fact.organisation_id),
        evidence_id=ids.public(ids.EVIDENCE, fact.evidence_id),
    )


def listed_finding(row: Finding, contract: Contract) -> FindingItem:
    return FindingItem(
        id=ids.public(FINDING, row.id),
        contract_id=ids.public(ids.CONTRACT, row.contract_id),
        contract_title=contract.title,
        obligation_id=ids.public(ids.OBLIGATION, row.obligation_id) if row.obligation_id else None,
        rule=row.rule,
        what=row.what,
        first=_stated(row.first),
        second=_stated(row.second),
        standing=row.standing,
        state=FindingState(row.state),
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        choice=Choice(row.choice) if row.choice else None,
        resolved_value=row.resolved_value,
    )


def finding_view(about: FindingDossier) -> FindingView:
    rule = about.rule
    return FindingView(
        **listed_finding(about.finding, about.contract).model_dump(),
        explanation_zh=about.conclusion_zh,
        explanation_en=about.conclusion_en,
        rule_text=RuleView(
            code=rule.code,
            version=about.finding.rule_version,
            zh=rule.zh,
            en=rule.en,
            basis=rule.basis,
            stands_zh=rule.stands_zh,
            stands_en=rule.stands_en,
        ),
        steps=[_step_view(step) for step in about.steps],
    )


def _step_view(step: FindingStep) -> FindingStepView:
    return FindingStepView(
        change=FindingChange(step.change),
        first=_stated(step.first),
        second=_stated(step.second),
        standing=step.standing,
        text=step.text,
        documents=[DocumentView(**document) for document in step.documents],
        at=step.at,
        organisation_id=ids.public(ids.ORGANISATION, step.organisation_id) if step.organisation_id else None,
        evidence_id=ids.public(ids.EVIDENCE, step.evidence_id),
    )


def _stated(side: dict[str, Any]) -> StatedView:
    return StatedView(value=side["value"], source=side["source"], reference=side["reference"], on=side["on"])
