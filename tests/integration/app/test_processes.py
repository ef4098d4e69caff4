"""Children never outlive us, and a pid file is believed only when it names our process."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.processes import Child, ProcessFailed, stop_stale
from app.up import only_one

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


def child(folder: Path) -> Child:
    return Child(name="sleeper", command=SLEEP, run_directory=folder, log=folder / "sleeper.log")


def test_a_child_stops(tmp_path: Path) -> None:
    sleeper = child(tmp_path)
    sleeper.start()
    pid = sleeper.pid
    assert pid is not None
    sleeper.stop()
    assert not psutil.pid_exists(pid)
    assert not sleeper.pid_file.exists()


def test_a_dead_child_is_reported_with_its_log(tmp_path: Path) -> None:
    broken = Child(
        name="broken",
        command=[sys.executable, "-c", "raise SystemExit('no such luck')"],
        run_directory=tmp_path,
        log=tmp_path / "broken.log",
    )
    broken.start()
    psutil.wait_procs([psutil.Process(broken.pid)], timeout=20)
    with pytest.raises(ProcessFailed, match="no such luck"):
        broken.require_running()


def test_a_killed_supervisor_takes_its_children_along(tmp_path: Path) -> None:
    script = (
        "from tests.integration.app.test_processes import child\n"
        "from pathlib import Path\nimport sys, time\n"
        f"sleeper = child(Path({str(tmp_path)!r}))\nsleeper.start()\nprint(sleeper.pid, flush=True)\ntime.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        sleeper = psutil.Process(int(supervisor.stdout.readline()))
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        gone, alive = psutil.wait_procs([sleeper], timeout=10)
    assert gone
    assert not alive


def test_a_stale_predecessor_is_stopped(tmp_path: Path) -> None:
    first = child(tmp_path)
    first.start()
    second = child(tmp_path)
    second.start()
    assert not first.is_running()
    assert second.is_running()
    second.stop()


def test_a_reused_pid_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "sleeper.pid"
    file.write_text(json.dumps({"pid": os.getpid(), "started": 1.0}))
    assert not stop_stale(file)
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_broken_pid_file_is_ignored(tmp_path: Path, content: str) -> None:
    file = tmp_path / "sleeper.pid"
    file.write_text(content)
    assert not stop_stale(file)


def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(ProcessFailed, match="already runs"), only_one(tmp_path):
        raise AssertionError
    with only_one(tmp_path):
        assert (tmp_path / "lock").exists()
