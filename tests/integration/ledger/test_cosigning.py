"""The log gathers witnesses' cosignatures; what is anchored stays what the log signed."""

import hashlib
import json
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from accounts.policy import Actor
from app.cli_witness import witness as commands
from app.embedded import EmbeddedChain
from core.secrets import SecretBox
from ledger import keys
from ledger.adapters.http_witness import HTTPWitness
from ledger.anchors.service import AnchorService
from ledger.cosigning import AskedWitness, OtherSize
from ledger.note import Checkpoint, VerifierKey, as_logged, cosignature_times, parse_note, sign_note
from ledger.ports import WitnessUnavailable
from ledger.proof import decode_proof
from ledger.service import LedgerService
from ledger.witness import configuration
from ledger.witness.memory import Kept, Memory, kept
from ledger.witness.request import LARGEST_REQUEST, AddCheckpoint
from ledger.witness.witness import Witness
from tests.support.anchors import AnchoredLedger, chain_settings, mine
from tests.support.clock import FixedClock
from tests.support.ledger import record_many
from tests.support.witnesses import TestWitness, make_witness, over_http

MakeWitness = Callable[[str], TestWitness]


@pytest.fixture
def make(ledger: LedgerService, clock: FixedClock, tmp_path: Path) -> Iterator[MakeWitness]:
    with ExitStack() as stack:

        def made(name: str) -> TestWitness:
            witness = make_witness(
                tmp_path / name, f"{name}.test/witness", ledger, lambda: int(clock.now().timestamp())
            )
            stack.callback(witness.running.memory.close)
            return witness

        yield made


def grow(ledger: LedgerService, actor: Actor, count: int = 1) -> int:
    record_many(ledger.unit_of_work, actor, count)
    size = ledger.sequence_pending()
    assert size is not None
    return size


def names(ledger: LedgerService, *witnesses: TestWitness) -> list[str]:
    keys = [witness.asked.key for witness in witnesses]
    return sorted(key.name for key in cosignature_times(parse_note(ledger.checkpoint()), keys))


def test_every_witness_cosigns_and_the_log_shows_it(ledger: LedgerService, actor: Actor, make: MakeWitness) -> None:
    first, second = make("first"), make("second")
    witnessed = replace(ledger, witnesses=(first.asked, second.asked))
    for count in (1, 300, 5):
        size = grow(ledger, actor, count)

        assert witnessed.cosign_latest() == 2
        assert witnessed.cosign_latest() == 0  # Nothing is missing any more.
        assert names(witnessed, first, second) == ["first.test/witness", "second.test/witness"]
        assert as_logged(witnessed.checkpoint()) == witnessed.published_checkpoint(size).note


def test_one_that_is_late_is_named(ledger: LedgerService, actor: Actor, clock: FixedClock, make: MakeWitness) -> None:
    """Not in the first minute, and not if it cosigned something later."""
    prompt, slow = make("prompt"), make("slow")
    witnessed = replace(ledger, witnesses=(prompt.asked, slow.asked))
    assert witnessed.late_witnesses(clock.now()) == []
    grow(ledger, actor)
    replace(ledger, witnesses=(prompt.asked,)).cosign_latest()
    assert witnessed.late_witnesses(clock.now()) == []
    clock.advance(timedelta(minutes=2))
    assert witnessed.late_witnesses(clock.now()) == ["slow.test/witness"]
    grow(ledger, actor)
    witnessed.cosign_latest()
    assert witnessed.late_witnesses(clock.now()) == []


def test_receipts_carry_the_cosignatures(ledger: LedgerService, actor: Actor, make: MakeWitness) -> None:
    witness = make("notary")
    witnessed = replace(ledger, witnesses=(witness.asked,))
    [evidence_id] = record_many(ledger.unit_of_work, actor, 1)
    ledger.sequence_pending()
    before = decode_proof(ledger.receipt(actor, evidence_id))
    witnessed.cosign_latest()

    after = decode_proof(ledger.receipt(actor, evidence_id))

    assert list(cosignature_times(parse_note(after.checkpoint), [witness.asked.key])) == [witness.asked.key]
    assert as_logged(after.checkpoint) == before.checkpoint
    assert ledger.tlog_proof(evidence_id, 1) == ledger.receipt(actor, evidence_id)


def test_one_that_is_down_holds_up_nobody_and_is_asked_again(
    ledger: LedgerService, actor: Actor, make: MakeWitness
) -> None:
    up, down = make("up"), make("down")
    is_down = True

    def ask(request: bytes) -> str:
        if is_down:
            raise WitnessUnavailable("it is down")
        return down.asked.ask(request)

    now = [0.0]
    grow(ledger, actor)
    witnessed = replace(ledger, witnesses=(up.asked, AskedWitness(down.asked.key, ask)))
    cosigning = witnessed.cosigning(clock=lambda: now[0])
    assert cosigning.run() == 1
    is_down = False
    assert cosigning.run() == 0  # It is left alone for a while.
    now[0] = 60.0

    assert cosigning.run() == 1
    assert names(ledger, up, down) == ["down.test/witness", "up.test/witness"]


