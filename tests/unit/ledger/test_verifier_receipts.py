"""Receipt proofs, against blocks whose tries the library `trie` built."""

import json
from pathlib import Path

import pytest
import rlp
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.verifier.receipts import (
    ANCHORED_TOPIC,
    ReceiptInvalid,
    anchored_logs,
    parse_header,
    prove_receipt,
)


def block(count: int) -> tuple[bytes, list[bytes], HexaryTrie]:
    receipts = [b"\x02" + rlp.encode([b"\x01", n + 1, bytes(256), []]) for n in range(count)]
    trie = HexaryTrie({})
    for number, receipt in enumerate(receipts):
        trie[rlp.encode(number)] = receipt
    return trie.root_hash, receipts, trie


def nodes(trie: HexaryTrie, index: int) -> list[bytes]:
    return [rlp.encode(node) for node in trie.get_proof(rlp.encode(index))]


@pytest.mark.parametrize("count", [1, 2, 3, 17, 130, 300])
def test_every_receipt_of_a_block_is_proven(count: int) -> None:
    root, receipts, trie = block(count)
    for index in {0, 1, 15, 16, 127, 128, count - 1} & set(range(count)):
        assert prove_receipt(root, index, nodes(trie, index)) == receipts[index]


@given(index=st.integers(0, 39), other=st.integers(0, 39))
def test_a_proof_is_for_one_index_only(index: int, other: int) -> None:
    root, receipts, trie = block(40)
    if index == other:
        return
    try:
        found = prove_receipt(root, other, nodes(trie, index))
    except ReceiptInvalid:
        return
    assert found == receipts[other]


def test_missing_extra_and_changed_nodes_are_refused() -> None:
    root, _, trie = block(40)
    good = nodes(trie, 7)
    for bad in ([], good[:-1], good[1:], [*good, good[-1]], [*good[:-1], good[-1][:-1] + b"\x00"]):
        with pytest.raises(ReceiptInvalid):
            prove_receipt(root, 7, bad)


def test_a_receipt_that_is_not_in_the_block() -> None:
    root, _, trie = block(5)
    with pytest.raises(ReceiptInvalid):
        prove_receipt(root, 6, nodes(trie, 4))


def test_short_nodes_embedded_in_their_parents_are_followed() -> None:
    trie = HexaryTrie({})
    for number in range(3):
        trie[rlp.encode(number)] = b"v%d" % number
    assert prove_receipt(trie.root_hash, 1, nodes(trie, 1)[:1]) == b"v1"


def log(topics: list[bytes], data: bytes) -> bytes:
    return b"\x02" + rlp.encode([b"\x01", 1, bytes(256), [[b"\x11" * 20, topics, data]]])


def test_the_event_is_decoded() -> None:
    data = b"\x22" * 32 + b"\x33" * 32 + (5).to_bytes(32)
    [event] = anchored_logs(log([ANCHORED_TOPIC, b"\x44" * 32, (9).to_bytes(32)], data))
    assert (event.contract, event.log_id, event.size) == (b"\x11" * 20, b"\x44" * 32, 9)
    assert (event.root, event.note_hash, event.previous_size) == (b"\x22" * 32, b"\x33" * 32, 5)


def test_other_events_are_ignored() -> None:
    assert anchored_logs(log([keccak(b"Transfer()")], b"")) == []


def test_a_failed_transaction_anchors_nothing() -> None:
    with pytest.raises(ReceiptInvalid):
        anchored_logs(rlp.encode([b"", 1, bytes(256), []]))


@given(st.binary(max_size=200))
def test_junk_is_refused(junk: bytes) -> None:
    for read in (parse_header, lambda data: prove_receipt(keccak(data), 0, [data])):
        with pytest.raises(ReceiptInvalid):
            read(junk)
    try:
        anchored_logs(junk)
    except ReceiptInvalid:
        return
    raise AssertionError("junk was taken for a receipt")


def test_a_real_block_of_anvil() -> None:
    """tests/data/evm_receipt_vector.json: recorded from a node, nothing of it made by us."""
    vector = json.loads((Path(__file__).parents[2] / "data" / "evm_receipt_vector.json").read_text())
    evm = vector["evm"]
    header = parse_header(bytes.fromhex(evm["header_rlp"][2:]))
    proof = [bytes.fromhex(node[2:]) for node in evm["receipt_proof"]]
    [event] = anchored_logs(prove_receipt(header.receipts_root, evm["receipt_index"], proof))
    assert "0x" + header.hash.hex() == vector["block"]["hash"]
    assert (header.number, header.time) == (evm["block_number"], evm["block_time"])
    assert (event.size, event.previous_size) == (evm["size"], vector["previous_size"])
    assert "0x" + event.note_hash.hex() == vector["note_hash"]
    assert "0x" + event.root.hex() == evm["root"]
    assert event.log_id == keccak(vector["origin"].encode())
    for node in range(len(proof)):
        for position in range(len(proof[node])):
            changed = list(proof)
            changed[node] = proof[node][:position] + bytes([proof[node][position] ^ 1]) + proof[node][position + 1 :]
            with pytest.raises(ReceiptInvalid):
                prove_receipt(header.receipts_root, evm["receipt_index"], changed)
