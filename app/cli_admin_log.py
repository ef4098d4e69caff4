"""`dingyue admin log-key`: the keys that sign the log's checkpoints. For operators on the machine itself."""

import getpass
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.cli_admin_evidence import this_installation
from core.clock import rfc3339

if TYPE_CHECKING:
    from ledger.rotate_key import LogKeyRotation

log_key = typer.Typer(no_args_is_help=True, help="The keys that sign the log's checkpoints.")

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]


@log_key.command("list")
def list_log_keys(as_json: AsJSON = False) -> None:
    """All keys the log ever had, oldest first, and from which checkpoint on each signs."""
    with this_installation(as_json=as_json) as application:
        ledger = application.services.ledger
        vkeys, rotations = ledger.vkeys(), ledger.key_rotations()
    first_sizes: list[int | None] = [0, *(rotation.first_size for rotation in rotations)]
    listed = [{"vkey": vkey, "first_size": first} for vkey, first in zip(vkeys, first_sizes, strict=True)]
    if as_json:
        typer.echo(json.dumps(listed, indent=2))
    for each in [] if as_json else listed:
        waits = each["first_size"] is None
        typer.echo(f"{each['vkey']}  {'尚未写入日志 (not in the log yet)' if waits else each['first_size']}")


@log_key.command("rotate")
def rotate_log_key(
    overlap_days: Annotated[
        int | None,
        typer.Option(min=0, help="The old key signs on for so many days; 0 if it leaked. Else as in the settings"),
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Makes a new key for the log, announced in the log itself, and records who did it. Until it has signed a
    checkpoint, doing it again changes nothing."""
    with this_installation(as_json=as_json) as application:
        days = application.settings.log.key_overlap_days if overlap_days is None else overlap_days
        rotation = application.services.ledger.rotate_key(
            timedelta(days=days), requested_by={"command_line_user": getpass.getuser()}
        )
    if as_json:
        typer.echo(json.dumps(_facts(rotation), ensure_ascii=False, indent=2))
        return
    until = rfc3339(rotation.predecessor_signs_until)
    typer.echo(
        f"日志的下一个密钥是 {rotation.successor}。\n"
        f"它从下一个检查点起签名，旧密钥同时签名至 {until}。请发布新的信任文件。\n"
        f"The log's next key is {rotation.successor}.\nIt signs from the next checkpoint on, and the old key beside it "
        f"until {until}. Publish the new trust file."
    )


def _facts(rotation: "LogKeyRotation") -> dict[str, Any]:
    return {
        "predecessor": rotation.predecessor,
        "successor": rotation.successor,
        "predecessor_signs_until": rfc3339(rotation.predecessor_signs_until),
        "statement": rotation.statement.decode(),
        "is_new": rotation.is_new,
    }
