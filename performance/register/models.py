"""Tables of the register: which unit is below which, filings, signed files that were checked, and uploads."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class UnitRelation(Base):
    """A unit is subordinate 下属单位 to another from a day on, and until one if it ended.

    A relation is never changed but for its end; one that begins anew is a row of its own. `ended_by…` and
    `entered_by…` say who said so.
    """

    __tablename__ = "unit_relation"
    __table_args__ = (
        Index(
            "uq_unit_relation_open",
            "subordinate_organisation_id",
            "superior_organisation_id",
            unique=True,
            postgresql_where=text("until_on IS NULL"),
        ),
        Index("ix_unit_relation_superior", "superior_organisation_id", "until_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    superior_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    subordinate_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(Text)
    entered_at: Mapped[datetime]
    entered_by_organisation_id: Mapped[UUID]
    entered_by_person_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by_organisation_id: Mapped[UUID | None]
    ended_by_person_id: Mapped[UUID | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class ContractFiling(Base):
    """When a contract came into the register and when it should have, by a duty of its region's profile.

    `due_on` is empty if no holiday table covers the period: then nobody is called late. `days_late` counts in the
    duty's own unit. `reason` is why it was late, as the unit said.
    """

    __tablename__ = "contract_filing"
    __append_only__ = True

    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"), primary_key=True)
    duty: Mapped[str] = mapped_column(Text, primary_key=True)
    signed_on: Mapped[date]
    due_on: Mapped[date | None]
    filed_on: Mapped[date]
    days_late: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)


class SignedFileCheck(Base):
    """A signed PDF that was added to a contract, with what its validation said (`findings`, `signers`).

    `notes` are what doesn't fit the entry, as codes with facts; they stop nothing. A file that is added again is a
    row of its own.
    """

    __tablename__ = "signed_file_check"
    __append_only__ = True
    __table_args__ = (Index("ix_signed_file_check_contract_id_id", "contract_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contract.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    object_key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(Text)
    findings: Mapped[list[dict[str, Any]]]
    signers: Mapped[list[dict[str, Any]]]
    notes: Mapped[list[dict[str, Any]]]
    checked_at: Mapped[datetime]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID | None]
    evidence_id: Mapped[UUID]


class ContractUpload(Base):
    """A sheet of contracts as it was taken in; the file itself stays in the object store.

    `columns` are keys of the columns it has, in order. `chosen_by…` is who last said which rows are to be registered.
    """

    __tablename__ = "contract_upload"
    __table_args__ = (Index("ix_contract_upload_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    region: Mapped[str] = mapped_column(Text)
    profile_version: Mapped[int]
    file_name: Mapped[str] = mapped_column(Text)
    file_sha256: Mapped[str] = mapped_column(Text)
    object_key: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[str]]
    uploaded_at: Mapped[datetime]
    uploaded_by_person_id: Mapped[UUID | None]
    chosen_at: Mapped[datetime | None]
    chosen_by_person_id: Mapped[UUID | None]


class ContractUploadRow(Base):
    """One row, in the state `upload_policy.RowState`. `cells` are texts by column key, as they were read.

    `problems` are what is wrong (or, as warnings, odd) with it: `{column, code, facts, is_warning}`. `contract_id` is
    set in the transaction that registers the contract, so that a row becomes one contract and never two.
    """

    __tablename__ = "contract_upload_row"
    __table_args__ = (
        Index("ix_contract_upload_row_state", "upload_id", "state", "number"),
        Index("ix_contract_upload_row_chosen", "upload_id", "number", postgresql_where=text("state = 'chosen'")),
    )

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("contract_upload.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(Text)
    is_acknowledged: Mapped[bool]
    cells: Mapped[dict[str, Any]]
    problems: Mapped[list[dict[str, Any]]]
    contract_id: Mapped[UUID | None] = mapped_column(ForeignKey("contract.id"), unique=True)
