"""Tables of bulk sends. A row's state is a `policy.RowState`; that of the whole follows from its rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class BulkSend(Base):
    """A sheet, taken in. `template_version` stays as it was then. `columns` are keys of the columns it has, in order.

    `confirmed_by` (None for a program) is who sends; `cancelled_at` stops what isn't sent.
    """

    __tablename__ = "bulk_send"
    __table_args__ = (
        Index("ix_bulk_send_organisation_id_id", "organisation_id", "id"),
        ForeignKeyConstraint(
            ["template_id", "template_version"], ["template_version.template_id", "template_version.number"]
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    template_id: Mapped[UUID]
    template_version: Mapped[int]
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[str]]
    is_test: Mapped[bool]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class BulkSendRow(Base):
    """One row. `number` is its number in the sheet; `cells` are texts by column key.

    `problems` are what is wrong (or, as warnings, odd) with it: `{column, code, facts, is_warning}`. `envelope_id` is
    set in the transaction that makes the envelope, so that a row has one and never two. `work_id` is the lease of
    whoever sends it, until `work_until`. `failure` is `{code, facts}`; `next_attempt_at` is when it is tried again.
    """

    __tablename__ = "bulk_send_row"
    __table_args__ = (
        Index(
            "ix_bulk_send_row_working",
            "number",
            "bulk_send_id",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index("ix_bulk_send_row_bulk_send_id_state_number", "bulk_send_id", "state", "number"),
    )

    bulk_send_id: Mapped[UUID] = mapped_column(ForeignKey("bulk_send.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Text)
    cells: Mapped[dict[str, Any]]
    problems: Mapped[list[dict[str, Any]]]
    envelope_id: Mapped[UUID | None] = mapped_column(ForeignKey("envelope.id"), unique=True)
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    work_id: Mapped[UUID | None]
    work_until: Mapped[datetime | None]
    failure: Mapped[dict[str, Any] | None]
    sent_at: Mapped[datetime | None]
