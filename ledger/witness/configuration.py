"""A witness's folder: its key, its name, and the logs it watches.

key.pem        the Ed25519 private key (PKCS #8), readable by its owner alone
witness.json   {"name": "notary.example/witness", "logs": [{"origin": "…", "vkeys": ["…"]}]}
logs/          what it remembers (`memory.py`)
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from core.durable_files import replace_file, sync
from ledger.note import COSIGNATURE_V1, ED25519, NoteInvalid, VerifierKey

_KEY, _CONFIGURATION = "key.pem", "witness.json"


class FolderUnusable(ValueError):
    """The folder holds no witness, holds one already, or its files can't be read; the message says which."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """`logs`: the keys of each log by its origin."""

    name: str
    key: Ed25519PrivateKey
    logs: Mapping[str, Sequence[VerifierKey]]

    @property
    def vkey(self) -> VerifierKey:
        """What a log's operator and the users' trust files need."""
        return VerifierKey.of(self.name, self.key, COSIGNATURE_V1)


def create(folder: Path, name: str) -> Configuration:
    """A new key in a new folder. Raises `FolderUnusable`, also for a name that no key can have, or `OSError`."""
    key = Ed25519PrivateKey.generate()
    made = Configuration(name, key, {})
    try:
        made.vkey  # noqa: B018 - a name with a space or a plus sign is refused before anything is written
    except NoteInvalid as error:
        raise FolderUnusable(str(error)) from error
    if is_made(folder):
        raise FolderUnusable(f"{folder} holds a witness's key already")
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, made)
    _write_key(folder, key)
    return made


def is_made(folder: Path) -> bool:
    """Whether there is a witness. The key comes last: a folder without one may be made anew."""
    return (folder / _KEY).exists()


def load(folder: Path) -> Configuration:
    """Raises `FolderUnusable`."""
    try:
        key = load_pem_private_key((folder / _KEY).read_bytes(), password=None)
        told = json.loads((folder / _CONFIGURATION).read_text())
        logs = {log["origin"]: _log_keys(log["vkeys"]) for log in told["logs"]}
        name = told["name"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FolderUnusable(f"{folder} holds no witness that can be read: {error}") from error
    if not isinstance(key, Ed25519PrivateKey) or not isinstance(name, str):
        raise FolderUnusable(f"{folder} holds another kind of key, or a witness without a name")
    return Configuration(name, key, logs)


def watch(folder: Path, origin: str, vkeys: Sequence[str]) -> Configuration:
    """Watches one more log, or knows more keys of one. A key once known is never forgotten: old checkpoints bear it.

    Raises `FolderUnusable`.
    """
    before = load(folder)
    try:
        added = _log_keys(vkeys)
    except ValueError as error:
        raise FolderUnusable(f"a key of {origin} can't be read: {error}") from error
    keys = dict.fromkeys([*before.logs.get(origin, ()), *added])
    after = Configuration(before.name, before.key, {**before.logs, origin: tuple(keys)})
    _write(folder, after)
    return after


def _log_keys(vkeys: Sequence[str]) -> tuple[VerifierKey, ...]:
    keys = tuple(VerifierKey.parse(vkey) for vkey in vkeys)
    if not keys or any(key.type != ED25519 for key in keys):
        raise NoteInvalid("a log has at least one key, of signature type 1")
    return keys


def _write_key(folder: Path, key: Ed25519PrivateKey) -> None:
    """A key is complete or isn't there, and never takes the place of another. Raises `FolderUnusable`."""
    beside = folder / f".{_KEY}.new"
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, folder / _KEY)
    except FileExistsError as error:
        raise FolderUnusable(f"{folder} holds a witness's key already") from error
    finally:
        beside.unlink()
    sync([folder])


def _write(folder: Path, configuration: Configuration) -> None:
    logs = [{"origin": origin, "vkeys": [str(key) for key in keys]} for origin, keys in configuration.logs.items()]
    text = json.dumps({"name": configuration.name, "logs": logs}, ensure_ascii=False, indent=2) + "\n"
    replace_file(folder / _CONFIGURATION, text.encode(), top=folder)
