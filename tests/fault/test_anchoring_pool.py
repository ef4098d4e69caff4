"""A pool that forgets, blocks without room, fees that rise, an account without money, nonces that somebody else used:
anchors end final exactly once per size, and what an operator must know is told."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.rpc import json_rpc
from ledger.anchors import evidence_anchor as abi
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.models import Anchor
from ledger.anchors.policy import AnchorState
from tests.support.anchors import AnchoredLedger, mine

GWEI = 10**9


def with_settings(anchored: AnchoredLedger, **changes: Any) -> AnchoredLedger:
    settings = replace(anchored.anchors.chains[0], **changes)
    return replace(anchored, anchors=replace(anchored.anchors, chains=[settings]))


def error_code(anchored: AnchoredLedger) -> str | None:
    return anchored.anchors.status()[0].error_code


def block_gas_limit(anchored: AnchoredLedger) -> str:
    limit: str = json_rpc(anchored.chain.url, "eth_getBlockByNumber", "latest", False)["gasLimit"]
    return limit


def use_up_a_nonce(anchored: AnchoredLedger) -> None:
    """Somebody with our key sends something else."""
    url, writer = anchored.chain.url, anchored.anchors.status()[0].writer
    json_rpc(url, "anvil_impersonateAccount", writer)
    json_rpc(url, "eth_sendTransaction", {"from": writer, "to": writer, "value": "0x1"})
    mine(anchored.chain)


def test_a_node_that_forgets_its_pool_gets_the_same_bytes_again(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.step()
    stored = anchored.all_transactions()[-1]
    chain = EVMChain(anchored.anchors.chains[0])
    for _ in range(3):
        json_rpc(anchored.chain.url, "anvil_dropAllTransactions")
        assert not chain.is_known(stored.tx_hash)
        anchored.step()
        assert chain.is_known(stored.tx_hash)
    anchored.settle(size)
    assert anchored.all_anchors()[-1].tx_hash == stored.tx_hash
    assert len(anchored.all_transactions()) == 4
    anchored.check_each_size_is_there_once()


def test_while_blocks_come_slowly_fees_are_raised_step_by_step(anchored: AnchoredLedger) -> None:
    """Four times there is no room, and each time the chain asks more. Only one of the attempts can be mined."""
    anchored.settle(anchored.grow())
    url, size, limit = anchored.chain.url, anchored.grow(), block_gas_limit(anchored)
    anchored.step()
    json_rpc(url, "evm_setBlockGasLimit", hex(30_000))
    for _ in range(4):
        offered = anchored.all_transactions()[-1].max_fee
        json_rpc(url, "anvil_setNextBlockBaseFeePerGas", hex(offered * 4 // 5))
        mine(anchored.chain)
        anchored.clock.advance(timedelta(minutes=3))
        anchored.step()
        assert anchored.all_anchors()[-1].state == AnchorState.PENDING
    attempts = [row for row in anchored.all_transactions() if row.nonce == 3]
    assert [row.attempt for row in attempts] == [0, 1, 2, 3, 4]
    for before, after in itertools.pairwise(attempts):
        assert 8 * after.max_fee >= 9 * before.max_fee, "an eighth more, or the node refuses"
        assert 8 * (after.priority_fee or 0) >= 9 * (before.priority_fee or 0)
    json_rpc(url, "evm_setBlockGasLimit", limit)
    anchored.settle(size)
    anchored.check_all_final()
    anchored.check_each_size_is_there_once()


def test_at_the_ceiling_a_transaction_waits_and_the_alarm_says_so(anchored: AnchoredLedger) -> None:
    """It is mined once the chain asks less, or the ceiling is raised."""
    anchored.settle(anchored.grow())
    capped = with_settings(anchored, maximum_fee=5 * GWEI)
    size, limit = capped.grow(), block_gas_limit(anchored)
    capped.step()
    json_rpc(capped.chain.url, "evm_setBlockGasLimit", hex(30_000))
    json_rpc(capped.chain.url, "anvil_setNextBlockBaseFeePerGas", hex(4 * GWEI))
    mine(capped.chain)
    for _ in range(3):
        capped.clock.advance(timedelta(minutes=3))
        capped.step()
    assert error_code(capped) == "anchor_fee_ceiling"
    assert capped.all_transactions()[-1].max_fee <= 5 * GWEI
    count = len(capped.all_transactions())
    capped.step()
    assert len(capped.all_transactions()) == count, "nothing is signed that may not be offered"
    json_rpc(capped.chain.url, "evm_setBlockGasLimit", limit)
    raised = with_settings(anchored, maximum_fee=500 * GWEI)
    raised.settle(size)
    assert error_code(raised) is None
    raised.check_each_size_is_there_once()


@pytest.mark.parametrize("balance", [0, 10**12], ids=["nothing", "too-little"])
def test_an_account_that_runs_out_of_money_goes_on_once_it_is_funded(anchored: AnchoredLedger, balance: int) -> None:
    """The money goes between signing and sending; the bytes that were stored are sent when there is some again."""
    anchored.settle(anchored.grow())
    strict = with_settings(anchored, development=False)
    size = strict.grow()
    strict.prepare()
    stored = strict.all_transactions()[-1]
    writer = strict.anchors.status()[0].writer
    json_rpc(strict.chain.url, "anvil_setBalance", writer, hex(balance))
    for _ in range(2):
        strict.step()
        assert error_code(strict) == "anchor_writer_out_of_funds"
    assert strict.all_transactions()[-1].tx_hash == stored.tx_hash
    json_rpc(strict.chain.url, "anvil_setBalance", writer, hex(10**18))
    strict.settle(size)
    assert error_code(strict) is None
    assert strict.all_anchors()[-1].tx_hash == stored.tx_hash
    strict.check_each_size_is_there_once()


def test_little_money_is_told_before_it_is_gone(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    strict = with_settings(anchored, development=False)
    writer = strict.anchors.status()[0].writer
    json_rpc(strict.chain.url, "anvil_setBalance", writer, hex(10**16 - 1))
    size = strict.grow()
    strict.settle(size)
    assert error_code(strict) == "low_balance"


def test_without_money_for_it_nothing_is_signed(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    strict = with_settings(anchored, development=False)
    json_rpc(strict.chain.url, "anvil_setBalance", strict.anchors.status()[0].writer, "0x1")
    strict.grow()
    strict.step()
    assert error_code(strict) == "anchor_writer_out_of_funds"
    assert len(strict.all_transactions()) == 3


def test_a_nonce_that_the_chain_waits_for_in_vain_is_filled(anchored: AnchoredLedger) -> None:
    """It was used by a foreign transaction that a reorganisation threw out, and nobody sends that again."""
    anchored.settle(anchored.grow())
    before = json_rpc(anchored.chain.url, "evm_snapshot")
    use_up_a_nonce(anchored)
    size = anchored.grow()
    anchored.settle(size)
    assert anchored.all_transactions()[-1].nonce == 4
    assert json_rpc(anchored.chain.url, "evm_revert", before)
    anchored.settle(size)
    filler = next(row for row in anchored.all_transactions() if row.nonce == 3)
    assert (filler.purpose, filler.to, filler.data, filler.gas) == ("fill", filler.sender, b"", 21_000)
    anchored.check_all_final()
    anchored.check_each_size_is_there_once()


def test_a_gap_behind_a_transaction_of_ours_is_filled_when_its_turn_comes(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    before = json_rpc(anchored.chain.url, "evm_snapshot")
    sizes = [anchored.grow(), 0]
    anchored.settle(sizes[0])
    use_up_a_nonce(anchored)
    sizes[1] = anchored.grow()
    anchored.settle(sizes[1])
    assert [row.nonce for row in anchored.all_transactions()] == [0, 1, 2, 3, 5]
    assert json_rpc(anchored.chain.url, "evm_revert", before)
    anchored.settle(sizes[1])
    assert [(row.nonce, row.purpose) for row in anchored.all_transactions()][-3:] == [
        *((3, "anchor"), (4, "fill"), (5, "anchor"))
    ]
    anchored.check_all_final()
    anchored.check_each_size_is_there_once()


@pytest.mark.parametrize("is_early", [True, False], ids=["deployment", "registration"])
def test_a_set_up_whose_nonce_is_used_up_by_something_else_is_done_again(
    anchored: AnchoredLedger, is_early: bool
) -> None:
    """The contract is deployed at another address, or the log registered at another nonce."""
    size = anchored.grow()
    json_rpc(anchored.chain.url, "anvil_setBalance", anchored.sender().writer.address, hex(10**18))
    if not is_early:
        anchored.step()
        mine(anchored.chain)
    anchored.prepare()
    stored = anchored.all_transactions()[-1]
    assert stored.purpose == ("deploy" if is_early else "register")
    use_up_a_nonce(anchored)
    anchored.settle(size)
    assert [row.purpose for row in anchored.all_transactions()].count(stored.purpose) == 2
    (trusted,) = anchored.anchors.trusted_chains()
    assert trusted["contract"] == anchored.all_anchors()[0].contract
    anchored.check_all_final()
    anchored.check_each_size_is_there_once()


def test_an_anchor_that_was_overtaken_holds_up_nothing(anchored: AnchoredLedger) -> None:
    """Somebody with our key anchors a later checkpoint while ours waits; the contract will never take the smaller."""
    anchored.settle(anchored.grow())
    sizes = [anchored.grow(), anchored.grow()]
    chain, ledger = EVMChain(anchored.anchors.chains[0]), anchored.ledger
    larger = ledger.published_checkpoint(sizes[1])
    with anchored.anchors.unit_of_work() as uow:
        smaller = ledger.published_checkpoint(sizes[0])
        first = anchored.all_anchors()[0]
        uow.session.add(
            Anchor(
                id=uow.new_id(),
                chain_id=first.chain_id,
                contract=first.contract,
                log_id=first.log_id,
                size=smaller.size,
                root=smaller.root,
                note_hash=bytes(32),
                state="pending",
                created_at=uow.now,
            )
        )
    url, writer = anchored.chain.url, anchored.anchors.status()[0].writer
    proof = ledger.consistency_proof(first.size, larger.size)
    data = "0x" + abi.anchor_call(first.log_id, larger.size, larger.root, bytes(32), proof).hex()
    json_rpc(url, "anvil_impersonateAccount", writer)
    json_rpc(url, "eth_sendTransaction", {"from": writer, "to": first.contract, "data": data})
    mine(anchored.chain)
    anchored.step()
    assert [anchor.state for anchor in anchored.all_anchors()] == ["finalized", "overtaken"]
    assert abi.decode_latest(chain.call(first.contract, abi.latest_call(first.log_id)))[0] == sizes[1]
    size = anchored.grow()
    anchored.settle(size)
    assert error_code(anchored) is None
    assert [anchor.state for anchor in anchored.all_anchors()] == ["finalized", "overtaken", "finalized"]


def test_a_node_on_another_chain_is_told_nothing(anchored: AnchoredLedger) -> None:
    """The address leads elsewhere while a transaction waits: not a byte of it is sent there."""
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.prepare()
    stored = anchored.all_transactions()[-1]
    json_rpc(anchored.chain.url, "anvil_setChainId", 4242)
    for _ in range(2):
        anchored.step()
        assert error_code(anchored) == "wrong_chain"
    assert not EVMChain(anchored.anchors.chains[0]).is_known(stored.tx_hash)
    json_rpc(anchored.chain.url, "anvil_setChainId", stored.chain_id)
    anchored.settle(size)
    anchored.check_each_size_is_there_once()


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_reorganisations_one_after_the_other(anchored: AnchoredLedger, depth: int) -> None:
    """Each throws out the block of the anchor before it is final."""
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.step()
    for _ in range(3):
        mine(anchored.chain, depth)
        anchored.step()
        json_rpc(anchored.chain.url, "anvil_reorg", depth, [])
        anchored.step()
    anchored.settle(size)
    assert len(anchored.all_transactions()) == 4
    anchored.check_all_final()
    anchored.check_each_size_is_there_once()
