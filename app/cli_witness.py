"""`dingyue witness`: a stand-alone witness. It needs none of the platform's settings, only its own folder.

Exit code: 0 done, 1 refused or failed (the reason is told), 2 wrong usage.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from app.witness_server import create as create_server
from core.clock import ShiftedClock, SystemClock
from ledger.note import parse_checkpoint, parse_note
from ledger.verifier.trust import parse_trust
from ledger.verifier.verdict import Unusable
from ledger.witness import configuration
from ledger.witness.configuration import FolderUnusable
from ledger.witness.memory import FolderInUse, Kept, Memory, kept, latest_checkpoint
from ledger.witness.witness import Witness

witness = typer.Typer(no_args_is_help=True, help="A witness of logs, run by somebody other than the log's operator.")

Folder = Annotated[Path, typer.Argument(help="The witness's folder: its key, what it watches, what it remembers")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]


@witness.command("keygen")
def keygen(
    folder: Folder,
    name: Annotated[str, typer.Option(help="The witness's name, like notary.example/witness; for ever")],
    as_json: AsJSON = False,
) -> None:
    """Makes a witness: a new key in a new folder. Prints its public key (vkey), which logs and trust files need."""
    with _problems_told():
        made = configuration.create(folder, name)
    _tell(as_json, {"name": made.name, "vkey": str(made.vkey)}, str(made.vkey))


@witness.command("watch")
def watch(
    folder: Folder,
    trust: Annotated[Path, typer.Option(help="trust.json of the log, its fingerprint compared by another way")],
    as_json: AsJSON = False,
) -> None:
    """Watches the log of a trust file from now on; again after the log got a new key. Restart the witness then."""
    with _problems_told():
        trusted = parse_trust(json.loads(trust.read_text()))
        told = configuration.watch(folder, trusted.origin, [str(key) for key in trusted.log_keys])
    keys = [str(key) for key in told.logs[trusted.origin]]
    _tell(as_json, {"origin": trusted.origin, "vkeys": keys}, f"{trusted.origin}\n" + "\n".join(keys))


@witness.command("run")
def run(
    folder: Folder,
    host: Annotated[str, typer.Option(help="Where it listens; put TLS in front of it")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8090,
    clock_offset_file: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Runs the witness until it is stopped."""
    with _problems_told():
        found = configuration.load(folder)
        if not found.logs:
            raise FolderUnusable(f"{folder} watches no log yet: dingyue witness watch {folder} --trust trust.json")
        memory = Memory(folder)
    # A demonstration moves its clock, and its own witnesses must not call that a time long past.
    clock = SystemClock() if clock_offset_file is None else ShiftedClock(clock_offset_file)
    running = Witness(found.name, found.key, found.logs, memory, clock=lambda: int(clock.now().timestamp()))
    try:
        uvicorn.run(create_server(running, found.vkey), host=host, port=port, log_level="info", access_log=False)
    finally:
        memory.close()


@witness.command("status")
def status(folder: Folder, as_json: AsJSON = False) -> None:
    """What the witness signed for last, and which notes contradict that: proof that a log misbehaved (exit code 1)."""
    with _problems_told():
        found = configuration.load(folder)
        logs = [_log_status(folder, origin) for origin in found.logs]
    lines = [f"{log['origin']}  {log['size']}  {len(log['contradictions'])} contradictions" for log in logs]
    _tell(as_json, {"name": found.name, "vkey": str(found.vkey), "logs": logs}, "\n".join([str(found.vkey), *lines]))
    if any(log["contradictions"] for log in logs):
        typer.echo(
            "日志出具了相互矛盾的检查点，请保存好上述文件。The log contradicted itself: keep these files.", err=True
        )
        raise typer.Exit(1)


def _log_status(folder: Path, origin: str) -> dict[str, Any]:
    note = latest_checkpoint(folder, origin)
    size = parse_checkpoint(parse_note(note).text).size if note else 0
    return {
        "origin": origin,
        "size": size,
        "contradictions": [str(file) for file in kept(folder, origin, Kept.CONTRADICTION)],
        "unproven": [str(file) for file in kept(folder, origin, Kept.UNPROVEN)],
    }


@contextmanager
def _problems_told() -> Iterator[None]:
    try:
        yield
    except FolderInUse as error:
        _fail(f"见证人已在 {error} 运行。", f"A witness runs on {error} already.")
    except Unusable as error:
        _fail(error.statement.zh, error.statement.en)
    except (FolderUnusable, OSError, ValueError) as error:
        _fail("见证人无法使用所给的文件夹或文件。", f"The folder or file can't be used: {error}.")


def _fail(zh: str, en: str) -> None:
    typer.echo(f"{zh}\n{en}", err=True)
    raise typer.Exit(1)


def _tell(as_json: bool, facts: dict[str, Any], text: str) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else text)


if __name__ == "__main__":
    witness()
