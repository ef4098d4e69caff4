"""What a stranger's file might make a parser do, as functions that the sandbox can be asked to run."""

import ctypes
import os
from pathlib import Path
from typing import Any

from signing.pdf.errors import BrokenPDF


def size(data: bytes) -> int:
    return len(data)


def hang(data: bytes) -> None:
    """For ever, and without letting go of the interpreter's lock: in native code, as a parser's loop would be."""
    ctypes.PyDLL(None).pause()


def swell(data: bytes) -> int:
    kept = []
    while True:
        kept.append(bytearray(32 * 1024 * 1024))


def crash(data: bytes) -> None:
    """A fault of memory, as a mistake in native code makes it."""
    ctypes.string_at(0)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return open, (str(self._path or os.devnull), "w")


def take_over(data: bytes, path: Path | None = None) -> Any:
    """Answers as a worker under a stranger's control would."""
    return Trap(path)


def fail(data: bytes) -> None:
    raise RecursionError


def refuse(data: bytes) -> None:
    raise BrokenPDF(why="a reason")


def write_file(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def environment(data: bytes) -> dict[str, str]:
    return dict(os.environ)


def process(data: bytes) -> int:
    return os.getpid()


def break_down(data: bytes, *arguments: Any, **named: Any) -> None:
    """Whatever it is asked, the process is gone."""
    os.abort()
