"""Tables of anchors.

`anchor` is a state machine (`policy.AnchorState`); everything that was ever signed stays in `anchor_transaction`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class AnchorWriter(Base):
    """An account that writes anchors; its private key is sealed by `core.secrets.SecretBox` and never deleted.

    The one without a chain is shared by all chains that have none of their own. The newest of a chain is the one that
    should be in office there; who *is*, the contract says (`ledger.anchors.office`).
    """

    __tablename__ = "anchor_writer"
    __append_only__ = True

    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    chain_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(Text, unique=True)
    sealed_private_key: Mapped[bytes]
    created_at: Mapped[datetime]


class AnchorContract(Base):
    """Where the log is anchored on a chain: the newest generation. The address is known before the contract is there;
    there is a second one only if the first deployment came to nothing."""

    __tablename__ = "anchor_contract"
    __append_only__ = True

    chain_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    contract: Mapped[str] = mapped_column(Text)
    log_id: Mapped[bytes]
    created_at: Mapped[datetime]


class Anchor(Base):
    """A checkpoint on its way onto a chain. What is known of its block is empty while it is pending.

    `note_hash` is SHA-256 of the checkpoint's note. The chain proof (header, receipt) is there exactly when it is
    finalized; `block_time` is the header's, in POSIX seconds; `finality` says how it became final; `sealed_header` is
    the header with the validators' seals, where these made it final.
    """

    __tablename__ = "anchor"
    __table_args__ = (
        UniqueConstraint("chain_id", "size"),
        Index("ix_anchor_finalized", "size", postgresql_where=text("state = 'finalized'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[int]
    contract: Mapped[str] = mapped_column(Text)
    log_id: Mapped[bytes]
    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoint.size"))
    root: Mapped[bytes]
    note_hash: Mapped[bytes]
    state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    tx_hash: Mapped[bytes | None]
    block_number: Mapped[int | None]
    block_hash: Mapped[bytes | None]
    block_time: Mapped[int | None]
    header_rlp: Mapped[bytes | None]
    sealed_header: Mapped[bytes | None]
    receipt_index: Mapped[int | None]
    receipt_proof: Mapped[list[str] | None]
    finality: Mapped[str | None] = mapped_column(Text)
    finalized_at: Mapped[datetime | None]


class AnchorTransaction(Base):
    """A signed transaction, stored before it is first sent, and sent again byte for byte whenever the chain lost it.

    `anchor_id` is empty for everything but anchors. `attempt` counts fee bumps at one nonce; all attempts of a nonce
    do the same thing. Fees are wei per gas.
    """

    __tablename__ = "anchor_transaction"
    __append_only__ = True
    __table_args__ = (UniqueConstraint("chain_id", "sender", "nonce", "attempt"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[int]
    sender: Mapped[str] = mapped_column(Text)
    nonce: Mapped[int]
    attempt: Mapped[int]
    purpose: Mapped[str] = mapped_column(Text)
    anchor_id: Mapped[UUID | None] = mapped_column(ForeignKey("anchor.id"), index=True)
    raw: Mapped[bytes]
    tx_hash: Mapped[bytes] = mapped_column(unique=True)
    to: Mapped[str | None] = mapped_column(Text)
    data: Mapped[bytes]
    gas: Mapped[int]
    max_fee: Mapped[int]
    priority_fee: Mapped[int | None]
    created_at: Mapped[datetime]


class AnchorRequest(Base):
    """Somebody's wish to have the log anchored at once instead of at the next regular time."""

    __tablename__ = "anchor_request"
    __append_only__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class AnchorHealth(Base):
    """How the last pass over a chain went, for the status page and the alarm. Empty `error_code`: all is well.

    `writer` and `successor` are what the contract said when it was asked last; a successor that is not announced yet
    has no `successor_effective_at`.
    """

    __tablename__ = "anchor_health"

    chain_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    checked_at: Mapped[datetime]
    writer: Mapped[str | None] = mapped_column(Text)
    successor: Mapped[str | None] = mapped_column(Text)
    successor_effective_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(Text)
    error_zh: Mapped[str | None] = mapped_column(Text)
    error_en: Mapped[str | None] = mapped_column(Text)
