"""The sequencer: pending entries → indexes → tiles → a signed checkpoint.

    1 stage    one transaction under an advisory lock: take pending entries, give them the next indexes.
               From here an entry's index is durable and never changes; a crash leaves staged leaves.
    2 read     the staged leaves behind the latest checkpoint, which must bear the signature of the key then in office;
               the database must know the checkpoint that is in the object store (`ledger.published_copy`).
    3 extend   write the tiles and entry bundles that the new leaves touch; they are on the disk before step 4.
    4 check    read them back and hash them again, bottom to top; the new tree must extend the old checkpoint.
    5 sign     by the key in office at this size, and by those before it that still sign on; Ed25519, deterministic.
    6 publish  one transaction: compare-and-swap the head's size, insert the checkpoint, emit `CheckpointPublished`.

Recovery is running it again: step 1 finds what is still pending, step 2 whatever was staged but not published, and
steps 3 to 5 give the same bytes for the same leaves. Two sequencers at once stage one after the other; both may
extend and sign, over the same leaves, and the swap lets one publish. A run costs O(new + log size).
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import repository
from ledger.errors import LogCorrupted
from ledger.events import CheckpointPublished
from ledger.keys import LogKeys, read_keys
from ledger.merkle import (
    EMPTY_ROOT,
    ProofInvalid,
    consistency_proof,
    leaf_hash,
    root,
    root_at,
    verify_consistency,
)
from ledger.models import LogCheckpoint, LogLeaf
from ledger.note import Checkpoint, NoteInvalid, sign_note
from ledger.published_copy import check_copy, read_copy
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, TileStore, tile_at

STAGE_LIMIT = 10_000
"""Entries staged in one run; what is left waits for the next."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """Staged leaves. `entries` start at index `start`, the last bundle's first entry, not at `previous.size`.

    `keys` are those of the log, of which every one that the leaves announce is among them.
    """

    keys: LogKeys
    previous: Checkpoint
    start: int
    entries: Sequence[bytes]

    @property
    def size(self) -> int:
        return self.start + len(self.entries)


@dataclass(frozen=True)
class Sequencer:
    """Sequences one log. May run in several processes at once."""

    unit_of_work: UnitOfWorkFactory
    tiles: TileStore
    secrets: SecretBox
    origin: str

    def run(self) -> int | None:
        """Publishes a checkpoint over what is pending and returns its size; None if there was nothing to do.

        Raises `LogCorrupted`, having signed nothing, if any hash isn't what it must be.
        """
        now = self.stage()
        if now is None:
            return None
        copy = read_copy(self.tiles.objects)
        batch = self.read_batch()
        if batch is None:
            return None
        if copy is not None:
            with suppress(NoteInvalid):
                check_copy(self.unit_of_work, batch.keys, copy)
        written = self.extend_tiles(batch)
        self.tiles.make_durable(written)
        self.check_written(written, batch.size)
        checkpoint = self.check_extension(batch)
        signers = batch.keys.open_signers(self.secrets, checkpoint.size, now)
        note = sign_note(checkpoint.text(), self.origin, *signers).to_bytes()
        return checkpoint.size if self.publish(batch.previous, checkpoint, note) else None

    def stage(self) -> datetime | None:
        """Returns the instant of this run; None if there is nothing to do."""
        with self.unit_of_work() as uow:
            repository.lock_sequencer(uow.session)
            first = repository.staged_size(uow.session)
            pending = repository.take_pending(uow.session, STAGE_LIMIT)
            uow.session.add_all(
                LogLeaf(leaf_index=index, evidence_id=evidence_id, staged_at=uow.now)
                for index, evidence_id in enumerate(pending, first)
            )
            is_idle = not pending and first == repository.head_size(uow.session)
        return None if is_idle else uow.now

    def read_batch(self) -> Batch | None:
        """The leaves that no checkpoint holds yet, with the entries that share a bundle with them, if any."""
        with self.unit_of_work() as uow:
            size = repository.head_size(uow.session)
            if repository.staged_size(uow.session) == size:
                return None
            head = repository.checkpoint(uow.session, size)
            start = size - size % TILE_WIDTH
            leaves = repository.leaves_from(uow.session, start)
            keys = read_keys(uow.session, self.origin)  # After the leaves: no announcement among them is missed.
        previous = _opened(head, size, keys)
        if [index for index, _ in leaves] != list(range(start, start + len(leaves))):
            raise LogCorrupted(what="leaf indexes are not contiguous")
        for index, row in leaves:
            if leaf_hash(row.entry) != row.leaf_hash:
                raise LogCorrupted(what=f"the entry of leaf {index} has changed")
        return Batch(keys, previous, start, [row.entry for _, row in leaves])

    def extend_tiles(self, batch: Batch) -> list[Tile]:
        """Writes what the new leaves touch, level by level, and returns it.

        Level 0 and the bundles come from the database; the hashes left of them on higher levels from the old tiles,
        which `check_extension` then holds against the old root.
        """
        written: list[Tile] = []
        for index, entries in _rows(batch.entries, batch.start):
            bundle = tile_at(None, index, batch.size)
            self.tiles.write_entries(bundle, entries)
            written.append(bundle)
        level, start, hashes = 0, batch.start, [leaf_hash(entry) for entry in batch.entries]
        while hashes:
            parents = []
            for index, row in _rows(hashes, start):
                tile = tile_at(level, index, batch.size)
                self.tiles.write_hashes(tile, row)
                written.append(tile)
                if tile.width == TILE_WIDTH:
                    parents.append(root(row))
            level, start, hashes = level + 1, start // TILE_WIDTH, parents
            if hashes:
                left = self._left_of(level, start, batch.previous.size)
                start, hashes = start - len(left), [*left, *hashes]
        return written

    def check_written(self, written: Iterable[Tile], size: int) -> None:
        """Reads back what was written: entries must hash to level 0, full tiles to a hash of their parent."""
        node = self.tiles.nodes(size)
        for tile in written:
            if tile.level is None:
                computed = [leaf_hash(entry) for entry in self.tiles.entries(tile)]
                expected = self.tiles.hashes(Tile(0, tile.index, tile.width))
            elif tile.width == TILE_WIDTH:
                computed = [root(self.tiles.hashes(tile))]
                expected = [node((tile.level + 1) * TILE_HEIGHT, tile.index)]
            else:
                continue  # A partial tile has no parent yet; `check_extension` hashes it into the root.
            if computed != expected:
                raise LogCorrupted(what=f"{tile.path} doesn't hash to what is above it")

    def check_extension(self, batch: Batch) -> Checkpoint:
        """The new tree head, from tiles read back, if the tree extends the one we signed last (RFC 6962 §2.1.2).

        A log never signs two checkpoints of which one doesn't extend the other (tlog-checkpoint, "Signatures").
        """
        previous = batch.previous
        node = self.tiles.nodes(batch.size)
        new_root = root_at(batch.size, node)
        proof = consistency_proof(previous.size, batch.size, node)
        try:
            verify_consistency(previous.size, batch.size, proof, previous.root, new_root)
        except ProofInvalid as error:
            raise LogCorrupted(what=str(error)) from error
        return Checkpoint(self.origin, batch.size, new_root)

    def publish(self, previous: Checkpoint, checkpoint: Checkpoint, note: bytes) -> bool:
        """False if another sequencer has published meanwhile; then this checkpoint was never shown to anyone."""
        with self.unit_of_work() as uow:
            if not repository.advance_head(uow.session, previous.size, checkpoint.size):
                return False
            uow.session.add(LogCheckpoint(size=checkpoint.size, root=checkpoint.root, note=note, published_at=uow.now))
            uow.emit(CheckpointPublished(size=checkpoint.size))
        return True

    def _left_of(self, level: int, start: int, old_size: int) -> list[bytes]:
        """The old hashes in the tile that holds hash `start` of `level`; all of them lie left of it."""
        width = start % TILE_WIDTH
        return self.tiles.hashes(tile_at(level, start // TILE_WIDTH, old_size)) if width else []


def _opened(head: LogCheckpoint | None, size: int, keys: LogKeys) -> Checkpoint:
    """The latest checkpoint as it was signed: only the key that was in office then says what its root was."""
    if size == 0:
        return Checkpoint(keys.origin, 0, EMPTY_ROOT)
    try:
        opened = keys.open_checkpoint(head.note if head else b"")
    except NoteInvalid as error:
        raise LogCorrupted(what=f"the checkpoint of size {size}: {error}") from error
    if opened.size != size:
        raise LogCorrupted(what=f"the head says {size}, its checkpoint {opened.size}")
    return opened


def _rows(items: Sequence[T], start: int) -> Iterable[tuple[int, Sequence[T]]]:
    """Cuts items numbered from `start`, a tile's first, into the rows of tiles: (tile index, items)."""
    for at in range(0, len(items), TILE_WIDTH):
        yield (start + at) // TILE_WIDTH, items[at : at + TILE_WIDTH]
