"""Another account takes over writing: announced on the contract, in office after its delay, both trusted for ever."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from sqlalchemy import select

from accounts.policy import Actor
from app.embedded import CHAIN_ID, EmbeddedChain
from core.rpc import json_rpc
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import evidence_anchor as abi
from ledger.anchors.errors import UnknownChain
from ledger.anchors.service import AnchorService, ChainStatus
from ledger.models import EvidenceRecord
from ledger.record import parse_record
from ledger.service import LedgerService
from tests.support.anchors import AnchoredLedger, chain_settings, mine, pass_time
from tests.support.clock import FixedClock

SOMEBODY = {"command_line_user": "operator"}
TWO_DAYS = 2 * 24 * 60 * 60


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedChain]:
    chain = EmbeddedChain(tmp_path / "rotation", block_seconds=3600)
    chain.start()
    yield chain
    chain.stop()


@pytest.fixture
def anchored(ledger: LedgerService, actor: Actor, node: EmbeddedChain, clock: FixedClock) -> AnchoredLedger:
    service = AnchorService(ledger.unit_of_work, [chain_settings(node)], ledger.secrets, ledger)
    return AnchoredLedger(ledger, service, node, clock, actor)


def status_of(anchored: AnchoredLedger) -> ChainStatus:
    anchored.step()
    (status,) = anchored.anchors.status()
    assert status.error_code is None
    return status


def senders(anchored: AnchoredLedger) -> list[str]:
    """Who signed the transaction that each anchor was mined by, smallest anchor first."""
    raw = {row.tx_hash: row.raw for row in anchored.all_transactions()}
    return [str(Account.recover_transaction(raw[anchor.tx_hash or b""])).lower() for anchor in anchored.all_anchors()]


def test_a_rotation_from_end_to_end(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    old = str(status_of(anchored).writer)
    rotation = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    assert (rotation.predecessor, rotation.is_new) == (old, True)
    assert status_of(anchored).successor == rotation.successor
    mine(anchored.chain)
    announced = status_of(anchored)
    assert announced.writer == old
    block = json_rpc(anchored.chain.url, "eth_getBlockByNumber", "latest", False)
    assert announced.successor_effective_at is not None
    assert int(announced.successor_effective_at.timestamp()) == int(block["timestamp"], 16) + TWO_DAYS

    anchored.settle(anchored.grow())
    pass_time(anchored.chain, TWO_DAYS)
    anchored.settle(anchored.grow())
    after = status_of(anchored)
    assert (after.writer, after.successor, after.successor_effective_at) == (rotation.successor, None, None)
    assert senders(anchored) == [old, old, rotation.successor]
    assert [row.purpose for row in anchored.all_transactions() if row.sender == old] == [
        *("deploy", "register", "anchor", "rotate", "anchor")
    ]
    assert anchored.anchors.trusted_chains()[0]["writers"] == [old, rotation.successor]
    anchored.check_all_final()


def test_asking_again_before_it_is_in_office_changes_nothing(anchored: AnchoredLedger) -> None:
    anchored.settle(anchored.grow())
    first = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    anchored.step()
    again = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    assert (again.successor, again.is_new) == (first.successor, False)
    for _ in range(3):
        anchored.step()
        mine(anchored.chain)
    assert [row.purpose for row in anchored.all_transactions()].count("rotate") == 1
    pass_time(anchored.chain, TWO_DAYS)
    assert status_of(anchored).writer == first.successor
    third = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    assert (third.predecessor, third.is_new) == (first.successor, True)


def test_a_rotation_before_anything_was_anchored_needs_no_announcement(anchored: AnchoredLedger) -> None:
    first = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    assert anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY).successor == first.successor
    anchored.settle(anchored.grow())
    assert status_of(anchored).writer == first.successor
    assert [row.purpose for row in anchored.all_transactions()] == ["deploy", "register", "anchor"]
    assert {row.sender for row in anchored.all_transactions()} == {first.successor}


def test_who_asked_is_evidence(anchored: AnchoredLedger, unit_of_work: UnitOfWorkFactory) -> None:
    rotation = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    with unit_of_work() as uow:
        stored = uow.session.scalars(select(EvidenceRecord.record)).all()
    (record,) = [parse_record(each) for each in stored]
    assert record.type == "anchor.writer_rotated"
    assert record.facts["successor"] == rotation.successor
    assert record.facts["requested_by"] == SOMEBODY


def test_only_chains_of_the_settings_are_rotated(anchored: AnchoredLedger) -> None:
    with pytest.raises(UnknownChain):
        anchored.anchors.rotate_writer(4242, requested_by=SOMEBODY)


def test_other_chains_keep_their_writer(anchored: AnchoredLedger) -> None:
    other = replace(chain_settings(anchored.chain), chain_id=4242, name="other", url="http://127.0.0.1:9")
    service = replace(anchored.anchors, chains=[chain_settings(anchored.chain), other])
    both = replace(anchored, anchors=service)
    both.settle(both.grow())
    rotation = service.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    service.step(anchored.clock.now())
    mine(anchored.chain)
    pass_time(anchored.chain, TWO_DAYS)
    service.step(anchored.clock.now())
    here, there = service.status()
    assert here.writer == rotation.successor
    assert there.writer == rotation.predecessor


def test_an_anchor_that_the_old_writer_could_not_get_mined_is_signed_by_the_new_one(anchored: AnchoredLedger) -> None:
    """The pool loses it on the day of the change: only one of the two transactions can ever be taken."""
    anchored.settle(anchored.grow())
    rotation = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    anchored.step()
    mine(anchored.chain)
    size = anchored.grow()
    anchored.step()
    stale = anchored.all_transactions()[-1]
    json_rpc(anchored.chain.url, "anvil_dropAllTransactions")
    pass_time(anchored.chain, TWO_DAYS)
    anchored.settle(size)
    assert senders(anchored)[-1] == rotation.successor
    json_rpc(anchored.chain.url, "eth_sendRawTransaction", "0x" + stale.raw.hex())
    mine(anchored.chain)
    receipt = json_rpc(anchored.chain.url, "eth_getTransactionReceipt", "0x" + stale.tx_hash.hex())
    assert receipt["status"] == "0x0"
    anchored.settle(anchored.grow())
    anchored.check_all_final()


def test_a_development_chain_that_lost_everything_is_rebuilt_across_a_rotation(anchored: AnchoredLedger) -> None:
    """The old account deploys, registers, anchors and announces again; what the new one had anchored, the old one
    anchors until the delay is over a second time."""
    anchored.settle(anchored.grow())
    rotation = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    anchored.step()
    mine(anchored.chain)
    pass_time(anchored.chain, TWO_DAYS)
    anchored.settle(anchored.grow())
    assert senders(anchored)[-1] == rotation.successor
    before = anchored.anchors.trusted_chains()
    anchored.chain.stop()
    anchored.chain._state.unlink()
    anchored.chain.start()
    anchored.settle(anchored.grow())
    assert senders(anchored) == [rotation.predecessor] * 3
    pass_time(anchored.chain, TWO_DAYS)
    anchored.settle(anchored.grow())
    assert senders(anchored)[-1] == rotation.successor
    assert anchored.anchors.trusted_chains() == before
    anchored.check_all_final()


def test_a_successor_without_money_is_told_before_it_takes_office(anchored: AnchoredLedger) -> None:
    settings = replace(chain_settings(anchored.chain), development=False)
    poor = replace(anchored, anchors=replace(anchored.anchors, chains=[settings]))
    anchored.settle(anchored.grow())
    rotation = poor.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    poor.step()
    (status,) = poor.anchors.status()
    assert status.error_code == "anchor_writer_out_of_funds"
    assert rotation.successor in str(status.error_en)
    json_rpc(anchored.chain.url, "anvil_setBalance", rotation.successor, hex(10**18))
    assert status_of(poor).successor == rotation.successor


def test_a_stranger_named_by_a_stolen_key_is_not_obeyed(anchored: AnchoredLedger) -> None:
    """Whoever has the key may announce somebody else; then we stop, loudly, and never sign for them."""
    anchored.settle(anchored.grow())
    (trusted,) = anchored.anchors.trusted_chains()
    url, writer = anchored.chain.url, trusted["writers"][0]
    stranger = json_rpc(url, "eth_accounts")[0]
    json_rpc(url, "anvil_impersonateAccount", writer)
    data = "0x" + abi.rotate_writer_call(abi.log_id(anchored.ledger.origin), stranger).hex()
    json_rpc(url, "eth_sendTransaction", {"from": writer, "to": trusted["contract"], "data": data})
    mine(anchored.chain)
    pass_time(anchored.chain, TWO_DAYS)
    anchored.grow()
    count = len(anchored.all_transactions())
    anchored.step()
    (status,) = anchored.anchors.status()
    assert status.error_code == "foreign_writer"
    assert len(anchored.all_transactions()) == count


def test_two_processes_that_know_different_writers_make_one_anchor(anchored: AnchoredLedger) -> None:
    """One has read who is in office just before the hand-over, the other just after it; both find the same to do."""
    anchored.settle(anchored.grow())
    anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    anchored.step()
    mine(anchored.chain)
    slow = anchored.sender()
    size = anchored.grow()
    nonce = slow.chain.nonce(slow.writer.address)
    intent = slow.intentions.next(anchored.clock.now(), nonce)
    assert intent is not None
    pass_time(anchored.chain, TWO_DAYS)
    anchored.step()
    slow._store(intent, nonce=nonce, gas=100_000, fees=slow.chain.fees())
    assert [
        row.sender for row in anchored.all_transactions() if row.sender == slow.writer.address and row.nonce == nonce
    ] == []
    anchored.settle(size)
    anchored.check_each_size_is_there_once()
