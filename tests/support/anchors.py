"""A log that grows, and anchoring it on a development chain without waiting for the chain's clock."""

import os
import signal
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from accounts.policy import Actor
from app.embedded import CHAIN_ID, EmbeddedChain
from core.clock import Clock
from core.database import create_database_engine
from core.objects import Objects
from core.rpc import json_rpc
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from ledger.anchors import evidence_anchor as abi
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.models import Anchor, AnchorTransaction
from ledger.anchors.policy import AnchorState, ChainSettings
from ledger.anchors.sending import ChainSender
from ledger.anchors.service import AnchorService
from ledger.service import LedgerService
from ledger.verifier.receipts import ANCHORED_TOPIC
from tests.support.clock import FixedClock
from tests.support.ledger import record_many

ORIGIN = "dingyue.test/log"
MASTER_KEY = b"a master key that only tests use"
CADENCE = timedelta(minutes=10)


def chain_settings(chain: EmbeddedChain) -> ChainSettings:
    return ChainSettings(chain_id=CHAIN_ID, name="development", url=chain.url, development=True, cadence=CADENCE)


def mine(chain: EmbeddedChain, blocks: int = 1) -> None:
    json_rpc(chain.url, "anvil_mine", hex(blocks))


def pass_time(chain: EmbeddedChain, seconds: int) -> None:
    """The chain's clock, which stands still between blocks as far as contracts can see."""
    json_rpc(chain.url, "evm_increaseTime", seconds)
    mine(chain)


@dataclass(frozen=True)
class AnchoredLedger:
    """A ledger and its anchoring on one chain."""

    ledger: LedgerService
    anchors: AnchorService
    chain: EmbeddedChain
    clock: FixedClock
    actor: Actor

    def grow(self, entries: int = 1) -> int:
        """Logs new entries, lets the cadence pass, and returns the log's size."""
        record_many(self.ledger.unit_of_work, self.actor, entries)
        size = self.ledger.sequence_pending()
        assert size is not None
        self.clock.advance(CADENCE)
        return size

    def step(self) -> None:
        self.anchors.step(self.clock.now())

    def prepare(self) -> None:
        """Step 5 alone: the next transaction is signed and stored, and not sent."""
        self.sender().prepare(self.clock.now())

    def sender(self) -> ChainSender:
        anchoring = self.anchors._anchoring(self.anchors.chains[0])
        return anchoring.sender(anchoring.office())

    def settle(self, size: int) -> None:
        """Steps and mines until the anchor of `size` is final: deploy, register, anchor, three blocks each."""
        for _ in range(12):
            self.step()
            if self.finalized(size):
                return
            mine(self.chain, 3)
        raise AssertionError(f"no final anchor of size {size}: {self.anchors.status()}")

    def finalized(self, size: int) -> bool:
        anchor = self.anchors.finalized_covering(size)
        return anchor is not None and anchor.size == size

    def all_anchors(self) -> list[Anchor]:
        """Smallest first."""
        with self.anchors.unit_of_work() as uow:
            return list(uow.session.scalars(select(Anchor).order_by(Anchor.size)))

    def all_transactions(self) -> list[AnchorTransaction]:
        """In the order of nonces, then attempts."""
        with self.anchors.unit_of_work() as uow:
            rows = select(AnchorTransaction).order_by(AnchorTransaction.nonce, AnchorTransaction.attempt)
            return list(uow.session.scalars(rows))

    def check_all_final(self) -> None:
        """Every anchor is final in a block that the chain has, and the contract ends at the newest."""
        chain = EVMChain(self.anchors.chains[0])
        anchors = self.all_anchors()
        for anchor in anchors:
            assert anchor.state == AnchorState.FINALIZED
            assert anchor.block_number is not None
            block = chain.block(anchor.block_number)
            assert block is not None
            assert block.hash == anchor.block_hash
        newest = anchors[-1]
        answer = chain.call(newest.contract, abi.latest_call(newest.log_id))
        assert abi.decode_latest(answer) == (newest.size, newest.root)

    def check_each_size_is_there_once(self) -> None:
        """The contract announced each anchored size once, in order, and nothing else."""
        anchors = self.all_anchors()
        contract, topics = anchors[-1].contract, ["0x" + ANCHORED_TOPIC.hex(), "0x" + anchors[-1].log_id.hex()]
        query = {"address": contract, "topics": topics, "fromBlock": "0x0", "toBlock": "latest"}
        announced = [int(found["topics"][2], 16) for found in json_rpc(self.chain.url, "eth_getLogs", query)]
        assert announced == [anchor.size for anchor in anchors]


class KillingChain(EVMChain):
    """A chain whose `send_raw` is the last thing the process does: before or after the node has taken it."""

    sends_first = False

    def send_raw(self, raw: bytes) -> None:
        if self.sends_first:
            super().send_raw(raw)
        os.kill(os.getpid(), signal.SIGKILL)


class SendingKillingChain(KillingChain):
    sends_first = True


def anchor_and_be_killed(
    *, url: str, objects_url: str, clock: Clock, master_key: bytes, settings: ChainSettings, connect: type[KillingChain]
) -> None:
    """One pass in a process of its own, which kills itself (SIGKILL) when it sends."""
    engine = create_database_engine(url)
    secrets = SecretBox(master_key)
    ledger = LedgerService(lambda: UnitOfWork(engine, clock), Objects.at(objects_url), secrets, ORIGIN)
    AnchorService(ledger.unit_of_work, [settings], secrets, ledger, connect).step(clock.now())
