"""Plays the story on a throw-away stack and leaves its outputs in a folder."""

import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import typer

from app.demo.client import RunningStack, StepFailed
from app.demo.contracts import Cast
from app.demo.story import Story


def play(output: Path, *, after_step: Callable[[str, RunningStack], None] | None = None) -> bool:
    """True if every step held. `after_step` may do something to the stack between steps (tests kill it).

    Leaves signed PDFs, packages, `trust.json`, `messages.json`, `credit.json` and `summary.json` in `output`.
    """
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    steps: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(prefix="dingyue-demo-") as folder:
        stack = RunningStack(Path(folder) / "data")
        try:
            _play(stack, output, steps, after_step)
        except StepFailed as failed:
            steps.append({"name": "the stack", "ok": False, "detail": str(failed)})
        finally:
            stack.stop()
            if not all(step["ok"] for step in steps):
                _keep_logs(stack.data_directory, output)
    ok = bool(steps) and all(step["ok"] for step in steps)
    summary = {"steps": steps, "ok": ok}
    (output / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2), encoding="utf-8")
    typer.echo(f"{'every step held' if ok else 'FAILED'}; outputs in {output}/", err=True)
    return ok


def _play(
    stack: RunningStack,
    output: Path,
    steps: list[dict[str, object]],
    after_step: Callable[[str, RunningStack], None] | None,
) -> None:
    stack.start()
    story = Story(Cast(stack.base_url, stack.password), output)
    for name, action in story.steps():
        began = time.monotonic()
        try:
            detail, ok = action(), True
        except Exception as failed:  # noqa: BLE001 - a step that can't even be asked about has failed, and the summary must say so
            detail, ok = f"{type(failed).__name__}: {failed}", False
        steps.append({"name": name, "ok": ok, "detail": detail})
        mark = "✓" if ok else "✗"
        typer.echo(f"{mark} {name} ({time.monotonic() - began:.1f} s)\n    {detail[:300]}", err=True)
        if not ok:
            return
        if after_step is not None:
            after_step(name, stack)


def _keep_logs(data_directory: Path, output: Path) -> None:
    """What an operator would look at when a step failed."""
    for log in [data_directory / "up.log", *(data_directory / "log").glob("*.log")]:
        if log.exists():
            (output / "logs").mkdir(exist_ok=True)
            shutil.copy(log, output / "logs" / log.name)
