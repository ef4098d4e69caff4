"""The table of suspensions: while one is in force, a contract's clocks stand still."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Suspension(Base):
    """State: `policy.SuspensionState`. `basis` is `agreement` or `authority`; `authority` tells whose paper it is.

    It is in force from `suspended_on` to the day before `resumed_on`. `resume_roles` are the sides that want to go on.
    """

    __tablename__ = "suspension"
    __table_args__ = (
        Index(
            "uq_suspension_open",
            "contract_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'in_force')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    basis: Mapped[str] = mapped_column(Text)
    ground: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    authority: Mapped[str | None] = mapped_column(Text)
    case_number: Mapped[str | None] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    state: Mapped[str] = mapped_column(Text)
    proposed_by_role: Mapped[str | None] = mapped_column(Text)
    proposed_at: Mapped[datetime]
    suspended_on: Mapped[date | None]
    resume_roles: Mapped[list[str]]
    resumed_on: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    answer: Mapped[str | None] = mapped_column(Text)
