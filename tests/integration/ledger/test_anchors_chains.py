"""Other chains than the embedded one, alone and several at once: without EIP-1559, without money, with finality by
depth; which of their anchors evidence takes; and the keys that write on them."""

import hashlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from core.rpc import json_rpc
from core.secrets import SecretBox, UnreadableSecret
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.adapters.evm import EVMChain
from ledger.anchors.policy import AnchorState, ChainSettings, Fees
from ledger.anchors.ports import Chain
from ledger.anchors.service import AnchorService
from ledger.anchors.wallet import ensure_keyring
from ledger.errors import TimestampUnavailable
from ledger.policy import timestamp_instant
from ledger.service import LedgerService
from tests.support.anchors import AnchoredLedger, chain_settings, mine
from tests.support.clock import FixedClock
from tests.support.evidence import raw_token
from tests.support.ledger import record_many


class DearChain(EVMChain):
    """A chain that asks `factor` times as much."""

    factor = 1

    def fees(self) -> Fees:
        asked = super().fees()
        return Fees(asked.maximum * self.factor, asked.priority)


class NonsenseChain(EVMChain):
    """What stands at the address is no Ethereum node: it answers every call with `"what?"`."""

    def _ask(self, method: str, *parameters: Any) -> Any:
        return "what?"


@dataclass
class CountingAuthority:
    """A real authority that may be down."""

    name: str
    is_down: bool = False
    calls: int = 0

    def timestamp(self, digest: bytes) -> bytes:
        self.calls += 1
        if self.is_down:
            raise TimestampUnavailable
        return raw_token(digest)


@pytest.fixture
def legacy_chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    """A chain of before London: blocks have no base fee."""
    chain = EmbeddedChain(tmp_path / "legacy", block_seconds=3600)
    chain._child.command = [*chain._child.command, "--hardfork", "berlin"]
    chain.start()
    yield chain
    chain.stop()


@pytest.fixture
def quiet_chain(tmp_path: Path) -> Iterator[EmbeddedChain]:
    """A chain that makes a block when a test says so, and practically never by itself."""
    chain = EmbeddedChain(tmp_path / "quiet", block_seconds=3600)
    chain.start()
    yield chain
    chain.stop()


def test_a_chain_without_eip_1559_is_anchored_on(
    ledger: LedgerService, actor: Actor, legacy_chain: EmbeddedChain, clock: FixedClock
) -> None:
    service = AnchorService(ledger.unit_of_work, [chain_settings(legacy_chain)], ledger.secrets, ledger)
    anchored = AnchoredLedger(ledger, service, legacy_chain, clock, actor)
    anchored.settle(anchored.grow())
    anchored.settle(anchored.grow())
    assert {row.priority_fee for row in anchored.all_transactions()} == {None}
    anchored.check_all_final()


def test_a_legacy_transaction_that_waits_gets_a_dearer_one_at_its_nonce(
    ledger: LedgerService, actor: Actor, legacy_chain: EmbeddedChain, clock: FixedClock
) -> None:
    """Blocks have no room while the gas price is raised; the successor offers an eighth more, or what is asked."""
    settings = chain_settings(legacy_chain)
    service = AnchorService(ledger.unit_of_work, [settings], ledger.secrets, ledger, DearChain)
    anchored = AnchoredLedger(ledger, service, legacy_chain, clock, actor)
    anchored.settle(anchored.grow())
    url, size = legacy_chain.url, anchored.grow()
    gas_limit = json_rpc(url, "eth_getBlockByNumber", "latest", False)["gasLimit"]
    anchored.step()
    json_rpc(url, "evm_setBlockGasLimit", hex(30_000))
    mine(legacy_chain)
    for factor in (2, 3):
        DearChain.factor = factor
        clock.advance(settings.bump_after)
        anchored.step()
    DearChain.factor = 1
    attempts = [row for row in anchored.all_transactions() if row.nonce == 3]
    assert [row.attempt for row in attempts] == [0, 1, 2]
    assert {row.priority_fee for row in attempts} == {None}
    assert all(8 * after.max_fee >= 9 * before.max_fee for before, after in itertools.pairwise(attempts))
    json_rpc(url, "evm_setBlockGasLimit", gas_limit)
    anchored.settle(size)
    assert anchored.all_anchors()[-1].tx_hash == attempts[-1].tx_hash
    anchored.check_all_final()


