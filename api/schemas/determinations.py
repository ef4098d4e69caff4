"""Shapes of determinations 认定: the authority's and the party's view, and what the public reads."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from api.schemas.contracts import DocumentIds, RequiredText
from api.schemas.papers import DocumentView
from api.schemas.request import Request
from core import ids
from performance.determinations.draw_up import Notice
from performance.determinations.models import Determination, DeterminationStep
from performance.determinations.policy import DETERMINATION, DeterminationChange, DeterminationState
from performance.determinations.reading import DeterminationDossier, PublicDetermination, Standing, standing_of
from performance.models import Contract
from performance.policy import PartyRole


class NewDetermination(Request):
    reason: RequiredText


class NewNotice(Request):
    """What the party is told before anything is decided."""

    facts: RequiredText
    reasons: RequiredText
    basis: RequiredText

    def notice(self) -> Notice:
        return Notice(self.facts, self.reasons, self.basis)


class NewDeterminationStep(Request):
    """The words of a step: a statement, minutes of a hearing, a decision, how it was served, a public summary."""

    text: RequiredText
    document_ids: DocumentIds = Field(default_factory=list)


class DeterminationItem(BaseModel):
    id: str
    number: str | None
    contract_id: str
    contract_title: str
    obligation_id: str
    party_role: PartyRole
    state: DeterminationState
    opened_at: datetime
    notified_at: datetime | None
    defence_until: date | None
    issued_at: datetime | None
    served_at: datetime | None
    objection_until: date | None
    published_at: datetime | None
    ended_at: datetime | None


class DeterminationPage(BaseModel):
    items: list[DeterminationItem]
    next_cursor: str | None


class DeterminationStepView(BaseModel):
    change: DeterminationChange
    before: DeterminationState
    after: DeterminationState
    text: str
    documents: list[DocumentView]
    at: datetime
    organisation_id: str
    evidence_id: str


class SealedDocumentView(BaseModel):
    """The document 认定文书; fetch it from `…/document`."""

    name: str
    sha256: str
    standing: Standing


class LimitView(BaseModel):
    days: int
    unit: str
    basis: str


class RemedyView(BaseModel):
    zh: str
    en: str
    basis: str


class LimitsView(BaseModel):
    """The periods it goes by. `verify` says what of them is the platform's own assumption."""

    region: str
    version: int
    source: str
    verify: str
    defence: LimitView
    objection: LimitView
    remedies: list[RemedyView]


class DeterminationView(DeterminationItem):
    reason: str
    replaces_id: str | None
    facts_sha256: str | None
    notice: NewNotice | None
    document: SealedDocumentView | None
    limits: LimitsView
    steps: list[DeterminationStepView]


class PublicDeterminationView(BaseModel):
    """As the public reads it, masked. Of a revised one only the mark is left; a revoked one isn't there."""

    id: str
    region: str
    number: str
    standing: Standing
    authority: str
    party: str | None
    uscc: str | None
    summary: str | None
    basis: str | None
    document_sha256: str | None
    published_at: datetime
    revised_at: datetime | None
    replaced_by: str | None


class PublicDeterminationPage(BaseModel):
    items: list[PublicDeterminationView]
    next_cursor: str | None


def determination_item(row: Determination, contract: Contract) -> DeterminationItem:
    return DeterminationItem(
        id=ids.public(DETERMINATION, row.id),
        number=row.number,
        contract_id=ids.public(ids.CONTRACT, row.contract_id),
        contract_title=contract.title,
        obligation_id=ids.public(ids.OBLIGATION, row.obligation_id),
        party_role=PartyRole(row.party_role),
        state=DeterminationState(row.state),
        opened_at=row.opened_at,
        notified_at=row.notified_at,
        defence_until=row.defence_until,
        issued_at=row.issued_at,
        served_at=row.served_at,
        objection_until=row.objection_until,
        published_at=row.published_at,
        ended_at=row.ended_at,
    )


def determination_view(about: DeterminationDossier) -> DeterminationView:
    row = about.determination
    return DeterminationView(
        **determination_item(row, about.contract).model_dump(),
        reason=row.reason,
        replaces_id=ids.public(DETERMINATION, row.replaces_id) if row.replaces_id else None,
        facts_sha256=row.facts_sha256,
        notice=NewNotice(**row.notice) if row.notice else None,
        document=_document(row),
        limits=LimitsView.model_validate(about.limits.model_dump()),
        steps=[_step(step) for step in about.steps],
    )


def public_determination_view(item: PublicDetermination) -> PublicDeterminationView:
    shown = {name: item.content.get(name) for name in ("party", "uscc", "summary", "basis", "document_sha256")}
    return PublicDeterminationView(
        id=ids.public(DETERMINATION, item.id),
        region=item.region,
        number=item.number,
        standing=item.standing,
        authority=str(item.content.get("authority")),
        **shown,
        published_at=item.published_at,
        revised_at=item.revised_at,
        replaced_by=ids.public(DETERMINATION, item.replaced_by) if item.replaced_by else None,
    )


def _document(row: Determination) -> SealedDocumentView | None:
    """None before it is made, and once it is withdrawn."""
    if row.document_name is None or row.document_sha256 is None or row.state == DeterminationState.REVOKED:
        return None
    return SealedDocumentView(name=row.document_name, sha256=row.document_sha256, standing=standing_of(row))


def _step(step: DeterminationStep) -> DeterminationStepView:
    return DeterminationStepView(
        change=DeterminationChange(step.change),
        before=DeterminationState(step.before),
        after=DeterminationState(step.after),
        text=step.text,
        documents=[DocumentView(**document) for document in step.documents],
        at=step.at,
        organisation_id=ids.public(ids.ORGANISATION, step.organisation_id),
        evidence_id=ids.public(ids.EVIDENCE, step.evidence_id),
    )
