"""A witness as a process of its own, as `dingyue witness run` starts it: kill -9, and who may be beside it."""

import os
import signal
from pathlib import Path

import pytest

from app.embedded import EmbeddedWitness, free_port, wait_until
from app.processes import ProcessFailed
from ledger.adapters.http_witness import HTTPWitness
from ledger.cosigning import OtherSize
from ledger.merkle import consistency_proof, nodes_of
from ledger.note import NoteInvalid, VerifierKey, cosignature_times, parse_note
from ledger.witness import configuration
from ledger.witness.configuration import FolderUnusable
from ledger.witness.request import AddCheckpoint
from tests.support.paper_log import ORIGIN, PaperLog


def submit(witness: EmbeddedWitness, log: PaperLog, old: int, size: int) -> str:
    proof = consistency_proof(old, size, nodes_of(log.leaves[:size])) if old else []
    return HTTPWitness(witness.url, 20)(AddCheckpoint(old, tuple(proof), log.note(size)).to_bytes())


def test_it_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    log = PaperLog.of(20)
    witness = EmbeddedWitness(tmp_path, 1, free_port())
    key = witness.ensure_key()
    assert key.name == "development-witness-1.dingyue.local"
    try:
        witness.start(ORIGIN, [str(log.vkey)])
        submit(witness, log, 0, 7)
        pid = witness.child.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        witness.stop()

        witness.start(ORIGIN, [str(log.vkey)])
        with pytest.raises(OtherSize) as other:
            submit(witness, log, 0, 20)
        line = submit(witness, log, other.value.size, 20)
    finally:
        witness.stop()

    assert other.value.size == 7
    assert witness.ensure_key() == key
    assert list(cosignature_times(parse_note(log.note(20) + line.encode()), [key])) == [key]


def test_a_second_witness_on_the_same_folder_ends_at_once(tmp_path: Path) -> None:
    """Two of them would each remember another last checkpoint, and sign for both."""
    log = PaperLog.of(3)
    witness, second = (EmbeddedWitness(tmp_path, 1, free_port()) for _ in range(2))
    witness.ensure_key()
    second.child.name = "second"
    try:
        witness.start(ORIGIN, [str(log.vkey)])
        second.child.start()
        with pytest.raises(ProcessFailed, match="A witness runs on"):
            wait_until(second.child, lambda: False)
        assert submit(witness, log, 0, 3)
    finally:
        second.stop()
        witness.stop()


def test_a_witness_that_died_while_it_was_made_is_made_again(tmp_path: Path) -> None:
    """The key comes last: a folder that has none yet belongs to nobody; one that has keeps it."""
    configuration.create(tmp_path, "notary.test/witness")
    (tmp_path / "key.pem").unlink()
    (tmp_path / ".key.pem.new").write_bytes(b"half of")

    made = configuration.create(tmp_path, "notary.test/witness")

    assert configuration.load(tmp_path).vkey == made.vkey
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FolderUnusable, match="already"):
        configuration.create(tmp_path, "notary.test/witness")
    assert configuration.load(tmp_path).vkey == made.vkey
    with pytest.raises(NoteInvalid):
        VerifierKey.parse(str(made.vkey)[:-4])
