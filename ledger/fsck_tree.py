"""The tree made again, leaf by leaf: every tile, bundle and root that it has on its way, in constant memory. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.merkle import EMPTY_ROOT, leaf_hash, root, root_at
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, encode_bundle


@dataclass(frozen=True, slots=True)
class MadeTile:
    """A tile or bundle as the entries make it."""

    tile: Tile
    data: bytes

    def first_difference(self, stored: bytes) -> int | None:
        """The first byte that differs; the shorter one's length if it is only cut off."""
        if stored == self.data:
            return None
        pairs = zip(self.data, stored, strict=False)
        return next((at for at, (ours, theirs) in enumerate(pairs) if ours != theirs), min(len(stored), len(self.data)))

    def leaf_at(self, byte: int) -> int | None:
        """The leaf whose entry or hash lies at `byte`; None in tiles above the leaves, and behind the last leaf."""
        first = self.tile.index * TILE_WIDTH
        if byte >= len(self.data) or self.tile.level not in {None, 0}:
            return None
        if self.tile.level == 0:
            return first + byte // 32
        number, end = -1, 0
        while end <= byte:
            number, end = number + 1, end + 2 + int.from_bytes(self.data[end : end + 2], "big")
        return first + number


@dataclass
class GrowingTree:
    """The rightmost, still partial tile of every level, and what they make."""

    size: int = 0
    entries: list[bytes] = field(default_factory=list)
    rows: list[list[bytes]] = field(default_factory=lambda: [[]])

    def append(self, entry: bytes) -> list[MadeTile]:
        """Adds a leaf and returns the tiles that it fills."""
        self.size += 1
        self.entries.append(entry)
        self.rows[0].append(leaf_hash(entry))
        return list(self._filled()) if self.size % TILE_WIDTH == 0 else []

    def partial_tiles(self) -> list[MadeTile]:
        """What a tree of this size has besides full tiles."""
        made = [
            MadeTile(Tile(level, self._index(level), len(row)), b"".join(row))
            for level, row in enumerate(self.rows)
            if row
        ]
        return [self._bundle(), *made] if self.entries else made

    def root(self) -> bytes:
        """RFC 6962's: all subtrees that it is made of lie in the rightmost tiles."""

        def node(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, TILE_HEIGHT)
            offset = (index << height) % TILE_WIDTH
            return root(self.rows[tile_level][offset : offset + (1 << height)])

        return root_at(self.size, node) if self.size else EMPTY_ROOT

    def _filled(self) -> Iterator[MadeTile]:
        yield self._bundle()
        self.entries.clear()
        for level, row in enumerate(self.rows):
            if len(row) < TILE_WIDTH:
                return
            yield MadeTile(Tile(level, self._index(level) - 1, TILE_WIDTH), b"".join(row))
            if level + 1 == len(self.rows):
                self.rows.append([])
            self.rows[level + 1].append(root(row))
            row.clear()

    def _bundle(self) -> MadeTile:
        index = (self.size - len(self.entries)) // TILE_WIDTH
        return MadeTile(Tile(None, index, len(self.entries)), encode_bundle(self.entries))

    def _index(self, level: int) -> int:
        """The index of the rightmost tile of a level, the full ones before it not counted."""
        return self.size >> TILE_HEIGHT * (level + 1)
