"""The table of variations: what the parties agree to change, and the amendment that makes it so."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Variation(Base):
    """A new due date, amount or quantity of an obligation. State: `policy.VariationState`.

    A `to_…` that is None stays as it was. The amendment is an envelope of ours (`amendment_envelope_id`), or a PDF
    signed elsewhere (`amendment`: the document and who signed it).
    """

    __tablename__ = "variation"
    __table_args__ = (
        Index(
            "uq_variation_pending",
            "obligation_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'agreed')"),
        ),
        Index(
            "ix_variation_contract_id_pending", "contract_id", postgresql_where=text("state IN ('proposed', 'agreed')")
        ),
        Index("ix_variation_amendment_envelope_id", "amendment_envelope_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"), index=True)
    from_due_on: Mapped[date | None]
    to_due_on: Mapped[date | None]
    from_amount_minor: Mapped[int | None]
    to_amount_minor: Mapped[int | None]
    from_quantity: Mapped[str | None] = mapped_column(Text)
    to_quantity: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(Text)
    proposed_by_role: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
    amendment_envelope_id: Mapped[UUID | None] = mapped_column(ForeignKey("envelope.id"))
    amendment: Mapped[dict[str, Any] | None]
    effective_at: Mapped[datetime | None]
