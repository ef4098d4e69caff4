"""What a pass found, for people and for programs. Ages are in seconds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from core.clock import rfc3339
from ledger.monitor.alarms import Alarm
from ledger.verifier.verdict import Statement


class ExitCode(IntEnum):
    """What `dingyue monitor run --once` ends with: an alarm goes before what isn't known."""

    AGREES = 0
    ALARM = 1
    UNKNOWN = 2
    UNUSABLE = 3


@dataclass(frozen=True, slots=True)
class LogReport:
    """`seen_size` is the newest checkpoint with a good signature that extends all before it, `verified_size` the newest
    that the entries lead to. `seen_at` is when that was seen first: `age` grows while nothing is logged, too."""

    origin: str
    seen_size: int
    verified_size: int
    root: str
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChainReport:
    """`anchored_size` is the newest final anchor's, `confirmed_size` the newest found to be the log's."""

    chain_id: int
    name: str
    is_development: bool
    anchored_size: int
    confirmed_size: int
    anchored_at: datetime | None
    read_to_block: int
    unanchored: int


@dataclass(frozen=True, slots=True)
class Report:
    """A pass at the instant `at`."""

    at: datetime
    log: LogReport
    chains: tuple[ChainReport, ...]
    alarms: tuple[Alarm, ...]
    unknown: tuple[Statement, ...]
    notices: tuple[Statement, ...]

    @property
    def exit_code(self) -> ExitCode:
        if self.alarms:
            return ExitCode.ALARM
        return ExitCode.UNKNOWN if self.unknown else ExitCode.AGREES

    def to_json(self) -> dict[str, Any]:
        return {
            "v": 1,
            "at": rfc3339(self.at),
            "verdict": self.exit_code.name.lower(),
            "exit_code": int(self.exit_code),
            "log": {
                "origin": self.log.origin,
                "seen_size": self.log.seen_size,
                "verified_size": self.log.verified_size,
                "root": self.log.root,
                "checkpoint_seen_at": _instant(self.log.seen_at),
                "checkpoint_age": self._age(self.log.seen_at),
            },
            "chains": [self._chain(chain) for chain in self.chains],
            "alarms": [alarm.to_json() for alarm in self.alarms],
            "unknown": [{"zh": statement.zh, "en": statement.en} for statement in self.unknown],
            "notices": [{"zh": statement.zh, "en": statement.en} for statement in self.notices],
        }

    def for_people(self) -> str:
        """Chinese, then English; an alarm is told in full each time, for it stands until somebody acts."""
        log, at = self.log, f"{self.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        lines = [
            f"{at}  {_HEADLINES[self.exit_code]}",
            f"  日志 log {log.origin}: {log.seen_size} 条 entries, 已核对 verified {log.verified_size}",
            f"    首次见到 first seen {_ago(self._age(log.seen_at))}",
        ]
        for chain in self.chains:
            label = "（开发链，不是证据 development chain: not evidence）" if chain.is_development else ""
            lines.append(
                f"  链 chain {chain.name}{label}: 已锚定 anchored {chain.anchored_size}, "
                f"与日志一致 confirmed {chain.confirmed_size}, 最新锚定 newest {_ago(self._age(chain.anchored_at))}, "
                f"未锚定 unanchored {chain.unanchored}"
            )
        for mark, statements in (("?", self.unknown), ("·", self.notices)):
            lines += [f"  {mark} {statement.zh}\n    {statement.en}" for statement in statements]
        for alarm in self.alarms:
            told = alarm.to_json()
            lines += [f"  ✘ {told['zh']}", f"    {told['en']}", f"    [{alarm.code}] {told['first_at']}"]
            if alarm.proof:
                lines.append(f"    证明 proof: {alarm.proof}")
        return "\n".join(lines)

    def _chain(self, chain: ChainReport) -> dict[str, Any]:
        return {
            "chain_id": chain.chain_id,
            "name": chain.name,
            "development": chain.is_development,
            "anchored_size": chain.anchored_size,
            "confirmed_size": chain.confirmed_size,
            "anchored_at": _instant(chain.anchored_at),
            "anchor_age": self._age(chain.anchored_at),
            "read_to_block": chain.read_to_block,
            "unanchored": chain.unanchored,
        }

    def _age(self, since: datetime | None) -> int | None:
        return None if since is None else int((self.at - since).total_seconds())


_HEADLINES = {
    ExitCode.AGREES: "一致 everything agrees",
    ExitCode.ALARM: "警报 ALARM",
    ExitCode.UNKNOWN: "无法判断 unknown",
}


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def _ago(seconds: int | None) -> str:
    return "从未 never" if seconds is None else f"{seconds} 秒前 s ago"
