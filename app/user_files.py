"""Files that a user names on the command line: read with a limit, and refused in words."""

import hashlib
import json
from pathlib import Path

from ledger.verifier.trust import Trust, parse_trust
from ledger.verifier.verdict import Unusable

LARGEST_TRUST_FILE = 4 * 1024 * 1024


def read_bounded(path: Path, limit: int) -> bytes:
    """Raises `Unusable` before reading anything that is too large."""
    if path.exists() and not path.is_file():
        raise Unusable(f"{path} 不是文件。", f"{path} isn't a file.")
    try:
        if path.stat().st_size > limit:
            raise Unusable(
                f"{path} 超过 {limit} 字节，未读取。", f"{path} is larger than {limit} bytes; it wasn't read."
            )
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"无法读取 {path}。", f"{path} can't be read: {error.strerror}.") from error


def decode_trust(trust_file: bytes) -> object:
    """The JSON of a trust file. Raises `Unusable`, also for a name that is given twice: whoever reads the file may see
    the first, and JSON readers take the last (RFC 8259 §4)."""
    try:
        decoded: object = json.loads(trust_file, object_pairs_hook=_each_name_once)
    except _NameTwice as error:
        raise Unusable(
            f"信任文件中 {error} 出现两次，无法采信。请重新获取。",
            f"The trust file gives {error} twice, so it can't be relied on. Get it again.",
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unusable("信任文件不是 JSON。", "The trust file isn't JSON.") from error
    return decoded


class _NameTwice(Exception):
    """The message is the name."""


def _each_name_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise _NameTwice(ascii(name)[:50])
        members[name] = value
    return members


def read_trust(path: Path) -> tuple[Trust, str]:
    """What the user trusts, and the file's SHA-256 (hex). Raises `Unusable`."""
    data = read_bounded(path, LARGEST_TRUST_FILE)
    return parse_trust(decode_trust(data)), hashlib.sha256(data).hexdigest()
