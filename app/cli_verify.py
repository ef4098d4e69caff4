"""`dingyue verify`: checks an evidence package offline. It needs no settings, no database and no network."""

import hashlib
import json
import logging
from pathlib import Path
from typing import Annotated, Any

import typer

from app.user_files import LARGEST_TRUST_FILE, decode_trust, read_bounded
from core.rpc import RPCError, json_rpc
from ledger.verifier.chain import Node, NodeUnavailable
from ledger.verifier.container import MAXIMUM_SIZE
from ledger.verifier.standing import NAMES
from ledger.verifier.verdict import ExitCode, Grade, Statement, Status, Unusable, Verdict
from ledger.verifier.verify import verify_package

_MARKS = {Status.PASS: "✔", Status.FAIL: "✘", Status.UNKNOWN: "?"}


def verify_command(
    package: Annotated[Path, typer.Argument(help="The evidence package (.asice)")],
    trust: Annotated[Path, typer.Option(help="trust.json, got by another way than from the package")],
    block_hash: Annotated[str | None, typer.Option(help="The block's hash as you looked it up, 0x…")] = None,
    rpc: Annotated[str | None, typer.Option(help="JSON-RPC of an Ethereum node you rely on")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON")] = False,
) -> None:
    """Verifies an evidence package.

    Exit code: 0 all required checks hold, 1 something contradicts, 2 not enough to decide, 3 unusable input.
    """
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # The verdict says it; a trace would only frighten.
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
    verdict, fingerprint = _verify(package, trust, block_hash, rpc)
    if as_json:
        typer.echo(json.dumps(verdict.to_json() | {"trust_sha256": fingerprint}, ensure_ascii=False, indent=2))
    else:
        typer.echo(_for_people(verdict, fingerprint))
    raise typer.Exit(int(verdict.exit_code))


def _verify(package: Path, trust: Path, block_hash: str | None, rpc: str | None) -> tuple[Verdict, str | None]:
    """The verdict, and the SHA-256 of the trust file if it could be read."""
    fingerprint = None
    try:
        trust_file = read_bounded(trust, LARGEST_TRUST_FILE)
        fingerprint = hashlib.sha256(trust_file).hexdigest()
        data = read_bounded(package, MAXIMUM_SIZE)
        verdict = verify_package(data, decode_trust(trust_file), block_hash=block_hash, rpc=_node(rpc) if rpc else None)
    except Unusable as unusable:
        verdict = Verdict(ExitCode.UNUSABLE, unusable.statement, "")
    return verdict, fingerprint


def _node(url: str) -> Node:
    def ask(method: str, *parameters: Any) -> Any:
        try:
            return json_rpc(url, method, *parameters)
        except RPCError as error:
            raise NodeUnavailable(str(error)) from error

    return ask


def _for_people(verdict: Verdict, fingerprint: str | None) -> str:
    lines = [f"SHA-256 {verdict.package_sha256 or '-'}", f"trust.json SHA-256 {fingerprint or '-'}", ""]
    for check in verdict.checks:
        lines.append(f"{_MARKS[check.status]} {check.number:>2} {check.reason.zh}")
        lines.append(f"     {check.reason.en}")
    if verdict.not_proven:
        lines += ["", "不能证明的事项 · What is not proven:"]
        lines += [f"  · {limit.zh}\n    {limit.en}" for limit in verdict.not_proven]
    if verdict.grade:
        lines += ["", *_grade(verdict.grade)]
    lines += ["", _headline(verdict.summary, verdict.exit_code)]
    return "\n".join(lines)


def _grade(grade: Grade) -> list[str]:
    name = NAMES[grade.standing]
    lines = [f"证据等级 · Standing: {name.zh} · {name.en}"]
    return lines + [f"  · {reason.zh}\n    {reason.en}" for reason in grade.reasons]


def _headline(summary: Statement, exit_code: ExitCode) -> str:
    return f"{summary.zh}\n{summary.en}\n[{exit_code.name.lower()}, exit code {int(exit_code)}]"
