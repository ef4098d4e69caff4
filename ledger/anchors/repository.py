"""Reading and writing anchors. They belong to the platform, not to an organisation: a root says nothing of anybody."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from ledger.anchors.models import (
    Anchor,
    AnchorContract,
    AnchorHealth,
    AnchorRequest,
    AnchorTransaction,
    AnchorWriter,
)
from ledger.anchors.policy import AnchorState, Purpose
from ledger.models import CheckpointCosignature, LogCheckpoint

_ANCHORING_LOCKS = 2
_ALL_WRITERS = -1
_OUTSTANDING_LIMIT = 100
"""Transactions sent again in one pass; a chain that lost more gets the rest in the next."""
_NO_BLOCK: dict[str, None] = dict.fromkeys(
    (
        *("tx_hash", "block_number", "block_hash", "block_time", "header_rlp", "sealed_header"),
        *("receipt_index", "receipt_proof", "finality", "finalized_at"),
    )
)


def lock_chain(session: Session, chain_id: int) -> None:
    """Lets one transaction at a time make anchors or assign nonces on a chain; held until it ends."""
    session.execute(select(func.pg_advisory_xact_lock(_ANCHORING_LOCKS, chain_id % 2**31)))


def lock_writers(session: Session) -> None:
    """Lets one transaction at a time make writers; held until it ends."""
    session.execute(select(func.pg_advisory_xact_lock(_ANCHORING_LOCKS, _ALL_WRITERS)))


def writers(session: Session, chain_id: int) -> Sequence[AnchorWriter]:
    """The shared account and those of the chain's own, oldest first; the newest of its own is the last."""
    own_last = AnchorWriter.chain_id.is_not(None)
    return session.scalars(
        select(AnchorWriter)
        .where((AnchorWriter.chain_id == chain_id) | AnchorWriter.chain_id.is_(None))
        .order_by(own_last, AnchorWriter.generation)
    ).all()


def writer_addresses(session: Session, chain_id: int) -> list[str]:
    """Every account that ever signed for the chain, is announced there, or is to be, oldest first."""
    signed = select(AnchorTransaction.sender).where(AnchorTransaction.chain_id == chain_id)
    rows = writers(session, chain_id)
    used = set(session.scalars(signed.distinct()))
    return [row.address for row in rows if row.chain_id is not None or row is rows[-1] or row.address in used]


def next_generation(session: Session) -> int:
    return (session.scalar(select(func.max(AnchorWriter.generation))) or 0) + 1


def senders(session: Session, chain_id: int) -> Sequence[str]:
    """Accounts that ever signed for the chain, in the order of their first transactions there."""
    first = func.min(AnchorTransaction.created_at)
    return session.scalars(
        select(AnchorTransaction.sender)
        .where(AnchorTransaction.chain_id == chain_id)
        .group_by(AnchorTransaction.sender)
        .order_by(first)
    ).all()


def contract(session: Session, chain_id: int) -> AnchorContract | None:
    newest = select(AnchorContract).where(AnchorContract.chain_id == chain_id)
    return session.scalar(newest.order_by(AnchorContract.generation.desc()).limit(1))


def is_stored(session: Session, made: Anchor | AnchorContract) -> bool:
    """Whether there is such a row already: an anchor of that size, a contract of that generation."""
    if isinstance(made, AnchorContract):
        return session.get(AnchorContract, (made.chain_id, made.generation)) is not None
    same = (Anchor.chain_id == made.chain_id, Anchor.size == made.size)
    return session.scalar(select(Anchor.id).where(*same)) is not None


def newest_checkpoint(session: Session, cosigned_by: Sequence[str], quorum: int) -> LogCheckpoint | None:
    """The newest that so many of the witnesses (vkeys) cosigned."""
    found = select(LogCheckpoint)
    if quorum:
        found = found.where(_cosignatures(LogCheckpoint.size, cosigned_by) >= quorum)
    return session.scalar(found.order_by(LogCheckpoint.size.desc()).limit(1))


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
    in_block = (AnchorState.MINED, AnchorState.FINALIZED)
    found = select(Anchor).where(Anchor.chain_id == chain_id, Anchor.state.in_(in_block))
    if below_size is not None:
        found = found.where(Anchor.size < below_size)
    return session.scalar(found.order_by(Anchor.size.desc()).limit(1))


def finalized_covering(
    session: Session, size: int, chain_ids: Sequence[int], *, cosigned_by: Sequence[str] = (), quorum: int = 0
) -> Anchor | None:
    """The smallest, and of several chains' the earliest, whose checkpoint so many of the witnesses cosigned."""
    found = select(Anchor).where(
        Anchor.state == AnchorState.FINALIZED, Anchor.size >= size, Anchor.chain_id.in_(chain_ids)
    )
    if quorum:
        found = found.where(_cosignatures(Anchor.size, cosigned_by) >= quorum)
    return session.scalar(found.order_by(Anchor.size, Anchor.finalized_at).limit(1))


def _cosignatures(size: InstrumentedAttribute[int], witnesses: Sequence[str]) -> ScalarSelect[int]:
    """How many of the witnesses cosigned the checkpoint of this size."""
    cosigned = (CheckpointCosignature.size == size, CheckpointCosignature.witness.in_(witnesses))
    return select(func.count()).select_from(CheckpointCosignature).where(*cosigned).scalar_subquery()


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


def deployment_nonces(session: Session, chain_id: int, sender: str) -> Sequence[int]:
    """The nonces at which the contract was to be deployed."""
    deployed = (AnchorTransaction.sender == sender, AnchorTransaction.purpose == Purpose.DEPLOY)
    return session.scalars(
        select(AnchorTransaction.nonce).where(AnchorTransaction.chain_id == chain_id, *deployed).distinct()
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


def save_health(session: Session, chain_id: int, checked_at: datetime, **noted: Any) -> None:
    """Writes down what was `noted` and leaves the rest of the row as it is."""
    values: dict[str, Any] = {"checked_at": checked_at, **noted}
    session.execute(
        insert(AnchorHealth)
        .values(chain_id=chain_id, **values)
        .on_conflict_do_update(index_elements=[AnchorHealth.chain_id], set_=values)
    )
