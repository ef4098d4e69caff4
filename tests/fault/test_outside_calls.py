"""A call to the outside is done and the process dies before it is on record: the next run finds out, or asks again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from core.objects import Objects
from core.rpc import json_rpc
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import AnchorState
from ledger.anchors.watching import ChainWatch
from ledger.service import LedgerService
from notify.errors import CallbackRefused
from notify.models import Message
from notify.policy import MessageState
from notify.ports import OutcomeUnknown, Outgoing, Report
from tests.integration.notify.factories import code_requested, console_service, handle
from tests.support.anchors import MASTER_KEY, ORIGIN, AnchoredLedger, KillingChain, anchor_and_be_killed, mine
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.evidence import raw_token
from tests.support.ledger import record_many, register_organisation
from tests.support.victims import kill


@dataclass
class MortalAuthority:
    """A real authority; the process that asked it dies with the token in its hands."""

    name: str = "authority"
    dies: bool = True
    calls: int = 0

    def timestamp(self, digest: bytes) -> bytes:
        self.calls += 1
        token = raw_token(digest)
        if self.dies:
            raise Crash
        return token


def test_a_token_that_was_had_and_not_stored_is_asked_for_again(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox
) -> None:
    authority = MortalAuthority()
    ledger = LedgerService(unit_of_work, objects, secrets, ORIGIN, (authority,))
    ledger.ensure_log_key()
    record_many(unit_of_work, register_organisation(unit_of_work), 1)
    ledger.sequence_pending()
    with pytest.raises(Crash):
        ledger.ensure_timestamp(1)
    assert ledger.timestamps(1) == []

    authority.dies = False
    for _ in range(2):
        assert [stamp.authority for stamp in ledger.ensure_timestamp(1)] == ["authority"]
    assert authority.calls == 2


class ForgetfulProvider:
    """Implements `notify.ports.Channel`. Takes the first message, or loses it, without an answer. Whoever reads its
    list first dies of it."""

    medium = "sms"
    provider = "forgetful"
    settles_after = timedelta(0)

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes
        self.dies = True
        self.accepted: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Report:
        if self.takes or not self.dies:
            self.accepted.append(outgoing)
        if self.dies:
            raise OutcomeUnknown
        return self._report()

    def find(self, outgoing: Outgoing, since: datetime) -> Report | None:
        if self.dies:
            self.dies = False
            raise Crash
        is_listed = outgoing.reference in {each.reference for each in self.accepted}
        return self._report() if is_listed else None

    def read_callback(self, url: str, parameters: Mapping[str, str], signature: str) -> Report:
        raise CallbackRefused

    def _report(self) -> Report:
        return Report("FP1", MessageState.SENT, "accepted")


def states(unit_of_work: UnitOfWorkFactory) -> list[str]:
    with unit_of_work() as uow:
        return list(uow.session.scalars(select(Message.state)))


@pytest.mark.parametrize("takes", [True, False], ids=["taken", "lost"])
def test_a_list_that_was_read_and_not_acted_upon_is_read_again(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, takes: bool
) -> None:
    provider = ForgetfulProvider(takes=takes)
    notify = console_service(unit_of_work, secrets, provider)
    handle(unit_of_work, notify, code_requested(secrets))
    notify.send_due()
    assert states(unit_of_work) == ["unknown"]
    with pytest.raises(Crash):
        notify.send_due()
    assert states(unit_of_work) == ["unknown"]

    notify.send_due()
    assert states(unit_of_work) == ["sent"]
    assert len(provider.accepted) == 1


def test_kill_9_between_storing_a_dearer_successor_and_sending_it(anchored: AnchoredLedger, tmp_path: Path) -> None:
    """Blocks are full while the first transaction waits; the process dies when it would send the second."""
    anchored.settle(anchored.grow())
    url, size = anchored.chain.url, anchored.grow()
    gas_limit = json_rpc(url, "eth_getBlockByNumber", "latest", False)["gasLimit"]
    anchored.step()
    offered = anchored.all_transactions()[-1].max_fee
    json_rpc(url, "evm_setBlockGasLimit", hex(30_000))
    json_rpc(url, "anvil_setNextBlockBaseFeePerGas", hex(offered * 4 // 5))
    mine(anchored.chain)
    anchored.clock.advance(timedelta(minutes=3))
    with anchored.anchors.unit_of_work() as uow:
        database = uow._engine.url
    kill(
        anchor_and_be_killed,
        url=database,
        objects_url=f"file://{tmp_path / 'objects'}",
        clock=anchored.clock,
        master_key=MASTER_KEY,
        settings=anchored.anchors.chains[0],
        connect=KillingChain,
    )
    first, successor = [row for row in anchored.all_transactions() if row.nonce == 3]
    chain = EVMChain(anchored.anchors.chains[0])
    assert [chain.is_known(each.tx_hash) for each in (first, successor)] == [True, False]

    json_rpc(url, "evm_setBlockGasLimit", gas_limit)
    anchored.step()
    assert chain.is_known(successor.tx_hash)
    anchored.settle(size)
    assert anchored.all_anchors()[-1].tx_hash == successor.tx_hash
    assert len(anchored.all_transactions()) == 5
    anchored.check_all_final()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_crash_at_any_commit_of_a_revocation(anchored: AnchoredLedger, fault: Fault) -> None:
    """Two anchors lose their blocks. Pass number n dies at its n-th commit, until one has fewer than that."""
    anchored.settle(anchored.grow())
    before = json_rpc(anchored.chain.url, "evm_snapshot")
    for _ in range(2):
        anchored.settle(anchored.grow())
    newest = anchored.all_anchors()[-1]
    assert json_rpc(anchored.chain.url, "evm_revert", before)

    for at in count():
        plan = CrashPlan(at, fault)
        settings = anchored.anchors.chains[0]
        watch = ChainWatch(crashing(anchored, plan), settings, EVMChain(settings))
        try:
            watch.revoke_lost()
        except Crash:
            revoked = [anchor.state == AnchorState.PENDING for anchor in anchored.all_anchors()]
            assert revoked == sorted(revoked), "the newest are the first to go"
            continue
        break
    assert at > 2
    assert [anchor.state for anchor in anchored.all_anchors()] == ["finalized", "pending", "pending"]
    anchored.settle(newest.size)
    assert anchored.all_anchors()[-1].tx_hash == newest.tx_hash
    anchored.check_all_final()


def crashing(anchored: AnchoredLedger, plan: CrashPlan) -> UnitOfWorkFactory:
    def unit_of_work() -> UnitOfWork:
        whole = anchored.anchors.unit_of_work()
        return CrashingUnitOfWork(whole._engine, anchored.clock, plan)

    return unit_of_work
