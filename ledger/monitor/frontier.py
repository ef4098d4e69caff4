"""What must be remembered of a Merkle tree in order to add leaves to it: the roots of its perfect subtrees.

A tree of n leaves is a row of perfect subtrees, one for each 1 in the binary n, the largest first (RFC 6962 §2.1: the
left part of a tree is the largest perfect one). So a reader of ten million entries remembers at most 24 hashes.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ledger.merkle import EMPTY_ROOT, HASH_SIZE, node_hash


@dataclass(frozen=True, slots=True)
class Frontier:
    """`subtrees` are 32 bytes each, the largest first: as many as the binary `size` has ones."""

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if len(self.subtrees) != self.size.bit_count() or any(len(each) != HASH_SIZE for each in self.subtrees):
            raise ValueError(f"a tree of {self.size} leaves has {self.size.bit_count()} perfect subtrees")

    def extended(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """The tree with these leaves added."""
        size, subtrees = self.size, list(self.subtrees)
        for leaf in leaf_hashes:
            node, position = leaf, size
            while position & 1:  # A subtree as large as this node stands to its left: both become one.
                node = node_hash(subtrees.pop(), node)
                position >>= 1
            subtrees.append(node)
            size += 1
        return Frontier(size, tuple(subtrees))

    def root(self) -> bytes:
        if not self.subtrees:
            return EMPTY_ROOT
        node = self.subtrees[-1]
        for subtree in reversed(self.subtrees[:-1]):
            node = node_hash(subtree, node)
        return node
