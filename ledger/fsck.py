"""Examines everything the log has stored, from the first entry to the latest checkpoint, and changes nothing.

    1 the latest checkpoint bears our signature
    2 every entry bundle hashes to its level-0 tile, and holds the entries the database holds
    3 every record that is still there, with its salt, leads to its entry's commitment
    4 every full tile hashes to its place in the tile above it
    5 the tiles hash to the checkpoint's root

Memory doesn't grow with the log; time does, linearly.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.unit_of_work import UnitOfWorkFactory
from ledger import repository
from ledger.errors import LogCorrupted
from ledger.merkle import leaf_hash, root, root_at
from ledger.note import Checkpoint, NoteInvalid, VerifierKey, open_checkpoint
from ledger.record import Entry, RecordInvalid, commitment, entry_bytes, parse_record
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, TileStore, tile_at


@dataclass(frozen=True, slots=True)
class Examination:
    """One look at one log, as it was when `examine` was called."""

    unit_of_work: UnitOfWorkFactory
    tiles: TileStore
    key: VerifierKey

    def examine(self) -> Iterator[str]:
        """What is wrong, one sentence each; nothing if all is well."""
        try:
            checkpoint = self._checkpoint()
        except NoteInvalid as error:
            yield f"the latest checkpoint: {error}"
            return
        if checkpoint is None:
            return
        for index in range(-(-checkpoint.size // TILE_WIDTH)):
            yield from self._examine_bundle(tile_at(None, index, checkpoint.size))
        yield from self._examine_tiles(checkpoint)

    def _checkpoint(self) -> Checkpoint | None:
        with self.unit_of_work() as uow:
            latest = repository.latest_checkpoint(uow.session)
        return open_checkpoint(latest.note, [self.key], self.key.name) if latest else None

    def _examine_bundle(self, bundle: Tile) -> Iterator[str]:
        first = bundle.index * TILE_WIDTH
        with self.unit_of_work() as uow:
            rows = repository.leaves_with_records(uow.session, first, first + bundle.width)
        for number, (entry, record) in enumerate(rows, first):
            if record is not None and not _leads_to(record.record, record.salt, entry.entry):
                yield f"the record of leaf {number} doesn't lead to its entry"
        try:
            entries = self.tiles.entries(bundle)
            hashes = self.tiles.hashes(Tile(0, bundle.index, bundle.width))
        except LogCorrupted as error:
            yield str(error.facts["what"])
            return
        yield from _differences(first, entries, hashes, [entry.entry for entry, _ in rows])

    def _examine_tiles(self, checkpoint: Checkpoint) -> Iterator[str]:
        level = 0
        node = self.tiles.nodes(checkpoint.size)
        try:
            while full := checkpoint.size >> TILE_HEIGHT * (level + 1):
                for index in range(full):
                    tile = Tile(level, index, TILE_WIDTH)
                    if root(self.tiles.hashes(tile)) != node((level + 1) * TILE_HEIGHT, index):
                        yield f"{tile.path} doesn't hash to its place in the tile above it"
                level += 1
            if root_at(checkpoint.size, node) != checkpoint.root:
                yield "the tiles don't hash to the root of the latest checkpoint"
        except LogCorrupted as error:
            yield str(error.facts["what"])


def _leads_to(record: bytes, salt: bytes, entry: bytes) -> bool:
    try:
        parsed = parse_record(record)
        return entry_bytes(Entry(commitment(salt, record), parsed.id, parsed.at)) == entry
    except RecordInvalid:
        return False


def _differences(
    first: int, entries: Sequence[bytes], hashes: Sequence[bytes], stored: Sequence[bytes]
) -> Iterator[str]:
    if len(stored) != len(entries):
        yield f"the database holds {len(stored)} of the {len(entries)} entries from leaf {first} on"
        return
    for number, (entry, expected, row) in enumerate(zip(entries, hashes, stored, strict=True), first):
        if leaf_hash(entry) != expected:
            yield f"leaf {number}: its bundled entry doesn't hash to its tile"
        if row != entry:
            yield f"leaf {number}: the database and the bundle hold different entries"
