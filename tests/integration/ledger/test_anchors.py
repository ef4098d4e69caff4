"""Anchoring on a real chain: from a checkpoint to a proof that the offline verifier takes."""

import hashlib

import pytest

from accounts.policy import Actor
from app.embedded import CHAIN_ID, EmbeddedChain
from ledger.anchors import evidence_anchor as abi
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.service import AnchorService, evm_facts, request_anchor
from ledger.service import LedgerService
from ledger.verifier.receipts import anchored_logs, parse_header, prove_receipt
from tests.support.anchors import AnchoredLedger, chain_settings
from tests.support.clock import FixedClock
from tests.support.ledger import record_many


@pytest.fixture
def anchored(ledger: LedgerService, actor: Actor, chain: EmbeddedChain, clock: FixedClock) -> AnchoredLedger:
    service = AnchorService(ledger.unit_of_work, [chain_settings(chain)], ledger.secrets, ledger)
    return AnchoredLedger(ledger, service, chain, clock, actor)


def test_a_checkpoint_becomes_a_final_anchor_with_a_proof(anchored: AnchoredLedger) -> None:
    size = anchored.grow(3)
    anchored.settle(size)
    anchor = anchored.anchors.finalized_covering(size)
    assert anchor is not None
    facts = evm_facts(anchor)
    checkpoint = anchored.ledger.published_checkpoint(size)
    header = parse_header(bytes.fromhex(facts["header_rlp"][2:]))
    nodes = [bytes.fromhex(node[2:]) for node in facts["receipt_proof"]]
    (event,) = anchored_logs(prove_receipt(header.receipts_root, facts["receipt_index"], nodes))
    assert "0x" + header.hash.hex() == facts["block_hash"]
    assert (header.number, header.time) == (facts["block_number"], facts["block_time"])
    assert (event.size, event.root) == (size, checkpoint.root)
    assert event.note_hash == hashlib.sha256(checkpoint.note).digest()
    assert event.log_id == abi.log_id(anchored.ledger.origin)
    assert "0x" + event.contract.hex() == facts["contract"]
    assert facts["finality"] == "finalized tag"


def test_a_growing_log_is_anchored_again_with_a_consistency_proof(anchored: AnchoredLedger) -> None:
    sizes = [anchored.grow(3), 0, 0]
    anchored.settle(sizes[0])
    for number, entries in ((1, 1), (2, 9)):
        sizes[number] = anchored.grow(entries)
        anchored.settle(sizes[number])
    assert [(anchor.size, anchor.state) for anchor in anchored.all_anchors()] == [(size, "finalized") for size in sizes]
    assert [row.purpose for row in anchored.all_transactions()] == ["deploy", "register", *["anchor"] * 3]
    assert [row.nonce for row in anchored.all_transactions()] == [0, 1, 2, 3, 4]
    covering = anchored.anchors.finalized_covering(sizes[0] + 1)
    assert covering is not None
    assert covering.size == sizes[1]
    assert anchored.anchors.finalized_covering(sizes[2] + 1) is None


def test_nothing_is_anchored_when_nothing_is_new_or_it_is_too_early(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    for _ in range(3):
        anchored.step()
    record_many(anchored.ledger.unit_of_work, anchored.actor, 1)
    anchored.ledger.sequence_pending()
    anchored.clock.set(anchored.all_anchors()[0].created_at)
    anchored.step()
    assert len(anchored.all_anchors()) == 1


def test_urgent_evidence_does_not_wait_for_the_cadence(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    anchored.clock.set(anchored.all_anchors()[0].created_at)
    record_many(anchored.ledger.unit_of_work, anchored.actor, 1)
    with anchored.ledger.unit_of_work() as uow:
        request_anchor(uow)
    size = anchored.ledger.sequence_pending()
    assert size is not None
    anchored.settle(size)


def test_the_service_says_what_it_anchors_with(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    (status,) = anchored.anchors.status()
    (trusted,) = anchored.anchors.trusted_chains()
    assert (status.finalized_size, status.waiting, status.error_code) == (1, 0, None)
    assert trusted["chain_id"] == CHAIN_ID
    assert trusted["contract"] == status.contract
    assert trusted["writers"] == [status.writer]
    assert trusted["development"] is True
    assert trusted["log_id"] == "0x" + abi.log_id(anchored.ledger.origin).hex()
    chain = EVMChain(chain_settings(anchored.chain))
    assert (
        abi.decode_writer(chain.call(trusted["contract"], abi.writer_of_call(abi.log_id(anchored.ledger.origin))))
        == status.writer
    )
