"""A hundred rounds of mishaps, drawn with fixed seeds, on a real chain and a real database.

In each round the log grows, passes are made, and one or two things go wrong: a commit or a call to the node is lost
or its answer is, a process is killed, the pool forgets, blocks are reorganised or lost, fees rise, money runs out, the
writer is rotated. After every five rounds everything must end final, every size exactly once.
"""

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from app.embedded import CHAIN_ID
from core.rpc import json_rpc
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import ChainSettings
from ledger.anchors.ports import Chain
from tests.fault.test_anchoring import EXTERNAL_STEPS, FaultyChain
from tests.support.anchor_victims import Victim
from tests.support.anchors import MASTER_KEY, AnchoredLedger, mine, pass_time
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan, Fault

FAULTS: tuple[Fault, ...] = ("lost", "applied")
ROUNDS = 25
TWO_DAYS = 2 * 24 * 60 * 60


@dataclass
class Rounds:
    """`older` is a file with an older state of the chain, which it may be restarted from."""

    anchored: AnchoredLedger
    draw: random.Random
    older: Path

    def mishaps(self) -> list[Callable[[], None]]:
        return [
            *(self.commit_fails, self.call_fails, self.killed),
            *(self.pool_is_forgotten, self.blocks_are_reorganised, self.chain_is_restarted),
            *(self.fees_rise, self.money_runs_out, self.writer_is_rotated, self.time_passes),
        ]

    def commit_fails(self) -> None:
        plan = CrashPlan(self.draw.randrange(7), self.draw.choice(FAULTS))
        engine = self._engine()
        crashing = replace(
            self.anchored.anchors, unit_of_work=lambda: CrashingUnitOfWork(engine, self.anchored.clock, plan)
        )
        with suppress(Crash):
            crashing.step(self.anchored.clock.now())

    def call_fails(self) -> None:
        method, applied = self.draw.choice(EXTERNAL_STEPS), self.draw.random() < 0.5
        faults = ["fault"]

        def connect(settings: ChainSettings) -> Chain:
            return cast("Chain", FaultyChain(EVMChain(settings), method, applied, faults))

        replace(self.anchored.anchors, connect=connect).step(self.anchored.clock.now())

    def killed(self) -> None:
        victim = Victim(self.anchored, SecretBox(MASTER_KEY))
        victim.step(self.draw.randrange(4), self.draw.choice(FAULTS))

    def pool_is_forgotten(self) -> None:
        self._rpc("anvil_dropAllTransactions")

    def blocks_are_reorganised(self) -> None:
        height = int(self._rpc("eth_blockNumber"), 16)
        self._rpc("anvil_reorg", min(self.draw.randint(1, 4), height), [])

    def chain_is_restarted(self) -> None:
        """From the state it had at the beginning, or after a while from where it was."""
        chain = self.anchored.chain
        chain.stop()
        if self.draw.random() < 0.7:
            shutil.copy(self.older, chain._state)
        self.anchored.step()
        chain.start()

    def fees_rise(self) -> None:
        base = int(self._rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
        self._rpc("anvil_setNextBlockBaseFeePerGas", hex(base * 3 + 10**9))
        self.anchored.clock.advance(timedelta(minutes=3))
        self.anchored.step()

    def money_runs_out(self) -> None:
        """An account that isn't a development chain's own, so that nobody fills it up."""
        strict = replace(self.anchored.anchors, chains=[replace(self.anchored.anchors.chains[0], development=False)])
        writer = self.anchored.anchors.status()[0].writer
        self._rpc("anvil_setBalance", writer, hex(self.draw.choice([0, 10**12])))
        strict.step(self.anchored.clock.now())

    def writer_is_rotated(self) -> None:
        self.anchored.anchors.rotate_writer(CHAIN_ID, requested_by={"round": "random"})

    def time_passes(self) -> None:
        pass_time(self.anchored.chain, self.draw.choice([60, TWO_DAYS]))

    def _rpc(self, method: str, *parameters: object) -> str:
        return cast("str", json_rpc(self.anchored.chain.url, method, *parameters))

    def _engine(self) -> object:
        with self.anchored.anchors.unit_of_work() as uow:
            return cast("UnitOfWork", uow)._engine


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_each_size_ends_final_once(anchored: AnchoredLedger, tmp_path: Path, seed: int) -> None:
    anchored.settle(anchored.grow())
    anchored.chain.stop()
    rounds = Rounds(anchored, random.Random(seed), Path(shutil.copy(anchored.chain._state, tmp_path / "older.json")))
    anchored.chain.start()
    drawn: list[str] = []
    for number in range(ROUNDS):
        size = anchored.grow(rounds.draw.randint(1, 3))
        for _ in range(rounds.draw.randint(1, 2)):
            anchored.step()
            mishap = rounds.draw.choice(rounds.mishaps())
            drawn.append(mishap.__name__)
            mishap()
            mine(anchored.chain, rounds.draw.randint(0, 3))
        if number % 5 == 4:
            anchored.settle(size)
            anchored.check_all_final()
            anchored.check_each_size_is_there_once()
    assert len(set(drawn)) >= len(rounds.mishaps()) - 1, "nearly everything went wrong at least once"
