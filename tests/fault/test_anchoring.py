"""Anchoring under faults, on a real chain: whatever fails, every size ends final exactly once, with the nonces of an
undisturbed run."""

import multiprocessing
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest

from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core.unit_of_work import UnitOfWork
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import ChainSettings
from ledger.anchors.ports import Chain
from ledger.anchors.service import AnchorService
from ledger.errors import ChainUnavailable
from tests.support.anchors import (
    MASTER_KEY,
    AnchoredLedger,
    KillingChain,
    SendingKillingChain,
    anchor_and_be_killed,
    mine,
)
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault

EXTERNAL_STEPS = (
    *("set_balance", "chain_id", "balance", "estimate_gas", "fees", "code", "call", "send_raw"),
    *("is_known", "nonce", "block", "final_height", "receipt", "receipt_proof"),
)


@dataclass
class FaultyChain:
    """A chain whose next call of `method` fails: lost on the way (`applied` False), or done but its answer lost."""

    chain: EVMChain
    method: str
    applied: bool
    remaining: list[str] = field(default_factory=lambda: ["fault"])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self.chain, name)
        if name != self.method:
            return cast("Callable[..., Any]", real)

        def faulty(*arguments: Any) -> Any:
            if not self.remaining:
                return real(*arguments)
            self.remaining.pop()
            if self.applied:
                real(*arguments)
            raise ChainUnavailable

        return faulty


@pytest.mark.parametrize("applied", [False, True], ids=["lost", "answer-lost"])
def test_every_external_step_may_fail_once(anchored: AnchoredLedger, applied: bool) -> None:
    """Each step in turn fails during its own anchor; the next passes go on, and no nonce is used twice or skipped."""
    sizes = []
    for method in EXTERNAL_STEPS:
        faults = ["fault"]

        def connect(settings: ChainSettings, method: str = method, faults: list[str] = faults) -> Chain:
            return cast("Chain", FaultyChain(EVMChain(settings), method, applied, faults))

        faulty = replace(anchored, anchors=replace(anchored.anchors, connect=connect))
        sizes.append(faulty.grow())
        faulty.settle(sizes[-1])
        assert faults == [], f"{method} was never called"
    assert [anchor.size for anchor in anchored.all_anchors()] == sizes
    assert [row.nonce for row in anchored.all_transactions()] == list(range(len(sizes) + 2))
    anchored.check_all_final()


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_crash_around_any_commit_is_recovered_by_the_next_pass(anchored: AnchoredLedger, fault: Fault) -> None:
    """Crash number n is at the n-th commit of an anchor's life, until a whole life has fewer commits than that."""
    anchored.settle(anchored.grow())
    nonces = 3
    for at in count():
        plan = CrashPlan(at, fault)
        size = anchored.grow()
        crashing = replace(anchored, anchors=_crashing(anchored, plan))
        try:
            crashing.settle(size)
        except Crash:
            anchored.settle(size)
        nonces += 1
        assert len(anchored.all_transactions()) == nonces
        if plan.calls <= at:
            break
    anchored.check_all_final()


def _crashing(anchored: AnchoredLedger, plan: CrashPlan) -> AnchorService:
    def unit_of_work() -> UnitOfWork:
        whole = anchored.anchors.unit_of_work()
        return CrashingUnitOfWork(whole._engine, anchored.clock, plan)

    return replace(anchored.anchors, unit_of_work=unit_of_work)


@pytest.mark.parametrize("connect", [KillingChain, SendingKillingChain], ids=["stored", "sent"])
def test_kill_9_between_storing_and_hearing_from_the_chain_loses_nothing(
    anchored: AnchoredLedger, postgres: EmbeddedPostgres, tmp_path: Path, connect: type[KillingChain]
) -> None:
    """The next process sends the very bytes that were stored."""
    anchored.settle(anchored.grow())
    size = anchored.grow()
    victim = multiprocessing.get_context("spawn").Process(
        target=anchor_and_be_killed,
        kwargs={
            "url": postgres.url(SERVICE_ROLE),
            "objects_url": f"file://{tmp_path / 'objects'}",
            "clock": anchored.clock,
            "master_key": MASTER_KEY,
            "settings": anchored.anchors.chains[0],
            "connect": connect,
        },
    )
    victim.start()
    victim.join(timeout=60)
    assert victim.exitcode == -signal.SIGKILL
    stored = anchored.all_transactions()[-1]
    assert EVMChain(anchored.anchors.chains[0]).is_known(stored.tx_hash) is connect.sends_first
    anchored.settle(size)
    assert anchored.all_anchors()[-1].tx_hash == stored.tx_hash
    assert len(anchored.all_transactions()) == 4
    anchored.check_all_final()


def test_two_processes_at_once_anchor_each_size_once(anchored: AnchoredLedger) -> None:
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            size = anchored.grow()
            for _ in range(12):
                passes = [pool.submit(anchored.step) for _ in range(2)]
                for one in passes:
                    one.result()
                if anchored.finalized(size):
                    break
                mine(anchored.chain, 3)
    assert [row.nonce for row in anchored.all_transactions()] == [0, 1, 2, 3, 4]
    assert [anchor.size for anchor in anchored.all_anchors()] == [1, 2, 3]
    anchored.check_all_final()