def test_a_witness_that_knows_more_or_less_than_we_remember(
    ledger: LedgerService, actor: Actor, make: MakeWitness
) -> None:
    witness = make("notary")
    grow(ledger, actor, 3)
    note = ledger.checkpoint()
    witness.asked.ask(AddCheckpoint(0, (), note).to_bytes())  # Its answer was lost.
    grow(ledger, actor, 4)

    assert replace(ledger, witnesses=(witness.asked,)).cosign_latest() == 1


@pytest.mark.parametrize(
    "answer",
    ["", "nonsense\n", "— stranger.test/w c3RyYW5nZXI0c3RyYW5nZXI=\n", "— notary.test/witness AAAAAAAAAAAAAAAA\n"],
)
def test_what_is_no_cosignature_is_thrown_away(
    ledger: LedgerService, actor: Actor, make: MakeWitness, answer: str
) -> None:
    witness = make("notary")
    grow(ledger, actor)
    asked = AskedWitness(witness.asked.key, lambda _request: answer)

    assert replace(ledger, witnesses=(asked,)).cosign_latest() == 0
    assert ledger.checkpoint() == ledger.published_checkpoint(1).note


def test_a_cosignature_of_another_checkpoint_is_thrown_away(
    ledger: LedgerService, actor: Actor, make: MakeWitness
) -> None:
    witness = make("notary")
    grow(ledger, actor)
    line = witness.asked.ask(AddCheckpoint(0, (), ledger.checkpoint()).to_bytes())
    grow(ledger, actor)

    asked = AskedWitness(witness.asked.key, lambda _request: line)

    assert replace(ledger, witnesses=(asked,)).cosign_latest() == 0


@pytest.mark.parametrize("seconds", [-301, 301, 2**62])
def test_a_witness_whose_clock_is_wrong_is_not_believed(
    ledger: LedgerService, actor: Actor, clock: FixedClock, make: MakeWitness, seconds: int
) -> None:
    """Its line would contradict the records in every package, and nobody could take it back."""
    witness = make("notary")
    wrong = replace(witness.running, clock=lambda: int(clock.now().timestamp()) + seconds)
    grow(ledger, actor)
    asked = TestWitness.around(wrong, witness.asked.key)

    assert replace(ledger, witnesses=(asked,)).cosign_latest() == 0
    assert ledger.checkpoint() == ledger.published_checkpoint(1).note
    assert replace(ledger, witnesses=(witness.asked,), cosigning_pauses={}).cosign_latest() == 1


def test_anchors_that_await_the_witnesses(
    ledger: LedgerService, actor: Actor, chain: EmbeddedChain, clock: FixedClock, make: MakeWitness
) -> None:
    witness = make("notary")
    witnessed = replace(ledger, witnesses=(witness.asked,))
    settings = replace(chain_settings(chain), awaited_witnesses=(str(witness.asked.key),), quorum=1)
    anchors = AnchorService(ledger.unit_of_work, [settings], ledger.secrets, ledger)
    anchored = AnchoredLedger(witnessed, anchors, chain, clock, actor)
    size = anchored.grow(3)
    for _ in range(4):
        anchored.step()
        mine(chain, 3)
    assert anchored.all_anchors() == []

    witnessed.cosign_latest()
    anchored.settle(size)


def test_over_http(ledger: LedgerService, actor: Actor, make: MakeWitness) -> None:
    witness = make("notary")
    grow(ledger, actor, 2)
    with over_http(witness) as asked:
        witnessed = replace(ledger, witnesses=(asked,))
        assert witnessed.cosign_latest() == 1
        grow(ledger, actor, 5)
        assert witnessed.cosign_latest() == 1
        with pytest.raises(OtherSize) as other:
            asked.ask(AddCheckpoint(0, (), ledger.checkpoint()).to_bytes())
        with pytest.raises(WitnessUnavailable, match="413"):
            asked.ask(b"x" * (LARGEST_REQUEST + 1))
        with pytest.raises(WitnessUnavailable, match="404"):
            asked.ask(AddCheckpoint(0, (), ledger.checkpoint().replace(b"dingyue.test", b"other.test")).to_bytes())

    assert other.value.size == 7
    with pytest.raises(WitnessUnavailable):
        asked.ask(b"")  # Nobody listens any more.


