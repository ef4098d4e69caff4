"""kill -9 of the monitor at every answer it gets and every write it makes: it forgets nothing that it has seen."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from ledger.monitor.http_log import HTTPLog
from ledger.monitor.report import ExitCode, Report
from ledger.monitor.state import open_state
from ledger.monitor.watching import Monitor
from ledger.verifier.trust import Trust
from tests.support.paper_log import ORIGIN, PaperLog, ServedLog, served_log

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KILLED = -signal.SIGKILL


@pytest.fixture
def served() -> Iterator[ServedLog]:
    with served_log(PaperLog.of(300)) as served:
        yield served


def look(served: ServedLog, folder: Path) -> Report:
    with open_state(folder) as state, httpx.Client(timeout=20, trust_env=False) as client:
        trust = Trust(ORIGIN, (PaperLog().vkey,), 0, (), (), (), ())
        return Monitor(HTTPLog(served.address, client), trust, state).watch_once(NOW)


def look_and_be_killed(served: ServedLog, folder: Path, at: int) -> None:
    """In a process of its own: SIGKILL after the `at`-th answer or around the `at`-th write, whichever it is."""
    steps = count()

    def step() -> None:
        if next(steps) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            step()
            result = function(*arguments)
            step()
            return result

        return call

    HTTPLog._get = counted(HTTPLog._get)  # type: ignore[method-assign]
    Path.replace = counted(Path.replace)  # type: ignore[method-assign]
    os.fsync = counted(os.fsync)
    look(served, folder)


def exit_code_of_victim(served: ServedLog, folder: Path, at: int) -> int | None:
    victim = multiprocessing.get_context("fork").Process(target=look_and_be_killed, args=(served, folder, at))
    victim.start()
    victim.join(60)
    return victim.exitcode


def victims(served: ServedLog, before: Path, folder: Path) -> Iterator[int]:
    """Kills at the first step, the second, … each time from the same state; ends with a pass that nobody killed."""
    for at in count():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(before, folder)
        if exit_code_of_victim(served, folder, at) != KILLED:
            return
        yield at


def test_the_next_pass_ends_where_an_undisturbed_one_does(served: ServedLog, tmp_path: Path) -> None:
    before, folder = tmp_path / "before", tmp_path / "state"
    look(served, before)
    served.source.grow(300)
    notes = [served.source.note(300), served.source.note(600)]
    killed = 0
    for _ in victims(served, before, folder):
        killed += 1
        report = look(served, folder)
        assert (report.exit_code, report.log.verified_size) == (ExitCode.AGREES, 600)
        with open_state(folder) as state:
            assert [seen.note for seen in state.archive.from_size(0)] == notes
    assert killed >= 30  # a checkpoint, tiles and bundles; five saves of the state, one line of the archive


def test_a_log_cant_use_a_kill_to_take_back_what_it_showed(served: ServedLog, tmp_path: Path) -> None:
    """A checkpoint of 600 is shown, the monitor dies, and from then on another one of 600 is shown to it.

    It is caught wherever the monitor died after the state held the first one, which is before any tile was asked for.
    """
    before, folder = tmp_path / "before", tmp_path / "state"
    honest = served.source
    look(served, before)
    honest.grow(300)
    forged = honest.forged(450)
    caught: list[bool] = []
    for _ in victims(served, before, folder):
        served.source = forged
        report = look(served, folder)
        caught.append(report.exit_code == ExitCode.ALARM)
        if caught[-1]:
            assert [alarm.code for alarm in report.alarms] == ["log_split_view"]
        served.source = honest
    missed = caught.index(True)
    assert missed <= 7  # The checkpoint's answer, and the save that keeps it.
    assert all(caught[missed:])


def test_an_alarm_survives_a_kill_anywhere_after_it_was_raised(served: ServedLog, tmp_path: Path) -> None:
    before, folder = tmp_path / "before", tmp_path / "state"
    honest = served.source
    look(served, before)
    served.source = honest.forged(17, size=600)
    remembered: list[bool] = []
    for _ in victims(served, before, folder):
        with open_state(folder) as state:
            alarms = state.load(ORIGIN).open_alarms
            remembered.append(bool(alarms))
            for alarm in alarms:
                assert (folder / str(alarm.proof) / "proof.json").read_bytes()
    assert remembered == sorted(remembered)
    assert remembered[-1]
