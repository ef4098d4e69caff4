"""The monitor against a log behind a real socket: what it follows, alarms about, and merely can't know."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.merkle import leaf_hash
from ledger.monitor.alarms import AlarmCode
from ledger.monitor.misbehaviour import read_misbehaviour, verify_misbehaviour
from ledger.monitor.report import ExitCode, Report
from ledger.monitor.state import open_state
from ledger.monitor.watching import Monitor
from ledger.note import Note, VerifierKey, cosign, parse_note
from ledger.rotation_statement import state_succession
from ledger.verifier.trust import Trust
from tests.support.clock import FixedClock
from tests.support.paper_log import ORIGIN, PaperLog, ServedLog, served_log

Look = Callable[[], Report]


@pytest.fixture
def served() -> Iterator[ServedLog]:
    with served_log(PaperLog.of(300)) as served:
        yield served


@pytest.fixture
def honest(served: ServedLog) -> PaperLog:
    log: PaperLog = served.source
    return log


@pytest.fixture
def look(served: ServedLog, honest: PaperLog, clock: FixedClock, tmp_path: Path) -> Look:
    """One pass, by a monitor that was just started."""

    def pass_() -> Report:
        clock.advance(timedelta(minutes=1))
        with open_state(tmp_path / "state") as folder:
            return Monitor(served.reader(), trust_in(honest.vkey), folder).watch_once(clock.now())

    return pass_


def trust_in(*keys: VerifierKey) -> Trust:
    return Trust(ORIGIN, keys, 0, (), (), (), ())


def codes(report: Report) -> list[AlarmCode]:
    return [alarm.code for alarm in report.alarms]


def proof_of(report: Report, tmp_path: Path) -> bytes:
    [alarm] = report.alarms
    return (tmp_path / "state" / str(alarm.proof) / "proof.json").read_bytes()


def test_a_growing_log_is_followed_and_only_what_is_new_is_read(look: Look, honest: PaperLog) -> None:
    report = look()
    assert (report.exit_code, report.log.seen_size, report.log.verified_size) == (ExitCode.AGREES, 300, 300)
    assert report.log.root == honest.root(300).hex()
    honest.asked_for.clear()
    assert look().exit_code == ExitCode.AGREES
    assert honest.asked_for == []  # Nothing is new: the checkpoint alone was read.
    honest.grow(400)
    report = look()
    assert (report.log.verified_size, report.log.root) == (700, honest.root(700).hex())
    bundles = [path for path in honest.asked_for if "entries" in path]
    assert bundles == ["tile/entries/001", "tile/entries/002.p/188"]


def test_a_report_says_how_old_everything_is(look: Look, honest: PaperLog) -> None:
    look()
    told = look().to_json()
    assert (told["verdict"], told["log"]["checkpoint_age"], told["log"]["verified_size"]) == ("agrees", 60, 300)
    honest.grow(1)
    assert look().to_json()["log"]["checkpoint_age"] == 0


def test_every_checkpoint_seen_is_kept(look: Look, honest: PaperLog, tmp_path: Path) -> None:
    notes = []
    for _ in range(3):
        notes.append(honest.checkpoint())
        look()
        honest.grow(2)
    lines = (tmp_path / "state" / "checkpoints.jsonl").read_text().splitlines()
    assert [json.loads(line)["note"].encode() for line in lines] == notes


def test_another_root_at_the_same_size_is_proven_and_never_forgotten(
    look: Look, served: ServedLog, honest: PaperLog, tmp_path: Path
) -> None:
    look()
    served.source = honest.forged(17)
    report = look()
    assert (report.exit_code, codes(report)) == (ExitCode.ALARM, [AlarmCode.LOG_SPLIT_VIEW])
    shown = read_misbehaviour(proof_of(report, tmp_path))
    verify_misbehaviour(shown, [honest.vkey])
    assert (shown.older, shown.newer) == (honest.checkpoint(), served.source.checkpoint())
    served.source = honest
    honest.grow(5)
    assert codes(look()) == [AlarmCode.LOG_SPLIT_VIEW]
    assert look().log.verified_size == 305


@pytest.mark.parametrize(("index", "size"), [(0, 301), (299, 301), (17, 512), (255, 700), (256, 1000)])
def test_a_rewritten_log_that_grew_is_proven_by_its_own_tiles(  # noqa: PLR0917 - fixtures and parameters
    look: Look, served: ServedLog, honest: PaperLog, tmp_path: Path, index: int, size: int
) -> None:
    look()
    served.source = honest.forged(index, size=size)
    report = look()
    assert codes(report) == [AlarmCode.LOG_REWRITTEN]
    assert (report.log.seen_size, report.log.verified_size) == (300, 300)
    shown = read_misbehaviour(proof_of(report, tmp_path))
    verify_misbehaviour(shown, [honest.vkey])
    assert shown.older_root_in_newer == served.source.root(300)
    served.source.grow(1)
    assert look().alarms[0].first_at == report.alarms[0].first_at  # It is one alarm, not one a minute.


def test_a_log_that_shrank_is_an_alarm_until_it_is_whole_again(
    look: Look, served: ServedLog, honest: PaperLog, tmp_path: Path
) -> None:
    look()
    served.source = PaperLog.of(299)
    report = look()
    assert codes(report) == [AlarmCode.LOG_SHRANK]
    kept = tmp_path / "state" / str(report.alarms[0].proof)
    assert sorted(path.read_bytes() for path in kept.iterdir()) == sorted([honest.note(299), honest.note(300)])
    served.source = honest
    assert look().exit_code == ExitCode.AGREES


def test_a_log_that_goes_back_to_another_past_is_caught_by_what_was_kept(
    look: Look, served: ServedLog, honest: PaperLog
) -> None:
    look()
    honest.grow(100)
    look()
    served.source = honest.forged(17, size=300)
    assert codes(look()) == [AlarmCode.LOG_SPLIT_VIEW]


def test_an_entry_that_isnt_what_was_signed(look: Look, served: ServedLog, honest: PaperLog) -> None:
    honest.spoilt["tile/entries/001.p/44"] = honest.forged(260).tile("tile/entries/001.p/44")
    report = look()
    assert codes(report) == [AlarmCode.ENTRIES_CONTRADICT]
    assert (report.log.seen_size, report.log.verified_size) == (300, 0)
    honest.spoilt.clear()
    report = look()
    assert (report.exit_code, report.log.verified_size) == (ExitCode.AGREES, 300)


def test_tiles_that_arent_what_was_signed(look: Look, served: ServedLog, honest: PaperLog) -> None:
    look()
    honest.grow(100)
    honest.spoilt["tile/0/001.p/144"] = honest.forged(390).tile("tile/0/001.p/144")
    report = look()
    assert codes(report) == [AlarmCode.TILES_CONTRADICT]
    assert report.log.seen_size == 300
    honest.spoilt.clear()
    report = look()
    assert (report.exit_code, report.log.verified_size) == (ExitCode.AGREES, 400)


def test_a_checkpoint_by_a_stranger_is_an_alarm(look: Look, served: ServedLog, honest: PaperLog) -> None:
    look()
    served.source = PaperLog(honest.entries, Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    assert codes(look()) == [AlarmCode.CHECKPOINT_UNTRUSTED]
    served.source = PaperLog(honest.entries, honest.key, "another.test/log")
    assert codes(look()) == [AlarmCode.CHECKPOINT_UNTRUSTED]
    served.source = honest
    assert look().exit_code == ExitCode.AGREES


def test_a_successor_named_by_a_trusted_key_is_followed_and_told(
    look: Look, served: ServedLog, honest: PaperLog, clock: FixedClock
) -> None:
    look()
    successor = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
    statement = state_succession(ORIGIN, honest.key, successor, clock.now())
    new = VerifierKey.of(ORIGIN, successor)
    served.source = PaperLog([*honest.entries, b"one more"], successor)
    served.source.rotations = [
        SimpleNamespace(
            predecessor=str(honest.vkey),
            successor=str(new),
            predecessor_signs_until=clock.now(),
            statement=statement,
            first_size=301,
        )
    ]
    report = look()
    assert (report.exit_code, report.log.verified_size) == (ExitCode.AGREES, 301)
    assert "named its successor" in report.notices[0].en


def test_cosignatures_that_come_later_are_kept_and_change_nothing(
    look: Look, served: ServedLog, honest: PaperLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look()
    note = parse_note(honest.checkpoint())
    line = cosign(note, "witness.test", Ed25519PrivateKey.from_private_bytes(b"w" * 32), 1_800_000_000)
    cosigned = Note(note.text, (*note.signatures, line)).to_bytes()
    monkeypatch.setattr(honest, "checkpoint", lambda: cosigned)
    assert [look().exit_code, look().exit_code] == [ExitCode.AGREES] * 2
    lines = (tmp_path / "state" / "checkpoints.jsonl").read_text().splitlines()
    assert [json.loads(line)["note"].encode() for line in lines] == [note.to_bytes(), cosigned]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("tile/entries/000", b"\x00\x05cut"),
        ("tile/entries/000", b"\x00\x01a"),
        ("tile/0/001", b"short"),
        ("tile/0/001", bytes(256 * 32 + 32)),
    ],
)
def test_answers_that_are_no_answers_are_unknown(look: Look, honest: PaperLog, path: str, answer: bytes) -> None:
    if "/0/" in path:
        look()
        honest.grow(300)
    honest.spoilt[path] = answer
    report = look()
    assert (report.exit_code, report.alarms, len(report.unknown)) == (ExitCode.UNKNOWN, (), 1)
    honest.spoilt.clear()
    assert look().exit_code == ExitCode.AGREES


def test_a_log_that_is_down_is_unknown_and_no_alarm(look: Look, served: ServedLog, honest: PaperLog) -> None:
    look()
    served.source = None
    report = look()
    assert (report.exit_code, report.alarms) == (ExitCode.UNKNOWN, ())
    assert "HTTP 500" in report.unknown[0].en
    served.source = honest
    assert look().exit_code == ExitCode.AGREES


def test_a_partial_bundle_that_is_gone_is_read_from_the_full_one(
    look: Look, honest: PaperLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = honest.checkpoint()
    honest.grow(300)
    original = honest.tile

    def tile(path: str) -> bytes:
        return original(path if path in {"tile/entries/000", "tile/entries/001"} else "tile/0/999")

    monkeypatch.setattr(honest, "tile", tile)
    monkeypatch.setattr(honest, "checkpoint", lambda: note)
    report = look()
    assert (report.exit_code, report.log.verified_size) == (ExitCode.AGREES, 300)


def test_a_large_log_is_read_in_stretches_that_are_saved(
    look: Look, served: ServedLog, honest: PaperLog, tmp_path: Path
) -> None:
    """The log goes away after 64 bundles; the next pass begins there, not at the beginning."""
    honest.grow(70 * 256 - 300)
    gone = "tile/entries/066"
    honest.spoilt[gone] = b"\x00"
    assert look().exit_code == ExitCode.UNKNOWN
    honest.spoilt.clear()
    honest.asked_for.clear()
    assert look().log.verified_size == 70 * 256
    assert next(path for path in honest.asked_for if "entries" in path) == "tile/entries/064"


def test_a_proof_of_misbehaviour_proves_nothing_if_any_part_of_it_is_changed(
    look: Look, served: ServedLog, honest: PaperLog, tmp_path: Path
) -> None:
    look()
    served.source = honest.forged(17, size=400)
    document = json.loads(proof_of(look(), tmp_path))
    changes = {
        "older": PaperLog.of(300, "other").checkpoint().decode(),  # Another log's fork is no fork of this one …
        "newer": honest.note(300).decode(),
        "older_size": 299,
        "older_root_in_newer": honest.root(300).hex(),
        "consistency": document["consistency"][1:],
        "origin": "another.test/log",
    }
    for name, value in changes.items():
        changed = json.dumps({**document, name: value}).encode()
        if name == "older":  # … but a third history by the same key is as good a proof.
            verify_misbehaviour(read_misbehaviour(changed), [honest.vkey])
            continue
        with pytest.raises(ValueError, match=r"proof|root|size|log|agree|trusted"):
            verify_misbehaviour(read_misbehaviour(changed), [honest.vkey])
    stranger = VerifierKey.of(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"s" * 32))
    with pytest.raises(ValueError, match="trusted"):
        verify_misbehaviour(read_misbehaviour(json.dumps(document).encode()), [stranger])
    assert leaf_hash(b"forged") in served.source.leaves
