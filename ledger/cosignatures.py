"""Reading and writing witnesses' cosignatures, and checkpoints with them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ledger import repository
from ledger.models import CheckpointCosignature, LogCheckpoint


@dataclass(frozen=True, slots=True)
class Cosignature:
    """`witness` is its vkey, `line` ends with its line end, `at` is what the witness states."""

    witness: str
    line: str
    at: datetime


def of_latest(session: Session) -> tuple[LogCheckpoint | None, set[str]]:
    """The latest checkpoint, and the vkeys of the witnesses that cosigned it."""
    latest = repository.latest_checkpoint(session)
    if latest is None:
        return None, set()
    query = select(CheckpointCosignature.witness).where(CheckpointCosignature.size == latest.size)
    return latest, set(session.scalars(query))


def last_sizes(session: Session, witnesses: Sequence[str]) -> dict[str, int]:
    """The largest checkpoint that each witness cosigned for us."""
    query = (
        select(CheckpointCosignature.witness, func.max(CheckpointCosignature.size).label("size"))
        .where(CheckpointCosignature.witness.in_(witnesses))
        .group_by(CheckpointCosignature.witness)
    )
    return {row.witness: row.size for row in session.execute(query)}


def late(session: Session, witnesses: Sequence[str], since: datetime) -> list[str]:
    """The witnesses that have cosigned nothing as large as the newest checkpoint that was there at `since`."""
    newest = session.scalar(
        select(LogCheckpoint.size)
        .where(LogCheckpoint.published_at <= since)
        .order_by(LogCheckpoint.size.desc())
        .limit(1)
    )
    sizes = last_sizes(session, witnesses)
    return [each for each in witnesses if newest is not None and sizes.get(each, 0) < newest]


def keep(session: Session, size: int, found: Cosignature, now: datetime) -> None:
    """Once for each witness and checkpoint; the first stays."""
    row = {
        "size": size,
        "witness": found.witness,
        "line": found.line,
        "cosigned_at": found.at,
        "received_at": now,
    }
    session.execute(insert(CheckpointCosignature).values(row).on_conflict_do_nothing())


def cosigned_notes(session: Session, checkpoints: Iterable[LogCheckpoint]) -> dict[int, bytes]:
    """Each checkpoint's note with the lines of its witnesses, in the order of their vkeys, by size."""
    notes = {row.size: row.note for row in checkpoints}
    query = (
        select(CheckpointCosignature.size, CheckpointCosignature.line)
        .where(CheckpointCosignature.size.in_(list(notes)))
        .order_by(CheckpointCosignature.size, CheckpointCosignature.witness)
    )
    for size, line in session.execute(query):
        notes[size] += line.encode()
    return notes
