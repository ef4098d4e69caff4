"""Credit records with explained scores, the rule sets they follow, and reversals."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentActor, CurrentServices
from core import ids
from credit.explanation import Point
from credit.models import CreditEvent
from credit.rule_sets import RuleSet, Words
from credit.service import CreditRecord

router = APIRouter(tags=["credit"])


class PointOut(BaseModel):
    """What one event counts for. `weight` is full, decayed, expired, capped or reversed."""

    credit_event_id: str
    rule_id: str
    points: int
    full_points: int
    weight: str
    basis: Words
    zh: str
    en: str


class CreditEventOut(BaseModel):
    """An event in effect. `source_evidence_id` proves the fact, `evidence_id` that it was entered here."""

    id: str
    type: str
    effective_on: date
    contract_id: str
    contract_title: str
    obligation_id: str
    title: str | None
    source_document: str
    source_evidence_id: str
    evidence_id: str
    reversal_of: str | None
    recorded_at: datetime


class CreditRecordOut(BaseModel):
    """A record as of the day `at`. `score` is `base_score` plus all points, between the rule set's floor and ceiling;
    with `is_assumption` the table of points is a trial one, and `assumption` says why."""

    uscc: str
    name: str
    kind: str
    at: date
    rule_set: str
    is_assumption: bool
    assumption: Words | None
    base_score: int
    score: int
    grade: str
    grade_name: Words
    explanation: list[PointOut]
    events: list[CreditEventOut]


class RuleSets(BaseModel):
    items: list[RuleSet]


class NewReversal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source_document: Annotated[
        str,
        Field(
            max_length=300,
            pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x1f\x7f\s][^\x00-\x1f\x7f]*$",
            examples=["榆信用办异议〔2026〕3号"],
            description="The document it rests on",
        ),
    ]


@router.get("/credit-records/{uscc}")
def credit_record(
    actor: CurrentActor,
    services: CurrentServices,
    uscc: Annotated[str, Path(pattern="^[0-9A-Z]{18}$", examples=["91610800MA7000000X"])],
    at: Annotated[date | None, Query(description="As of this day in China; today if left out")] = None,
    rules: Annotated[str | None, Query(max_length=40, description="A rule set; the one in force if left out")] = None,
) -> CreditRecordOut:
    """One's own record, that of a counterparty, or, for regulators and the credit office, one in their region."""
    return _record(services.credit.record(actor, uscc, at=at, rules=rules))


@router.get("/credit-rules")
def credit_rules(services: CurrentServices) -> RuleSets:
    """All published rule sets: points, caps, decay, grades, and the basis of each. Public."""
    return RuleSets(items=list(services.credit.rule_sets()))


@router.post("/credit-events/{event_id}/reversal", status_code=201)
def reverse_event(actor: CurrentActor, services: CurrentServices, event_id: str, body: NewReversal) -> CreditEventOut:
    """Takes an event out of the score from today on. The event stays on record, with its reversal beside it."""
    identifier = ids.parse(ids.CREDIT_EVENT, event_id)
    return _event(services.credit.reverse(actor, identifier, source_document=body.source_document))


def _record(record: CreditRecord) -> CreditRecordOut:
    rule_set, grade = record.rule_set, record.score.grade
    return CreditRecordOut(
        uscc=record.subject.uscc,
        name=record.subject.name,
        kind=record.subject.kind,
        at=record.at,
        rule_set=rule_set.id,
        is_assumption=rule_set.is_assumption,
        assumption=rule_set.assumption,
        base_score=rule_set.base_score,
        score=record.score.value,
        grade=grade.grade,
        grade_name=Words(zh=grade.zh, en=grade.en),
        explanation=[_point(point) for point in record.points],
        events=[_event(event) for event in record.events],
    )


def _point(point: Point) -> PointOut:
    rule = point.contribution.rule
    return PointOut(
        credit_event_id=ids.public(ids.CREDIT_EVENT, point.event.id),
        rule_id=rule.id,
        points=point.contribution.points,
        full_points=rule.points,
        weight=point.contribution.weight,
        basis=rule.source,
        zh=point.zh,
        en=point.en,
    )


def _event(event: CreditEvent) -> CreditEventOut:
    return CreditEventOut(
        id=ids.public(ids.CREDIT_EVENT, event.id),
        type=event.type,
        effective_on=event.effective_on,
        contract_id=ids.public(ids.CONTRACT, event.contract_id),
        contract_title=event.contract_title,
        obligation_id=ids.public(ids.OBLIGATION, event.obligation_id),
        title=event.title,
        source_document=event.source_document,
        source_evidence_id=ids.public(ids.EVIDENCE, event.source_evidence_id),
        evidence_id=ids.public(ids.EVIDENCE, event.evidence_id),
        reversal_of=ids.public(ids.CREDIT_EVENT, event.reversal_of) if event.reversal_of else None,
        recorded_at=event.recorded_at,
    )
