"""The monitor's memory: the archive finds any size by halving, and nothing is lost or half written."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.monitor.alarms import STAYS, AlarmCode, describe
from ledger.monitor.archive import Archive
from ledger.monitor.frontier import Frontier
from ledger.monitor.round import LOG, Round
from ledger.monitor.state import AnchorSeen, ChainProgress, MonitorState, open_state
from ledger.note import Checkpoint
from ledger.verifier.verdict import Unusable

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FACTS = {
    "size": 1,
    "served": 2,
    "newer": 3,
    "reason": "x",
    "chain": "test",
    "contract": "0x",
    "writer": "0x",
    "effective_at": "x",
    "block": 4,
    "claimed": 5,
    "previous": 6,
    "since": "x",
}


def checkpoint(size: int, fill: int = 1) -> Checkpoint:
    return Checkpoint("test/log", size, bytes([fill]) * 32)


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(0, 60), max_size=40), long=st.booleans())
def test_the_archive_finds_every_size(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], *, long: bool
) -> None:
    archive = Archive(tmp_path_factory.mktemp("archive") / "checkpoints.jsonl")
    sizes = sorted(sizes)
    for number, size in enumerate(sizes):
        archive.append(checkpoint(size), b"x" * (5000 * long * (number % 3)) + b"%d" % number, NOW)
    for size in range(62):
        assert [seen.size for seen in archive.from_size(size)] == [each for each in sizes if each >= size]
        assert len(archive.of_size(size)) == sizes.count(size)
    last = archive.last()
    assert (last.size if last else None) == (sizes[-1] if sizes else None)


def test_the_archive_never_goes_back(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "checkpoints.jsonl")
    archive.append(checkpoint(5), b"note", NOW)
    with pytest.raises(ValueError, match="only grows"):
        archive.append(checkpoint(4), b"note", NOW)


def test_half_a_line_is_cut_off_at_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.jsonl"
    archive = Archive(path)
    archive.append(checkpoint(5), b"first", NOW)
    whole = path.read_bytes()
    archive.append(checkpoint(9), b"second", NOW)
    both = path.read_bytes()
    for length in range(len(whole), len(both)):
        path.write_bytes(both[:length])
        assert [seen.size for seen in Archive(path).from_size(0)] == [5]
        assert path.read_bytes() == whole
    path.write_bytes(both)
    assert [seen.size for seen in Archive(path).from_size(0)] == [5, 9]


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    anchor = AnchorSeen(3, "0x" + "11" * 32, "0x" + "22" * 32, "0x" + "33" * 32, 7, 1_700_000_000)
    with open_state(tmp_path) as folder:
        state = folder.load("test/log")
        state.verified = state.reading = Frontier(3, (bytes(32), bytes(32)))
        state.unproven = b"note\n"
        state.chains["1:0x"] = ChainProgress(0, 9, "0xab", 3, 4, 3, [anchor])
        Round(folder, state, NOW).alarm(AlarmCode.LOG_SHRANK, LOG, size=3, served=2)
    with open_state(tmp_path) as folder:
        assert folder.load("test/log") == state


def test_one_monitor_at_a_time_and_one_log_per_folder(tmp_path: Path) -> None:
    with open_state(tmp_path) as folder:
        folder.save(MonitorState("test/log"))
        with pytest.raises(Unusable, match="Another monitor"), open_state(tmp_path):
            raise AssertionError
        with pytest.raises(Unusable, match="about the log test/log"):
            folder.load("other/log")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"v":2}', b'{"v":1,"origin":"test/log"}'])
def test_a_broken_state_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    with open_state(tmp_path) as folder, pytest.raises(Unusable, match="can't be read"):
        folder.load("test/log")
    assert (tmp_path / "state.json").read_bytes() == content


@pytest.mark.parametrize("code", list(AlarmCode))
def test_every_alarm_has_words_in_both_languages(code: AlarmCode) -> None:
    text = describe(code, FACTS)
    assert any("\u4e00" <= character <= "\u9fff" for character in text.zh)
    assert text.en.isascii()


def test_what_can_be_taken_back_ends_and_what_is_signed_stays(tmp_path: Path) -> None:
    with open_state(tmp_path) as folder:
        state = folder.load("test/log")
        for code in AlarmCode:
            Round(folder, state, NOW).alarm(code, LOG, **FACTS)
        Round(folder, state, LATER).close()
        assert {alarm.code for alarm in state.open_alarms} == set(AlarmCode)  # Nobody looked.
        looking = Round(folder, state, LATER)
        looking.settled(LOG, *AlarmCode)
        looking.alarm(AlarmCode.LOG_SHRANK, LOG, **FACTS)
        looking.close()
        assert {alarm.code for alarm in state.open_alarms} == STAYS | {AlarmCode.LOG_SHRANK}
        ended = state.alarms["checkpoint_untrusted:log/"]
        assert (ended.first_at, ended.ended_at) == ("2026-11-23T02:00:00.000Z", "2026-11-23T03:00:00.000Z")
        Round(folder, state, LATER).alarm(AlarmCode.CHECKPOINT_UNTRUSTED, LOG, **FACTS)
        assert state.alarms["checkpoint_untrusted:log/"].ended_at is None


def test_evidence_is_written_once(tmp_path: Path) -> None:
    with open_state(tmp_path) as folder:
        round_ = Round(folder, folder.load("test/log"), NOW)
        round_.alarm(AlarmCode.LOG_SPLIT_VIEW, LOG, "5", proof=b"{}", notes=(b"first", b"second"), size=5)
        round_.alarm(AlarmCode.LOG_SPLIT_VIEW, LOG, "5", proof=b"[]", notes=(b"other", b"notes"), size=5)
        [alarm] = round_.state.open_alarms
        kept = tmp_path / str(alarm.proof)
        files = {path.name: path.read_bytes() for path in kept.iterdir()}
    assert files == {"checkpoint-1.note": b"first", "checkpoint-2.note": b"second", "proof.json": b"{}"}
    assert json.loads((tmp_path / "state.json").read_text())["alarms"][0]["proof"] == alarm.proof
