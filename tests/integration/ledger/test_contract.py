"""`EvidenceAnchor` on a real chain: what it takes, what it refuses, and that its artifact is what the source says."""

import functools
import itertools
import random
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from eth_utils.crypto import keccak

from app.embedded import EmbeddedChain
from core.rpc import json_rpc
from ledger.anchors import evidence_anchor as abi
from ledger.contracts import evidence_anchor
from ledger.merkle import (
    ProofInvalid,
    consistency_proof,
    leaf_hash,
    node_hash,
    nodes_of,
    root,
    root_at,
    verify_consistency,
)
from ledger.verifier.receipts import ANCHORED_TOPIC
from tests.support.evm import DeployedContract, Reverted

SIZES = 64
LEAVES = [leaf_hash(bytes([index])) for index in range(SIZES + 1)]
ROOTS = [root(LEAVES[:size]) for size in range(SIZES + 2)]
NOTE_HASH = bytes(range(32))
TWO_DAYS = 2 * 24 * 60 * 60


@pytest.fixture(scope="module")
def contract(chain: EmbeddedChain) -> DeployedContract:
    return DeployedContract(chain.url)


@pytest.fixture(scope="module")
def logs(contract: DeployedContract) -> dict[int, bytes]:
    """For each size a log of which just that size is anchored."""
    logs = {size: abi.log_id(f"test.example/every-size/{size}") for size in range(1, SIZES + 1)}
    contract.send(*(abi.register_call(log) for log in logs.values()))
    contract.send(*(abi.anchor_call(log, size, ROOTS[size], NOTE_HASH, []) for size, log in logs.items()))
    return logs


def proof(size1: int, size2: int) -> list[bytes]:
    return extension(size1, LEAVES[:size2])


def extension(size1: int, leaves: list[bytes]) -> list[bytes]:
    """The proof that these leaves extend the first `size1` of them."""
    return consistency_proof(size1, len(leaves), nodes_of(leaves))


def verifier_accepts(size1: int, size2: int, claimed: int) -> bool:
    try:
        verify_consistency(size1, claimed, proof(size1, size2), ROOTS[size1], ROOTS[size2])
    except ProofInvalid:
        return False
    return True


def a_log(name: str) -> bytes:
    return abi.log_id(f"test.example/{name}")


