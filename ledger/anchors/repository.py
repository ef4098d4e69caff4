"""Reading and writing anchors. They belong to the platform, not to an organisation: a root says nothing of anybody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from ledger.anchors.models import (
    Anchor,
    AnchorContract,
    AnchorHealth,
    AnchorRequest,
    AnchorTransaction,
    AnchorWriter,
)
from ledger.anchors.policy import AnchorState
from ledger.models import LogCheckpoint

_ANCHORING_LOCKS = 2
_OUTSTANDING_LIMIT = 100
"""Transactions sent again in one pass; a chain that lost more gets the rest in the next."""
_NO_BLOCK: dict[str, None] = dict.fromkeys(
    (
        *("tx_hash", "block_number", "block_hash", "block_time", "header_rlp"),
        *("receipt_index", "receipt_proof", "finality", "finalized_at"),
    )
)


def lock_chain(session: Session, chain_id: int) -> None:
    """Lets one transaction at a time make anchors or assign nonces on a chain; held until it ends."""
    session.execute(select(func.pg_advisory_xact_lock(_ANCHORING_LOCKS, chain_id % 2**31)))


def writer(session: Session) -> AnchorWriter | None:
    return session.scalar(select(AnchorWriter).order_by(AnchorWriter.generation.desc()).limit(1))


def require_writer(session: Session) -> AnchorWriter:
    return session.scalars(select(AnchorWriter).order_by(AnchorWriter.generation.desc()).limit(1)).one()


def writer_addresses(session: Session) -> list[str]:
    """Every account that ever wrote anchors, oldest first."""
    return list(session.scalars(select(AnchorWriter.address).order_by(AnchorWriter.generation)))


def add_writer(session: Session, row: AnchorWriter) -> None:
    """Keeps the writer unless there is one of that generation already."""
    session.execute(
        insert(AnchorWriter)
        .values(
            generation=row.generation,
            address=row.address,
            sealed_private_key=row.sealed_private_key,
            created_at=row.created_at,
        )
        .on_conflict_do_nothing()
    )


def contract(session: Session, chain_id: int) -> AnchorContract | None:
    return session.get(AnchorContract, chain_id)


def newest_checkpoint(session: Session) -> LogCheckpoint | None:
    return session.scalar(select(LogCheckpoint).order_by(LogCheckpoint.size.desc()).limit(1))


def checkpoint(session: Session, size: int) -> LogCheckpoint | None:
    return session.get(LogCheckpoint, size)


def newest_anchor(session: Session, chain_id: int) -> Anchor | None:
    return session.scalar(select(Anchor).where(Anchor.chain_id == chain_id).order_by(Anchor.size.desc()).limit(1))


def anchors_in(session: Session, chain_id: int, *states: AnchorState) -> Sequence[Anchor]:
    """Smallest first."""
    return session.scalars(
        select(Anchor).where(Anchor.chain_id == chain_id, Anchor.state.in_(states)).order_by(Anchor.size)
    ).all()


def newest_in_block(session: Session, chain_id: int, below_size: int | None) -> Anchor | None:
    """The largest anchor that a block is said to hold, below a size if given."""
    found = select(Anchor).where(Anchor.chain_id == chain_id, Anchor.state != AnchorState.PENDING)
    if below_size is not None:
        found = found.where(Anchor.size < below_size)
    return session.scalar(found.order_by(Anchor.size.desc()).limit(1))


def finalized_covering(session: Session, size: int) -> Anchor | None:
    return session.scalar(
        select(Anchor)
        .where(Anchor.state == AnchorState.FINALIZED, Anchor.size >= size)
        .order_by(Anchor.size, Anchor.finalized_at)
        .limit(1)
    )


def finalized_size(session: Session, chain_id: int) -> int:
    """The largest tree size that is final on a chain; 0 if there is none."""
    finalized = (Anchor.chain_id == chain_id, Anchor.state == AnchorState.FINALIZED)
    return session.scalar(select(func.max(Anchor.size)).where(*finalized)) or 0


def move_anchor(session: Session, anchor: Anchor, to: AnchorState, **known: Any) -> bool:
    """Compare-and-swap on state and block; False if another process moved it first. Going back to pending forgets
    the block."""
    values = known if to != AnchorState.PENDING else _NO_BLOCK
    moved = session.execute(
        update(Anchor)
        .where(Anchor.id == anchor.id, Anchor.state == anchor.state)
        .where(Anchor.block_hash.is_not_distinct_from(anchor.block_hash))
        .values(state=to, **values)
        .returning(Anchor.id)
        .execution_options(synchronize_session=False)
    )
    return moved.first() is not None


def transactions_of(session: Session, anchor_id: UUID) -> Sequence[AnchorTransaction]:
    """Everything ever signed for an anchor, newest first."""
    return session.scalars(
        select(AnchorTransaction)
        .where(AnchorTransaction.anchor_id == anchor_id)
        .order_by(AnchorTransaction.nonce.desc(), AnchorTransaction.attempt.desc())
    ).all()


def outstanding(session: Session, chain_id: int, sender: str, nonce: int) -> Sequence[AnchorTransaction]:
    """The newest attempt at each nonce from `nonce` on, in the order of nonces; the first hundred."""
    return session.scalars(
        select(AnchorTransaction)
        .ext(distinct_on(AnchorTransaction.nonce))
        .where(
            AnchorTransaction.chain_id == chain_id,
            AnchorTransaction.sender == sender,
            AnchorTransaction.nonce >= nonce,
        )
        .order_by(AnchorTransaction.nonce, AnchorTransaction.attempt.desc())
        .limit(_OUTSTANDING_LIMIT)
    ).all()


def has_request_after(session: Session, anchored_size: int) -> bool:
    """Whether somebody has asked for an anchor since the checkpoint that was anchored last."""
    anchored_at = select(LogCheckpoint.published_at).where(LogCheckpoint.size == anchored_size).scalar_subquery()
    return session.scalar(select(AnchorRequest.id).where(AnchorRequest.at > anchored_at).limit(1)) is not None


def health(session: Session, chain_id: int) -> AnchorHealth | None:
    return session.get(AnchorHealth, chain_id)


def save_health(session: Session, chain_id: int, checked_at: datetime, error: dict[str, str | None]) -> None:
    values: dict[str, Any] = {"checked_at": checked_at, **error}
    session.execute(
        insert(AnchorHealth)
        .values(chain_id=chain_id, **values)
        .on_conflict_do_update(index_elements=[AnchorHealth.chain_id], set_=values)
    )
