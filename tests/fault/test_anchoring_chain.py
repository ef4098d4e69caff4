"""A chain that is down, forgets, reorganises, gets dear, or isn't what the settings say: anchors end final exactly
once per size, or an error that an operator can read is noted and nothing is sent."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.rpc import json_rpc
from ledger.anchors import evidence_anchor as abi
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import AnchorState
from tests.support.anchors import (
    AnchoredLedger,
    mine,
)


def with_settings(anchored: AnchoredLedger, **changes: Any) -> AnchoredLedger:
    settings = replace(anchored.anchors.chains[0], **changes)
    return replace(anchored, anchors=replace(anchored.anchors, chains=[settings]))


def error_code(anchored: AnchoredLedger) -> str | None:
    return anchored.anchors.status()[0].error_code


def test_kill_9_of_the_chain_is_recovered(anchored: AnchoredLedger) -> None:
    """It restarts from its last written state, or from nothing if it was killed while writing."""
    for _ in range(2):
        anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.step()
    mine(anchored.chain)
    process = anchored.chain._child._process
    assert process is not None
    process.kill()
    process.wait()
    anchored.step()
    assert error_code(anchored) == "chain_unavailable"
    anchored.chain.start()
    anchored.settle(size)
    anchored.check_all_final()


def test_a_chain_that_is_down_delays_anchoring_and_nothing_else(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    anchored.chain.stop()
    anchored.grow()
    anchored.step()
    assert error_code(anchored) == "chain_unavailable"
    size = anchored.grow()
    anchored.chain.start()
    anchored.settle(size)
    assert error_code(anchored) is None
    anchored.check_all_final()


def test_a_chain_restarted_from_an_older_state_gets_its_anchors_again(anchored: AnchoredLedger, tmp_path: Path) -> None:
    """What a kill −9 of a development chain does, only worse: final anchors vanish with their blocks."""
    anchored.settle(anchored.grow())
    anchored.chain.stop()
    shutil.copy(anchored.chain._state, tmp_path / "older.json")
    anchored.chain.start()
    for _ in range(2):
        anchored.settle(anchored.grow())
    lost = anchored.all_anchors()[1:]
    anchored.chain.stop()
    shutil.copy(tmp_path / "older.json", anchored.chain._state)
    anchored.chain.start()
    anchored.step()
    assert [anchor.state for anchor in anchored.all_anchors()] == ["finalized", "pending", "pending"]
    anchored.settle(lost[-1].size)
    anchored.check_all_final()
    again = anchored.all_anchors()[1:]
    assert [anchor.tx_hash for anchor in again] == [anchor.tx_hash for anchor in lost]
    anchored.settle(anchored.grow())
    anchored.check_all_final()


def test_a_wholly_new_development_chain_is_built_up_again(anchored: AnchoredLedger) -> None:
    for _ in range(2):
        anchored.settle(anchored.grow())
    before = anchored.anchors.trusted_chains()
    anchored.chain.stop()
    anchored.chain._state.unlink()
    anchored.chain.start()
    anchored.settle(anchored.grow())
    assert anchored.anchors.trusted_chains() == before
    anchored.check_all_final()


def test_a_reorganisation_falls_back_and_is_mined_again(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.step()
    mine(anchored.chain)
    anchored.step()
    mined = anchored.all_anchors()[-1]
    assert mined.state == AnchorState.MINED
    height = int(json_rpc(anchored.chain.url, "eth_blockNumber"), 16)
    depth = height - (mined.block_number or 0) + 1
    json_rpc(anchored.chain.url, "anvil_reorg", depth, [])
    anchored.settle(size)
    again = anchored.all_anchors()[-1]
    assert again.block_hash != mined.block_hash
    assert again.tx_hash == mined.tx_hash
    anchored.check_all_final()


def test_on_another_chain_nothing_is_sent(anchored: AnchoredLedger) -> None:
    wrong = with_settings(anchored, chain_id=1)
    wrong.grow()
    wrong.step()
    assert error_code(wrong) == "wrong_chain"
    assert wrong.all_transactions() == []
    writer = wrong.anchors.status()[0].writer
    assert EVMChain(wrong.anchors.chains[0]).balance(str(writer)) == 0


def test_an_account_without_money_raises_the_alarm(anchored: AnchoredLedger) -> None:
    poor = with_settings(anchored, development=False)
    size = poor.grow()
    poor.step()
    assert error_code(poor) == "anchor_writer_out_of_funds"
    writer = poor.anchors.status()[0].writer
    json_rpc(poor.chain.url, "anvil_setBalance", writer, hex(10**18))
    poor.settle(size)
    assert error_code(poor) is None


def test_a_transaction_stuck_in_the_pool_gets_a_successor_at_its_nonce(anchored: AnchoredLedger) -> None:
    """Blocks are full (they hold one small transfer) while fees rise; then there is room again."""
    anchored.settle(anchored.grow())
    url, size = anchored.chain.url, anchored.grow()
    gas_limit = json_rpc(url, "eth_getBlockByNumber", "latest", False)["gasLimit"]
    anchored.step()
    offered = anchored.all_transactions()[-1].max_fee
    json_rpc(url, "evm_setBlockGasLimit", hex(30_000))
    json_rpc(url, "anvil_setNextBlockBaseFeePerGas", hex(offered * 4 // 5))
    mine(anchored.chain)
    anchored.step()
    assert [row.attempt for row in anchored.all_transactions()] == [0, 0, 0, 0], "it hasn't waited long yet"
    anchored.clock.advance(timedelta(minutes=3))
    anchored.step()
    first, successor = [row for row in anchored.all_transactions() if row.nonce == 3]
    assert (first.attempt, successor.attempt) == (0, 1)
    assert (first.to, first.data, first.anchor_id) == (successor.to, successor.data, successor.anchor_id)
    assert successor.max_fee > offered
    json_rpc(url, "evm_setBlockGasLimit", gas_limit)
    anchored.settle(size)
    assert anchored.all_anchors()[-1].tx_hash == successor.tx_hash
    anchored.check_all_final()


def test_a_transaction_the_node_refuses_for_its_fee_gets_a_successor_at_once(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.prepare()
    json_rpc(anchored.chain.url, "anvil_setNextBlockBaseFeePerGas", hex(10**11))
    mine(anchored.chain)
    anchored.settle(size)
    assert [row.attempt for row in anchored.all_transactions()] == [0, 0, 0, 0, 1]
    anchored.check_all_final()


def test_no_fee_goes_over_the_cap(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    capped = with_settings(anchored, maximum_fee=5 * 10**9)
    size = capped.grow()
    capped.prepare()
    json_rpc(capped.chain.url, "anvil_setNextBlockBaseFeePerGas", hex(10**11))
    mine(capped.chain)
    capped.step()
    assert error_code(capped) == "anchor_fee_ceiling"
    json_rpc(capped.chain.url, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
    mine(capped.chain)
    capped.settle(size)
    assert all(row.max_fee <= 5 * 10**9 for row in capped.all_transactions())


def test_a_nonce_used_up_by_something_else_is_given_up(anchored: AnchoredLedger) -> None:
    """Somebody with our key was faster: the stored transaction can never be mined, so another one is signed."""
    anchored.settle(anchored.grow())
    size = anchored.grow()
    sender = anchored.sender()
    sender.prepare(anchored.clock.now())
    writer, url = sender.writer.address, anchored.chain.url
    json_rpc(url, "anvil_impersonateAccount", writer)
    json_rpc(url, "eth_sendTransaction", {"from": writer, "to": writer, "value": "0x1"})
    mine(anchored.chain)
    anchored.settle(size)
    assert [row.nonce for row in anchored.all_transactions()][-2:] == [3, 4]
    anchored.check_all_final()


def test_a_log_registered_by_somebody_else_is_refused_loudly(anchored: AnchoredLedger) -> None:
    anchored.step()
    mine(anchored.chain)
    contract = str(anchored.anchors.status()[0].contract)
    stranger = json_rpc(anchored.chain.url, "eth_accounts")[0]
    data = "0x" + abi.register_call(abi.log_id(anchored.ledger.origin)).hex()
    json_rpc(anchored.chain.url, "eth_sendTransaction", {"from": stranger, "to": contract, "data": data})
    mine(anchored.chain)
    anchored.grow()
    anchored.step()
    assert error_code(anchored) == "foreign_writer"
    assert [row.purpose for row in anchored.all_transactions()] == ["deploy"]


def test_code_that_is_not_the_contract_is_refused_loudly(anchored: AnchoredLedger) -> None:
    elsewhere = with_settings(anchored, contract="0x" + "AB" * 20)
    elsewhere.grow()
    elsewhere.step()
    assert error_code(elsewhere) == "wrong_contract"
    assert elsewhere.all_transactions() == []