def test_the_artifact_is_what_the_source_compiles_to() -> None:
    # In a process of its own: the compiler, once imported, forbids everybody in it to set the precision of decimals.
    command = [sys.executable, "-m", "ledger.contracts.compile", "--check"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_code_on_the_chain_has_the_published_hash(contract: DeployedContract) -> None:
    code = bytes.fromhex(json_rpc(contract.url, "eth_getCode", contract.address, "latest")[2:])
    assert keccak(code) == evidence_anchor().code_hash


PAIRS = list(itertools.combinations(range(1, SIZES + 1), 2))
"""Every 0 < m < n ≤ 64."""


def wrong_proofs(right: list[bytes], draw: random.Random) -> Iterator[list[bytes]]:
    """Truncated at either end, extended at either end, two swapped, one doubled, one bit flipped in each hash."""
    yield right[:-1]
    yield right[1:]
    yield [*right, draw.randbytes(32)]
    yield [draw.randbytes(32), *right]
    yield [*right, right[-1]]
    for position in range(len(right) - 1):
        yield [*right[:position], right[position + 1], right[position], *right[position + 2 :]]
    for position in range(len(right)):
        yield with_bit_flipped(right, position, draw.randrange(256))


def with_bit_flipped(hashes: list[bytes], position: int, bit: int) -> list[bytes]:
    flipped = int.from_bytes(hashes[position]) ^ (1 << bit)
    return [*hashes[:position], flipped.to_bytes(32), *hashes[position + 1 :]]


def test_every_pair_of_sizes_is_accepted_with_its_proof(contract: DeployedContract, logs: dict[int, bytes]) -> None:
    calls = [
        abi.anchor_call(logs[size1], size2, ROOTS[size2], NOTE_HASH, proof(size1, size2)) for size1, size2 in PAIRS
    ]
    assert contract.accepted(calls) == [True] * 2016


def test_every_pair_of_sizes_is_refused_with_a_wrong_proof(contract: DeployedContract, logs: dict[int, bytes]) -> None:
    """All the ways a proof can be wrong for some pairs; for the others a drawn few of them, and a wrong root."""
    draw = random.Random(4)
    calls, refused = [], []
    for size1, size2 in PAIRS:
        right = proof(size1, size2)
        wrong = list(wrong_proofs(right, draw))
        if size2 > 16:
            wrong = draw.sample(wrong, min(2, len(wrong)))
        calls += [abi.anchor_call(logs[size1], size2, ROOTS[size2], NOTE_HASH, siblings) for siblings in wrong]
        calls.append(abi.anchor_call(logs[size1], size2, draw.randbytes(32), NOTE_HASH, right))
        refused += [*wrong, right]
    accepted = contract.accepted(calls)
    assert len(accepted) == len(refused) > 6000
    assert not any(accepted)


@pytest.mark.parametrize(("size1", "size2"), [(1, 2), (3, 7), (6, 8), (7, 64), (32, 64)])
def test_every_bit_of_a_proof_counts(
    contract: DeployedContract, logs: dict[int, bytes], size1: int, size2: int
) -> None:
    """Of each hash of the proof, and of the root."""
    right = proof(size1, size2)
    bits = range(256)
    wrong = [with_bit_flipped(right, position, bit) for position in range(len(right)) for bit in bits]
    calls = [abi.anchor_call(logs[size1], size2, ROOTS[size2], NOTE_HASH, siblings) for siblings in wrong]
    roots = [with_bit_flipped([ROOTS[size2]], 0, bit)[0] for bit in bits]
    calls += [abi.anchor_call(logs[size1], size2, other, NOTE_HASH, right) for other in roots]
    assert not any(contract.accepted(calls))


def test_a_fork_of_the_log_is_refused_at_every_size(contract: DeployedContract, logs: dict[int, bytes]) -> None:
    """Two histories that agree up to 31 entries: after one of them is anchored, no size of the other is taken."""
    fork = [*LEAVES[:31], *(leaf_hash(b"fork %d" % index) for index in range(31, SIZES))]
    calls = [
        abi.anchor_call(logs[size1], size2, root(fork[:size2]), NOTE_HASH, extension(size1, fork[:size2]))
        for size1 in range(32, SIZES)
        for size2 in range(size1 + 1, SIZES + 1)
    ]
    assert not any(contract.accepted(calls))
    calls = [
        abi.anchor_call(logs[size1], size2, root(fork[:size2]), NOTE_HASH, extension(size1, fork[:size2]))
        for size1 in range(1, 32)
        for size2 in range(32, SIZES + 1, 8)
    ]
    assert all(contract.accepted(calls)), "before it is anchored, either may be"


def test_whoever_is_not_the_writer_is_refused_with_every_right_proof(
    contract: DeployedContract, logs: dict[int, bytes]
) -> None:
    calls = [
        abi.anchor_call(logs[size1], size2, ROOTS[size2], NOTE_HASH, proof(size1, size2)) for size1, size2 in PAIRS[::7]
    ]
    calls += [abi.rotate_writer_call(log, contract.accounts[3]) for log in logs.values()]
    calls += [abi.register_call(log) for log in logs.values()]
    assert not any(contract.accepted(calls, sender=3))


def test_a_proof_of_another_log_is_refused(contract: DeployedContract) -> None:
    """Two logs of the same size: what extends one does not extend the other, and neither can be replayed."""
    other = [leaf_hash(b"other %d" % index) for index in range(9)]
    one, two = a_log("one of two"), a_log("two of two")
    contract.send(abi.register_call(one), abi.register_call(two))
    contract.send(
        abi.anchor_call(one, 5, ROOTS[5], NOTE_HASH, []), abi.anchor_call(two, 5, root(other[:5]), NOTE_HASH, [])
    )
    right = abi.anchor_call(two, 9, root(other), NOTE_HASH, extension(5, other))
    assert contract.accepted([right]) == [True]
    crossed = [
        abi.anchor_call(one, 9, root(other), NOTE_HASH, extension(5, other)),
        abi.anchor_call(two, 9, ROOTS[9], NOTE_HASH, proof(5, 9)),
        abi.anchor_call(two, 9, root(other), NOTE_HASH, proof(5, 9)),
    ]
    assert not any(contract.accepted(crossed))


def test_shrinking_and_equal_sizes_are_refused_whatever_is_proven(
    contract: DeployedContract, logs: dict[int, bytes]
) -> None:
    calls = [
        abi.anchor_call(logs[larger], smaller, ROOTS[smaller], NOTE_HASH, siblings)
        for smaller, larger in PAIRS[::11]
        for siblings in ([], proof(smaller, larger))
    ]
    calls += [abi.anchor_call(log, size, ROOTS[size], NOTE_HASH, []) for size, log in logs.items()]
    calls += [abi.anchor_call(log, 0, ROOTS[0], NOTE_HASH, []) for log in logs.values()]
    assert not any(contract.accepted(calls))


def test_more_hashes_than_the_contract_reads_are_refused(contract: DeployedContract, logs: dict[int, bytes]) -> None:
    calls = [abi.anchor_call(logs[5], 9, ROOTS[9], NOTE_HASH, [bytes(32)] * count) for count in (63, 64, 65, 200)]
    assert not any(contract.accepted(calls))


def test_a_rewritten_history_is_refused(contract: DeployedContract, logs: dict[int, bytes]) -> None:
    """Another first leaf, and a proof that is right for the forged tree: the old root gives it away."""
    forged = [leaf_hash(b"forged"), *LEAVES[1:]]
    for size1, size2 in ((1, 2), (5, 9), (8, 13)):
        siblings = consistency_proof(size1, size2, nodes_of(forged[:size2]))
        with pytest.raises(Reverted, match="proof"):
            contract.simulate(abi.anchor_call(logs[size1], size2, root(forged[:size2]), NOTE_HASH, siblings))


def test_the_contract_and_the_verifier_agree_on_proofs_for_other_sizes(
    contract: DeployedContract, logs: dict[int, bytes]
) -> None:
    """A proof says less about sizes than one might think (PROOF(3, 7) has the shape of PROOF(3, 8)); what matters
    is that the chain is exactly as strict as RFC 9162."""
    cases = list(itertools.product((3, 4, 7), (8, 11), (8, 9, 12, 16)))
    calls = [
        abi.anchor_call(logs[size1], claimed, ROOTS[size2], NOTE_HASH, proof(size1, size2))
        for size1, size2, claimed in cases
    ]
    assert contract.accepted(calls) == [verifier_accepts(*case) for case in cases]


def test_sizes_only_grow(contract: DeployedContract, logs: dict[int, bytes]) -> None:
    for size in (0, 1, 5, 6):
        with pytest.raises(Reverted, match="size must grow"):
            contract.simulate(abi.anchor_call(logs[6], size, ROOTS[size], NOTE_HASH, []))


def test_the_first_anchor_takes_no_proof(contract: DeployedContract) -> None:
    log = a_log("first")
    contract.send(abi.register_call(log))
    with pytest.raises(Reverted, match="first anchor takes no proof"):
        contract.simulate(abi.anchor_call(log, 3, ROOTS[3], NOTE_HASH, [ROOTS[1]]))
    with pytest.raises(Reverted, match="size must grow"):
        contract.simulate(abi.anchor_call(log, 0, ROOTS[0], NOTE_HASH, []))


def test_anchors_are_stored_announced_and_not_replayed(contract: DeployedContract) -> None:
    log = a_log("stored")
    assert contract.latest(log) == (0, bytes(32))
    contract.send(abi.register_call(log), abi.anchor_call(log, 3, ROOTS[3], NOTE_HASH, []))
    call = abi.anchor_call(log, 7, ROOTS[7], NOTE_HASH, proof(3, 7))
    (event,) = contract.send(call)[0]["logs"]
    assert contract.latest(log) == (7, ROOTS[7])
    assert [bytes.fromhex(topic[2:]) for topic in event["topics"]] == [ANCHORED_TOPIC, log, (7).to_bytes(32)]
    assert bytes.fromhex(event["data"][2:]) == ROOTS[7] + NOTE_HASH + (3).to_bytes(32)
    with pytest.raises(Reverted, match="size must grow"):
        contract.simulate(call)


def test_only_the_writer_anchors(contract: DeployedContract) -> None:
    log = a_log("writer")
    contract.send(abi.register_call(log), sender=1)
    call = abi.anchor_call(log, 3, ROOTS[3], NOTE_HASH, [])
    with pytest.raises(Reverted, match="caller is not the writer"):
        contract.simulate(call, sender=0)
    assert contract.simulate(call, sender=1) == b""
    with pytest.raises(Reverted, match="caller is not the writer"):
        contract.simulate(abi.anchor_call(a_log("nobody's"), 3, ROOTS[3], NOTE_HASH, []))


def test_a_log_is_registered_once(contract: DeployedContract) -> None:
    log = a_log("once")
    assert contract.writer_of(log) == abi.ZERO_ADDRESS
    contract.send(abi.register_call(log), sender=2)
    assert contract.writer_of(log) == contract.accounts[2]
    for sender in (2, 3):
        with pytest.raises(Reverted, match="log is registered"):
            contract.simulate(abi.register_call(log), sender=sender)


def test_a_successor_takes_office_after_the_delay(fresh_chain: Callable[[], EmbeddedChain]) -> None:
    contract, log = DeployedContract(fresh_chain().url), a_log("rotation")
    old, new = contract.accounts[0], contract.accounts[1]
    anchor = abi.anchor_call(log, 3, ROOTS[3], NOTE_HASH, [])
    contract.send(abi.register_call(log))
    with pytest.raises(Reverted, match="caller is not the writer"):
        contract.simulate(abi.rotate_writer_call(log, new), sender=1)
    with pytest.raises(Reverted, match="a log needs a writer"):
        contract.simulate(abi.rotate_writer_call(log, abi.ZERO_ADDRESS))
    contract.send(abi.rotate_writer_call(log, new))
    assert contract.writer_of(log) == old
    json_rpc(contract.url, "evm_increaseTime", TWO_DAYS - 60)
    json_rpc(contract.url, "evm_mine")
    with pytest.raises(Reverted, match="caller is not the writer"):
        contract.simulate(anchor, sender=1)
    json_rpc(contract.url, "evm_increaseTime", 60)
    json_rpc(contract.url, "evm_mine")
    assert contract.writer_of(log) == new
    with pytest.raises(Reverted, match="caller is not the writer"):
        contract.simulate(anchor, sender=0)
    with pytest.raises(Reverted, match="log is registered"):
        contract.simulate(abi.register_call(log), sender=0)
    contract.send(anchor, sender=1)
    contract.send(abi.rotate_writer_call(log, contract.accounts[2]), sender=1)
    assert contract.writer_of(log) == new


def test_an_announcement_can_be_taken_back(fresh_chain: Callable[[], EmbeddedChain]) -> None:
    contract, log = DeployedContract(fresh_chain().url), a_log("taken back")
    contract.send(abi.register_call(log), abi.rotate_writer_call(log, contract.accounts[1]))
    contract.send(abi.rotate_writer_call(log, contract.accounts[0]))
    json_rpc(contract.url, "evm_increaseTime", 2 * TWO_DAYS)
    json_rpc(contract.url, "evm_mine")
    assert contract.writer_of(log) == contract.accounts[0]


@pytest.mark.parametrize(("size1", "size2"), [(1_000, 2_000), (999_999, 1_000_999), (9_999_123, 10_000_123)])
def test_an_anchor_costs_what_evidence_md_says(contract: DeployedContract, size1: int, size2: int) -> None:
    """72 to 87 k gas, that is less than 90 gas per record at 1,000 records an anchor, whatever the log's size."""

    @functools.cache
    def node(level: int, _index: int = 0) -> bytes:
        """A log whose leaves are all the same, so that ten million of them are quickly hashed."""
        return node_hash(node(level - 1), node(level - 1)) if level else LEAVES[0]

    log = a_log(f"gas/{size1}")
    contract.send(abi.register_call(log), abi.anchor_call(log, size1, root_at(size1, node), NOTE_HASH, []))
    siblings = consistency_proof(size1, size2, node)
    receipt = contract.send(abi.anchor_call(log, size2, root_at(size2, node), NOTE_HASH, siblings))[0]
    assert int(receipt["gasUsed"], 16) < 90_000
