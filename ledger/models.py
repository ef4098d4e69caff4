"""Tables of evidence: records, entries, the queue before the log, the log, its checkpoints and its key.

Everything that proves something is append-only. Entries outlive their records: erasing a record and its salt (an
operator's act, as the owner of the tables) leaves an unlinkable commitment, and the log stays provable.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint
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
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)


class EvidenceDigest(Base):
    """Where an organisation finds the records it may read by a file's digest. The index and nothing else: it goes with
    the record when that is erased, for a digest may name a person's file.

    It begins with the organisation, so that no look-up ever passes through another's rows. No foreign keys: it is
    written by the statement that writes what it leads to, and proving that again costs a tenth of notarising.
    """

    __tablename__ = "evidence_digest"
    __append_only__ = True
    __table_args__ = (Index("ix_evidence_digest_sm3", "organisation_id", "sm3", "evidence_id"),)

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(primary_key=True)
    evidence_id: Mapped[UUID] = mapped_column(primary_key=True)
    sm3: Mapped[bytes]


class EvidenceSubmission(Base):
    """What came of a request to notarise that bore a key: written with its records, so that the same request again,
    even after a crash, finds them instead of making others. `request_hash` is SHA-256 of what was asked."""

    __tablename__ = "evidence_submission"
    __append_only__ = True

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes]
    first_id: Mapped[UUID]
    count: Mapped[int]
    at: Mapped[datetime]


class EvidenceHold(Base):
    """A legal hold: a record, or all records of its subject (`evidence_id` is None), must not be erased.

    `case_number` and `authority` say who ordered it. `organisation_id` is None for a hold placed by an operator on the
    machine itself, whom `placed_by` then names.
    """

    __tablename__ = "evidence_hold"
    __append_only__ = True
    __table_args__ = (Index("ix_evidence_hold_subject", "subject_id", "subject_kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence_entry.id"), index=True)
    case_number: Mapped[str] = mapped_column(Text)
    authority: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    placed_by: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime]


class EvidenceHoldRelease(Base):
    """The end of a hold, by the order that `reference` names."""

    __tablename__ = "evidence_hold_release"
    __append_only__ = True

    hold_id: Mapped[UUID] = mapped_column(ForeignKey("evidence_hold.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(Text)
    released_by: Mapped[str] = mapped_column(Text)
    released_at: Mapped[datetime]


class EvidenceErasure(Base):
    """That a record was erased: written with the erasing, and the only way to it (a trigger on `evidence_record`).

    `object_keys` names the stored files that are to be deleted as far as nobody else refers to them.
    """

    __tablename__ = "evidence_erasure"
    __append_only__ = True

    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence_entry.id"), primary_key=True)
    ground: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    erased_by: Mapped[str] = mapped_column(Text)
    erased_at: Mapped[datetime]
    object_keys: Mapped[list[str]]


class EvidenceErasureResult(Base):
    """What became of the files of an erased record: which objects were deleted, which stay because others need them."""

    __tablename__ = "evidence_erasure_result"
    __append_only__ = True

    evidence_id: Mapped[UUID] = mapped_column(ForeignKey("evidence_erasure.evidence_id"), primary_key=True)
    deleted_keys: Mapped[list[str]]
    kept_keys: Mapped[list[str]]
    finished_at: Mapped[datetime]


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


class CheckpointCosignature(Base):
    """A witness's signature line for a checkpoint (C2SP tlog-cosignature), checked before it was kept.

    `witness` is the witness's vkey, `cosigned_at` the time its signature states.
    """

    __tablename__ = "checkpoint_cosignature"
    __append_only__ = True
    __table_args__ = (Index("ix_checkpoint_cosignature_witness_size", "witness", "size"),)

    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"), primary_key=True)
    witness: Mapped[str] = mapped_column(Text, primary_key=True)
    line: Mapped[str] = mapped_column(Text)
    cosigned_at: Mapped[datetime]
    received_at: Mapped[datetime]


class LogKey(Base):
    """One of the log's Ed25519 keys: the raw public key, and the private key sealed by `core.secrets.SecretBox`.

    Every generation but the first came by a rotation: `statement` is the signed note in which the key before names it,
    `announced_by` the evidence of that, whose place in the log decides from which checkpoint on the key signs.
    """

    __tablename__ = "log_key"
    __append_only__ = True

    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public_key: Mapped[bytes] = mapped_column(unique=True)
    sealed_private_key: Mapped[bytes]
    created_at: Mapped[datetime]
    announced_by: Mapped[UUID | None] = mapped_column(ForeignKey("evidence_entry.id"))
    statement: Mapped[bytes | None]
    predecessor_signs_until: Mapped[datetime | None]
