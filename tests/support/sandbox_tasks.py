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


class Evil:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> Any:
        return os.system, ("touch /tmp/this-must-not-exist",)


def take_over(data: bytes) -> Any:
    """Answers as a worker under a stranger's control would."""
    return Evil()


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
