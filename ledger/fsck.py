"""Makes the whole log again from the stored entries, compares it with all that is stored, and changes nothing.

    1 entries      have their hash, are readable, and their indexes are contiguous; also those that still wait
    2 records      lead with their salt to the entry's commitment; where one is gone, its erasure is on record
    3 tiles        every bundle and every tile, also the partial ones of earlier checkpoints, byte for byte
    4 checkpoints  every one bears the signature of the key in office and the root that its entries make: so each
                   extends the one before; time-stamps and anchors are about these very checkpoints
    5 copy         the checkpoint in the object store is one of these, and not left behind
    6 chains       every subject's records follow each other

What differs is told in this order, the smallest leaf first, with leaf, object and byte. Memory doesn't grow with the
log; time does, linearly.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self
from uuid import UUID

from sqlalchemy.orm import Session

from core.objects import ObjectMissing
from core.unit_of_work import UnitOfWorkFactory
from ledger import fsck_repository, repository
from ledger.errors import LogCorrupted, TimestampUnavailable
from ledger.fsck_findings import Finding
from ledger.fsck_repository import StoredCheckpoint, StoredLeaf
from ledger.fsck_tree import GrowingTree, MadeTile
from ledger.keys import LogKeys, read_keys
from ledger.merkle import leaf_hash
from ledger.models import EvidenceRecord, LogCheckpoint
from ledger.note import NoteInvalid
from ledger.policy import timestamp_instant
from ledger.published_copy import CHECKPOINT_KEY, check_copy, read_copy
from ledger.record import Entry, RecordInvalid, commitment, entry_bytes, parse_entry, parse_record
from ledger.tiles import TILE_WIDTH, Tile, TileStore

COPY_GRACE = timedelta(minutes=10)
"""So long the copy in the object store may take to follow the latest checkpoint."""

Progress = Callable[[int, int], None]
"""Told how many leaves and records are examined, and of how many."""


@dataclass(frozen=True, slots=True)
class Examination:
    """One look at one log, as far as it had come when it was begun; it may go on growing meanwhile."""

    unit_of_work: UnitOfWorkFactory
    tiles: TileStore
    latest: LogCheckpoint | None
    keys: LogKeys
    compared: dict[int | None, Tile] = field(default_factory=dict)
    """The last tile of each level that was compared: a run of checkpoints shares its partial tiles above the leaves."""

    @classmethod
    def begin(cls, unit_of_work: UnitOfWorkFactory, tiles: TileStore, origin: str) -> Self:
        """Raises `LogKeyMissing`."""
        with unit_of_work() as uow:
            latest = repository.latest_checkpoint(uow.session)
            keys = read_keys(uow.session, origin)  # After the checkpoint: whoever signed it is among them.
        return cls(unit_of_work, tiles, latest, keys)

    def examine(self, progress: Progress = lambda _done, _all: None) -> Iterator[Finding]:
        """What is wrong, in order; nothing if all is well. Raises `ObjectStoreUnavailable`."""
        size = self.latest.size if self.latest else 0
        with self.unit_of_work() as uow:
            head, largest = fsck_repository.head_and_largest_checkpoint(uow.session)
            total = size + fsck_repository.record_count(uow.session)
        if head != largest:
            yield Finding("head_differs", size=head)
        if self.latest is not None:
            yield from self._examine_tree(self.latest, lambda done: progress(done, total))
        yield from self._examine_waiting(size)
        yield from self._examine_copy()
        yield from self._examine_chains(size, lambda done: progress(done, total))

    def _examine_tree(self, latest: LogCheckpoint, progress: Callable[[int], None]) -> Iterator[Finding]:
        tree, checkpoints = GrowingTree(), self._checkpoints(latest.size)
        due = next(checkpoints, None)
        for first in range(0, latest.size, TILE_WIDTH):
            with self.unit_of_work() as uow:
                leaves = fsck_repository.leaves(uow.session, first, min(first + TILE_WIDTH, latest.size))
            for leaf in leaves:
                if leaf.index != tree.size:
                    break
                yield from _examine_leaf(leaf)
                for made in tree.append(leaf.entry.entry):
                    yield from self._compare(made, is_needed=True)
                while due is not None and due.row.size == tree.size:
                    yield from self._examine_checkpoint(due, tree, is_latest=due.row.size == latest.size)
                    due = next(checkpoints, None)
            if tree.size < min(first + TILE_WIDTH, latest.size):
                yield Finding("leaf_missing", leaf=tree.size)
                return  # What comes behind it can't be derived any more.
            progress(tree.size)

    def _checkpoints(self, size: int) -> Iterator[StoredCheckpoint]:
        last = 0
        while last < size:
            with self.unit_of_work() as uow:
                piece = fsck_repository.checkpoints(uow.session, last)
            yield from piece
            last = piece[-1].row.size

    def _examine_checkpoint(self, stored: StoredCheckpoint, tree: GrowingTree, *, is_latest: bool) -> Iterator[Finding]:
        row = stored.row
        for made in tree.partial_tiles():
            if self.compared.get(made.tile.level) == made.tile:
                continue
            yield from self._compare(made, is_needed=is_latest)
        made_root = tree.root()
        if row.root != made_root:
            yield Finding("root_differs", size=row.size)
        try:
            opened = self.keys.open_checkpoint(row.note)
        except NoteInvalid as error:
            yield Finding("note_invalid", size=row.size, detail=str(error))
        else:
            if (opened.size, opened.root) != (row.size, made_root):
                yield Finding("root_differs", size=row.size, detail="note")
        yield from _examine_statements(stored, made_root)

    def _compare(self, made: MadeTile, *, is_needed: bool) -> Iterator[Finding]:
        """A partial tile may be gone once there is a wider one (tlog-tiles, "Partial Tiles"); wrong it may never be."""
        try:
            stored = self.tiles.read(made.tile)
        except ObjectMissing:
            if is_needed:
                yield Finding("object_missing", path=made.tile.key)
            return
        self.compared[made.tile.level] = made.tile
        byte = made.first_difference(stored)
        if byte is not None:
            yield Finding("object_changed", leaf=made.leaf_at(byte), path=made.tile.key, byte=byte)

    def _examine_waiting(self, size: int) -> Iterator[Finding]:
        with self.unit_of_work() as uow:
            for leaf in fsck_repository.waiting(uow.session, size):
                yield from _examine_leaf(leaf)

    def _examine_copy(self) -> Iterator[Finding]:
        copy = read_copy(self.tiles.objects)
        with self.unit_of_work() as uow:
            now = uow.now
            keys = read_keys(uow.session, self.keys.origin)  # It may be of a checkpoint, and by a key, since then.
        copied = 0
        if copy is not None:
            try:
                copied = check_copy(self.unit_of_work, keys, copy)
            except NoteInvalid as error:
                yield Finding("copy_invalid", path=CHECKPOINT_KEY, detail=str(error))
                return
            except LogCorrupted as error:
                yield Finding("copy_unknown", path=CHECKPOINT_KEY, detail=str(error.facts["what"]))
                return
        latest = self.latest
        if latest is not None and copied < latest.size and now - latest.published_at > COPY_GRACE:
            yield Finding("copy_behind", path=CHECKPOINT_KEY, size=copied)

    def _examine_chains(self, done: int, progress: Callable[[int], None]) -> Iterator[Finding]:
        before: EvidenceRecord | None = None
        with self.unit_of_work() as uow, self.unit_of_work() as other:
            for number, record in enumerate(fsck_repository.records(uow.session), 1):
                if before is not None and _subject(before) != _subject(record):
                    before = None
                if not _follows(other.session, record, before):
                    yield Finding("chain_broken", evidence_id=record.id)
                before = record
                if number % TILE_WIDTH == 0:
                    progress(done + number)


def _examine_leaf(leaf: StoredLeaf) -> Iterator[Finding]:
    entry, record = leaf.entry, leaf.record
    if leaf_hash(entry.entry) != entry.leaf_hash:
        yield Finding("entry_changed", leaf=leaf.index, evidence_id=entry.id)
    elif not _is_readable(entry.entry, entry.id.hex):
        yield Finding("entry_unreadable", leaf=leaf.index, evidence_id=entry.id)
    if record is None and not leaf.is_erased:
        yield Finding("record_missing", leaf=leaf.index, evidence_id=entry.id)
    if record is not None and leaf.is_erased:
        yield Finding("record_not_erased", leaf=leaf.index, evidence_id=entry.id)
    if record is not None and not _leads_to(record, entry.entry):
        yield Finding("record_changed", leaf=leaf.index, evidence_id=entry.id)


def _is_readable(entry: bytes, identifier: str) -> bool:
    try:
        return parse_entry(entry).id == identifier
    except RecordInvalid:
        return False


def _leads_to(row: EvidenceRecord, entry: bytes) -> bool:
    """The record, by its salt, to the entry; and what the table says of the record is what the record says."""
    try:
        record = parse_record(row.record)
        is_committed = entry_bytes(Entry(commitment(row.salt, row.record), record.id, record.at)) == entry
    except RecordInvalid:
        return False
    told = (row.id.hex, row.type, row.subject_kind, row.subject_id)
    return is_committed and told == (record.id, record.type, record.subject.kind, record.subject.id)


def _examine_statements(stored: StoredCheckpoint, root: bytes) -> Iterator[Finding]:
    row, digest = stored.row, hashlib.sha256(stored.row.note).digest()
    for timestamp in stored.timestamps:
        try:
            is_right = timestamp_instant(timestamp.token, digest) == timestamp.stamped_at
        except TimestampUnavailable:
            is_right = False
        if not is_right:
            yield Finding("timestamp_differs", size=row.size, detail=timestamp.authority)
    for anchor in stored.anchors:
        if (anchor.root, anchor.note_hash) != (root, digest):
            yield Finding("anchor_differs", size=row.size, detail=f"chain {anchor.chain_id}")


def _subject(record: EvidenceRecord) -> tuple[str, str]:
    return record.subject_kind, record.subject_id


def _follows(session: Session, record: EvidenceRecord, before: EvidenceRecord | None) -> bool:
    """Whether the record names the one before it. Where that one is gone, it must be one that was erased.

    What can't be read was found already, and is no second finding.
    """
    try:
        previous = json.loads(record.record)["previous"]
        previous_id = None if previous is None else UUID(hex=previous)
    except (ValueError, KeyError, TypeError, AttributeError):
        return True
    if record.position == 0:
        return previous_id is None
    if before is not None and before.position == record.position - 1:
        return previous_id == before.id
    return previous_id is not None and fsck_repository.is_erased(session, previous_id)
