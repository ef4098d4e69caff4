"""A witness signs for a log's checkpoint only if it extends the one it signed for last."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.merkle import EMPTY_ROOT, consistency_proof, leaf_hash, root
from ledger.note import (
    COSIGNATURE_V1,
    Checkpoint,
    VerifierKey,
    as_logged,
    cosignature_times,
    parse_note,
    sign_note,
)
from ledger.witness.configuration import FolderUnusable, create, load, watch
from ledger.witness.memory import FolderInUse, Kept, Memory, kept, latest_checkpoint
from ledger.witness.request import LARGEST_REQUEST, AddCheckpoint, RequestMalformed
from ledger.witness.witness import Refused, Witness
from tests.support.power import watched

ORIGIN, NAME = "dingyue.test/log", "notary.test/witness"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"l" * 32)
KEY = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
AT = 1_795_309_343
HONEST = [leaf_hash(b"%d" % number) for number in range(20)]
FORGED = [*HONEST[:3], *(leaf_hash(b"forged %d" % number) for number in range(17))]


def note(leaves: list[bytes], size: int, key: Ed25519PrivateKey = LOG_KEY, origin: str = ORIGIN) -> bytes:
    return sign_note(Checkpoint(origin, size, root(leaves[:size])).text(), origin, key).to_bytes()


def request(leaves: list[bytes], old: int, size: int) -> bytes:
    def node(level: int, index: int) -> bytes:
        return root(leaves[index << level : (index + 1) << level])

    proof = [] if old in {0, size} else consistency_proof(old, size, node)
    return AddCheckpoint(old, tuple(proof), note(leaves, size)).to_bytes()


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    made = Memory(tmp_path / "witness")
    yield made
    made.close()


@pytest.fixture
def witness(memory: Memory) -> Witness:
    return Witness(NAME, KEY, {ORIGIN: [VerifierKey.of(ORIGIN, LOG_KEY)]}, memory, clock=lambda: AT)


def refusal(witness: Witness, body: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        witness.add_checkpoint(body)
    return caught.value


def test_it_signs_for_what_extends_what_it_signed_for(witness: Witness, memory: Memory) -> None:
    for old, size in [(0, 1), (1, 5), (5, 5), (5, 16), (16, 20)]:
        line = witness.add_checkpoint(request(HONEST, old, size))
        cosigned = parse_note(note(HONEST, size) + line.encode())

        assert list(cosignature_times(cosigned, [VerifierKey.of(NAME, KEY, COSIGNATURE_V1)]).values()) == [AT]
        assert memory.latest(ORIGIN) == note(HONEST, size)


def test_what_a_log_signed_is_found_below_others_lines(witness: Witness) -> None:
    logged = note(HONEST, 5)

    cosigned = logged + witness.add_checkpoint(request(HONEST, 0, 5)).encode()

    assert as_logged(cosigned) == logged
    assert as_logged(logged) == logged


def test_another_old_size_is_told_the_right_one(witness: Witness) -> None:
    witness.add_checkpoint(request(HONEST, 0, 5))

    for old in (0, 3, 7):
        refused = refusal(witness, request(HONEST, old, 8))
        assert (refused.status, refused.body, refused.media_type) == (409, "5\n", "text/x.tlog.size")


def test_a_second_history_of_the_same_size_is_kept_as_proof(witness: Witness, memory: Memory, tmp_path: Path) -> None:
    witness.add_checkpoint(request(HONEST, 0, 5))

    refused = refusal(witness, request(FORGED, 5, 5))

    assert refused.status == 409
    assert memory.latest(ORIGIN) == note(HONEST, 5)
    assert [file.read_bytes() for file in kept(tmp_path / "witness", ORIGIN, Kept.CONTRADICTION)] == [note(FORGED, 5)]


def test_a_rewritten_history_finds_no_signature(witness: Witness, memory: Memory) -> None:
    witness.add_checkpoint(request(HONEST, 0, 5))

    assert refusal(witness, request(FORGED, 5, 8)).status == 422
    assert refusal(witness, AddCheckpoint(5, (), note(FORGED, 8)).to_bytes()).status == 422
    assert memory.latest(ORIGIN) == note(HONEST, 5)


def test_a_smaller_tree_is_no_extension(witness: Witness) -> None:
    witness.add_checkpoint(request(HONEST, 0, 5))

    assert refusal(witness, AddCheckpoint(5, (), note(HONEST, 3)).to_bytes()).status == 400
    assert refusal(witness, AddCheckpoint(0, (), note(HONEST, 3)).to_bytes()).status == 409


def test_strangers_and_strange_keys_are_refused(witness: Witness) -> None:
    other = AddCheckpoint(0, (), note(HONEST, 5, origin="other.test/log")).to_bytes()
    forged = AddCheckpoint(0, (), note(HONEST, 5, Ed25519PrivateKey.from_private_bytes(b"x" * 32))).to_bytes()

    assert refusal(witness, other).status == 404
    assert refusal(witness, forged).status == 403


def test_an_empty_tree_has_one_root(witness: Witness) -> None:
    empty = sign_note(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text(), ORIGIN, LOG_KEY).to_bytes()

    assert witness.add_checkpoint(AddCheckpoint(0, (), empty).to_bytes())
    wrong = sign_note(Checkpoint(ORIGIN, 0, HONEST[0]).text(), ORIGIN, LOG_KEY).to_bytes()
    assert refusal(witness, AddCheckpoint(0, (), wrong).to_bytes()).status == 409


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\n" + note(HONEST, 1),
        b"old -1\n\n" + note(HONEST, 1),
        b"old 1\nAAAA\n\n" + note(HONEST, 1),
        b"old 1\n%%%%\n\n" + note(HONEST, 1),
        b"old 1\n" + b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 64 + b"\n" + note(HONEST, 1),
        b"size 1\n\n" + note(HONEST, 1),
        b"old 0\n\nnot a note",
        b"old 0\n\n" + b"x" * LARGEST_REQUEST,
        "old 0\né\n\n".encode() + note(HONEST, 1),
    ],
)
def test_what_is_no_request_is_refused(witness: Witness, body: bytes) -> None:
    assert refusal(witness, body).status == 400


def test_a_request_reads_as_it_was_written() -> None:
    made = AddCheckpoint(5, (HONEST[0], HONEST[1]), note(HONEST, 8))

    assert AddCheckpoint.parse(made.to_bytes()) == made
    with pytest.raises(RequestMalformed):
        AddCheckpoint.parse(made.to_bytes().replace(b"\n\n", b"\n", 1))


def test_it_remembers_across_restarts(tmp_path: Path) -> None:
    logs = {ORIGIN: [VerifierKey.of(ORIGIN, LOG_KEY)]}
    first = Memory(tmp_path)
    Witness(NAME, KEY, logs, first, clock=lambda: AT).add_checkpoint(request(HONEST, 0, 5))
    with pytest.raises(FolderInUse):
        Memory(tmp_path)
    first.close()

    second = Memory(tmp_path)
    refused = refusal(Witness(NAME, KEY, logs, second, clock=lambda: AT), request(FORGED, 0, 5))
    second.close()

    assert (refused.status, refused.body) == (409, "5\n")
    assert latest_checkpoint(tmp_path, ORIGIN) == note(HONEST, 5)


@pytest.mark.parametrize("times", [1, 2])
def test_what_was_signed_for_survives_a_power_cut(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """Also the folders that the first checkpoint of a log made: else it would be forgotten, and a fork signed for."""
    folder = tmp_path / "witness"
    for _ in range(times):
        with watched(monkeypatch) as synced:
            memory.replace(ORIGIN, note(HONEST, 3))
    [file] = folder.glob("logs/*/checkpoint")
    assert synced.survives(file, folder)


def test_a_new_witness_and_its_logs_survive_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "new"
    with watched(monkeypatch) as synced:
        create(folder, NAME)
        watch(folder, ORIGIN, [str(VerifierKey.of(ORIGIN, LOG_KEY))])
    assert all(synced.survives(folder / name, folder) for name in ("key.pem", "witness.json"))


def test_several_logs_are_remembered_apart(memory: Memory) -> None:
    other = "other.test/log with a space?"
    memory.replace(ORIGIN, b"one")
    memory.replace(other, b"two")

    assert (memory.latest(ORIGIN), memory.latest(other)) == (b"one", b"two")


def test_a_witness_is_made_once_and_watches_more_and_more(tmp_path: Path) -> None:
    folder, vkey = tmp_path / "witness", str(VerifierKey.of(ORIGIN, LOG_KEY))
    made = create(folder, NAME)

    with pytest.raises(FolderUnusable):
        create(folder, NAME)
    with pytest.raises(FolderUnusable):
        create(tmp_path / "other", "a name with spaces")
    with pytest.raises(FolderUnusable):
        watch(folder, ORIGIN, [])
    watch(folder, ORIGIN, [vkey])
    later = str(VerifierKey.of(ORIGIN, KEY))
    watch(folder, ORIGIN, [later])

    loaded = load(folder)
    assert (loaded.name, loaded.vkey) == (NAME, made.vkey)
    assert [str(key) for key in loaded.logs[ORIGIN]] == [vkey, later]
    assert (folder / "key.pem").stat().st_mode & 0o077 == 0
