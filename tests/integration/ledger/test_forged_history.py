"""One log, rewritten by whoever holds its key: the witness, the contract and the monitor each refuse the same history.

The forger has all the operator has: the log's signing key, the account that anchors, and proofs that are right for the
forged tree. What they don't have is what the three have seen before.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from app.embedded import EmbeddedChain
from ledger.anchors import evidence_anchor as abi
from ledger.cosigning import AskedWitness, OtherSize
from ledger.merkle import consistency_proof, nodes_of
from ledger.monitor.alarms import AlarmCode
from ledger.monitor.misbehaviour import read_misbehaviour, verify_misbehaviour
from ledger.monitor.report import ExitCode, Report
from ledger.monitor.state import open_state
from ledger.monitor.watching import Monitor
from ledger.note import cosignature_times, parse_note
from ledger.ports import WitnessUnavailable
from ledger.verifier.trust import Trust
from ledger.witness import configuration
from ledger.witness.memory import Kept, Memory, kept
from ledger.witness.request import AddCheckpoint
from ledger.witness.witness import Witness
from tests.support.clock import FixedClock
from tests.support.evm import DeployedContract, Reverted
from tests.support.paper_log import ORIGIN, PaperLog, ServedLog, served_log
from tests.support.witnesses import TestWitness, over_http

LOG_ID = abi.log_id(ORIGIN)
SEEN = 300
"""Entries that all three have seen."""


@dataclass
class Watchers:
    """A witness behind HTTP, a contract on a chain, and a monitor that is started anew for each look."""

    witness: AskedWitness
    witness_folder: Path
    contract: DeployedContract
    served: ServedLog
    clock: FixedClock
    monitor_folder: Path

    def submit(self, log: PaperLog, old: int, size: int) -> str:
        """To the witness, with the proof as this history has it."""
        return self.witness.ask(AddCheckpoint(old, _extension(log, old, size), log.note(size)).to_bytes())

    def anchor(self, log: PaperLog, old: int, size: int) -> bytes:
        return abi.anchor_call(
            LOG_ID, size, log.root(size), hashlib.sha256(log.note(size)).digest(), list(_extension(log, old, size))
        )

    def look(self, log: PaperLog) -> Report:
        self.served.source = log
        self.clock.advance(timedelta(minutes=1))
        with open_state(self.monitor_folder) as folder:
            trust = Trust(ORIGIN, (log.vkey,), 0, (), (), (), ())
            return Monitor(self.served.reader(), trust, folder).watch_once(self.clock.now())


def _extension(log: PaperLog, old: int, size: int) -> tuple[bytes, ...]:
    return tuple(consistency_proof(old, size, nodes_of(log.leaves[:size]))) if 0 < old <= size else ()


@pytest.fixture
def honest() -> PaperLog:
    return PaperLog.of(SEEN)


@pytest.fixture
def watchers(honest: PaperLog, chain: EmbeddedChain, clock: FixedClock, tmp_path: Path) -> Iterator[Watchers]:
    """All three have seen the honest log of `SEEN` entries."""
    folder = tmp_path / "witness"
    configuration.create(folder, "notary.test/witness")
    made = configuration.watch(folder, ORIGIN, [str(honest.vkey)])
    memory = Memory(folder)
    running = Witness(made.name, made.key, made.logs, memory, lambda: int(clock.now().timestamp()))
    contract = DeployedContract(chain.url)
    contract.send(abi.register_call(LOG_ID))
    in_process = TestWitness(running, folder, TestWitness.around(running, made.vkey))
    with over_http(in_process) as witness, served_log(honest) as served:
        watchers = Watchers(witness, folder, contract, served, clock, tmp_path / "monitor")
        watchers.submit(honest, 0, SEEN)
        contract.send(watchers.anchor(honest, 0, SEEN))
        assert watchers.look(honest).exit_code is ExitCode.AGREES
        yield watchers
    memory.close()


@pytest.mark.parametrize(("index", "size"), [(0, 301), (17, 512), (299, 301), (256, 1000)])
def test_a_rewritten_history_that_grew(watchers: Watchers, honest: PaperLog, index: int, size: int) -> None:
    """One entry never was what it was, and the log has grown since, with a proof that is right for the forged tree."""
    forged = honest.forged(index, size=size)

    with pytest.raises(WitnessUnavailable, match="422"):
        watchers.submit(forged, SEEN, size)
    with pytest.raises(Reverted, match="another old root"):
        watchers.contract.simulate(watchers.anchor(forged, SEEN, size))
    report = watchers.look(forged)

    assert report.exit_code is ExitCode.ALARM
    [alarm] = report.alarms
    assert alarm.code is AlarmCode.LOG_REWRITTEN
    proof = watchers.monitor_folder / str(alarm.proof) / "proof.json"
    verify_misbehaviour(read_misbehaviour(proof.read_bytes()), [honest.vkey])
    assert [file.read_bytes() for file in kept(watchers.witness_folder, ORIGIN, Kept.UNPROVEN)] == [forged.note(size)]
    _goes_on(watchers, honest)


def test_another_history_of_the_same_size(watchers: Watchers, honest: PaperLog) -> None:
    forged = honest.forged(17)

    with pytest.raises(OtherSize) as other:
        watchers.submit(forged, SEEN, SEEN)
    with pytest.raises(Reverted, match="size must grow"):
        watchers.contract.simulate(watchers.anchor(forged, SEEN, SEEN))
    report = watchers.look(forged)

    assert other.value.size == SEEN
    assert [alarm.code for alarm in report.alarms] == [AlarmCode.LOG_SPLIT_VIEW]
    shown = kept(watchers.witness_folder, ORIGIN, Kept.CONTRADICTION)
    assert [file.read_bytes() for file in shown] == [forged.note(SEEN)]
    _goes_on(watchers, honest)


@pytest.mark.parametrize("size", [0, 1, 256, 299])
def test_a_shorter_history(watchers: Watchers, honest: PaperLog, size: int) -> None:
    """What came last is to be forgotten. Whichever old size the forger states, the witness doesn't go back."""
    forged = PaperLog(honest.entries[:size], honest.key)

    for old in (0, size):
        with pytest.raises(OtherSize) as other:
            watchers.submit(forged, old, size)
        assert other.value.size == SEEN
    with pytest.raises(WitnessUnavailable, match="400"):
        watchers.submit(forged, SEEN, size)
    with pytest.raises(Reverted, match="size must grow"):
        watchers.contract.simulate(watchers.anchor(forged, 0, size))
    report = watchers.look(forged)

    assert [alarm.code for alarm in report.alarms] == [AlarmCode.LOG_SHRANK]
    _goes_on(watchers, honest)


def test_a_history_of_another_name_is_nobodys(watchers: Watchers, honest: PaperLog) -> None:
    """A second log by the same key, under a name that nobody watches, borrows nothing from the first."""
    forged = PaperLog(honest.entries, honest.key, origin="dingyue.test/other")

    with pytest.raises(WitnessUnavailable, match="404"):
        watchers.submit(forged, 0, SEEN)
    report = watchers.look(forged)

    assert [alarm.code for alarm in report.alarms] == [AlarmCode.CHECKPOINT_UNTRUSTED]


def _goes_on(watchers: Watchers, honest: PaperLog) -> None:
    """None of the three is led astray: the honest log, grown, is cosigned and anchored."""
    honest.grow(45)
    size = len(honest.entries)
    line = watchers.submit(honest, SEEN, size)
    key = watchers.witness.key
    assert list(cosignature_times(parse_note(honest.note(size) + line.encode()), [key])) == [key]
    watchers.contract.send(watchers.anchor(honest, SEEN, size))
    assert watchers.contract.latest(LOG_ID) == (size, honest.root(size))
