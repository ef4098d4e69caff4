"""Every checkpoint that was seen and believed, one JSON line each, in one file that only grows.

    {"size":…, "root":<hex>, "at":<RFC 3339>, "note":<the signed note>}

Sizes never fall along the file, so that a checkpoint is found by halving, with no index and no memory. Each line is on
the disk before anything is concluded from it. What a kill -9 left of a last line is cut off when the file is opened.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from core.clock import rfc3339
from ledger.note import Checkpoint


@dataclass(frozen=True, slots=True)
class SeenCheckpoint:
    """`root` has 32 bytes; `at` is when the monitor saw it first (RFC 3339); `note` is the signed note."""

    size: int
    root: bytes
    at: str
    note: bytes


class Archive:
    """One process has it open at a time (`ledger.monitor.state` holds the lock)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch()
        self._cut_off_half_a_line()

    def append(self, checkpoint: Checkpoint, note: bytes, now: datetime) -> None:
        """Durable when it returns. Raises `ValueError` if it is smaller than the last."""
        last = self.last()
        if last is not None and checkpoint.size < last.size:
            raise ValueError("the archive only grows")
        line = {"size": checkpoint.size, "root": checkpoint.root.hex(), "at": rfc3339(now), "note": note.decode()}
        with self._path.open("ab") as file:
            file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def last(self) -> SeenCheckpoint | None:
        with self._path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            if end == 0:
                return None
            file.seek(_line_start(file, end - 1))
            return _read(file.readline())

    def of_size(self, size: int) -> list[SeenCheckpoint]:
        """All notes of this size: there are several if signatures were added to it later."""
        found: list[SeenCheckpoint] = []
        for seen in self.from_size(size):
            if seen.size != size:
                break
            found.append(seen)
        return found

    def from_size(self, size: int) -> Iterator[SeenCheckpoint]:
        """Those of at least this size, smallest first."""
        with self._path.open("rb") as file:
            low, high = 0, file.seek(0, os.SEEK_END)
            while low < high:  # The first line of at least `size` starts in [low, high].
                middle = _line_start(file, (low + high) // 2)
                file.seek(middle)
                if _read(file.readline()).size < size:
                    low = file.tell()
                else:
                    high = middle
            file.seek(low)
            for line in file:
                yield _read(line)

    def _cut_off_half_a_line(self) -> None:
        with self._path.open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            start = _line_start(file, end) if end else 0
            if start != end:
                file.truncate(start)
                os.fsync(file.fileno())


def _line_start(file: BinaryIO, position: int) -> int:
    """Where the line begins that the byte at `position` belongs to (a line's end belongs to the line)."""
    block = 4096
    while position > 0:
        begin = max(0, position - block)
        file.seek(begin)
        found = file.read(position - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        position = begin
    return 0


def _read(line: bytes) -> SeenCheckpoint:
    value = json.loads(line)
    return SeenCheckpoint(value["size"], bytes.fromhex(value["root"]), value["at"], value["note"].encode())
