"""`dingyue admin`: certificates, keys, anchoring accounts; for operators on the machine (settings: its environment).

Exit code: 0 done, 1 refused (the reason is told), 2 wrong usage.
"""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from app.cli_admin_evidence import evidence
from app.cli_admin_log import log_key
from core import ids
from core.clock import rfc3339
from core.errors import DingyueError
from signing.pki.policy import CertificateKind, RevocationReason

if TYPE_CHECKING:
    from api.services import Services
    from ledger.anchors.service import ChainStatus
    from signing.pki.read_certificates import CertificateView
    from signing.pki.service import PKIService

admin = typer.Typer(no_args_is_help=True, help="What operators do on the machine itself.")
certificates = typer.Typer(no_args_is_help=True, help="Certificates of the built-in trial authority.")
admin.add_typer(certificates, name="certificates")
anchor_writer = typer.Typer(no_args_is_help=True, help="The accounts that write anchors on chains.")
admin.add_typer(anchor_writer, name="anchor-writer")
admin.add_typer(evidence, name="evidence")
admin.add_typer(log_key, name="log-key")

AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]


@certificates.command("list")
def list_certificates(
    kind: Annotated[CertificateKind | None, typer.Option(help="Only this kind")] = None,
    revoked: Annotated[bool | None, typer.Option("--revoked/--not-revoked", help="Only these")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most")] = 50,
    before: Annotated[str | None, typer.Option(help="Older than this one: crt_…")] = None,
    as_json: AsJSON = False,
) -> None:
    """Lists certificates, newest first."""
    with _pki(as_json=as_json) as pki:
        last = ids.parse(ids.CERTIFICATE, before) if before else None
        views = pki.certificates(kind=kind, is_revoked=revoked, before=last, limit=limit)
    if as_json:
        _print_json([_facts(view) for view in views])
    for view in [] if as_json else views:
        typer.echo(_line(view))


@certificates.command("revoke")
def revoke_certificate(
    certificate_id: Annotated[str, typer.Argument(help="crt_…")],
    reason: Annotated[RevocationReason, typer.Option(help="Why; it stands in the CRL")],
    invalid_since: Annotated[
        str | None, typer.Option(help="RFC 3339 instant from when on a compromised key must be distrusted")
    ] = None,
    as_json: AsJSON = False,
) -> None:
    """Revokes a certificate for good, and records who did it as evidence. Doing it twice changes nothing."""
    since = _instant(invalid_since)
    with _pki(as_json=as_json) as pki:
        view = pki.revoke(
            ids.parse(ids.CERTIFICATE, certificate_id),
            reason,
            invalid_since=since,
            revoked_by={"command_line_user": getpass.getuser()},
        )
    if as_json:
        _print_json(_facts(view))
    else:
        typer.echo(_line(view))


@admin.command("rewrap-keys")
def rewrap_keys(as_json: AsJSON = False) -> None:
    """Wraps the data keys of all private keys by today's master key. Killed in between, run it again."""
    with _pki(as_json=as_json) as pki:
        count = pki.rewrap_keys()
    if as_json:
        _print_json({"rewrapped": count})
    else:
        typer.echo(f"已更换 {count} 个数据密钥的封装。\n{count} data keys were wrapped anew.")


@anchor_writer.command("list")
def list_anchor_writers(as_json: AsJSON = False) -> None:
    """Who writes anchors on each chain, who is to follow, and what is wrong there."""
    with _services(as_json=as_json) as services:
        chains = services.anchors.status()
    if as_json:
        _print_json([_chain_facts(chain) for chain in chains])
    for chain in [] if as_json else chains:
        follows = f"  → {chain.successor} {_since(chain)}" if chain.successor else ""
        wrong = f"  {chain.error_code}" if chain.error_code else ""
        typer.echo(f"{chain.chain_id}  {chain.name}  {chain.writer or '-'}{follows}{wrong}")


@anchor_writer.command("rotate")
def rotate_anchor_writer(
    chain: Annotated[int, typer.Option(help="The chain's id, as in the settings")], as_json: AsJSON = False
) -> None:
    """Makes a new account the next writer on a chain, and records who did it. Until it is in office, doing it again
    changes nothing: the anchoring process announces it on the contract, and two days later it takes over."""
    with _services(as_json=as_json) as services:
        rotation = services.anchors.rotate_writer(chain, requested_by={"command_line_user": getpass.getuser()})
    if as_json:
        _print_json(asdict(rotation))
        return
    typer.echo(
        f"链 {chain} 的下一个锚定账户是 {rotation.successor}。请为其充值；锚定进程将在链上公告，两天后生效。\n"
        f"The next writer on chain {chain} is {rotation.successor}. Fund it; the anchoring process announces it on the "
        "contract, and it takes over two days later."
    )


def _chain_facts(chain: "ChainStatus") -> dict[str, Any]:
    instants = {"checked_at": chain.checked_at, "successor_effective_at": chain.successor_effective_at}
    return asdict(chain) | {name: rfc3339(at) if at else None for name, at in instants.items()}


def _since(chain: "ChainStatus") -> str:
    return rfc3339(chain.successor_effective_at) if chain.successor_effective_at else "(not announced yet)"


@contextmanager
def _pki(*, as_json: bool) -> Iterator["PKIService"]:
    with _services(as_json=as_json) as services:
        yield services.pki


@contextmanager
def _services(*, as_json: bool) -> Iterator["Services"]:
    """Those of this installation; an error of ours ends the command with exit code 1."""
    from app.composition import build
    from app.settings import load_settings

    application = build(load_settings())
    try:
        yield application.services
    except DingyueError as error:
        if as_json:
            _print_json({"code": error.code, "zh": error.message("zh"), "en": error.message("en")})
        else:
            typer.echo(f"{error.message('zh')}\n{error.message('en')}", err=True)
        raise typer.Exit(1) from error
    finally:
        application.close()


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("write it as 2026-11-25T08:00:00+08:00") from error
    if instant.tzinfo is None:
        raise typer.BadParameter("the zone is missing: write it as 2026-11-25T08:00:00+08:00")
    return instant


def _facts(view: "CertificateView") -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(view).items()}


def _plain(value: object) -> str | None:
    if isinstance(value, UUID):
        return ids.public(ids.CERTIFICATE, value)
    if isinstance(value, datetime):
        return rfc3339(value)
    return None if value is None else str(value)


def _line(view: "CertificateView") -> str:
    said = f"  {view.reason} {rfc3339(view.revoked_at)}" if view.revoked_at else ""
    identifier = ids.public(ids.CERTIFICATE, view.id)
    return f"{identifier}  {view.kind:<17}  {view.state:<7}  {rfc3339(view.not_after)}  {view.subject}{said}"


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))