def test_a_witness_that_never_answers_ends_at_the_deadline(ledger: LedgerService, actor: Actor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = HTTPWitness(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.2)
        with pytest.raises(WitnessUnavailable):
            asked(b"old 0\n\n")


def test_many_at_once_get_one_history(ledger: LedgerService, actor: Actor, make: MakeWitness) -> None:
    """Of requests that compete, each is either signed for or told the size it must start from."""
    witness = make("notary")
    notes = []
    for _ in range(6):
        grow(ledger, actor)
        notes.append(ledger.published_checkpoint(len(notes) + 1).note)
    signed: list[int] = []

    def submit(size: int) -> None:
        old = 0
        while True:
            try:
                proof = ledger.consistency_proof(old, size)
                witness.asked.ask(AddCheckpoint(old, tuple(proof), notes[size - 1]).to_bytes())
            except OtherSize as other:
                if other.size > size:
                    return
                old = other.size
            else:
                signed.append(size)
                return

    threads = [threading.Thread(target=submit, args=(size,)) for size in range(6, 0, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 6 in signed
    assert witness.running.memory.latest(ledger.origin) == notes[5]


class _KilledWhenRemembered(Memory):
    def replace(self, origin: str, note: bytes) -> None:
        super().replace(origin, note)
        os.kill(os.getpid(), signal.SIGKILL)


class _KilledBefore(Memory):
    def replace(self, origin: str, note: bytes) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("memory_class", [_KilledBefore, _KilledWhenRemembered])
def test_killed_between_remembering_and_answering(
    ledger: LedgerService, actor: Actor, clock: FixedClock, tmp_path: Path, memory_class: type[Memory]
) -> None:
    """Crash points 61 and 62: it remembers at least all that anybody got a signature for."""
    made = configuration.create(tmp_path / "notary", "notary.test/witness")
    logs = {ledger.origin: [VerifierKey.parse(vkey) for vkey in ledger.vkeys()]}
    grow(ledger, actor, 3)
    request = AddCheckpoint(0, (), ledger.checkpoint()).to_bytes()
    child = os.fork()
    if child == 0:
        Witness(made.name, made.key, logs, memory_class(tmp_path / "notary"), lambda: 0).add_checkpoint(request)
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL

    after = make_running(made, logs, tmp_path / "notary", clock)
    witnessed = replace(ledger, witnesses=(after,))

    assert witnessed.cosign_latest() == 1


def make_running(
    made: configuration.Configuration, logs: dict[str, list[VerifierKey]], folder: Path, clock: FixedClock
) -> AskedWitness:
    running = Witness(made.name, made.key, logs, Memory(folder), lambda: int(clock.now().timestamp()))
    return TestWitness.around(running, made.vkey)


def test_the_commands(ledger: LedgerService, actor: Actor, tmp_path: Path) -> None:
    runner, folder, trust = CliRunner(), str(tmp_path / "notary"), tmp_path / "trust.json"
    document = {
        "v": 1,
        "log": {"origin": ledger.origin, "vkeys": ledger.vkeys()},
        "witnesses": {"quorum": 0, "vkeys": []},
        "chains": [],
        "certificates": {"signing_roots": [], "timestamp_roots": []},
    }
    trust.write_text(json.dumps(document))

    made = runner.invoke(commands, ["keygen", folder, "--name", "notary.test/witness"])
    again = runner.invoke(commands, ["keygen", folder, "--name", "notary.test/witness"])
    too_early = runner.invoke(commands, ["run", folder])
    watching = runner.invoke(commands, ["watch", folder, "--trust", str(trust)])
    status = runner.invoke(commands, ["status", folder, "--json"])

    assert VerifierKey.parse(made.output.strip()).name == "notary.test/witness"
    assert (again.exit_code, too_early.exit_code, watching.exit_code, status.exit_code) == (1, 1, 0, 0)
    assert json.loads(status.output)["logs"][0] == {
        "origin": ledger.origin,
        "size": 0,
        "contradictions": [],
        "unproven": [],
    }
    assert runner.invoke(commands, ["watch", folder, "--trust", str(tmp_path / "none")]).exit_code == 1


def test_a_log_that_contradicts_itself_is_on_record(
    ledger: LedgerService,
    actor: Actor,
    make: MakeWitness,
    secrets: SecretBox,
) -> None:
    witness = make("notary")
    grow(ledger, actor, 2)
    replace(ledger, witnesses=(witness.asked,)).cosign_latest()
    forged = _forged(ledger, secrets)

    with pytest.raises(OtherSize):
        witness.asked.ask(AddCheckpoint(2, (), forged).to_bytes())

    [proof] = kept(witness.folder, ledger.origin, Kept.CONTRADICTION)
    assert proof.read_bytes() == forged
    status = CliRunner().invoke(commands, ["status", str(witness.folder)])
    assert status.exit_code == 1
    assert "The log contradicted itself" in status.output


def _forged(ledger: LedgerService, secrets: SecretBox) -> bytes:
    """Another checkpoint of size 2, signed with the log's own key."""

    log_keys = keys.log_keys(ledger.unit_of_work, ledger.origin)
    [private] = [keys.open_private_key(secrets, row) for row in log_keys.rows]
    root = hashlib.sha256(b"another history").digest()
    return sign_note(Checkpoint(ledger.origin, 2, root).text(), ledger.origin, private).to_bytes()
