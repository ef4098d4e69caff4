"""The tree made again leaf by leaf is the tree that the definitions make, at every size."""

import pytest

from ledger.fsck_tree import GrowingTree, MadeTile
from ledger.merkle import leaf_hash, nodes_of, root, root_at
from ledger.tiles import TILE_WIDTH, Tile, encode_bundle, tile_at

ENTRIES = [b"entry %d" % number for number in range(70_000)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]
NODE = nodes_of(HASHES)
SIZES = {0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537, 65_792, 70_000}


def defined(tile: Tile) -> bytes:
    """tlog-tiles: MTH(D[(n·256 + i)·256^l : (n·256 + i + 1)·256^l]), or the entries with their lengths."""
    first = tile.index * TILE_WIDTH
    if tile.level is None:
        return encode_bundle(ENTRIES[first : first + tile.width])
    return b"".join(NODE(8 * tile.level, first + number) for number in range(tile.width))


def test_every_tile_and_root_on_the_way_to_70000() -> None:
    tree, filled = GrowingTree(), dict[Tile, bytes]()
    for size in range(len(ENTRIES) + 1):
        if size in SIZES:
            partial = {made.tile: made.data for made in tree.partial_tiles()}
            assert tree.root() == root_at(size, NODE)
            assert set(partial) == partial_tiles(size)
            assert all(defined(tile) == data for tile, data in partial.items())
        if size < len(ENTRIES):
            filled |= {made.tile: made.data for made in tree.append(ENTRIES[size])}
    assert set(filled) == {
        Tile(level, index, TILE_WIDTH)
        for level in (None, 0, 1)
        for index in range(len(ENTRIES) >> 8 * ((level or 0) + 1))
    }
    assert all(defined(tile) == data for tile, data in filled.items())


def partial_tiles(size: int) -> set[Tile]:
    """tlog-tiles: the one at level l has floor(s / 256^l) mod 256 hashes; empty ones there are none."""
    hashes = {level: size >> 8 * (level or 0) for level in (None, 0, 1, 2)}
    return {tile_at(level, many // 256, size) for level, many in hashes.items() if many % 256}


@pytest.mark.parametrize(
    ("stored", "byte"),
    [(b"abcd", None), (b"Xbcd", 0), (b"abcX", 3), (b"abc", 3), (b"", 0), (b"abcde", 4)],
)
def test_the_first_byte_that_differs(stored: bytes, byte: int | None) -> None:
    assert MadeTile(Tile(0, 0, 1), b"abcd").first_difference(stored) == byte


def test_which_leaf_a_byte_belongs_to() -> None:
    bundle = MadeTile(Tile(None, 2, 3), encode_bundle([b"a", b"", b"cc"]))
    hashes = MadeTile(Tile(0, 2, 2), b"h" * 64)

    assert [bundle.leaf_at(byte) for byte in range(10)] == [512] * 3 + [513] * 2 + [514] * 4 + [None]
    assert [hashes.leaf_at(byte) for byte in (0, 31, 32, 63, 64)] == [512, 512, 513, 513, None]
    assert MadeTile(Tile(1, 0, 1), b"h" * 32).leaf_at(0) is None


def test_a_tree_that_only_a_root_can_tell_from_another() -> None:
    tree = GrowingTree()
    for entry in (b"b", b"a"):
        tree.append(entry)

    assert tree.root() != root([leaf_hash(b"a"), leaf_hash(b"b")])
