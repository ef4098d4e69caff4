"""Merkle trees against the vectors that Certificate Transparency logs are tested with, and malformed proofs."""

import pytest

from ledger.merkle import (
    EMPTY_ROOT,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    nodes_of,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight leaves and roots of the certificate-transparency reference implementation's own tests.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [leaf_hash(leaf) for leaf in LEAVES]
NODES = nodes_of(HASHES)


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_known_roots(size: int) -> None:
    assert root(HASHES[:size]).hex() == ROOTS[size - 1]


def test_known_inclusion_proof() -> None:
    """PATH(3, D[7]) of RFC 6962 §2.1.3: [c, g, l] in its picture."""
    proof = inclusion_proof(3, 7, NODES)

    assert [value.hex() for value in proof] == [
        HASHES[2].hex(),
        root(HASHES[:2]).hex(),
        root(HASHES[4:7]).hex(),
    ]


def test_known_consistency_proof() -> None:
    """PROOF(3, D[7]) of RFC 6962 §2.1.3: [c, d, g, l] in its picture."""
    assert consistency_proof(3, 7, NODES) == [HASHES[2], HASHES[3], root(HASHES[:2]), root(HASHES[4:7])]


@pytest.mark.parametrize("index", [-1, 7, 8])
def test_no_proof_of_a_leaf_outside_the_tree(index: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        inclusion_proof(index, 7, NODES)
    with pytest.raises(ProofInvalid):
        verify_inclusion(HASHES[0], index, 7, [], root(HASHES[:7]))


def test_no_proof_that_a_tree_shrank() -> None:
    with pytest.raises(ValueError, match="doesn't extend"):
        consistency_proof(8, 7, NODES)
    with pytest.raises(ProofInvalid):
        verify_consistency(8, 7, [], root(HASHES), root(HASHES[:7]))


@pytest.mark.parametrize("tamper", ["cut", "extend", "flip", "swap", "short hash"])
def test_malformed_inclusion_proofs_are_refused(tamper: str) -> None:
    good = inclusion_proof(5, 8, NODES)
    flipped = bytes([good[0][0] ^ 1]) + good[0][1:]
    bad = {
        "cut": good[:-1],
        "extend": [*good, good[0]],
        "flip": [flipped, *good[1:]],
        "swap": [good[1], good[0], *good[2:]],
        "short hash": [good[0][:31], *good[1:]],
    }[tamper]

    verify_inclusion(HASHES[5], 5, 8, good, root(HASHES))
    with pytest.raises(ProofInvalid):
        verify_inclusion(HASHES[5], 5, 8, bad, root(HASHES))


@pytest.mark.parametrize(
    ("size1", "size2", "root1", "root2", "proof"),
    [
        (0, 8, HASHES[0], root(HASHES), []),
        (0, 0, EMPTY_ROOT, HASHES[0], []),
        (0, 8, EMPTY_ROOT, root(HASHES), [HASHES[0]]),
        (8, 8, root(HASHES), root(HASHES[:7]), []),
        (8, 8, root(HASHES), root(HASHES), [HASHES[0]]),
        (6, 8, root(HASHES[:6]), root(HASHES), []),
        (4, 8, root(HASHES[:4]), root(HASHES), []),
        (-1, 8, EMPTY_ROOT, root(HASHES), []),
    ],
)
def test_degenerate_consistency_proofs_are_refused(
    size1: int, size2: int, root1: bytes, root2: bytes, proof: list[bytes]
) -> None:
    with pytest.raises(ProofInvalid):
        verify_consistency(size1, size2, proof, root1, root2)


def test_any_tree_extends_the_empty_one() -> None:
    verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    verify_consistency(0, 8, [], EMPTY_ROOT, root(HASHES))
