"""What legal holds look like from outside."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from core import ids
from ledger.hold_evidence import Order
from ledger.holds_repository import Release
from ledger.models import EvidenceHold, EvidenceHoldRelease

Reference = Annotated[str, Field(min_length=1, max_length=100, examples=["（2026）陕0802民初118号"])]


class NewHold(BaseModel):
    """`is_for_subject` holds all records of what the record is about, also those still to come."""

    model_config = ConfigDict(extra="forbid")

    case_number: Reference
    authority: Annotated[str, Field(min_length=1, max_length=200, examples=["榆林市榆阳区人民法院"])]
    is_for_subject: bool = False

    def to_order(self) -> Order:
        return Order(self.case_number, self.authority)


class NewRelease(BaseModel):
    """`reference` names the order by which the hold ends."""

    model_config = ConfigDict(extra="forbid")

    reference: Reference


class ReleaseView(BaseModel):
    hold_id: str
    reference: str
    released_by: str
    released_at: datetime

    @classmethod
    def of(cls, release: EvidenceHoldRelease) -> Self:
        return cls(
            hold_id=ids.public(ids.EVIDENCE_HOLD, release.hold_id),
            reference=release.reference,
            released_by=release.released_by,
            released_at=release.released_at,
        )


class HoldView(BaseModel):
    """`evidence_id` is null if all records of `subject_id` are held; `release` is null while the hold is in force."""

    id: str
    subject_id: str
    evidence_id: str | None
    case_number: str
    authority: str
    placed_by: str
    placed_at: datetime
    release: ReleaseView | None

    @classmethod
    def of(cls, hold: EvidenceHold, release: Release = None) -> Self:
        return cls(
            id=ids.public(ids.EVIDENCE_HOLD, hold.id),
            subject_id=hold.subject_id,
            evidence_id=ids.public(ids.EVIDENCE, hold.evidence_id) if hold.evidence_id else None,
            case_number=hold.case_number,
            authority=hold.authority,
            placed_by=hold.placed_by,
            placed_at=hold.placed_at,
            release=ReleaseView.of(release) if release else None,
        )


class HoldList(BaseModel):
    items: list[HoldView]