@pytest.mark.parametrize("hardfork", ["berlin", "cancun"])
def test_a_chain_where_gas_is_free_needs_no_money(
    ledger: LedgerService, actor: Actor, tmp_path: Path, clock: FixedClock, hardfork: str
) -> None:
    """A consortium chain with a minimum gas price of 0: the account is empty and stays so, and no alarm is raised."""
    chain = EmbeddedChain(tmp_path / "free", block_seconds=3600)
    free = ["--hardfork", hardfork, "--gas-price", "0", "--base-fee", "0", "--disable-min-priority-fee"]
    chain._child.command = [*chain._child.command, *free]
    chain.start()
    try:
        settings = replace(chain_settings(chain), development=False, maximum_fee=0)
        service = AnchorService(ledger.unit_of_work, [settings], ledger.secrets, ledger)
        anchored = AnchoredLedger(ledger, service, chain, clock, actor)
        for _ in range(2):
            anchored.settle(anchored.grow())
        anchored.check_all_final()
        (status,) = service.status()
        assert status.error_code is None
        assert {(row.max_fee, row.priority_fee or 0) for row in anchored.all_transactions()} == {(0, 0)}
        assert EVMChain(settings).balance(str(status.writer)) == 0
    finally:
        chain.stop()


def test_finality_by_depth_waits_for_the_blocks_on_top(
    ledger: LedgerService, actor: Actor, quiet_chain: EmbeddedChain, clock: FixedClock
) -> None:
    settings = replace(chain_settings(quiet_chain), finality=5)
    service = AnchorService(ledger.unit_of_work, [settings], ledger.secrets, ledger)
    anchored = AnchoredLedger(ledger, service, quiet_chain, clock, actor)
    anchored.settle(anchored.grow())
    size = anchored.grow()
    anchored.step()
    mine(anchored.chain, 5)
    anchored.step()
    assert anchored.all_anchors()[-1].state == AnchorState.MINED
    mine(anchored.chain)
    anchored.step()
    assert anchored.finalized(size)
    assert anchored.all_anchors()[-1].finality == "depth 5"


def test_two_chains_are_anchored_on_each_by_itself(
    ledger: LedgerService, actor: Actor, quiet_chain: EmbeddedChain, clock: FixedClock
) -> None:
    """One of them is down: the other goes on, and only the first one's trouble is noted."""
    down = replace(chain_settings(quiet_chain), chain_id=4242, name="down", url="http://127.0.0.1:9")
    chains = [down, chain_settings(quiet_chain)]
    service = AnchorService(ledger.unit_of_work, chains, ledger.secrets, ledger)
    anchored = AnchoredLedger(ledger, service, quiet_chain, clock, actor)
    anchored.settle(anchored.grow())
    assert [status.error_code for status in service.status()] == ["chain_unavailable", None]


def test_several_chains_each_get_every_size_and_evidence_takes_the_best(
    ledger: LedgerService, actor: Actor, quiet_chain: EmbeddedChain, legacy_chain: EmbeddedChain, clock: FixedClock
) -> None:
    """A development chain that is quick, and one that is evidence and slow, of another kind, with its own writer."""
    development = chain_settings(quiet_chain)
    real = replace(
        chain_settings(legacy_chain), chain_id=4242, name="real", development=False, finality=2, has_own_writer=True
    )
    json_rpc(legacy_chain.url, "anvil_setChainId", 4242)
    service = AnchorService(ledger.unit_of_work, [development, real], ledger.secrets, ledger)
    both = AnchoredLedger(ledger, service, quiet_chain, clock, actor)
    own = ensure_keyring(ledger.unit_of_work, ledger.secrets, 4242, has_own_writer=True).newest.address
    json_rpc(legacy_chain.url, "anvil_setBalance", own, hex(10**18))

    first = both.grow()
    both.settle(first)
    covering = service.finalized_covering(first)
    assert covering is not None
    assert covering.chain_id == development.chain_id, "better than nothing"
    for _ in range(8):
        mine(legacy_chain, 3)
        service.step(clock.now())
    covering = service.finalized_covering(first)
    assert covering is not None
    assert (covering.chain_id, covering.finality) == (4242, "depth 2")
    assert service.finalized_covering(first + 1) is None
    assert [(status.finalized_size, status.error_code) for status in service.status()] == [(first, None)] * 2

    trusted = service.trusted_chains()
    assert [chain["chain_id"] for chain in trusted] == [development.chain_id, 4242]
    assert trusted[1]["writers"] == [own]
    assert own not in trusted[0]["writers"]
    alone = replace(service, chains=[development])
    covering = alone.finalized_covering(first)
    assert covering is not None
    assert covering.chain_id == development.chain_id, "only chains of the settings are told of in the trust file"


