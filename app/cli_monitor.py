"""`dingyue monitor`: watches a log and its anchors from outside. It needs no settings and no database."""

import json
import logging
import os
import signal
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from app.user_files import read_bounded, read_trust
from ledger.verifier.verdict import Unusable

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from ledger.monitor.report import Report
    from ledger.monitor.state import StateFolder
    from ledger.monitor.watching import Monitor, WatchedChain
    from ledger.verifier.trust import Trust

_TIMEOUT_SECONDS = 20.0
_LARGEST_PROOF = 1024 * 1024

monitor = typer.Typer(
    help="Watches a log and its anchors from outside: a trust file, the log's address and a node are all it needs.",
    no_args_is_help=True,
)

LogAddress = Annotated[str, typer.Option("--log", help="The log's address: what /checkpoint is appended to")]
TrustFile = Annotated[Path, typer.Option("--trust", help="trust.json, got by another way than from the log")]
AsJSON = Annotated[bool, typer.Option("--json", help="Print JSON")]


@monitor.command("run")
def run(
    *,
    log: LogAddress,
    trust: TrustFile,
    rpc: Annotated[
        list[str] | None, typer.Option(help="JSON-RPC of a node of one of the trust file's chains; repeatable")
    ] = None,
    state: Annotated[Path, typer.Option(help="The folder of this monitor's memory; one for each log")] = Path(
        "monitor-state"
    ),
    every: Annotated[int, typer.Option(min=1, help="Seconds between two passes")] = 60,
    once: Annotated[bool, typer.Option("--once", help="One pass; its verdict is the exit code")] = False,
    as_json: AsJSON = False,
    webhook: Annotated[str | None, typer.Option(help="Is told of every alarm by POST until it answers 2xx")] = None,
    overdue_after: Annotated[
        int | None, typer.Option(min=1, help="Alarm if entries wait longer than this many seconds for an anchor")
    ] = None,
    confirmations: Annotated[
        int | None, typer.Option(min=0, help="Blocks on top that make one final; else the node's `finalized` tag")
    ] = None,
    first_block: Annotated[int, typer.Option(min=0, help="Where to begin on the chain: the contract's block")] = 0,
) -> None:
    """Follows the log and its anchors and alarms on any difference.

    Exit code with --once: 0 everything agrees, 1 an alarm stands, 2 something couldn't be asked, 3 unusable input.
    Without --once it runs until it is stopped (exit code 0).
    """
    from ledger.monitor.http_log import HTTPLog
    from ledger.monitor.report import ExitCode
    from ledger.monitor.state import open_state
    from ledger.monitor.watching import Monitor

    _be_quiet()
    stopped = Event() if once else _stop_on_signals()
    try:
        trusted, _ = read_trust(trust)
        chains = _watched(trusted, rpc or [], confirmations, first_block)
        with open_state(state) as folder, _client() as client:
            overdue = None if overdue_after is None else timedelta(seconds=overdue_after)
            watcher = Monitor(HTTPLog(log, client), trusted, folder, chains, overdue)
            report = _pass(watcher, folder, client, webhook, as_json=as_json)
            while not once and not stopped.wait(every):
                report = _pass(watcher, folder, client, webhook, as_json=as_json)
    except Unusable as unusable:
        _say_unusable(unusable, as_json=as_json)
        raise typer.Exit(ExitCode.UNUSABLE) from unusable
    raise typer.Exit(report.exit_code if once else 0)


@monitor.command("receipt")
def receipt(
    file: Annotated[Path, typer.Argument(help="An evidence package (.asice), a checkpoint, or a tlog-proof")],
    *,
    log: LogAddress,
    trust: TrustFile,
    as_json: AsJSON = False,
) -> None:
    """Holds an old receipt against today's log, and shows the proof that nothing before it was changed.

    Exit code: 0 today's log contains it, 1 it contradicts it, 2 not enough to decide, 3 unusable input.
    """
    from ledger.monitor.http_log import HTTPLog, LogUnavailable
    from ledger.receipt_check import check_receipt
    from ledger.receipt_file import read_receipt
    from ledger.verifier.container import MAXIMUM_SIZE
    from ledger.verifier.verdict import ExitCode

    _be_quiet()
    try:
        trusted, _ = read_trust(trust)
        old = read_receipt(read_bounded(file, MAXIMUM_SIZE))
        with _client() as client:
            today = HTTPLog(log, client)
            verdict = check_receipt(old, today.checkpoint(), today.nodes, trusted.log_keys, trusted.origin)
    except Unusable as unusable:
        _say_unusable(unusable, as_json=as_json)
        raise typer.Exit(ExitCode.UNUSABLE) from unusable
    except LogUnavailable as error:
        silent = Unusable(f"日志没有给出可用的应答：{error}。", f"The log gave no usable answer: {error}.")
        _say_unusable(silent, as_json=as_json)
        raise typer.Exit(ExitCode.UNDECIDED) from error
    typer.echo(json.dumps(verdict.to_json(), ensure_ascii=False, indent=2) if as_json else verdict.for_people())
    raise typer.Exit(verdict.exit_code)


