"""Tables of evidence: records, entries, the queue before the log, the log, its checkpoints and its key.

Everything that proves something is append-only. Entries outlive their records: erasing a record and its salt (an
operator's act, as the owner of the tables) leaves an unlinkable commitment, and the log stays provable.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class EvidenceEntry(Base):
    """The public side of a record. `leaf_hash` is SHA-256(0x00 ‖ entry), taken when the record was made, so that
    a bit flipped while the entry waits for the log is noticed."""

    __tablename__ = "evidence_entry"
    __append_only__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    entry: Mapped[bytes]
    leaf_hash: Mapped[bytes]


class EvidenceRecord(Base):
    """The private side. `position` counts the records of one subject from 0; its uniqueness makes them one chain.

    `record` holds the canonical bytes; `object_keys` names the stored bytes of the record's files, in order.
    """

    __tablename__ = "evidence_record"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("subject_id", "subject_kind", "position"),)

    id: Mapped[UUID] = mapped_column(ForeignKey("evidence_entry.id"), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    type: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    record: Mapped[bytes]
    salt: Mapped[bytes]
    object_keys: Mapped[list[str]]


class EvidenceAccess(Base):
    """An organisation that may read a record: a party to what it is about."""

    __tablename__ = "evidence_access"
    __append_only__ = True

    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence_entry.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)


class PendingEntry(Base):
    """An entry waiting for its index. The queue is short, so that finding work never scans the log."""

    __tablename__ = "pending_entry"

    sequence: Mapped[int] = mapped_column(Identity(), primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence_entry.id"), unique=True)


class LogLeaf(Base):
    """An entry's place in the log, for ever. Indexes are contiguous from 0."""

    __tablename__ = "log_leaf"
    __append_only__ = True

    leaf_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence_entry.id"), unique=True)
    staged_at: Mapped[datetime]


class LogHead(Base):
    """One row: the size of the latest checkpoint, advanced only by compare-and-swap."""

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    size: Mapped[int]


class LogCheckpoint(Base):
    """A signed tree head: `note` is the signed note's bytes, `root` 32 bytes."""

    __tablename__ = "log_checkpoint"
    __append_only__ = True

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[bytes]
    published_at: Mapped[datetime]


class CheckpointTimestamp(Base):
    """An RFC 3161 token (DER) over a checkpoint's note, one for each authority; `stamped_at` is the token's time."""

    __tablename__ = "checkpoint_timestamp"
    __append_only__ = True

    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), primary_key=True)
    authority: Mapped[str] = mapped_column(Text, primary_key=True)
    token: Mapped[bytes]
    stamped_at: Mapped[datetime]


class LogKey(Base):
    """The log's Ed25519 key: the raw public key, and the private key sealed by `core.secrets.SecretBox`."""

    __tablename__ = "log_key"
    __append_only__ = True

    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    public_key: Mapped[bytes]
    sealed_private_key: Mapped[bytes]
    created_at: Mapped[datetime]
