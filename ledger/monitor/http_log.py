"""Reads a log over HTTP, as C2SP tlog-tiles serves it. Nothing that comes is believed; every answer is bounded.

A partial tile may be gone once its full one is there (tlog-tiles, "Partial Tiles"): then the full one is read and cut.
"""

import json
from collections import OrderedDict
from typing import Protocol

import httpx

from ledger.merkle import HASH_SIZE, NodeReader, leaf_hash, root
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, decode_bundle, tile_at

_LARGEST_NOTE = 64 * 1024
_LARGEST_BUNDLE = TILE_WIDTH * (2 + 0xFFFF)
_LARGEST_ROTATIONS = 1024 * 1024
_TILES_IN_MEMORY = 256


class LogUnavailable(Exception):
    """The log doesn't answer, or not with what was asked for: nothing is known, nothing is wrong yet."""


class LogReader(Protocol):
    """A log as everybody sees it. Each call may raise `LogUnavailable`; calling again is always harmless."""

    def checkpoint(self) -> bytes:
        """The newest signed note, never from a cache."""
        ...

    def successions(self) -> list[bytes]:
        """The statements by which keys named their successors (`ledger.rotation_statement`), oldest first."""
        ...

    def leaf_hashes(self, index: int, size: int) -> list[bytes]:
        """Of the entries in bundle `index` of the tree of `size` entries."""
        ...

    def nodes(self, size: int) -> NodeReader: ...


class HTTPLog:
    """Implements `LogReader`. `address` is the prefix under which `checkpoint` and `tile/…` are served."""

    def __init__(self, address: str, client: httpx.Client) -> None:
        self._address = address.rstrip("/")
        self._client = client

    def checkpoint(self) -> bytes:
        return self._get("checkpoint", _LARGEST_NOTE)

    def successions(self) -> list[bytes]:
        try:
            rotations = json.loads(self._get("key-rotations", _LARGEST_ROTATIONS))
            return [str(rotation["statement"]).encode() for rotation in rotations]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise LogUnavailable("key-rotations: not what was asked for") from error

    def leaf_hashes(self, index: int, size: int) -> list[bytes]:
        tile = tile_at(None, index, size)
        try:
            entries = decode_bundle(self._tile(tile, _LARGEST_BUNDLE))
        except ValueError as error:
            raise LogUnavailable(f"{tile.path}: {error}") from error
        if len(entries) < tile.width:
            raise LogUnavailable(f"{tile.path} has {len(entries)} entries")
        return [leaf_hash(entry) for entry in entries[: tile.width]]

    def nodes(self, size: int) -> NodeReader:
        """Keeps the last tiles it read; ask for a new reader in each pass, for a log may serve others tomorrow."""
        kept: OrderedDict[Tile, list[bytes]] = OrderedDict()

        def node(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, TILE_HEIGHT)
            first = index << height
            tile = tile_at(tile_level, first // TILE_WIDTH, size)
            if tile not in kept:
                kept[tile] = self._hashes(tile)
                if len(kept) > _TILES_IN_MEMORY:
                    kept.popitem(last=False)
            kept.move_to_end(tile)
            offset = first % TILE_WIDTH
            return root(kept[tile][offset : offset + (1 << height)])

        return node

    def _hashes(self, tile: Tile) -> list[bytes]:
        data = self._tile(tile, TILE_WIDTH * HASH_SIZE)
        if len(data) < tile.width * HASH_SIZE or len(data) % HASH_SIZE:
            raise LogUnavailable(f"{tile.path} has {len(data)} bytes")
        return [data[at : at + HASH_SIZE] for at in range(0, tile.width * HASH_SIZE, HASH_SIZE)]

    def _tile(self, tile: Tile, limit: int) -> bytes:
        try:
            return self._get(tile.path, limit)
        except _NotThere:
            if tile.width == TILE_WIDTH:
                raise
            return self._get(Tile(tile.level, tile.index, TILE_WIDTH).path, limit)

    def _get(self, path: str, limit: int) -> bytes:
        url = f"{self._address}/{path}"
        try:
            with self._client.stream("GET", url, headers={"Cache-Control": "no-cache"}) as answer:
                if answer.status_code == 404:
                    raise _NotThere(f"{path}: 404")
                if answer.status_code != 200:
                    raise LogUnavailable(f"{path}: HTTP {answer.status_code}")
                data = bytearray()
                for part in answer.iter_bytes():
                    data += part
                    if len(data) > limit:
                        raise LogUnavailable(f"{path}: more than {limit} bytes")
                return bytes(data)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LogUnavailable(f"{path}: {error or type(error).__name__}") from error


class _NotThere(LogUnavailable):
    """The log says that it has no such thing."""
