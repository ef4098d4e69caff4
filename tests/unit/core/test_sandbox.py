"""Whatever a stranger's file makes a parser do, it does it in a process that is not ours, and not for long."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.sandbox import (
    OutOfMemory,
    Sandbox,
    SandboxBusy,
    SandboxError,
    SandboxLimits,
    SandboxUnavailable,
    TaskFailed,
    TimedOut,
    WorkerDied,
)
from ledger.package.sandboxed import SandboxedPDFVerifier
from ledger.verifier.pades_verdict import PDFVerdict
from signing.pdf import sandboxed
from signing.pdf.errors import BrokenPDF, DocumentTooComplex, ScreeningTimedOut
from signing.pdf.sandboxed import SandboxedPreparer, SandboxedScreener
from signing.pdf.screen import PDFScreener
from signing.ports import ScreeningLimits
from tests.support import pdf as samples
from tests.support import sandbox_tasks as tasks
from tests.support.clock import FixedClock

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(SandboxLimits(workers=2, memory_bytes=512 * MEGABYTE))
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def reader() -> Iterator[Sandbox]:
    """One that has the real readers loaded, as the application's has."""
    sandbox = Sandbox(SandboxLimits(workers=1, modules=(sandboxed.__name__,)))
    yield sandbox
    sandbox.close()


def pid_of_worker(sandbox: Sandbox) -> int:
    pid: int = sandbox.run(tasks.process, b"", timeout=60)
    return pid


def test_nothing_is_started_before_it_is_used() -> None:
    before = psutil.Process().children()
    Sandbox()
    assert psutil.Process().children() == before


def test_it_gets_bytes_or_a_file_and_answers(sandbox: Sandbox, tmp_path: Path) -> None:
    data = bytes(3 * MEGABYTE)
    file = tmp_path / "file"
    file.write_bytes(data)
    assert sandbox.run(tasks.size, data, timeout=60) == len(data)
    assert sandbox.run(tasks.size, file, timeout=60) == len(data)
    assert pid_of_worker(sandbox) == pid_of_worker(sandbox) != os.getpid()


@pytest.mark.parametrize(
    ("task", "error"),
    [
        (tasks.swell, OutOfMemory),
        (tasks.crash, WorkerDied),
        (tasks.take_over, WorkerDied),
        (tasks.fail, TaskFailed),
    ],
)
def test_what_a_file_does_to_its_parser_stays_there(sandbox: Sandbox, task: Any, error: type[SandboxError]) -> None:
    with pytest.raises(error):
        sandbox.run(task, b"", timeout=60)
    assert sandbox.run(tasks.size, b"123", timeout=60) == 3
    assert sandbox.peak_bytes < 512 * MEGABYTE


def test_a_task_that_never_ends_is_killed(sandbox: Sandbox) -> None:
    worker = psutil.Process(pid_of_worker(sandbox))
    with pytest.raises(TimedOut):
        sandbox.run(tasks.hang, b"", timeout=0.2)
    assert not worker.is_running()


