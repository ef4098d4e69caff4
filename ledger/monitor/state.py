"""The monitor's memory: one folder, of which one process at a time is the owner.

    state.json          how far log and chains were followed, and every alarm; replaced as a whole
    checkpoints.jsonl   every checkpoint seen (`ledger.monitor.archive`)
    proofs/             a file or folder for each alarm that has evidence
    lock                held by the running monitor

`save` writes a new file, syncs it, renames it over the old one and syncs the folder: a kill -9 or a power cut leaves
the old state or the new one. Whatever a state doesn't hold yet is downloaded and checked again.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from core.durable_files import folders_of, replace_file, sync
from ledger.monitor.alarms import Alarm, AlarmCode, Finding
from ledger.monitor.archive import Archive
from ledger.monitor.frontier import Frontier
from ledger.verifier.verdict import Unusable

_VERSION = 1


@dataclass(slots=True)
class AnchorSeen:
    """A final `Anchored` event that isn't compared with the log yet. Hashes are 0x-hex, `block_time` POSIX seconds."""

    size: int
    root: str
    note_hash: str
    tx_hash: str
    block_number: int
    block_time: int


@dataclass(slots=True)
class ChainProgress:
    """Final blocks from `first_block` to before `next_block` were read; `block_hash` is that of the last of them.

    `anchored_size` is the last anchor's, with its block's time; `confirmed_size` the last found to be the log's.
    """

    first_block: int
    next_block: int
    block_hash: str | None = None
    anchored_size: int = 0
    anchored_time: int | None = None
    confirmed_size: int = 0
    pending: list[AnchorSeen] = field(default_factory=list)


@dataclass(slots=True)
class MonitorState:
    """`verified` is the tree of the last checkpoint that the entries lead to; `reading` is how far they were read on.

    `unproven` is a checkpoint with a good signature of which the tiles were not had yet.
    """

    origin: str
    verified: Frontier = field(default_factory=Frontier)
    reading: Frontier = field(default_factory=Frontier)
    unproven: bytes | None = None
    chains: dict[str, ChainProgress] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)

    @property
    def open_alarms(self) -> list[Alarm]:
        return [alarm for alarm in self.alarms.values() if alarm.ended_at is None]


class StateFolder:
    """The open folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.archive = Archive(folder / "checkpoints.jsonl")

    def load(self, origin: str) -> MonitorState:
        """A new state if there is none. Raises `Unusable` for what can't be read, or is about another log."""
        path = self._folder / "state.json"
        if not path.exists():
            return MonitorState(origin)
        try:
            state = _state(json.loads(path.read_bytes()))
        except (ValueError, KeyError, TypeError) as error:
            raise Unusable(
                f"监测状态 {path} 无法读取，未作任何更改。请移走该文件夹，重新开始监测。",
                f"The monitor's state {path} can't be read; nothing was changed. Move the folder away and start anew.",
            ) from error
        if state.origin != origin:
            raise Unusable(
                f"该文件夹属于日志 {state.origin}，而信任文件是 {origin}。请为每个日志使用各自的文件夹。",
                f"This folder is about the log {state.origin}, the trust file about {origin}. Use a folder for each.",
            )
        return state

    def save(self, state: MonitorState) -> None:
        text = json.dumps(_json(state), ensure_ascii=False, indent=1) + "\n"
        replace_file(self._folder / "state.json", text.encode(), top=self._folder)

    def keep_proof(self, finding: Finding) -> str | None:
        """Writes the evidence of a finding, once; returns where, relative to the folder."""
        if finding.proof is None and not finding.notes:
            return None
        name = f"{finding.code}-{hashlib.sha256(finding.identifier.encode()).hexdigest()[:12]}"
        folder = self._folder / "proofs" / name
        if folder.exists():
            return f"proofs/{name}"
        unfinished = folder.with_name(f".{name}.new")  # Seen under its name once it is whole.
        unfinished.mkdir(parents=True, exist_ok=True)
        for number, note in enumerate(finding.notes, 1):
            replace_file(unfinished / f"checkpoint-{number}.note", note, top=unfinished)
        if finding.proof is not None:
            replace_file(unfinished / "proof.json", finding.proof, top=unfinished)
        unfinished.replace(folder)
        sync(folders_of([folder], self._folder))
        return f"proofs/{name}"


@contextmanager
def open_state(folder: Path) -> Iterator[StateFolder]:
    """Makes the folder if need be. Raises `Unusable` if another monitor has it open, or it can't be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("wb")
    except OSError as error:
        raise Unusable(f"无法使用文件夹 {folder}。", f"The folder {folder} can't be used: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Unusable(
                f"另一个监测进程正在使用 {folder}。请先停止它，或换一个文件夹。",
                f"Another monitor uses {folder}. Stop it first, or use another folder.",
            ) from error
        yield StateFolder(folder)


def _json(state: MonitorState) -> dict[str, Any]:
    return {
        "v": _VERSION,
        "origin": state.origin,
        "verified": _frontier_json(state.verified),
        "reading": _frontier_json(state.reading),
        "unproven": state.unproven.decode() if state.unproven else None,
        "chains": {name: asdict(progress) for name, progress in state.chains.items()},
        "alarms": [asdict(alarm) for alarm in state.alarms.values()],
    }


def _state(value: dict[str, Any]) -> MonitorState:
    if value["v"] != _VERSION:
        raise ValueError("another version")
    alarms = [Alarm(**{**alarm, "code": AlarmCode(alarm["code"])}) for alarm in value["alarms"]]
    return MonitorState(
        origin=value["origin"],
        verified=_frontier(value["verified"]),
        reading=_frontier(value["reading"]),
        unproven=value["unproven"].encode() if value["unproven"] else None,
        chains={name: _progress(progress) for name, progress in value["chains"].items()},
        alarms={alarm.identifier: alarm for alarm in alarms},
    )


def _progress(value: dict[str, Any]) -> ChainProgress:
    return ChainProgress(**{**value, "pending": [AnchorSeen(**anchor) for anchor in value["pending"]]})


def _frontier_json(frontier: Frontier) -> dict[str, Any]:
    return {"size": frontier.size, "subtrees": [subtree.hex() for subtree in frontier.subtrees]}


def _frontier(value: dict[str, Any]) -> Frontier:
    return Frontier(value["size"], tuple(bytes.fromhex(subtree) for subtree in value["subtrees"]))
