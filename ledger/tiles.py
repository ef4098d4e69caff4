"""The log as static files: C2SP tlog-tiles.

A tile of level L holds up to 256 hashes of perfect subtrees of height 8·L; an entry bundle holds the entries under a
level-0 tile, each with a 16-bit big-endian length before it. Rightmost tiles are partial and never overwritten: a
wider one has another path, so that every published checkpoint stays servable and two writers can't disturb each
other. Keys in the object store are `log/` + the path under which a tile is served.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from core.objects import ObjectMissing, Objects
from ledger.errors import LogCorrupted, TileNotFound
from ledger.merkle import HASH_SIZE, NodeReader, root
from ledger.record import MAXIMUM_ENTRY_SIZE

TILE_HEIGHT = 8
TILE_WIDTH = 256

TILE_HEADERS = {"Content-Type": "application/octet-stream", "Cache-Control": "public, max-age=31536000, immutable"}
"""A tile never changes (tlog-tiles: "This endpoint is immutable")."""

_PATH = re.compile(r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a tile: `level` None means an entry bundle; `width` is 1 to 256 hashes or entries."""

    level: int | None
    index: int
    width: int

    @classmethod
    def parse(cls, path: str) -> Self:
        """Reads `tile/<L>/<N>[.p/<W>]`. Raises `TileNotFound` for any path but a tile's one canonical path."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise TileNotFound
        level = None if match[1] == "entries" else int(match[1])
        tile = cls(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or TILE_WIDTH))
        if tile.path != path:
            raise TileNotFound
        return tile

    @property
    def path(self) -> str:
        """`tile/0/x001/x234/067.p/17`: groups of three digits, all but the last marked with an x."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        suffix = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return f"tile/{'entries' if self.level is None else self.level}/{number}{suffix}"

    @property
    def key(self) -> str:
        """Its key in the object store."""
        return f"log/{self.path}"

    def is_within(self, size: int) -> bool:
        """Whether a tree of `size` leaves has everything that this tile holds."""
        return self.index * TILE_WIDTH + self.width <= size >> TILE_HEIGHT * (self.level or 0)


def tile_at(level: int | None, index: int, size: int) -> Tile:
    """The tile as it is in a tree of `size` leaves, which must reach it."""
    hashes = size >> TILE_HEIGHT * (level or 0)
    return Tile(level, index, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> list[bytes]:
    """Raises `ValueError` if the lengths don't add up."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if len(data) < max(at + 2, end):
            raise ValueError("the entry bundle is cut off")
        entries.append(data[at + 2 : end])
        at = end
    return entries


@dataclass(frozen=True, slots=True)
class TileStore:
    """Tiles in the object store. Writing the same tile again writes the same bytes, so a crash costs nothing."""

    objects: Objects

    def read(self, tile: Tile) -> bytes:
        """Raises `core.objects.ObjectMissing`."""
        return self.objects.get_at(tile.key)

    def write_hashes(self, tile: Tile, hashes: Sequence[bytes]) -> None:
        self.objects.put_at(tile.key, b"".join(hashes), TILE_HEADERS)

    def write_entries(self, tile: Tile, entries: Sequence[bytes]) -> None:
        """Entries are at most 65,535 bytes each."""
        if any(len(entry) > MAXIMUM_ENTRY_SIZE for entry in entries):
            raise ValueError("an entry is too long for a bundle")
        self.objects.put_at(tile.key, encode_bundle(entries), TILE_HEADERS)

    def make_durable(self, tiles: Iterable[Tile]) -> None:
        """What was written survives a power cut once this returns. Raises `core.objects.ObjectStoreUnavailable`."""
        self.objects.sync_at(tile.key for tile in tiles)

    def hashes(self, tile: Tile) -> list[bytes]:
        """Raises `LogCorrupted` if the tile is missing or has another size than its place demands."""
        data = self._read_or_fail(tile)
        if len(data) != tile.width * HASH_SIZE:
            raise LogCorrupted(what=f"{tile.path} has {len(data)} bytes")
        return [data[at : at + HASH_SIZE] for at in range(0, len(data), HASH_SIZE)]

    def entries(self, tile: Tile) -> list[bytes]:
        """Raises `LogCorrupted` if the bundle is missing or doesn't hold as many entries as its place demands."""
        try:
            entries = decode_bundle(self._read_or_fail(tile))
        except ValueError as error:
            raise LogCorrupted(what=f"{tile.path} can't be read") from error
        if len(entries) != tile.width:
            raise LogCorrupted(what=f"{tile.path} has {len(entries)} entries")
        return entries

    def nodes(self, size: int) -> NodeReader:
        """Reads nodes of the tree of `size` leaves, for which a checkpoint was published or is being made.

        Every tile is fetched once for each reader: a proof costs O(log size) requests.
        """
        fetched: dict[Tile, list[bytes]] = {}

        def node(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, TILE_HEIGHT)
            first = index << height
            tile = tile_at(tile_level, first // TILE_WIDTH, size)
            if tile not in fetched:
                fetched[tile] = self.hashes(tile)
            offset = first % TILE_WIDTH
            return root(fetched[tile][offset : offset + (1 << height)])

        return node

    def _read_or_fail(self, tile: Tile) -> bytes:
        try:
            return self.read(tile)
        except ObjectMissing as error:
            raise LogCorrupted(what=f"{tile.path} is missing") from error
