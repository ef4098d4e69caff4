"""The monitor against a real chain: anchors that are the log's, and everything that can be wrong with one."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from accounts.policy import Actor
from app.embedded import CHAIN_ID, EmbeddedChain
from core.rpc import json_rpc
from ledger.anchors import evidence_anchor as abi
from ledger.anchors.service import AnchorService
from ledger.contracts import evidence_anchor
from ledger.merkle import consistency_proof, nodes_of
from ledger.monitor.alarms import AlarmCode
from ledger.monitor.evm_node import AnchorEvent, RPCNode, TooManyLogs
from ledger.monitor.misbehaviour import read_misbehaviour, verify_misbehaviour
from ledger.monitor.report import ExitCode, Report
from ledger.monitor.state import open_state
from ledger.monitor.watching import Monitor, WatchedChain
from ledger.package.trust import RootCertificates, WitnessPolicy, trust_document
from ledger.service import LedgerService
from ledger.verifier.trust import Trust, TrustedChain, parse_trust
from tests.support.anchors import AnchoredLedger, chain_settings
from tests.support.clock import FixedClock
from tests.support.evm import DeployedContract
from tests.support.paper_log import ORIGIN, PaperLog, ServedLog, served_log

LOG_ID = abi.log_id(ORIGIN)


@dataclass
class Watched:
    """A log on paper, its contract, and a monitor that is started anew for each look."""

    served: ServedLog
    log: PaperLog
    contract: DeployedContract
    clock: FixedClock
    folder: Path
    trusted: TrustedChain
    first_block: int = 0
    anchored: int = 0
    overdue_after: timedelta | None = None

    def anchor(self, size: int, log: PaperLog | None = None, *, sender: int = 0, note: bytes | None = None) -> None:
        """Anchors the first `size` entries, with the proof the contract wants, and lets it become final."""
        of = log or self.log
        proof = consistency_proof(self.anchored, size, nodes_of(of.leaves)) if self.anchored else []
        note_hash = hashlib.sha256(note or of.note(size)).digest()
        self.contract.send(abi.anchor_call(LOG_ID, size, of.root(size), note_hash, proof), sender=sender)
        self.anchored = size
        self.mine()

    def mine(self) -> None:
        json_rpc(self.contract.url, "anvil_mine", "0x4")

    def look(self, node: type[RPCNode] = RPCNode, url: str | None = None) -> Report:
        self.clock.advance(timedelta(minutes=1))
        trust = Trust(ORIGIN, (self.log.vkey,), 0, (), (self.trusted,), (), ())
        with open_state(self.folder) as folder:
            chains = [WatchedChain(self.trusted, node(url or self.contract.url), self.first_block)]
            monitor = Monitor(self.served.reader(), trust, folder, chains, self.overdue_after)
            return monitor.watch_once(self.clock.now())


def trusted(contract: DeployedContract, *writers: str) -> TrustedChain:
    return TrustedChain(
        chain_id=CHAIN_ID,
        name="test",
        is_development=True,
        contract=bytes.fromhex(contract.address[2:]),
        code_hash=evidence_anchor().code_hash,
        log_id=LOG_ID,
        writers=tuple(bytes.fromhex(writer[2:]) for writer in writers),
    )


@pytest.fixture
def watch(clock: FixedClock, tmp_path: Path) -> Iterator[Callable[[EmbeddedChain], Watched]]:
    """Registers a log of 300 entries with a contract of its own."""
    with served_log(PaperLog.of(300)) as served:

        def begin(chain: EmbeddedChain) -> Watched:
            contract = DeployedContract(chain.url)
            contract.send(abi.register_call(LOG_ID))
            writer = contract.accounts[0]
            return Watched(served, served.source, contract, clock, tmp_path / "state", trusted(contract, writer))

        yield begin


@pytest.fixture
def watched(watch: Callable[[EmbeddedChain], Watched], chain: EmbeddedChain) -> Watched:
    return watch(chain)


def codes(report: Report) -> list[AlarmCode]:
    return [alarm.code for alarm in report.alarms]


def test_the_platforms_own_log_and_anchors_agree(
    ledger: LedgerService, actor: Actor, chain: EmbeddedChain, clock: FixedClock, tmp_path: Path
) -> None:
    """The real sequencer, anchored by the real service, read with the trust file that it publishes."""
    anchors = AnchorService(ledger.unit_of_work, [chain_settings(chain)], ledger.secrets, ledger)
    anchored = AnchoredLedger(ledger, anchors, chain, clock, actor)
    with served_log(ledger) as served, open_state(tmp_path / "state") as folder:
        for entries in (3, 300, 1):
            size = anchored.grow(entries)
            anchored.settle(size)
            document = trust_document(
                origin=ledger.origin,
                vkeys=ledger.vkeys(),
                chains=anchors.trusted_chains(),
                roots=RootCertificates((), ()),
                witnesses=WitnessPolicy(),
            )
            trust = parse_trust(document)
            chains = [WatchedChain(trust.chains[0], RPCNode(chain.url))]
            report = Monitor(served.reader(), trust, folder, chains).watch_once(clock.now())
            assert (report.exit_code, report.alarms, report.unknown) == (ExitCode.AGREES, (), ())
            assert report.log.verified_size == size
            assert (report.chains[0].anchored_size, report.chains[0].confirmed_size) == (size, size)
            assert report.chains[0].unanchored == 0


def test_anchors_at_sizes_nobody_saw_are_the_logs(watched: Watched) -> None:
    for size in (1, 17, 256, 300):
        watched.anchor(size)
    report = watched.look()
    assert (report.exit_code, report.chains[0].confirmed_size) == (ExitCode.AGREES, 300)
    watched.log.grow(5)
    report = watched.look()
    assert (report.exit_code, report.chains[0].unanchored) == (ExitCode.AGREES, 5)
    told = report.to_json()["chains"][0]
    assert (told["anchored_size"], told["development"]) == (300, True)
    assert told["anchored_at"].endswith("Z")


def test_an_anchored_root_that_isnt_the_logs_is_proven(watched: Watched) -> None:
    forged = watched.log.forged(17)
    watched.anchor(200, forged)
    report = watched.look()
    assert codes(report) == [AlarmCode.ANCHOR_CONTRADICTS_LOG]
    shown = read_misbehaviour((watched.folder / str(report.alarms[0].proof) / "proof.json").read_bytes())
    verify_misbehaviour(shown, [watched.log.vkey])
    assert shown.anchor is not None
    assert (shown.anchor["size"], shown.anchor["root"]) == (200, forged.root(200).hex())
    assert shown.older_root_in_newer == watched.log.root(200)
    with pytest.raises(ValueError, match="agree"):
        verify_misbehaviour(
            replace(shown, anchor={**shown.anchor, "root": watched.log.root(200).hex()}), [watched.log.vkey]
        )
    assert codes(watched.look()) == [AlarmCode.ANCHOR_CONTRADICTS_LOG]


def test_an_anchor_of_another_note_of_the_same_tree(watched: Watched) -> None:
    watched.look()
    watched.anchor(300, note=b"something else was signed")
    report = watched.look()
    assert codes(report) == [AlarmCode.ANCHOR_OF_ANOTHER_NOTE]
    assert (watched.folder / str(report.alarms[0].proof) / "checkpoint-1.note").read_bytes() == watched.log.note(300)


def test_a_writer_nobody_trusts(watched: Watched) -> None:
    watched.anchor(5)
    stranger = watched.contract.accounts[5]
    watched.trusted = trusted(watched.contract, stranger)
    report = watched.look()
    assert sorted(codes(report)) == [AlarmCode.FOREIGN_WRITER, AlarmCode.WRITER_REPLACED]
    assert watched.contract.accounts[0] in report.alarms[0].to_json()["en"]
    watched.trusted = trusted(watched.contract, watched.contract.accounts[0])
    assert codes(watched.look()) == [AlarmCode.FOREIGN_WRITER]  # The anchor is there for good.


def test_a_successor_nobody_trusts_is_seen_before_it_can_anchor(watched: Watched) -> None:
    watched.anchor(5)
    successor = watched.contract.accounts[7]
    watched.contract.send(abi.rotate_writer_call(LOG_ID, successor))
    report = watched.look()
    assert codes(report) == [AlarmCode.SUCCESSOR_ANNOUNCED]
    assert successor in report.alarms[0].to_json()["zh"]
    watched.trusted = trusted(watched.contract, watched.contract.accounts[0], successor)
    assert watched.look().exit_code == ExitCode.AGREES


def test_a_contract_whose_code_was_swapped(
    watch: Callable[[EmbeddedChain], Watched], fresh_chain: Callable[[], EmbeddedChain]
) -> None:
    watched = watch(fresh_chain())
    watched.anchor(5)
    url, address = watched.contract.url, watched.contract.address
    code = json_rpc(url, "eth_getCode", address, "latest")
    assert watched.look().exit_code == ExitCode.AGREES
    json_rpc(url, "anvil_setCode", address, "0x60006000fd")
    assert codes(watched.look()) == [AlarmCode.CONTRACT_REPLACED]
    json_rpc(url, "anvil_setCode", address, "0x")
    assert codes(watched.look()) == [AlarmCode.CONTRACT_REPLACED]
    json_rpc(url, "anvil_setCode", address, code)
    assert watched.look().exit_code == ExitCode.AGREES


def test_more_is_anchored_than_the_log_shows(watched: Watched) -> None:
    longer = PaperLog.of(310)
    watched.anchor(310, longer)
    report = watched.look()
    assert codes(report) == [AlarmCode.ANCHOR_AHEAD]
    assert (report.chains[0].anchored_size, report.chains[0].confirmed_size) == (310, 0)
    watched.served.source = longer
    report = watched.look()
    assert (report.exit_code, report.chains[0].confirmed_size) == (ExitCode.AGREES, 310)


class HidingNode(RPCNode):
    """Keeps the anchor of size 17 to itself."""

    def anchors(self, contract: bytes, log_id: bytes, first: int, last: int) -> list[AnchorEvent]:
        return [each for each in super().anchors(contract, log_id, first, last) if each.event.size != 17]


class ModestNode(RPCNode):
    """Looks through at most three blocks at once, as public nodes limit it."""

    def anchors(self, contract: bytes, log_id: bytes, first: int, last: int) -> list[AnchorEvent]:
        if last - first >= 3:
            raise TooManyLogs
        return super().anchors(contract, log_id, first, last)


def test_a_node_that_hides_an_anchor_is_caught(watched: Watched) -> None:
    for size in (5, 17, 30):
        watched.anchor(size)
    assert codes(watched.look(HidingNode)) == [AlarmCode.ANCHOR_MISSING]


def test_blocks_are_read_in_as_small_stretches_as_the_node_wants(watched: Watched) -> None:
    watched.first_block = int(json_rpc(watched.contract.url, "eth_blockNumber"), 16) - 2
    for size in (5, 17, 30):
        watched.anchor(size)
    report = watched.look(ModestNode)
    assert (report.exit_code, report.chains[0].confirmed_size) == (ExitCode.AGREES, 30)


def test_whoever_begins_late_misses_nothing_after_that(watched: Watched) -> None:
    watched.anchor(5)
    watched.first_block = int(json_rpc(watched.contract.url, "eth_blockNumber"), 16)
    watched.anchor(17)
    watched.anchor(30)
    assert watched.look().exit_code == ExitCode.AGREES


def test_a_final_block_that_is_another_one_now(
    watch: Callable[[EmbeddedChain], Watched], fresh_chain: Callable[[], EmbeddedChain]
) -> None:
    watched = watch(fresh_chain())
    url = watched.contract.url
    before = json_rpc(url, "evm_snapshot")
    watched.anchor(5)
    json_rpc(url, "anvil_mine", "0x80")  # So that the chain, which mines by itself, isn't soon back where it was.
    assert watched.look().exit_code == ExitCode.AGREES
    read_to = watched.look().chains[0].read_to_block
    json_rpc(url, "evm_revert", before)
    report = watched.look()
    assert (report.exit_code, report.alarms) == (ExitCode.UNKNOWN, ())  # The node is merely behind, for all we know.
    json_rpc(url, "evm_increaseTime", 1000)  # The same blocks again would have the same hashes.
    while int(json_rpc(url, "eth_blockNumber"), 16) < read_to + 4:
        json_rpc(url, "anvil_mine", "0x8")
    assert codes(watched.look()) == [AlarmCode.BLOCKS_REWRITTEN]


def test_a_node_that_is_down_or_of_another_chain_is_unknown(watched: Watched) -> None:
    watched.anchor(5)
    report = watched.look(url="http://127.0.0.1:1")
    assert (report.exit_code, report.alarms) == (ExitCode.UNKNOWN, ())
    watched.trusted = replace(watched.trusted, chain_id=CHAIN_ID + 1)
    report = watched.look()
    assert (report.exit_code, report.alarms) == (ExitCode.UNKNOWN, ())
    assert "another chain" in report.unknown[0].en


def test_anchors_wait_for_a_log_that_is_down(watched: Watched) -> None:
    watched.anchor(5)
    watched.served.source = None
    report = watched.look()
    assert (report.exit_code, report.alarms) == (ExitCode.UNKNOWN, ())
    assert (report.chains[0].anchored_size, report.chains[0].confirmed_size) == (5, 0)
    watched.served.source = watched.log
    report = watched.look()
    assert (report.exit_code, report.chains[0].confirmed_size) == (ExitCode.AGREES, 5)


def test_entries_that_wait_too_long_for_an_anchor(watched: Watched) -> None:
    watched.overdue_after = timedelta(minutes=2)
    watched.anchor(300)
    assert watched.look().exit_code == ExitCode.AGREES
    watched.log.grow(1)
    assert [watched.look().exit_code for _ in range(3)] == [ExitCode.AGREES] * 3
    assert codes(watched.look()) == [AlarmCode.ANCHOR_OVERDUE]
    watched.anchor(301)
    assert watched.look().exit_code == ExitCode.AGREES