@monitor.command("proof")
def proof(
    file: Annotated[Path, typer.Argument(help="proof.json, as a monitor writes it")], *, trust: TrustFile
) -> None:
    """Checks a proof that a log contradicts itself or its anchor.

    An anchor is taken as the file states it: look its transaction up on the chain.
    Exit code: 0 it proves that, 1 it doesn't, 3 unusable input.
    """
    from ledger.merkle import ProofInvalid
    from ledger.monitor.misbehaviour import read_misbehaviour, verify_misbehaviour

    try:
        trusted, _ = read_trust(trust)
        shown = read_misbehaviour(read_bounded(file, _LARGEST_PROOF))
        verify_misbehaviour(shown, trusted.log_keys)
    except Unusable as unusable:
        _say_unusable(unusable, as_json=False)
        raise typer.Exit(3) from unusable
    except ProofInvalid as error:
        typer.echo(f"不能证明日志自相矛盾：{error}\nThis proves no misbehaviour: {error}")
        raise typer.Exit(1) from error
    what_zh, what_en = ("锚定", "its anchor") if shown.anchor else ("自己", "itself")
    typer.echo(
        f"证明成立：日志 {shown.origin} 在大小 {shown.older_size} 处与{what_zh}矛盾。\n"
        f"It holds: the log {shown.origin} contradicts {what_en} at size {shown.older_size}."
    )


def _pass(
    watcher: "Monitor", folder: "StateFolder", client: "httpx.Client", webhook: str | None, *, as_json: bool
) -> "Report":
    """One pass, printed; then whoever is to hear of its alarms hears of them."""
    from core.clock import SystemClock
    from ledger.monitor.webhook import tell_open_alarms

    report = watcher.watch_once(SystemClock().now())
    typer.echo(json.dumps(report.to_json(), ensure_ascii=False) if as_json else report.for_people())
    if webhook is not None:
        tell_open_alarms(folder, watcher.trust.origin, webhook, client)
    return report


def _watched(trust: "Trust", urls: Sequence[str], confirmations: int | None, first_block: int) -> "list[WatchedChain]":
    """The trust file's chain for each node. Raises `Unusable` for a node that is of none of them or can't say."""
    from ledger.monitor.evm_node import NodeUnavailable, RPCNode
    from ledger.monitor.watching import WatchedChain

    watched: list[WatchedChain] = []
    for number, url in enumerate(urls, 1):
        node = RPCNode(url, confirmations)
        try:
            chain_id = node.chain_id()
        except NodeUnavailable as error:
            if len(trust.chains) == 1:  # It can only be meant for this one: the pass says that it is silent.
                watched.append(WatchedChain(trust.chains[0], node, first_block))
                continue
            raise Unusable(
                f"第 {number} 个 --rpc 节点没有应答，无法知道它属于哪条链。请检查后重试。",
                f"Node {number} (--rpc) doesn't answer, so its chain isn't known. Check it and try again.",
            ) from error
        chains = [chain for chain in trust.chains if chain.chain_id == chain_id]
        if not chains:
            raise Unusable(
                f"第 {number} 个 --rpc 节点属于链 {chain_id}，信任文件没有列出它。",
                f"Node {number} (--rpc) is of chain {chain_id}, which the trust file doesn't name.",
            )
        watched += [WatchedChain(chain, node, first_block) for chain in chains]
    return watched


@contextmanager
def _client() -> "Iterator[httpx.Client]":
    import httpx

    with httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client:
        yield client


def _stop_on_signals() -> Event:
    """Set by SIGTERM and SIGINT, so that a pass is finished and not cut off; a second signal ends it at once."""
    stopped = Event()

    def stop(number: int, _frame: object) -> None:
        if stopped.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return stopped


def _be_quiet() -> None:
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)


def _say_unusable(unusable: Unusable, *, as_json: bool) -> None:
    statement = unusable.statement
    told = {"verdict": "unusable", "zh": statement.zh, "en": statement.en}
    typer.echo(json.dumps(told, ensure_ascii=False) if as_json else f"{statement.zh}\n{statement.en}")