def test_a_node_that_talks_nonsense_holds_up_only_its_own_chain(
    ledger: LedgerService, actor: Actor, quiet_chain: EmbeddedChain, clock: FixedClock
) -> None:
    strange = replace(chain_settings(quiet_chain), chain_id=4242, name="strange")

    def connect(settings: ChainSettings) -> Chain:
        return NonsenseChain(settings) if settings.chain_id == 4242 else EVMChain(settings)

    chains = [strange, chain_settings(quiet_chain)]
    service = AnchorService(ledger.unit_of_work, chains, ledger.secrets, ledger, connect)
    anchored = AnchoredLedger(ledger, service, quiet_chain, clock, actor)
    anchored.settle(anchored.grow())
    assert [status.error_code for status in service.status()] == ["chain_node_unintelligible", None]


def test_every_authority_stamps_every_checkpoint(ledger: LedgerService, actor: Actor) -> None:
    """One of three is down: the others' tokens are kept, and it is asked again, alone, the next time."""
    authorities = [CountingAuthority(name) for name in ("first", "second", "third")]
    stamped = replace(ledger, timestamp_authorities=tuple(authorities))
    record_many(ledger.unit_of_work, actor, 1)
    size = stamped.sequence_pending() or 0
    authorities[1].is_down = True
    with pytest.raises(TimestampUnavailable):
        stamped.ensure_timestamp(size)
    assert sorted(stamp.authority for stamp in stamped.timestamps(size)) == ["first", "third"]
    authorities[1].is_down = False
    stamps = stamped.ensure_timestamp(size)
    assert sorted(stamp.authority for stamp in stamps) == ["first", "second", "third"]
    assert [authority.calls for authority in authorities] == [1, 2, 1]
    digest = hashlib.sha256(stamped.published_checkpoint(size).note).digest()
    assert all(timestamp_instant(stamp.token, digest) == stamp.stamped_at for stamp in stamps)


def test_the_writer_is_made_once_and_kept_sealed(unit_of_work: UnitOfWorkFactory, secrets: SecretBox) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(ensure_keyring, unit_of_work, secrets, chain_id) for chain_id in (1, 1, 2, 2)]
        addresses = {one.result().newest.address for one in made}
    assert len(addresses) == 1, "chains share it"
    with unit_of_work() as uow:
        assert {row.address for row in repository.writers(uow.session, 1)} == addresses
    with pytest.raises(UnreadableSecret):
        ensure_keyring(unit_of_work, SecretBox(b"another master key"), 1)


def test_a_chain_may_have_a_writer_of_its_own(unit_of_work: UnitOfWorkFactory, secrets: SecretBox) -> None:
    shared = ensure_keyring(unit_of_work, secrets, 1)
    with ThreadPoolExecutor(4) as pool:
        made = [pool.submit(ensure_keyring, unit_of_work, secrets, 2, has_own_writer=True) for _ in range(4)]
        (own,) = {one.result().newest.address for one in made}
    assert own != shared.newest.address
    assert [writer.address for writer in ensure_keyring(unit_of_work, secrets, 2).writers][-1] == own
    assert ensure_keyring(unit_of_work, secrets, 1).newest.address == shared.newest.address


def test_a_writer_does_not_print_its_key(unit_of_work: UnitOfWorkFactory, secrets: SecretBox) -> None:
    keyring = ensure_keyring(unit_of_work, secrets, 1)
    key = keyring.newest._account.key.hex().removeprefix("0x")
    assert key not in repr(keyring)
