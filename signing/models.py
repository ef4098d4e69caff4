"""Tables of documents, envelopes and their recipients.

States are `policy.EnvelopeState` and `policy.RecipientState` values and change only through `policy`. Tokens and codes
are kept as hashes.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class Document(Base):
    """An uploaded PDF that passed screening. `sha256` and `sm3` are lower-case hex, `size` is in bytes; `flattened` are
    codes of `signing.pdf.flatten.FLATTENED`: what preparing makes plain content or leaves out."""

    __tablename__ = "document"
    __append_only__ = True
    __table_args__ = (Index("ix_document_organisation_id_id", "organisation_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(Text)
    sm3: Mapped[str] = mapped_column(Text)
    object_key: Mapped[str] = mapped_column(Text)
    pages: Mapped[int]
    flattened: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]


class Envelope(Base):
    """Documents on their way to their signatures.

    `revision` counts the steps that made new PDFs; `work_id` is the lease of whoever makes the next one, until
    `work_until`: the result is stored only if the lease still stands. `version` counts changes of the draft (its
    ETag). `rescinds_id` is the completed envelope whose contract this one undoes; `rescinded_at` says that it did.
    """

    __tablename__ = "envelope"
    __table_args__ = (
        Index("ix_envelope_organisation_id_id", "organisation_id", "id"),
        Index("ix_envelope_organisation_id_state_id", "organisation_id", "state", "id"),
        Index("ix_envelope_expiring", "expires_at", postgresql_where=text("state = 'in_progress'")),
        Index("ix_envelope_reminding", "next_reminder_at", postgresql_where=text("state = 'in_progress'")),
        UniqueConstraint("organisation_id", "external_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    custom: Mapped[dict[str, Any]] = mapped_column("metadata")
    contract_class: Mapped[str | None] = mapped_column(Text)
    is_test: Mapped[bool] = mapped_column(default=False)
    may_delegate: Mapped[bool] = mapped_column(default=False)
    remind_every_days: Mapped[int | None]
    next_reminder_at: Mapped[datetime | None]
    rescinds_id: Mapped[UUID | None] = mapped_column(ForeignKey("envelope.id"), index=True)
    rescinded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)
    last_error: Mapped[str | None] = mapped_column(Text)
    completion_evidence_id: Mapped[UUID | None]
    report_object_key: Mapped[str | None] = mapped_column(Text)
    report_sha256: Mapped[str | None] = mapped_column(Text)
    work_id: Mapped[UUID | None]
    work_until: Mapped[datetime | None]


class EnvelopeDocument(Base):
    """One of an envelope's documents; `position` counts from 1. `object_key` and `sha256` name its current PDF.

    `is_timestamped` is false while no time-stamp authority vouches for one of the signatures (*timestamp pending*).
    `renew_before` is when the certificate of the last document timestamp ends: another one must be added by then.
    """

    __tablename__ = "envelope_document"
    __table_args__ = (
        Index("ix_envelope_document_timestamp_pending", "envelope_id", postgresql_where=text("NOT is_timestamped")),
        Index("ix_envelope_document_renew_before", "renew_before"),
    )

    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelope.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"), index=True)
    object_key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    is_timestamped: Mapped[bool] = mapped_column(default=True)
    renew_before: Mapped[datetime | None]


class Recipient(Base):
    """A person the envelope goes to, and the organisation they act for.

    `key` is the sender's own name for them within the envelope. `organisation_id` is the account of the organisation
    named by `uscc`, if there is one; its members may read the envelope. `released_at` is when they last got a link.
    `replaces_id` is the recipient in whose place they act, for `replacement_reason`. `seal_id` is the seal they used.
    """

    __tablename__ = "recipient"
    __table_args__ = (
        UniqueConstraint("envelope_id", "key"),
        Index("ix_recipient_organisation_id_envelope_id", "organisation_id", "envelope_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelope.id"))
    key: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    order: Mapped[int] = mapped_column("signing_order")
    state: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    organisation_name: Mapped[str] = mapped_column(Text)
    uscc: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    language: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes | None] = mapped_column(unique=True)
    link_expires_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(Text)
    delivery_problem: Mapped[str | None] = mapped_column(Text)
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipient.id"))
    replacement_reason: Mapped[str | None] = mapped_column(Text)
    seal_id: Mapped[UUID | None]


class Field(Base):
    """A box on a page that its recipient signs or fills. Coordinates are parts of the visible page, 0 to 1, from the
    top left corner; pages count from 1."""

    __tablename__ = "field"
    __table_args__ = (UniqueConstraint("envelope_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelope.id"))
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipient.id"))
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    # Which of the envelope's documents, counted from 1.
    document: Mapped[int] = mapped_column("document_position", default=1)
    page: Mapped[int]
    x: Mapped[float] = mapped_column(Double)
    y: Mapped[float] = mapped_column(Double)
    width: Mapped[float] = mapped_column(Double)
    height: Mapped[float] = mapped_column(Double)
    is_required: Mapped[bool]
    value: Mapped[str | None] = mapped_column(Text)


class EnvelopeRevision(Base):
    """Every PDF an envelope's documents ever were, from the prepared ones on. `cause` says what made it."""

    __tablename__ = "envelope_revision"
    __append_only__ = True

    envelope_id: Mapped[UUID] = mapped_column(ForeignKey("envelope.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # Which of the envelope's documents, counted from 1.
    document: Mapped[int] = mapped_column("document_position", primary_key=True, autoincrement=False)
    object_key: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    recipient_id: Mapped[UUID | None] = mapped_column(ForeignKey("recipient.id"))
    created_at: Mapped[datetime]


class SigningSession(Base):
    """What a recipient got for their link: short-lived, and ended when the link is replaced.

    Signing needs `authenticated_until` in the future; a right one-time code sets it.
    """

    __tablename__ = "signing_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipient.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    code_id: Mapped[UUID | None]
    authenticated_until: Mapped[datetime | None]


class SigningCode(Base):
    """A one-time code, as a keyed hash over envelope, recipient and digits. Only the newest may be used, once."""

    __tablename__ = "signing_code"
    __table_args__ = (Index("ix_signing_code_recipient_id_requested_at", "recipient_id", "requested_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipient.id"))
    code_hash: Mapped[bytes]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    attempts: Mapped[int]
    used_at: Mapped[datetime | None]


class RemoteSignature(Base):
    """A signature that is being made elsewhere (deferred signing): prepared, time-limited, completed once.

    `base_revision` is the envelope's revision it was prepared on; another signature in between makes it void. `plan`
    keeps what was prepared: per document its object and digest, the values, the consent.
    """

    __tablename__ = "remote_signature"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID] = mapped_column(ForeignKey("recipient.id"), index=True)
    base_revision: Mapped[int]
    certificate: Mapped[bytes]
    plan: Mapped[dict[str, Any]]
    prepared_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
