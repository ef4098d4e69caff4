"""Tables of reviews and of drafts that a person confirmed. Nothing of them changes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class ContractReview(Base):
    """What the rules of one version found in one document. `findings` and `draft` are spelt by `stored`; a document
    may be reviewed again, by later rules."""

    __tablename__ = "contract_review"
    __append_only__ = True
    __table_args__ = (Index("ix_contract_review_document_id_id", "document_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    document_sha256: Mapped[str] = mapped_column(Text)
    rules_version: Mapped[str] = mapped_column(Text)
    software: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    pages: Mapped[int]
    reading: Mapped[dict[str, Any]]
    findings: Mapped[list[dict[str, Any]]]
    draft: Mapped[dict[str, Any]]
    reviewed_at: Mapped[datetime]
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]


class ReviewConfirmation(Base):
    """A person checked a draft and entered its contract; `changes` are what they entered otherwise than it was drafted,
    `acknowledged` the findings they said they had read."""

    __tablename__ = "review_confirmation"
    __append_only__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    review_id: Mapped[UUID] = mapped_column(ForeignKey("contract_review.id"), unique=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    changes: Mapped[list[dict[str, Any]]]
    acknowledged: Mapped[list[str]]
    confirmed_at: Mapped[datetime]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID]
    evidence_id: Mapped[UUID]
