"""Tables of what others report about contracts, and of findings. What was reported, seen, said and decided is only
ever added; a finding's row shows where it stands now."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class ReportedFact(Base):
    """What somebody reported (R3(c)): who (`side`, organisation), out of which system, what, and with which files.

    A correction is a new row that names the one it corrects, at most once. `period` is the first day of a month.
    """

    __tablename__ = "reported_fact"
    __append_only__ = True
    __table_args__ = (
        Index("ix_reported_fact_contract_id_id", "contract_id", "id"),
        Index(
            "uq_reported_fact_external",
            "organisation_id",
            "source_system",
            "external_id",
            unique=True,
            postgresql_where=text("corrects_id IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    obligation_id: Mapped[UUID | None] = mapped_column(ForeignKey("obligation.id"))
    kind: Mapped[str] = mapped_column(Text)
    side: Mapped[str] = mapped_column(Text)
    source_system: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    corrects_id: Mapped[UUID | None] = mapped_column(ForeignKey("reported_fact.id"), unique=True)
    occurred_on: Mapped[date]
    amount_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(Text)
    quantity: Mapped[str | None] = mapped_column(Text)
    period: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    signed_on: Mapped[date | None]
    sha256: Mapped[str | None] = mapped_column(Text)
    statement: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    reported_at: Mapped[datetime]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]


class Finding(Base):
    """Two sources that contradict each other. (`contract_id`, `rule`, `key`) has one open finding.

    `first` and `second` are `{value, source, reference, on, organisation_id, person_id}`; `standing` is the less
    favourable value, None if the two have no order. `fingerprint` tells whether a contradiction is the one that was
    resolved already.
    """

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_contract_id_id", "contract_id", "id"),
        Index(
            "uq_finding_open",
            "contract_id",
            "rule",
            "key",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    obligation_id: Mapped[UUID | None] = mapped_column(ForeignKey("obligation.id"))
    rule: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[int]
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)
    what: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(Text)
    favour: Mapped[str] = mapped_column(Text)
    first: Mapped[dict[str, Any]]
    second: Mapped[dict[str, Any]]
    standing: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    choice: Mapped[str | None] = mapped_column(Text)
    resolved_value: Mapped[str | None] = mapped_column(Text)


class FindingStep(Base):
    """What happened to a finding: seen (with both values), answered, resolved. No organisation: the rules did it."""

    __tablename__ = "finding_step"
    __append_only__ = True
    __table_args__ = (Index("ix_finding_step_finding_id_sequence", "finding_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    finding_id: Mapped[UUID] = mapped_column(ForeignKey("finding.id"))
    change: Mapped[str] = mapped_column(Text)
    first: Mapped[dict[str, Any]]
    second: Mapped[dict[str, Any]]
    standing: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
    organisation_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]
