"""Tables of public demands and rectification orders. What was ordered, reported and decided is only ever added."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class PublicDemand(Base):
    """催告公示: what the public reads from `starts_on` to `ends_on` (China, both included), unless it ended before.

    `published` is all that is shown, masked once and for good; `withheld` names what isn't, and why. `ended_because`
    is a `policy.DemandEnd` or the state the obligation left supervision with. At most one of a case runs.
    """

    __tablename__ = "public_demand"
    __table_args__ = (
        Index("uq_public_demand_running", "case_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_public_demand_running", "id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_public_demand_running_ends_on", "ends_on", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_case.id"))
    step_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_step.id"), unique=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"), index=True)
    region: Mapped[str] = mapped_column(Text)
    published: Mapped[dict[str, Any]]
    withheld: Mapped[list[dict[str, Any]]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    published_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None] = mapped_column(Text)
    evidence_id: Mapped[UUID]


class RectificationOrder(Base):
    """整改通知: what the regulator orders a party (`party_role`) to put right within a supervision case."""

    __tablename__ = "rectification_order"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("supervision_case.id"), index=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), index=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"), index=True)
    party_role: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[datetime]
    issued_by_person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]


class RectificationItem(Base):
    """One thing to put right by the end of `due_on`. `state` is a `policy.ItemState`; `position` counts from 1."""

    __tablename__ = "rectification_item"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("rectification_order.id"))
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligation.id"), index=True)
    position: Mapped[int]
    task: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(Text)


class RectificationStep(Base):
    """Who changed an item when, with which words and files. `change` is a `policy.ItemChange`."""

    __tablename__ = "rectification_step"
    __append_only__ = True
    __table_args__ = (Index("ix_rectification_step_item_id_sequence", "item_id", "sequence"),)

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("rectification_item.id"))
    change: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    documents: Mapped[list[dict[str, Any]]]
    at: Mapped[datetime]
    organisation_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]
