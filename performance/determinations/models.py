"""Tables of determinations. What was said and decided is only ever added (`determination_step`)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Determination(Base):
    """`state` is a `policy.DeterminationState`; `facts` is the frozen snapshot, `facts_sha256` the digest of it.

    `defence_until` and `objection_until` are last days (China). At most one of an obligation is under way or stands;
    `replaces_id` is the revised one whose place it takes. `number` and `issued_at` come with the issue, the
    `document_…` columns with the sealed PDF. `published` is what the public reads, masked once and for good.
    """

    __tablename__ = "determination"
    __table_args__ = (
        Index(
            "uq_determination_standing",
            "obligation_id",
            unique=True,
            postgresql_where=text("state NOT IN ('not_established', 'revised', 'revoked')"),
        ),
        Index("ix_determination_published", "id", postgresql_where=text("published_at IS NOT NULL")),
        Index("ix_determination_organisation_id_id", "organisation_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("determination.id"))
    party_role: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    limits_region: Mapped[str] = mapped_column(Text)
    limits_version: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    drafted_by_person_id: Mapped[UUID | None]
    facts: Mapped[str | None] = mapped_column(Text)
    facts_sha256: Mapped[str | None] = mapped_column(Text)
    notice: Mapped[dict[str, Any] | None]
    notified_at: Mapped[datetime | None]
    defence_until: Mapped[date | None]
    number: Mapped[str | None] = mapped_column(Text, unique=True)
    issued_at: Mapped[datetime | None]
    document_object_key: Mapped[str | None] = mapped_column(Text)
    document_name: Mapped[str | None] = mapped_column(Text)
    document_sha256: Mapped[str | None] = mapped_column(Text)
    served_at: Mapped[datetime | None]
    objection_until: Mapped[date | None]
    published: Mapped[dict[str, Any] | None]
    published_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class DeterminationStep(Base):
    """Who did what when, with which words. `change` is a `policy.DeterminationChange`."""

    __tablename__ = "determination_step"
    __append_only__ = True
    __table_args__ = (Index("ix_determination_step_determination_id_sequence", "determination_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    determination_id: Mapped[UUID] = mapped_column(ForeignKey("determination.id"))
    change: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]
