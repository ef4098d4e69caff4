"""`dingyue fsck`: makes the log again from its stored entries and says where what is stored differs."""

import json
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from sqlalchemy.exc import OperationalError

from core.errors import DingyueError

if TYPE_CHECKING:
    from ledger.service import LedgerService

_NO_DATABASE = {
    "state": "not_examined",
    "code": "database_unavailable",
    "zh": "数据库没有应答，日志未检查。请检查 DINGYUE_DATABASE__URL 后重试。",
    "en": "The database doesn't answer; nothing was examined. Check DINGYUE_DATABASE__URL and try again.",
}
_NO_SETTINGS = {
    "state": "not_examined",
    "code": "settings_invalid",
    "zh": "设置缺失或有误，日志未检查。请检查以 DINGYUE_ 开头的环境变量。",
    "en": "The settings are missing or wrong; nothing was examined. Check the variables that begin with DINGYUE_.",
}


class ExitCode(IntEnum):
    """What the command ends with."""

    SOUND = 0
    DIFFERENT = 1
    NOT_EXAMINED = 2


def fsck_command(
    most: Annotated[int, typer.Option(min=1, help="Stop after so many differences")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
) -> None:
    """Examines the whole log: entries, records, tiles, checkpoints, time-stamps, anchors. Changes nothing.

    Exit code: 0 all is well, 1 something differs (the first difference is told first), 2 it couldn't be examined.
    """
    try:
        result = _examine_installation(most, is_quiet=as_json)
    except DingyueError as error:
        result = {"state": "not_examined", "code": error.code, "zh": error.message("zh"), "en": error.message("en")}
    except OperationalError:
        result = _NO_DATABASE
    except ValueError:  # Its text may hold what was set, secrets too.
        result = _NO_SETTINGS
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else _for_people(result))
    raise typer.Exit(int(ExitCode[str(result["state"]).upper()]))


def _examine_installation(most: int, *, is_quiet: bool) -> dict[str, Any]:
    from app.composition import build
    from app.settings import load_settings

    application = build(load_settings())
    try:
        return _examine(application.services.ledger, most, is_quiet=is_quiet)
    finally:
        application.close()


def _examine(ledger: "LedgerService", most: int, *, is_quiet: bool) -> dict[str, Any]:
    latest = ledger.latest_checkpoint()
    found = []
    with typer.progressbar(length=1, label="fsck", file=sys.stderr, hidden=is_quiet) as bar:

        def show(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        for finding in ledger.examine(show):
            found.append(finding.to_json())
            if len(found) == most:
                break
        bar.update((bar.length or 1) - bar.pos)
    return {
        "state": "different" if found else "sound",
        "size": latest.size if latest else 0,
        "root": latest.root.hex() if latest else None,
        "findings": found,
        "is_complete": len(found) < most,
    }


def _for_people(result: dict[str, Any]) -> str:
    if result["state"] == "not_examined":
        return f"{result['zh']}\n{result['en']}"
    if result["state"] == "sound":
        return (
            f"日志完好：{result['size']} 个条目，根哈希 {result['root'] or '-'}。\n"
            f"The log is sound: {result['size']} entries, root {result['root'] or '-'}."
        )
    lines = [f"✘ {each['zh']}\n  {each['en']}" for each in result["findings"]]
    if not result["is_complete"]:
        lines.append(f"仅列出前 {len(lines)} 处差异。\nOnly the first {len(lines)} differences are told.")
    return "\n".join(lines)
