"""Headers and receipts as bytes, against a block of a real chain (`tests/data/evm_receipt_vector.json`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.anchors import block_proof
from ledger.anchors.ports import ProofUnavailable
from ledger.verifier.receipts import anchored_logs, parse_header
from ledger.verifier.receipts import prove_receipt as read_proof

VECTOR = Path(__file__).parents[2] / "data" / "evm_receipt_vector.json"


def unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


@pytest.fixture
def vector() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(VECTOR.read_text())
    return loaded


def test_a_header_is_rebuilt_from_the_nodes_answer(vector: dict[str, Any]) -> None:
    header = block_proof.header_rlp(vector["block"])
    assert header == unhex(vector["evm"]["header_rlp"])
    assert parse_header(header).hash == unhex(vector["evm"]["block_hash"])


@pytest.mark.parametrize("field", ["number", "timestamp", "receiptsRoot", "baseFeePerGas", "requestsHash"])
def test_a_header_that_does_not_hash_to_its_block_is_refused(vector: dict[str, Any], field: str) -> None:
    text = vector["block"][field]
    vector["block"][field] = text[:-1] + ("0" if text[-1] != "0" else "1")
    with pytest.raises(ProofUnavailable, match="block hash"):
        block_proof.header_rlp(vector["block"])


def test_every_receipt_of_the_block_can_be_proven(vector: dict[str, Any]) -> None:
    receipts = [block_proof.receipt_bytes(receipt) for receipt in vector["receipts"]]
    receipts_root = unhex(vector["block"]["receiptsRoot"])
    for index, receipt in enumerate(receipts):
        nodes = block_proof.prove_receipt(receipts, index, receipts_root)
        assert read_proof(receipts_root, index, nodes) == receipt


def test_the_proof_leads_to_the_anchor(vector: dict[str, Any]) -> None:
    evm = vector["evm"]
    header = parse_header(unhex(evm["header_rlp"]))
    receipt = read_proof(header.receipts_root, evm["receipt_index"], [unhex(node) for node in evm["receipt_proof"]])
    (event,) = anchored_logs(receipt)
    assert (event.size, event.previous_size) == (evm["size"], vector["previous_size"])
    assert (event.contract, event.root) == (unhex(evm["contract"]), unhex(evm["root"]))
    assert (event.log_id, event.note_hash) == (unhex(evm["log_id"]), unhex(vector["note_hash"]))


def test_receipts_of_another_block_are_refused(vector: dict[str, Any]) -> None:
    receipts = [block_proof.receipt_bytes(receipt) for receipt in vector["receipts"]][:-1]
    with pytest.raises(ProofUnavailable, match="receiptsRoot"):
        block_proof.prove_receipt(receipts, 0, unhex(vector["block"]["receiptsRoot"]))
