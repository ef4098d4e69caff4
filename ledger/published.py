"""Use cases: what of the log was published. Checkpoints as the log signed them, with cosignatures, and tiles."""

from dataclasses import dataclass
from datetime import datetime

from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger import cosignatures, repository
from ledger.errors import CheckpointNotFound, LogEmpty, TileNotFound
from ledger.models import LogCheckpoint
from ledger.tiles import Tile, TileStore


@dataclass(frozen=True, slots=True)
class PublishedCheckpoint:
    """A checkpoint as it was signed and shown to the world. `root` is 32 bytes, `note` the signed note's bytes."""

    size: int
    root: bytes
    note: bytes
    published_at: datetime


def latest_cosigned(unit_of_work: UnitOfWorkFactory) -> bytes:
    """The latest signed checkpoint, with the cosignatures it has. Raises `LogEmpty` before the first."""
    with unit_of_work() as uow:
        latest = repository.latest_checkpoint(uow.session)
        if latest is None:
            raise LogEmpty
        return cosignatures.cosigned_notes(uow.session, [latest])[latest.size]


def cosigned_checkpoint(unit_of_work: UnitOfWorkFactory, size: int) -> bytes:
    """A published checkpoint with the cosignatures it has. Raises `CheckpointNotFound`."""
    with unit_of_work() as uow:
        row = repository.checkpoint(uow.session, size)
        if row is None:
            raise CheckpointNotFound(size=size)
        return cosignatures.cosigned_notes(uow.session, [row])[size]


def latest_checkpoint(unit_of_work: UnitOfWorkFactory) -> PublishedCheckpoint | None:
    with unit_of_work() as uow:
        row = repository.latest_checkpoint(uow.session)
    return _published(row) if row else None


def published_checkpoint(unit_of_work: UnitOfWorkFactory, size: int) -> PublishedCheckpoint:
    """Raises `CheckpointNotFound` unless a checkpoint of this very size was published."""
    with unit_of_work() as uow:
        row = repository.checkpoint(uow.session, size)
    if row is None:
        raise CheckpointNotFound(size=size)
    return _published(row)


def first_checkpoint_with(unit_of_work: UnitOfWorkFactory, leaf_index: int) -> PublishedCheckpoint | None:
    """The earliest checkpoint that holds a leaf; None while it is staged but not published."""
    with unit_of_work() as uow:
        row = repository.first_checkpoint_with(uow.session, leaf_index)
    return _published(row) if row else None


def published_tile(unit_of_work: UnitOfWorkFactory, objects: Objects, path: str) -> bytes:
    """A tile or entry bundle under its tlog-tiles path, `tile/…`.

    Raises `TileNotFound`, also for what is stored and not in the latest checkpoint: it may never be published.
    """
    tile = Tile.parse(path)
    with unit_of_work() as uow:
        size = repository.head_size(uow.session)
    if not tile.is_within(size):
        raise TileNotFound
    try:
        return TileStore(objects).read(tile)
    except ObjectMissing as error:
        raise TileNotFound from error


def _published(row: LogCheckpoint) -> PublishedCheckpoint:
    return PublishedCheckpoint(row.size, row.root, row.note, row.published_at)
