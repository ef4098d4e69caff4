"""Tile paths and widths as the examples of C2SP tlog-tiles have them."""

import pytest

from ledger.errors import TileNotFound
from ledger.tiles import Tile, decode_bundle, encode_bundle, tile_at


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 999, 256), "tile/0/999"),
        (Tile(0, 1000, 256), "tile/0/x001/000"),
        (Tile(0, 1234067, 256), "tile/0/x001/x234/067"),
        (Tile(63, 5, 1), "tile/63/005.p/1"),
        (Tile(None, 1234067, 255), "tile/entries/x001/x234/067.p/255"),
    ],
)
def test_paths(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert Tile.parse(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/64/000",
        "tile/-1/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/001/000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/０００",
        "tile/0/000\n",
    ],
)
def test_other_paths_are_no_tiles(path: str) -> None:
    with pytest.raises(TileNotFound):
        Tile.parse(path)


def test_the_tiles_of_a_tree_of_70000() -> None:
    """273 full level-0 tiles and one of 112, one full level-1 tile and one of 17, one level-2 tile of 1."""
    widths = [tile_at(level, index, 70_000).width for level, index in ((0, 272), (0, 273), (1, 0), (1, 1), (2, 0))]

    assert widths == [256, 112, 256, 17, 1]
    assert (tile_at(0, 0, 256).width, tile_at(1, 0, 256).width) == (256, 1)


def test_bundles() -> None:
    entries = [b"", b"a", b"x" * 65_535]

    assert encode_bundle([b"", b"ab"]) == b"\0\0\0\2ab"
    assert decode_bundle(encode_bundle(entries)) == entries
    assert decode_bundle(b"") == []


@pytest.mark.parametrize("data", [b"\0", b"\0\1", b"\0\0\0", b"\0\2a"])
def test_cut_off_bundles_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="cut off"):
        decode_bundle(data)
