"""A log that says whatever a test wants, behind the real routes and a real socket: signed by a real key, or forged."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from api import problems
from api.routes import log
from app.embedded import free_port
from ledger.errors import TileNotFound
from ledger.merkle import HASH_SIZE, leaf_hash, nodes_of, root
from ledger.monitor.http_log import HTTPLog
from ledger.note import Checkpoint, VerifierKey, sign_note
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, encode_bundle
from tests.support.serving import serving

ORIGIN = "dingyue.test/log"


@dataclass
class PaperLog:
    """Entries in memory, served as the real one is. Change any of it between two looks."""

    entries: list[bytes] = field(default_factory=list)
    key: Ed25519PrivateKey = field(default_factory=lambda: Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    origin: str = ORIGIN
    spoilt: dict[str, bytes] = field(default_factory=dict)
    rotations: Sequence[Any] = ()
    asked_for: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, size: int, salt: str = "") -> "PaperLog":
        return cls([f"entry {number}{salt}".encode() for number in range(size)])

    def forged(self, index: int, *, size: int | None = None) -> "PaperLog":
        """The same log, by the same key, in which one entry never was what it was."""
        entries = [*self.entries[:index], b"forged", *self.entries[index + 1 :]][:size]
        more = range(len(entries), size or 0)
        return PaperLog([*entries, *(f"forged {number}".encode() for number in more)], self.key, self.origin)

    def grow(self, count: int) -> None:
        self.entries += [f"entry {number}".encode() for number in range(len(self.entries), len(self.entries) + count)]

    @property
    def vkey(self) -> VerifierKey:
        return VerifierKey.of(self.origin, self.key)

    @property
    def leaves(self) -> list[bytes]:
        return [leaf_hash(entry) for entry in self.entries]

    def root(self, size: int) -> bytes:
        return root(self.leaves[:size])

    def note(self, size: int) -> bytes:
        return sign_note(Checkpoint(self.origin, size, self.root(size)).text(), self.origin, self.key).to_bytes()

    # What the routes of the log ask of `LedgerService`.

    def checkpoint(self) -> bytes:
        return self.note(len(self.entries))

    def vkeys(self) -> list[str]:
        return [str(self.vkey)]

    def key_rotations(self) -> Sequence[Any]:
        return self.rotations

    def tile(self, path: str) -> bytes:
        self.asked_for.append(path)
        tile = Tile.parse(path)
        if not tile.is_within(len(self.entries)):
            raise TileNotFound
        if path in self.spoilt:
            return self.spoilt[path]
        first = tile.index * TILE_WIDTH
        if tile.level is None:
            return encode_bundle(self.entries[first : first + tile.width])
        node = nodes_of(self.leaves)
        hashes = [node(tile.level * TILE_HEIGHT, first + offset) for offset in range(tile.width)]
        assert all(len(value) == HASH_SIZE for value in hashes)
        return b"".join(hashes)


@dataclass
class ServedLog:
    """An address, and what is behind it: a `PaperLog` or the real service; None: it is down."""

    address: str
    source: Any
    client: httpx.Client

    def reader(self) -> HTTPLog:
        return HTTPLog(self.address, self.client)


@contextmanager
def served_log(source: Any) -> Iterator[ServedLog]:
    """The real routes of the log over whatever is its `source` at the moment."""
    app = FastAPI()
    app.include_router(log.public_router)
    problems.install(app)
    port = free_port()
    with httpx.Client(timeout=20, trust_env=False) as client:
        served = ServedLog(f"http://127.0.0.1:{port}/log", source, client)
        app.state.services = SimpleNamespace()

        @app.middleware("http")
        async def behind(request: Any, call_next: Any) -> Any:
            app.state.services = SimpleNamespace(ledger=served.source)
            return await call_next(request)

        with serving(app, port):
            yield served
