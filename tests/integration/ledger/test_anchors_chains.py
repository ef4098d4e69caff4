"""Other chains than the embedded one: without EIP-1559, and with finality by depth; and the key that writes on all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from core.secrets import SecretBox, UnreadableSecret
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors import repository
from ledger.anchors.policy import AnchorState
from ledger.anchors.service import AnchorService
from ledger.anchors.wallet import ensure_keyring
from ledger.service import LedgerService
from tests.support.anchors import AnchoredLedger, chain_settings, mine
from tests.support.clock import FixedClock


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