def test_an_answer_that_would_run_something_is_not_believed(sandbox: Sandbox, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    with pytest.raises(WorkerDied):
        sandbox.run(tasks.take_over, b"", trace, timeout=60)
    assert not trace.exists()


def test_our_errors_come_through_with_their_facts(sandbox: Sandbox) -> None:
    with pytest.raises(BrokenPDF) as refused:
        sandbox.run(tasks.refuse, b"", timeout=60)
    assert refused.value.facts == {"why": "a reason"}


def test_a_worker_can_write_no_file_and_knows_no_secret(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SandboxError):
        sandbox.run(tasks.write_file, b"content", tmp_path / "written", timeout=60)
    sandbox.close()
    monkeypatch.setenv("DINGYUE_SECRETS__MASTER_KEY", "00" * 32)
    assert not any("DINGYUE" in name for name in sandbox.run(tasks.environment, b"", timeout=60))


def test_a_worker_that_was_killed_while_idle_is_replaced(sandbox: Sandbox) -> None:
    pid = pid_of_worker(sandbox)
    os.kill(pid, signal.SIGKILL)
    psutil.Process(pid).wait(10)
    assert pid_of_worker(sandbox) != pid


def test_workers_are_replaced_after_their_share_of_tasks() -> None:
    sandbox = Sandbox(SandboxLimits(workers=1, tasks_per_worker=2))
    pids = [pid_of_worker(sandbox) for _ in range(3)]
    assert pids[0] == pids[1] != pids[2]
    sandbox.close()
    assert not psutil.pid_exists(pids[2])


def test_threads_share_the_workers(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(6) as threads:
        sizes = list(threads.map(lambda n: sandbox.run(tasks.size, bytes(n), timeout=60), range(40)))
    assert sizes == list(range(40))


def test_whoever_waits_too_long_for_a_worker_is_told_to_come_back() -> None:
    sandbox = Sandbox(SandboxLimits(workers=1, queue_seconds=0.01))
    with sandbox._own_pool().worker(), pytest.raises(SandboxBusy):
        sandbox.run(tasks.size, b"", timeout=60)
    assert sandbox.run(tasks.size, b"", timeout=60) == 0
    sandbox.close()


def test_workers_die_with_the_process_they_work_for() -> None:
    script = (
        "from tests.support import sandbox_tasks as tasks; from core.sandbox import Sandbox; import os, signal;"
        "print(Sandbox().run(tasks.process, b'', timeout=60), flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    gone, _ = psutil.wait_procs([psutil.Process(worker)] if psutil.pid_exists(worker) else [], timeout=10)
    assert gone or not psutil.pid_exists(worker)


def test_screening_in_the_sandbox_gives_the_same(reader: Sandbox) -> None:
    screener = SandboxedScreener(reader)
    for data in (samples.contract_pdf(3), samples.form_pdf()):
        assert screener.screen(data) == PDFScreener().screen(data)
    with pytest.raises(BrokenPDF):
        screener.screen(samples.contract_pdf()[:-5000] + b"%%EOF")


def test_a_large_upload_is_screened_without_a_copy_of_it(reader: Sandbox) -> None:
    """What the parser holds of it at any time is one stream, twice."""
    screener = SandboxedScreener(reader, ScreeningLimits(bytes=256 * MEGABYTE))
    screener.screen(samples.contract_pdf(1))
    before = reader.peak_bytes
    data = samples.changed(lambda pdf: samples.add_noise(pdf, 20, 2 * MEGABYTE), samples.contract_pdf(1))
    screener.screen(data)
    assert reader.peak_bytes - before < len(data) // 2


def test_a_file_that_takes_too_long_or_too_much_is_refused(reader: Sandbox) -> None:
    with pytest.raises(ScreeningTimedOut):
        SandboxedScreener(reader, ScreeningLimits(time_seconds=0.001)).screen(samples.contract_pdf(3))
    with pytest.raises(DocumentTooComplex):
        sandboxed._run(reader, tasks.swell, b"", timeout=60)


def test_a_worker_that_cannot_start_is_not_the_files_fault() -> None:
    broken = Sandbox(SandboxLimits(workers=1, modules=("there_is_no_such_module",)))
    with pytest.raises(SandboxUnavailable):
        SandboxedScreener(broken).screen(samples.contract_pdf(1))


def test_preparing_in_the_sandbox(reader: Sandbox, clock: FixedClock) -> None:
    prepared = SandboxedPreparer(reader).prepare(
        samples.form_pdf(), [samples.placed("a")], prepared_at=clock.now(), page_note="签署编号 env_test"
    )
    assert prepared.startswith(b"%PDF-")
    assert b"NeedAppearances" not in prepared


def test_validating_in_the_sandbox_never_raises(reader: Sandbox) -> None:
    verify = SandboxedPDFVerifier(reader)
    verdict = verify(samples.contract_pdf(1), signing_roots=[], timestamp_roots=[])
    assert isinstance(verdict, PDFVerdict)
    assert verdict.outcome == "unsigned"
    assert verify(b"nonsense", signing_roots=[], timestamp_roots=[]).outcome == "malformed"


def test_verdicts_can_travel() -> None:
    verdict = PDFVerdict("malformed", "a reason")
    assert pickle.loads(pickle.dumps(verdict)) == verdict  # noqa: S301 - our own
