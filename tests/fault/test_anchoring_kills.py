"""Kill −9 and errors at every step of every kind of pass: anchoring, rotating the writer, handing over, filling a gap,
bumping, sending again what a chain lost.

A pass is killed at its first step, the next one's first step fails; then the second of the next two, and so on, until
one has fewer steps than that. Then the anchor must end final, with every size on the chain exactly once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from app.embedded import CHAIN_ID, EmbeddedChain
from core.rpc import json_rpc
from core.secrets import SecretBox
from ledger.anchors.service import AnchorService
from ledger.models import EvidenceRecord
from tests.support.anchor_victims import Victim
from tests.support.anchors import MASTER_KEY, AnchoredLedger, chain_settings, mine, pass_time
from tests.support.crashes import Crash, Fault
from tests.support.evidence import raw_token

SOMEBODY = {"command_line_user": "operator"}
TWO_DAYS = 2 * 24 * 60 * 60

Scene = Callable[[AnchoredLedger], int]
"""Brings about what the passes will find to do; returns the size that must end final."""


def anchor(anchored: AnchoredLedger) -> int:
    return anchored.grow()


def rotation(anchored: AnchoredLedger) -> int:
    """The new account is stored, not yet announced."""
    anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    return anchored.grow()


def handover(anchored: AnchoredLedger) -> int:
    """The old account's anchor is stored and lost by the pool on the day of the change."""
    anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    anchored.step()
    mine(anchored.chain)
    size = anchored.grow()
    anchored.prepare()
    pass_time(anchored.chain, TWO_DAYS)
    return size


def gap(anchored: AnchoredLedger) -> int:
    """Somebody with our key used up a nonce, and a reorganisation took that back: the chain waits for it."""
    url, writer = anchored.chain.url, anchored.anchors.status()[0].writer
    before = json_rpc(url, "evm_snapshot")
    json_rpc(url, "anvil_impersonateAccount", writer)
    json_rpc(url, "eth_sendTransaction", {"from": writer, "to": writer, "value": "0x1"})
    mine(anchored.chain)
    size = anchored.grow()
    anchored.prepare()
    assert json_rpc(url, "evm_revert", before)
    return size


def dear(anchored: AnchoredLedger) -> int:
    """The anchor waits in the pool while the chain gets dearer and has no room."""
    url, size = anchored.chain.url, anchored.grow()
    anchored.step()
    offered = anchored.all_transactions()[-1].max_fee
    json_rpc(url, "evm_setBlockGasLimit", hex(30_000))
    json_rpc(url, "anvil_setNextBlockBaseFeePerGas", hex(offered * 4 // 5))
    mine(anchored.chain)
    anchored.clock.advance(timedelta(minutes=3))
    return size


def lost(anchored: AnchoredLedger) -> int:
    """Two anchors lose their final blocks at once."""
    before = json_rpc(anchored.chain.url, "evm_snapshot")
    sizes = [anchored.grow(), 0]
    anchored.settle(sizes[0])
    sizes[1] = anchored.grow()
    anchored.settle(sizes[1])
    assert json_rpc(anchored.chain.url, "evm_revert", before)
    return sizes[1]


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("scene", [anchor, rotation, handover, gap, dear, lost], ids=lambda scene: scene.__name__)
def test_killed_again_and_again_each_size_is_anchored_once(
    anchored: AnchoredLedger, scene: Scene, fault: Fault
) -> None:
    anchored.settle(anchored.grow())
    gas_limit = json_rpc(anchored.chain.url, "eth_getBlockByNumber", "latest", False)["gasLimit"]
    size = scene(anchored)
    victim = Victim(anchored, SecretBox(MASTER_KEY))
    deaths = 0
    for at in count():
        if not victim.step(at, fault):
            break
        victim.err(at, fault)
        deaths += 1
        if deaths == 2 and scene is not dear:
            mine(anchored.chain)
    assert deaths >= 2, "the pass was killed at each of its steps"
    json_rpc(anchored.chain.url, "evm_setBlockGasLimit", gas_limit)
    anchored.settle(size)
    anchored.check_all_final()
    anchored.check_each_size_is_there_once()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_rotation_that_died_is_asked_for_again(anchored: AnchoredLedger, fault: Fault) -> None:
    """The key and the evidence of who asked are one commit: both are there or neither."""
    anchored.settle(anchored.grow())
    old = anchored.anchors.status()[0].writer

    def rotate(service: AnchorService, _now: datetime) -> None:
        service.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)

    assert Victim(anchored, SecretBox(MASTER_KEY)).run(rotate, 0, fault)
    again = anchored.anchors.rotate_writer(CHAIN_ID, requested_by=SOMEBODY)
    assert (again.predecessor, again.is_new) == (old, fault == "lost")
    with anchored.anchors.unit_of_work() as uow:
        types = list(uow.session.scalars(select(EvidenceRecord.type)))
    assert types.count("anchor.writer_rotated") == 1
    anchored.step()
    mine(anchored.chain)
    pass_time(anchored.chain, TWO_DAYS)
    anchored.settle(anchored.grow())
    assert anchored.anchors.status()[0].writer == again.successor
    anchored.check_all_final()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_pass_that_dies_between_two_chains_is_made_good_on_both(
    anchored: AnchoredLedger, tmp_path: Path, fault: Fault
) -> None:
    """Killed at each of its steps in turn, the first chain's and the second's."""
    other = EmbeddedChain(tmp_path / "other", block_seconds=3600)
    other.start()
    try:
        json_rpc(other.url, "anvil_setChainId", 4242)
        chains = [anchored.anchors.chains[0], replace(chain_settings(other), chain_id=4242)]
        service = replace(anchored.anchors, chains=chains)
        both = replace(anchored, anchors=service)
        size = both.grow()
        deaths = 0
        while Victim(both, SecretBox(MASTER_KEY)).step(deaths, fault):
            deaths += 1
        assert deaths >= 4
        for _ in range(10):
            service.step(both.clock.now())
            mine(both.chain, 3)
            mine(other, 3)
        assert [(status.finalized_size, status.error_code) for status in service.status()] == [(size, None)] * 2
        assert sorted(row.purpose for row in both.all_transactions()) == sorted(["deploy", "register", "anchor"] * 2)
    finally:
        other.stop()


@dataclass
class Authority:
    """A real authority whose caller dies with it on the line, if it is to."""

    name: str
    kills: bool = False
    calls: int = 0

    def timestamp(self, digest: bytes) -> bytes:
        self.calls += 1
        if self.kills:
            raise Crash
        return raw_token(digest)


def test_tokens_had_before_a_crash_are_not_asked_for_again(anchored: AnchoredLedger) -> None:
    authorities = (Authority("first"), Authority("second", kills=True), Authority("third"))
    ledger = replace(anchored.ledger, timestamp_authorities=authorities)
    size = anchored.grow()
    with pytest.raises(Crash):
        ledger.ensure_timestamp(size)
    assert [stamp.authority for stamp in ledger.timestamps(size)] == ["first"]
    authorities[1].kills = False
    for _ in range(2):
        assert len(ledger.ensure_timestamp(size)) == 3
    assert [authority.calls for authority in authorities] == [1, 2, 1]
