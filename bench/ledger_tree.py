"""Logs of many leaves, made quickly: the tiles that the sequencer would have written, in a store of their own.

The leaves are SHA-256 of their numbers. Each size is a prefix of the largest one, as a log's checkpoints are: full
tiles are shared, and every size has its own partial ones.
"""

import hashlib
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from core.objects import Objects
from ledger.merkle import (
    consistency_proof,
    inclusion_proof,
    root_at,
    verify_consistency,
    verify_inclusion,
)
from ledger.tiles import TILE_WIDTH, Tile, TileStore

SIZES = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class ProofTimes:
    """Median seconds of one proof, made from tiles with nothing cached, and of its verification."""

    inclusion: float
    consistency: float
    inclusion_verified: float
    consistency_verified: float
    slowest: float


def leaf(index: int) -> bytes:
    return hashlib.sha256(b"\x00" + index.to_bytes(8)).digest()


def build(objects: Objects, sizes: Sequence[int]) -> TileStore:
    """Every tile that a tree of any of the sizes needs."""
    store = TileStore(objects)
    level, hashes = 0, (leaf(index) for index in range(max(sizes)))
    while True:
        above = list(_write_level(store, level, hashes, [size >> 8 * level for size in sizes]))
        if not above:
            return store
        level, hashes = level + 1, iter(above)


def _write_level(store: TileStore, level: int, hashes: Iterator[bytes], widths: Sequence[int]) -> Iterator[bytes]:
    """Writes one level and yields the hashes of the level above: one for every full tile."""
    ends = {width // TILE_WIDTH: set[int]() for width in widths}
    for width in widths:
        ends[width // TILE_WIDTH].add(width % TILE_WIDTH)
    index = 0
    while True:
        tile = list(islice(hashes, TILE_WIDTH))
        for part in ends.get(index, set()) - {0}:
            store.write_hashes(Tile(level, index, part), tile[:part])
        if len(tile) < TILE_WIDTH:
            return
        store.write_hashes(Tile(level, index, TILE_WIDTH), tile)
        yield _perfect_root(tile)
        index += 1


def _perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root of 2ⁿ leaves; what `ledger.merkle.root` says, without asking for each node by name."""
    row = list(hashes)
    while len(row) > 1:
        row = [hashlib.sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def measure(store: TileStore, size: int) -> ProofTimes:
    """Of leaves and earlier sizes drawn from all of the log. Every proof is verified."""
    source = random.Random(size)  # noqa: S311 - which leaves, not a secret
    whole = root_at(size, store.nodes(size))
    times: dict[str, list[float]] = {name: [] for name in ("inclusion", "consistency", "checked", "compared")}
    for _ in range(_ROUNDS):
        index, earlier = source.randrange(size), source.randint(1, size)
        old = root_at(earlier, store.nodes(size))
        path = _timed(times["inclusion"], lambda index=index: inclusion_proof(index, size, store.nodes(size)))
        proof = _timed(
            times["consistency"], lambda earlier=earlier: consistency_proof(earlier, size, store.nodes(size))
        )
        _timed(
            times["checked"],
            lambda index=index, path=path: verify_inclusion(leaf(index), index, size, path, whole),
        )
        _timed(
            times["compared"],
            lambda earlier=earlier, proof=proof, old=old: verify_consistency(earlier, size, proof, old, whole),
        )
    return ProofTimes(
        *(statistics.median(each) for each in times.values()), slowest=max(times["inclusion"] + times["consistency"])
    )


def _timed(into: list[float], call: Callable[[], list[bytes] | None]) -> list[bytes]:
    begun = time.perf_counter()
    result = call()
    into.append(time.perf_counter() - begun)
    return result or []
