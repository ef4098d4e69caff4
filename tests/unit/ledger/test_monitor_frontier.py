"""The frontier against the definition of a Merkle tree, and what a newer checkpoint says of an older size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.merkle import leaf_hash, nodes_of, root, verify_consistency
from ledger.monitor.extension import TilesContradictCheckpoint, prove_extension
from ledger.monitor.frontier import Frontier
from ledger.note import Checkpoint

LEAVES = [leaf_hash(number.to_bytes(2)) for number in range(300)]


def checkpoint(leaves: list[bytes]) -> Checkpoint:
    return Checkpoint("test/log", len(leaves), root(leaves))


def test_every_size_to_300_has_the_root_of_its_tree() -> None:
    frontier = Frontier()
    for size in range(len(LEAVES) + 1):
        assert frontier.root() == root(LEAVES[:size])
        assert len(frontier.subtrees) == size.bit_count()
        frontier = frontier.extended(LEAVES[size : size + 1])


@given(st.lists(st.integers(0, 60), max_size=8))
def test_it_doesnt_matter_in_which_portions_leaves_come(portions: list[int]) -> None:
    frontier, size = Frontier(), 0
    for portion in portions:
        taken = LEAVES[size : size + portion]
        frontier, size = frontier.extended(taken), size + len(taken)
    assert frontier == Frontier().extended(LEAVES[:size])


def test_a_frontier_of_another_shape_is_refused() -> None:
    for size, subtrees in ((2, ()), (1, (b"short",)), (0, (bytes(32),)), (3, (bytes(32),))):
        with pytest.raises(ValueError, match="perfect subtrees"):
            Frontier(size, subtrees)


@pytest.mark.parametrize("older", [0, 1, 2, 3, 7, 8, 9, 12, 13])
def test_what_a_newer_tree_says_of_an_older_size_is_proven(older: int) -> None:
    newer = checkpoint(LEAVES[:13])
    extension = prove_extension(older, newer, nodes_of(LEAVES[:13]))
    assert extension.older_root == root(LEAVES[:older])
    verify_consistency(older, 13, extension.proof, extension.older_root, newer.root)


@pytest.mark.parametrize("wrong", [0, 4, 6, 12])
def test_tiles_that_are_not_the_checkpoints_prove_nothing(wrong: int) -> None:
    tiles = [*LEAVES[:wrong], bytes(32), *LEAVES[wrong + 1 : 13]]
    with pytest.raises(TilesContradictCheckpoint):
        prove_extension(5, checkpoint(LEAVES[:13]), nodes_of(tiles))


def test_a_smaller_tree_says_nothing_of_a_larger_size() -> None:
    with pytest.raises(ValueError, match="has no first"):
        prove_extension(14, checkpoint(LEAVES[:13]), nodes_of(LEAVES[:13]))
