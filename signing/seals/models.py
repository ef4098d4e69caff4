"""Tables of organisation seals. States are `policy.SealState` values and change only through `policy`.

An authorisation keeps what was granted for good; only its revocation is filled in. The use log is append-only.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Seal(Base):
    """A seal from its application on. `kind` is a `policy.SealKind`.

    `picture_key` and `picture_sha256` name its PNG in the object store; `is_picture_generated` if nobody sent one.
    `document_ids` are public ids of the documents the application rests on. `decided_*` is approval, refusal or
    withdrawal; `changed_*` is the last suspension, resumption or revocation. `certificate_id` is set by approval.
    """

    __tablename__ = "seal"
    __table_args__ = (
        Index("ix_seal_organisation_id_id", "organisation_id", "id"),
        # Two seals of one name can't be told apart by those who are to use them.
        Index(
            "uq_seal_live_name",
            "organisation_id",
            "name",
            unique=True,
            postgresql_where=text("state IN ('applied', 'active', 'suspended')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    picture_key: Mapped[str] = mapped_column(Text)
    picture_sha256: Mapped[str] = mapped_column(Text)
    is_picture_generated: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text)
    document_ids: Mapped[list[str]]
    applied_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    applied_at: Mapped[datetime]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str | None] = mapped_column(Text)
    changed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    changed_at: Mapped[datetime | None]
    change_reason: Mapped[str | None] = mapped_column(Text)
    certificate_id: Mapped[UUID | None]


class SealAuthorisation(Base):
    """A person may use a seal for a purpose, from `valid_from` until before `valid_until`.

    No `contract_classes` means all classes; no `max_uses` any number of uses.
    """

    __tablename__ = "seal_authorisation"
    __table_args__ = (
        Index("ix_seal_authorisation_seal_id_id", "seal_id", "id"),
        Index("ix_seal_authorisation_organisation_id_person_id", "organisation_id", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(Text)
    contract_classes: Mapped[list[str]]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime]
    max_uses: Mapped[int | None]
    granted_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    granted_at: Mapped[datetime]
    revoked_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    revoked_at: Mapped[datetime | None]
    revocation_reason: Mapped[str | None] = mapped_column(Text)


class SealUse(Base):
    """One use of a seal: whose hand, under which authorisation, in which envelope, on which files, from where.

    `files` are `{name, sha256}` of the PDFs as sealed. A recipient uses one seal once.
    """

    __tablename__ = "seal_use"
    __append_only__ = True
    __table_args__ = (
        Index("ix_seal_use_seal_id_id", "seal_id", "id"),
        Index("ix_seal_use_authorisation_id", "authorisation_id"),
        Index("ix_seal_use_envelope_id", "envelope_id"),
        UniqueConstraint("recipient_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seal_id: Mapped[UUID] = mapped_column(ForeignKey("seal.id"))
    authorisation_id: Mapped[UUID] = mapped_column(ForeignKey("seal_authorisation.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelope.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipient.id"))
    certificate_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(Text)
    contract_class: Mapped[str | None] = mapped_column(Text)
    files: Mapped[list[dict[str, Any]]]
    address: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str] = mapped_column(Text)
    used_at: Mapped[datetime]
    evidence_id: Mapped[UUID]
