"""Witnesses of a test: real ones, in this process or over HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from app.witness_server import create as create_server
from ledger.adapters.http_witness import HTTPWitness
from ledger.cosigning import AskedWitness, OtherSize
from ledger.note import VerifierKey
from ledger.ports import WitnessUnavailable
from ledger.service import LedgerService
from ledger.witness import configuration
from ledger.witness.memory import Memory
from ledger.witness.request import SIZE_MEDIA_TYPE
from ledger.witness.witness import Refused, Witness


@dataclass(frozen=True)
class TestWitness:
    """A witness that watches a ledger's log."""

    __test__ = False

    running: Witness
    folder: Path
    asked: AskedWitness

    @staticmethod
    def around(running: Witness, key: VerifierKey) -> AskedWitness:
        """Asked by a call instead of over HTTP."""

        def ask(request: bytes) -> str:
            try:
                return running.add_checkpoint(request)
            except Refused as refused:
                if refused.media_type == SIZE_MEDIA_TYPE:
                    raise OtherSize(int(refused.body)) from refused
                raise WitnessUnavailable(f"{refused.status}: {refused.body}") from refused

        return AskedWitness(key, ask)


def make_witness(folder: Path, name: str, ledger: LedgerService, clock: Callable[[], int]) -> TestWitness:
    configuration.create(folder, name)
    made = configuration.watch(folder, ledger.origin, ledger.vkeys())
    running = Witness(made.name, made.key, made.logs, Memory(folder), clock)
    return TestWitness(running, folder, TestWitness.around(running, made.vkey))


@contextmanager
def over_http(witness: TestWitness, timeout_seconds: float = 10) -> Iterator[AskedWitness]:
    """The same witness behind a real server on loopback."""
    application = create_server(witness.running, witness.asked.key)
    server = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="warning"))
    serving = threading.Thread(target=server.run, daemon=True)
    serving.start()
    while not server.started:
        serving.join(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield AskedWitness(witness.asked.key, HTTPWitness(f"http://127.0.0.1:{port}/", timeout_seconds))
    finally:
        server.should_exit = True
        serving.join()
