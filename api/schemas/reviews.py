"""Shapes of risk reviews, drafts and their confirmation at the edge."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.schemas.contracts import ContractView, NewContract, contract_view
from api.schemas.request import Request
from core import ids
from performance.due_dates.policy import Anchor, DueUnit
from performance.policy import ObligationKind, PartyRole
from performance.reading import ContractDossier
from performance.review.models import ContractReview, ReviewConfirmation
from performance.review.reading import ContractKind
from performance.review.review import REVIEW, Outcome
from performance.review.rule import Severity
from performance.review.service import ReviewDossier


class SpanView(BaseModel):
    """Characters `start` to `end` of the page's text as it was read, and the words there."""

    page: int
    start: int
    end: int
    quote: str


class FindingShape(BaseModel):
    """What a rule found. Without a span something is missing. `confidence` is in per cent."""

    key: str
    rule: str
    case: str
    severity: Severity
    zh: str
    en: str
    basis: str
    advice_zh: str
    advice_en: str
    confidence: int
    span: SpanView | None


class DraftFieldView(BaseModel):
    """A value found in the text, how sure it is, and why."""

    name: str
    value: str
    confidence: int
    reason: str
    why_zh: str
    why_en: str
    span: SpanView


class DraftObligationView(BaseModel):
    """`due_on` if the day is known; else `count` `unit` after `anchor`, if the text says so. `share` is per cent of the
    price; `is_amount_computed`: the amount is that share, not a figure of the text."""

    kind: ObligationKind
    title: str
    debtor_role: PartyRole
    due_on: date | None
    anchor: Anchor | None
    count: int | None
    unit: DueUnit | None
    share: str | None
    amount: str | None
    is_amount_computed: bool
    confidence: int
    reason: str
    why_zh: str
    why_en: str
    span: SpanView


class DraftView(BaseModel):
    """A proposal for the register; nothing is entered before a person confirms it."""

    kind: ContractKind
    fields: list[DraftFieldView]
    obligations: list[DraftObligationView]


class ReviewItem(BaseModel):
    id: str
    document_id: str
    document_sha256: str
    rules_version: str
    software: str
    outcome: Outcome
    pages: int
    reviewed_at: datetime
    person_id: str | None
    evidence_id: str


class ReviewPage(BaseModel):
    items: list[ReviewItem]
    next_cursor: str | None


class ReviewView(ReviewItem):
    """`unreadable_pages` were not reviewed; `not_checked` are rules that look for what is missing and weren't asked
    because of them. `draft` is null if nothing could be read. `contract_id` is set once the draft was confirmed."""

    unreadable_pages: list[int]
    not_checked: list[str]
    findings: list[FindingShape]
    draft: DraftView | None
    contract_id: str | None


class NewConfirmation(Request):
    """The contract as a person entered it after comparing the draft with the text."""

    contract: NewContract
    acknowledged: Annotated[
        list[Annotated[str, Field(max_length=60)]],
        Field(
            default_factory=list,
            max_length=500,
            description="Keys of the findings you read, all of high severity among them; `unreadable_pages` if there "
            "are such pages and you looked at them",
            examples=[["R03.words_differ#1"]],
        ),
    ]


class ChangeView(BaseModel):
    field: str
    drafted: str | None
    entered: str | None


class ConfirmationView(BaseModel):
    """The contract, and what was entered otherwise than it was drafted."""

    contract: ContractView
    review_id: str
    changes: list[ChangeView]
    acknowledged: list[str]
    evidence_id: str


def review_item(row: ContractReview) -> ReviewItem:
    return ReviewItem(**_item_fields(row))


def review_view(dossier: ReviewDossier) -> ReviewView:
    row, confirmed = dossier.review, dossier.confirmation
    return ReviewView(
        **_item_fields(row),
        **row.reading,
        findings=[FindingShape(**each) for each in row.findings],
        draft=DraftView(**row.draft) if row.draft else None,
        contract_id=ids.public(ids.CONTRACT, confirmed.contract_id) if confirmed else None,
    )


def confirmation_view(contract: ContractDossier, row: ReviewConfirmation) -> ConfirmationView:
    return ConfirmationView(
        contract=contract_view(contract),
        review_id=ids.public(REVIEW, row.review_id),
        changes=[ChangeView(**each) for each in row.changes],
        acknowledged=row.acknowledged,
        evidence_id=ids.public(ids.EVIDENCE, row.evidence_id),
    )


def _item_fields(row: ContractReview) -> dict[str, Any]:
    return {
        "id": ids.public(REVIEW, row.id),
        "document_id": ids.public(ids.DOCUMENT, row.document_id),
        "document_sha256": row.document_sha256,
        "rules_version": row.rules_version,
        "software": row.software,
        "outcome": Outcome(row.outcome),
        "pages": row.pages,
        "reviewed_at": row.reviewed_at,
        "person_id": ids.public(ids.PERSON, row.person_id) if row.person_id else None,
        "evidence_id": ids.public(ids.EVIDENCE, row.evidence_id),
    }
