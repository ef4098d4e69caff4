"""RFC 6962 Merkle trees over SHA-256: roots, inclusion proofs, consistency proofs, and their verification.

Proofs are computed from a `NodeReader`, so that a log of any size needs only O(log n) stored nodes; `nodes_of` makes
one of leaf hashes held in memory. Verifiers follow RFC 9162 §2.1.3.2 and §2.1.4.2 step by step; they return nothing
and raise `ProofInvalid` for anything but the one proof there is. Every hash is 32 bytes.
"""

import hashlib
from collections.abc import Callable, Sequence
from functools import cache

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

NodeReader = Callable[[int, int], bytes]
"""`(level, index)` → MTH(D[index·2^level : (index+1)·2^level]), the root of a perfect subtree.

Asked only for subtrees that lie wholly within the tree size in question.
"""


class ProofInvalid(ValueError):
    """The proof doesn't prove what it is said to prove."""


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def nodes_of(leaf_hashes: Sequence[bytes]) -> NodeReader:
    """A reader over leaf hashes held in memory."""

    @cache
    def node(level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hashes[index]
        return node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))

    return node


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """MTH(D[n]) (RFC 6962 §2.1)."""
    return root_at(len(leaf_hashes), nodes_of(leaf_hashes))


def root_at(size: int, node: NodeReader) -> bytes:
    """The root of the tree's first `size` leaves."""
    return _range_root(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: NodeReader) -> list[bytes]:
    """PATH(index, D[size]), the leaf's sibling first (RFC 6962 §2.1.1).

    Raises `ValueError` unless 0 ≤ index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            path.append(_range_root(split, end, node))
            end = split
        else:
            path.append(_range_root(start, split, node))
            start = split
    return path[::-1]


def consistency_proof(size1: int, size2: int, node: NodeReader) -> list[bytes]:
    """PROOF(size1, D[size2]) (RFC 6962 §2.1.2); empty if `size1` is 0 or `size2`.

    Raises `ValueError` unless 0 ≤ size1 ≤ size2.
    """
    if not 0 <= size1 <= size2:
        raise ValueError(f"a tree of {size2} leaves doesn't extend one of {size1}")
    if size1 in {0, size2}:
        return []
    path: list[bytes] = []
    start, end = 0, size2
    while end != size1:
        split = start + _largest_power_below(end - start)
        if size1 <= split:
            path.append(_range_root(split, end, node))
            end = split
        else:
            path.append(_range_root(start, split, node))
            start = split
    if start > 0:  # SUBPROOF's flag b: the old root itself, known to the verifier, is left out.
        path.append(_range_root(start, end, node))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that the leaf hash `leaf` is number `index` in the tree (RFC 9162 §2.1.3.2).

    Raises `ProofInvalid`.
    """
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofInvalid(f"leaf {index} can't be in a tree of {size} leaves")
    node, last = index, size - 1
    computed = leaf
    for sibling in proof:
        if last == 0:
            raise ProofInvalid("the inclusion proof is too long")
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the inclusion proof is too short")
    if computed != root:
        raise ProofInvalid("the inclusion proof leads to another root")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Checks that the second tree only added leaves to the first (RFC 9162 §2.1.4.2). Raises `ProofInvalid`.

    RFC 9162 starts at size 1; any tree extends the empty one, whose root must then be the empty root.
    """
    _check_hashes(root1, root2, *proof)
    if not 0 <= size1 <= size2:
        raise ProofInvalid(f"a tree of {size2} leaves can't extend one of {size1}")
    if size1 in {0, size2}:
        _verify_trivial_consistency(size1, size2, proof, root1, root2)
        return
    if size1 & (size1 - 1) == 0:  # A power of two: the old root is a node of the new tree, left out of the proof.
        proof = [root1, *proof]
    first, second = _fold_consistency(size1, size2, proof)
    if first != root1:
        raise ProofInvalid("the consistency proof doesn't lead to the old root")
    if second != root2:
        raise ProofInvalid("the consistency proof doesn't lead to the new root")


def _fold_consistency(size1: int, size2: int, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The old and the new root as the proof makes them (RFC 9162 §2.1.4.2, steps 3 to 6)."""
    if not proof:
        raise ProofInvalid("the consistency proof is too short")
    node, last = size1 - 1, size2 - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = proof[0]
    for sibling in proof[1:]:
        if last == 0:
            raise ProofInvalid("the consistency proof is too long")
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofInvalid("the consistency proof is too short")
    return first, second


def _verify_trivial_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    if proof:
        raise ProofInvalid("nothing is to be proven here, yet there is a proof")
    if (size1 == 0 and root1 != EMPTY_ROOT) or (size2 == 0 and root2 != EMPTY_ROOT):
        raise ProofInvalid("an empty tree has another root")
    if size1 == size2 and root1 != root2:
        raise ProofInvalid("two trees of one size have different roots")


def _range_root(start: int, end: int, node: NodeReader) -> bytes:
    """MTH(D[start:end]) of a range that the RFC's recursion meets, so that its left parts are aligned."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    split = start + _largest_power_below(width)
    return node_hash(_range_root(start, split, node), _range_root(split, end, node))


def _largest_power_below(width: int) -> int:
    """The largest power of two strictly below `width`, for `width` ≥ 2 (RFC 6962 §2.1: k < n ≤ 2k)."""
    return 1 << (width - 1).bit_length() - 1


def _check_hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_SIZE for value in hashes):
        raise ProofInvalid(f"every hash has {HASH_SIZE} bytes")
