"""Small files an embedded stack keeps: keys, names, passwords."""

import os
from pathlib import Path


def write_once(file: Path, content: str) -> None:
    """Writes a private file so that a crash leaves either nothing or all of it."""
    temporary = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    temporary.replace(file)
