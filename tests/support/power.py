"""What a power cut would leave of a folder: only what was synced, and is named by folders that were synced, too."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest


@dataclass
class Synced:
    """The files and folders that were synced, by inode, since `forget`."""

    inodes: set[int] = field(default_factory=set)

    def survives(self, file: Path, top: Path) -> bool:
        """Whether the file, and all that leads to it from `top`, which was there before, is on the disk."""
        leading = [folder for folder in file.parents if folder.is_relative_to(top)]
        return all(each.stat().st_ino in self.inodes for each in (file, *leading))


@contextmanager
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Synced]:
    """Notes what is synced; it is synced all the same."""
    synced, fsync = Synced(), os.fsync

    def noted(descriptor: int) -> None:
        fsync(descriptor)
        synced.inodes.add(os.fstat(descriptor).st_ino)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", noted)
        yield synced
