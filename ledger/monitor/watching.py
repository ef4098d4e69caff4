"""One pass of the monitor: the log, then each chain, then the log again for what was anchored meanwhile.

A pass that fails anywhere is begun again by the next one from what is saved; it is the same function.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from ledger.monitor.alarms import AlarmCode
from ledger.monitor.anchored_roots import compare_anchors, report_anchors_ahead
from ledger.monitor.evm_node import EVMNode, NodeUnavailable
from ledger.monitor.follow_chain import ChainFollower, chain_key
from ledger.monitor.follow_log import LogFollower, verified_checkpoint
from ledger.monitor.http_log import LogReader, LogUnavailable
from ledger.monitor.report import ChainReport, LogReport, Report
from ledger.monitor.round import Round
from ledger.monitor.state import ChainProgress, StateFolder
from ledger.verifier.trust import Trust, TrustedChain
from ledger.verifier.verdict import Statement


@dataclass(frozen=True, slots=True)
class WatchedChain:
    """A chain of the trust file and a node that tells of it. `first_block`: nothing was anchored before it."""

    chain: TrustedChain
    node: EVMNode
    first_block: int = 0


@dataclass(frozen=True, slots=True)
class Monitor:
    """`overdue_after`: entries that wait longer for an anchor are an alarm; None: they are only told of."""

    log: LogReader
    trust: Trust
    folder: StateFolder
    chains: Sequence[WatchedChain] = ()
    overdue_after: timedelta | None = None

    def watch_once(self, now: datetime) -> Report:
        """One pass. Raises `Unusable` if the state can't be read."""
        round_ = Round(self.folder, self.folder.load(self.trust.origin), now)
        is_log_read = self._follow_log(round_)
        for watched in self.chains:
            self._follow_chain(watched, round_, is_log_read=is_log_read)
        round_.close()
        return self._report(round_)

    def _follow_log(self, round_: Round) -> bool:
        try:
            LogFollower(self.log, self.trust, round_).step()
        except LogUnavailable as error:
            round_.unknown.append(_log_silent(error))
            return False
        return True

    def _follow_chain(self, watched: WatchedChain, round_: Round, *, is_log_read: bool) -> None:
        chain = watched.chain
        follower = ChainFollower(watched.node, chain, round_, watched.first_block)
        try:
            follower.step(lambda: compare_anchors(self.log, chain, follower.progress, round_))
            # What was anchored after the log was read is in the log by now.
            if follower.progress.pending and is_log_read and self._follow_log(round_):
                compare_anchors(self.log, chain, follower.progress, round_)
                report_anchors_ahead(chain, follower.progress, round_)
            elif is_log_read:
                report_anchors_ahead(chain, follower.progress, round_)
        except NodeUnavailable as error:
            round_.unknown.append(
                Statement(
                    f"{chain.name}的节点没有给出可用的应答：{error}。",
                    f"The node of {chain.name} gave no usable answer: {error}.",
                )
            )
        except LogUnavailable as error:
            round_.unknown.append(_log_silent(error))
        self._check_lag(chain, follower.progress, round_)

    def _check_lag(self, chain: TrustedChain, progress: ChainProgress, round_: Round) -> None:
        if self.overdue_after is None:
            return
        round_.settled(str(chain.chain_id), AlarmCode.ANCHOR_OVERDUE)
        waiting = next(round_.archive.from_size(progress.anchored_size + 1), None)
        if waiting is not None and round_.now - datetime.fromisoformat(waiting.at) > self.overdue_after:
            round_.alarm(AlarmCode.ANCHOR_OVERDUE, str(chain.chain_id), chain=chain.name, since=waiting.at)

    def _report(self, round_: Round) -> Report:
        checkpoint, seen = verified_checkpoint(round_)
        last = round_.archive.last()
        log = LogReport(
            origin=self.trust.origin,
            seen_size=last.size if last else 0,
            verified_size=checkpoint.size,
            root=checkpoint.root.hex(),
            seen_at=datetime.fromisoformat(seen.at) if seen else None,
        )
        describe = partial(_describe, log.seen_size)
        chains = [describe(watched.chain, round_.state.chains[chain_key(watched.chain)]) for watched in self.chains]
        return Report(
            round_.now,
            log,
            tuple(chains),
            tuple(round_.state.open_alarms),
            tuple(dict.fromkeys(round_.unknown)),
            tuple(dict.fromkeys(round_.notices)),
        )


def _describe(seen_size: int, chain: TrustedChain, progress: ChainProgress) -> ChainReport:
    anchored_at = progress.anchored_time
    return ChainReport(
        chain_id=chain.chain_id,
        name=chain.name,
        is_development=chain.is_development,
        anchored_size=progress.anchored_size,
        confirmed_size=progress.confirmed_size,
        anchored_at=None if anchored_at is None else datetime.fromtimestamp(anchored_at, UTC),
        read_to_block=progress.next_block - 1,
        unanchored=max(0, seen_size - progress.anchored_size),
    )


def _log_silent(error: LogUnavailable) -> Statement:
    return Statement(f"日志没有给出可用的应答：{error}。", f"The log gave no usable answer: {error}.")
