"""The story of `make demo`, with every process killed −9 in the middle of it, again and again."""

import json
import subprocess
from pathlib import Path

import pytest

from app.demo.client import RunningStack
from app.demo.play import play

KILL_AFTER = (
    "the purchaser signs",
    "the supplier signs, the platform seals",
    "reminders on the day of the delivery",
    "the payment is overdue and enters the register",
)


@pytest.mark.e2e
def test_the_story_survives_kills_and_leaves_what_it_promises(tmp_path: Path) -> None:
    output = tmp_path / "output"
    killed: list[str] = []

    def kill_and_restart(step: str, stack: RunningStack) -> None:
        if step in KILL_AFTER:
            processes = stack.processes()
            stack.kill_everything()
            assert not [process for process in processes if process.is_running()]
            stack.start()
            killed.append(step)

    assert play(output, after_step=kill_and_restart), (output / "summary.json").read_text(encoding="utf-8")

    assert tuple(killed) == KILL_AFTER
    assert json.loads((output / "summary.json").read_text(encoding="utf-8"))["ok"] is True
    expected = {"trust.json", "messages.json", "credit.json", "procurement.asice", "coal.asice"}
    assert expected <= {path.name for path in output.iterdir()}
    for signed in output.glob("*-signed.pdf"):
        assert_every_signature_is_valid(signed)


def assert_every_signature_is_valid(signed: Path) -> None:
    """poppler, which knows nothing of us, has the same opinion; of the document timestamp it has none (ADR 0011)."""
    report = subprocess.run(["pdfsig", str(signed)], capture_output=True, text=True, check=False).stdout
    assert report.count("Signature #") == 4, report
    assert report.count("Signature is Valid.") == 3, report
    assert report.count("Signature has not yet been verified.") == 1, report
