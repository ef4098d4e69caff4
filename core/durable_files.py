"""Files that survive a power cut: their bytes are on the disk, and so is every folder that leads to them.

A file that was synced and renamed can still vanish with a power cut if the folder that names it, or one above that was
made just now, wasn't synced as well (fsync(2), "NOTES").
"""

import os
from collections.abc import Iterable
from pathlib import Path


def replace_file(path: Path, data: bytes, *, top: Path) -> None:
    """Whatever happens, the file is the old one or the new one; once this returns, it is the new one.

    Makes the folders it needs below `top`, which has to be there. One writer of a path at a time. Raises `OSError`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    sync(folders_of([path], top))


def sync(paths: Iterable[Path]) -> None:
    """Files and folders as they are now go to the disk. Raises `OSError`."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def folders_of(files: Iterable[Path], top: Path) -> set[Path]:
    """The folders that lead to the files, each once, up to and with `top`."""
    return {folder for file in files for folder in file.parents if folder.is_relative_to(top)}
