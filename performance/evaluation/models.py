"""Tables of evaluations and of prompts for monthly volumes.

What was assessed, said and decided is only ever added (`evaluation_assessment`, `evaluation_step`); the row of
`evaluation` holds nothing that those and the scheme don't tell again.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Evaluation(Base):
    """One version of a party's evaluation under one contract. `state` is a `policy.EvaluationState`.

    `comment_until` is the last day (China) of the comment period. `score_hundredths` (0–10000) and `grade` are set
    on submission and never again.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("contract_id", "evaluated_role", "version"),
        Index(
            "uq_evaluation_open",
            "contract_id",
            "evaluated_role",
            unique=True,
            postgresql_where=text("state IN ('draft', 'commenting', 'under_review')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    evaluated_role: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    evaluator_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    scheme_region: Mapped[str] = mapped_column(Text)
    scheme_version: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    opened_by_person_id: Mapped[UUID | None]
    submitted_at: Mapped[datetime | None]
    comment_until: Mapped[date | None]
    score_hundredths: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None]


class EvaluationAssessment(Base):
    """Points and narrative for one factor, with the documents they rest on. The latest of a factor counts."""

    __tablename__ = "evaluation_assessment"
    __append_only__ = True
    __table_args__ = (Index("ix_evaluation_assessment_evaluation_id_sequence", "evaluation_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    factor: Mapped[str] = mapped_column(Text)
    points: Mapped[int]
    narrative: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
    person_id: Mapped[UUID | None]


class EvaluationStep(Base):
    """A step of an evaluation: who did what when, with which words. `change` is a `policy.EvaluationChange`."""

    __tablename__ = "evaluation_step"
    __append_only__ = True
    __table_args__ = (Index("ix_evaluation_step_evaluation_id_sequence", "evaluation_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    change: Mapped[str] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    is_last_comment: Mapped[bool] = mapped_column(default=False)
    documents: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]


class VolumePrompt(Base):
    """The regulator prompted both parties to report a month's volume by the end of `respond_by`, once."""

    __tablename__ = "volume_prompt"
    __append_only__ = True

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    respond_by: Mapped[date]
    prompted_at: Mapped[datetime]
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]
