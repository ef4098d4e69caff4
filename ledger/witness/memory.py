"""What a witness remembers: the last checkpoint it signed for of each log, and signed notes that contradict it.

One folder, one process: a lock on the folder keeps a second witness with the same key away. A checkpoint is replaced by
writing it beside, flushing it to the disk and renaming it, and flushing the folders that lead to it; whoever is killed
in between remembers the old one or the new one, and has answered for neither more than that.
"""

import fcntl
import hashlib
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from core.durable_files import replace_file

_MOST_KEPT = 100
"""Notes kept of either kind; a log that goes on, or somebody who sends its old notes again, would fill the disk."""


class Kept(StrEnum):
    """`contradiction`: another root for the same size, which proves by itself, beside the note signed for, that the log
    misbehaved. `unproven`: nobody proved that it extends that note; by itself that proves nothing."""

    CONTRADICTION = "contradiction"
    UNPROVEN = "unproven"


class FolderInUse(RuntimeError):
    """Another witness runs on this folder."""


class Memory:
    """Of one witness. `change` gives one log's checkpoint to one thread at a time."""

    def __init__(self, folder: Path) -> None:
        """Raises `FolderInUse`, or `OSError`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = _locked(folder / "lock")
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def close(self) -> None:
        os.close(self._lock)

    @contextmanager
    def turn(self, origin: str) -> Iterator[None]:
        """Comparing with the last checkpoint and replacing it are one step (tlog-witness, "add-checkpoint")."""
        with self._turns[origin]:
            yield

    def latest(self, origin: str) -> bytes | None:
        """The note of the last checkpoint signed for; None before the first."""
        return latest_checkpoint(self._folder, origin)

    def replace(self, origin: str, note: bytes) -> None:
        """Durable when it returns."""
        replace_file(_checkpoint_file(self._folder, origin), note, top=self._folder)

    def keep(self, origin: str, note: bytes, kind: Kept) -> None:
        """A note that the log signed, and that wasn't signed for."""
        if len(kept(self._folder, origin, kind)) < _MOST_KEPT:
            file = _kept_folder(self._folder, origin, kind) / f"{hashlib.sha256(note).hexdigest()}.note"
            replace_file(file, note, top=self._folder)


def latest_checkpoint(folder: Path, origin: str) -> bytes | None:
    """For looking on, beside a running witness."""
    try:
        return _checkpoint_file(folder, origin).read_bytes()
    except FileNotFoundError:
        return None


def kept(folder: Path, origin: str, kind: Kept) -> list[Path]:
    """The notes of a log that weren't signed for."""
    return sorted(_kept_folder(folder, origin, kind).glob("*.note"))


def _kept_folder(folder: Path, origin: str, kind: Kept) -> Path:
    return _log_folder(folder, origin) / kind


def _log_folder(folder: Path, origin: str) -> Path:
    return folder / "logs" / quote(origin, safe="")


def _checkpoint_file(folder: Path, origin: str) -> Path:
    return _log_folder(folder, origin) / "checkpoint"


def _locked(file: Path) -> int:
    """A descriptor that holds the lock until it is closed, or the process ends however it ends."""
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise FolderInUse(str(file.parent)) from error
    return lock
