"""Merkle proofs against the definitions of RFC 6962 §2.1, word for word, at every size up to 300 and some beyond."""

from collections.abc import Sequence

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ledger.merkle import (
    EMPTY_ROOT,
    ProofInvalid,
    consistency_path,
    consistency_proof,
    inclusion_path,
    inclusion_proof,
    leaf_hash,
    node_hash,
    nodes_of,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(5000)]
NODES = nodes_of(LEAVES)


def mth(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]), over leaf hashes."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    split = power_below(len(leaves))
    return node_hash(mth(leaves[:split]), mth(leaves[split:]))


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    split = power_below(len(leaves))
    if index < split:
        return [*path(index, leaves[:split]), mth(leaves[split:])]
    return [*path(index - split, leaves[split:]), mth(leaves[:split])]


def subproof(size: int, leaves: Sequence[bytes], *, is_complete: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if size == len(leaves):
        return [] if is_complete else [mth(leaves)]
    split = power_below(len(leaves))
    if size <= split:
        return [*subproof(size, leaves[:split], is_complete=is_complete), mth(leaves[split:])]
    return [*subproof(size - split, leaves[split:], is_complete=False), mth(leaves[:split])]


def power_below(size: int) -> int:
    split = 1
    while 2 * split < size:
        split *= 2
    return split


def test_roots_of_every_size_to_300() -> None:
    for size in range(301):
        assert root_at(size, NODES) == mth(LEAVES[:size])


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.integers(0, size - 1), st.just(size))))
@settings(max_examples=400, deadline=None)
def test_inclusion_proofs_are_the_definition_and_verify(place: tuple[int, int]) -> None:
    index, size = place
    leaves = LEAVES[:size]
    proof = inclusion_proof(index, leaves)

    assert proof == path(index, leaves)
    verify_inclusion(LEAVES[index], index, size, proof, root(leaves))


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.integers(1, size), st.just(size))))
@settings(max_examples=400, deadline=None)
def test_consistency_proofs_are_the_definition_and_verify(sizes: tuple[int, int]) -> None:
    size1, size2 = sizes
    leaves = LEAVES[:size2]
    proof = consistency_proof(size1, leaves)

    assert proof == subproof(size1, leaves, is_complete=True)
    verify_consistency(size1, size2, proof, root(leaves[:size1]), root(leaves))


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=2).map(sorted))
@settings(max_examples=150, deadline=None)
def test_proofs_in_large_trees_verify(numbers: list[int]) -> None:
    small, large = numbers
    large_root = root_at(large, NODES)

    verify_consistency(small, large, consistency_path(small, large, NODES), root_at(small, NODES), large_root)
    if small < large:
        verify_inclusion(LEAVES[small], small, large, inclusion_path(small, large, NODES), large_root)


@given(data=st.data(), size=st.integers(2, 300))
@settings(max_examples=300, deadline=None)
def test_a_changed_proof_never_verifies(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, LEAVES[:size])
    position = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    changed = bytearray(proof[position])
    changed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(ProofInvalid):
        verify_inclusion(
            LEAVES[index], index, size, [*proof[:position], bytes(changed), *proof[position + 1 :]], root(LEAVES[:size])
        )
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index], index, size, proof[:position], root(LEAVES[:size]))
    with pytest.raises(ProofInvalid):
        verify_inclusion(LEAVES[index], index, size, [*proof, proof[0]], root(LEAVES[:size]))


@given(data=st.data(), size1=st.integers(1, 299))
@settings(max_examples=300, deadline=None)
def test_a_rewritten_history_is_never_consistent(data: st.DataObject, size1: int) -> None:
    """Change one old leaf: the honest proof, and any proof made from the new tree, must fail."""
    size2 = data.draw(st.integers(size1 + 1, 300))
    changed_index = data.draw(st.integers(0, size1 - 1))
    rewritten = [*LEAVES[:size2]]
    rewritten[changed_index] = leaf_hash(b"rewritten")
    old_root, new_root = root(LEAVES[:size1]), root(rewritten)

    for proof in (consistency_proof(size1, rewritten), consistency_proof(size1, LEAVES[:size2])):
        with pytest.raises(ProofInvalid):
            verify_consistency(size1, size2, proof, old_root, new_root)


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
