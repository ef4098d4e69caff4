"""Merkle proofs against the definitions of RFC 6962 §2.1, word for word: at every size to 300, and at sizes to 2^20."""

from functools import cache

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ledger.merkle import (
    EMPTY_ROOT,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    nodes_of,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)

LARGEST = 2**20
STRIDE = 509
"""In the large tree every leaf whose index this divides is different; the others are alike, and cheap to compute."""

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(300)]
NODES = nodes_of(LEAVES)


def leaf(index: int) -> bytes:
    return LEAVES[index] if index < 300 else leaf_hash(b"" if index % STRIDE else index.to_bytes(4, "big"))


def mth(start: int, end: int) -> bytes:
    """MTH(D[start:end])."""
    if start >= 300 and -(-start // STRIDE) * STRIDE >= end:
        return mth_alike(end - start)
    return mth_any(start, end)


@cache
def mth_any(start: int, end: int) -> bytes:
    if end - start < 2:
        return leaf(start) if end > start else EMPTY_ROOT
    split = start + power_below(end - start)
    return node_hash(mth(start, split), mth(split, end))


@cache
def mth_alike(width: int) -> bytes:
    if width == 1:
        return leaf_hash(b"")
    return node_hash(mth_alike(power_below(width)), mth_alike(width - power_below(width)))


def path(index: int, start: int, end: int) -> list[bytes]:
    """PATH(index − start, D[start:end])."""
    if end - start == 1:
        return []
    split = start + power_below(end - start)
    if index < split:
        return [*path(index, start, split), mth(split, end)]
    return [*path(index, split, end), mth(start, split)]


def subproof(size: int, start: int, end: int, *, is_complete: bool) -> list[bytes]:
    """SUBPROOF(size − start, D[start:end], b)."""
    if size == end:
        return [] if is_complete else [mth(start, end)]
    split = start + power_below(end - start)
    if size <= split:
        return [*subproof(size, start, split, is_complete=is_complete), mth(split, end)]
    return [*subproof(size, split, end, is_complete=False), mth(start, split)]


def power_below(size: int) -> int:
    split = 1
    while 2 * split < size:
        split *= 2
    return split


def large_nodes(level: int, index: int) -> bytes:
    return mth(index << level, (index + 1) << level)


def test_every_root_to_300() -> None:
    for size in range(301):
        assert root_at(size, NODES) == root(LEAVES[:size]) == mth(0, size)


def test_every_inclusion_proof_to_300_is_the_definition_and_verifies() -> None:
    for size in range(1, 301):
        for index in range(size):
            proof = inclusion_proof(index, size, NODES)
            assert proof == path(index, 0, size)
            verify_inclusion(LEAVES[index], index, size, proof, mth(0, size))


def test_every_consistency_proof_to_300_is_the_definition_and_verifies() -> None:
    for size2 in range(301):
        for size1 in range(size2 + 1):
            proof = consistency_proof(size1, size2, NODES)
            assert proof == (subproof(size1, 0, size2, is_complete=True) if size1 else [])
            verify_consistency(size1, size2, proof, mth(0, size1), mth(0, size2))


sizes_to_a_million = st.tuples(st.integers(0, LARGEST), st.integers(0, LARGEST)).map(sorted)
"""Also of equal magnitude: Hypothesis itself would draw mostly small ones."""
near_powers = st.tuples(st.integers(0, 20), st.integers(-2, 2)).map(lambda at: min(max(2 ** at[0] + at[1], 0), LARGEST))


@given(sizes_to_a_million | st.tuples(near_powers, near_powers).map(sorted))
@example([LARGEST - 1, LARGEST])
@example([1, LARGEST])
@example([2**19, LARGEST])
@settings(max_examples=400, deadline=None)
def test_proofs_in_large_trees_are_the_definition_and_verify(numbers: list[int]) -> None:
    small, large = numbers
    small_root, large_root = mth(0, small), mth(0, large)

    assert root_at(large, large_nodes) == large_root
    proof = consistency_proof(small, large, large_nodes)
    assert proof == (subproof(small, 0, large, is_complete=True) if small else [])
    verify_consistency(small, large, proof, small_root, large_root)
    if small < large:
        proof = inclusion_proof(small, large, large_nodes)
        assert proof == path(small, 0, large)
        assert len(proof) <= 20
        verify_inclusion(leaf(small), small, large, proof, large_root)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_changed_proof_never_verifies(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, LARGEST))
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, large_nodes)
    size1 = data.draw(st.integers(1, size - 1))
    consistency = consistency_proof(size1, size, large_nodes)

    for changed in changes(data, proof):
        with pytest.raises(ProofInvalid):
            verify_inclusion(leaf(index), index, size, changed, mth(0, size))
    for changed in changes(data, consistency):
        with pytest.raises(ProofInvalid):
            verify_consistency(size1, size, changed, mth(0, size1), mth(0, size))


def changes(data: st.DataObject, proof: list[bytes]) -> list[list[bytes]]:
    """One bit flipped, a hash cut off at either end, a hash too many at any place, one hash of another length."""
    position = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    flipped = bytearray(proof[position])
    flipped[bit // 8] ^= 1 << bit % 8
    before, after = proof[:position], proof[position + 1 :]
    return [
        [*before, bytes(flipped), *after],
        proof[:-1],
        proof[1:],
        [*before, proof[position], *proof[position:]],
        [*proof, proof[-1]],
        [*before, proof[position][:31], *after],
        [*before, proof[position] + b"\0", *after],
    ]


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_proof_places_its_leaf_at_one_index_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(-1, size).filter(lambda other: other != index))

    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index], other, size, inclusion_proof(index, size, NODES), mth(0, size))


@given(data=st.data(), size1=st.integers(1, 299))
@settings(max_examples=300, deadline=None)
def test_a_rewritten_history_is_never_consistent(data: st.DataObject, size1: int) -> None:
    """Change one old leaf: the honest proof, and any proof made from the new tree, must fail."""
    size2 = data.draw(st.integers(size1 + 1, 300))
    changed_index = data.draw(st.integers(0, size1 - 1))
    rewritten = [*LEAVES[:size2]]
    rewritten[changed_index] = leaf_hash(b"rewritten")
    old_root, new_root = mth(0, size1), root(rewritten)

    for node in (nodes_of(rewritten), NODES):
        with pytest.raises(ProofInvalid):
            verify_consistency(size1, size2, consistency_proof(size1, size2, node), old_root, new_root)


@given(
    st.integers(-2, 70),
    st.integers(-2, 70),
    st.lists(st.binary(min_size=0, max_size=33), max_size=9),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
)
@settings(max_examples=300, deadline=None)
def test_rubbish_never_verifies(one: int, two: int, proof: list[bytes], first: bytes, second: bytes) -> None:
    assume(first != second)  # A tree is consistent with itself.

    with pytest.raises(ProofInvalid):
        verify_consistency(one, two, proof, first, second)
    with pytest.raises(ProofInvalid):
        verify_inclusion(first, one, two, proof, second)
