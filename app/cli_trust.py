"""`dingyue trust`: the trust file that users need to check evidence, and its fingerprint.

Exit code: 0 done, 1 the file can't be used or written.
"""

import hashlib
import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from ledger.package.trust import fingerprint, trust_bytes
from ledger.verifier.trust import parse_trust
from ledger.verifier.verdict import Unusable

trust = typer.Typer(no_args_is_help=True, help="The trust file (trust.json) and its fingerprint.")


@trust.command("export")
def export(file: Annotated[Path, typer.Argument(help="Where it goes")] = Path("trust.json")) -> None:
    """Writes what GET /v1/trust serves: the log's keys, witnesses, contracts, roots. Needs the settings.

    Publish the fingerprint that it prints by another way than the file.
    """
    from app.composition import build
    from app.settings import load_settings

    application = build(load_settings())
    try:
        data = trust_bytes(application.services.packages.trust())
    finally:
        application.close()
    try:
        file.write_bytes(data)
    except OSError as error:
        _fail(f"无法写入 {file}。", f"{file} can't be written: {error.strerror}.")
    typer.echo(fingerprint(data))


@trust.command("show")
def show(file: Annotated[Path, typer.Argument(help="A trust file, from whomever")]) -> None:
    """Prints a trust file's fingerprint, and in short what it trusts. Needs no settings."""
    try:
        data = file.read_bytes()
        found = parse_trust(json.loads(data))
    except Unusable as unusable:
        _fail(unusable.statement.zh, unusable.statement.en)
    except (OSError, ValueError, RecursionError) as error:
        _fail(f"{file} 无法读取。", f"{file} can't be read: {error}.")
    typer.echo(f"SHA-256 {hashlib.sha256(data).hexdigest()}")
    typer.echo(f"日志 Log: {found.origin}, {len(found.log_keys)} key(s)")
    names = ", ".join(key.name for key in found.witness_keys) or "无 none"
    typer.echo(f"见证人 Witnesses: {found.witness_quorum} of {len(found.witness_keys)} ({names})")
    for chain in found.chains:
        label = "（开发链，不是证据）(development chain: not evidence)" if chain.is_development else ""
        typer.echo(f"链 Chain: {chain.name} ({chain.chain_id}) 0x{chain.contract.hex()} {label}".rstrip())


def _fail(zh: str, en: str) -> NoReturn:
    typer.echo(f"{zh}\n{en}", err=True)
    raise typer.Exit(1)
