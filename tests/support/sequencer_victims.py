"""Sequencers in processes of their own, which kill themselves (SIGKILL) at a crash point.

The object store's threads don't come along in a fork, so that a victim comes from a server that has imported
everything and has no threads yet: as fast as a fork, as fresh as a new process.
"""

import multiprocessing
import os
import resource
import signal
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from core.clock import Clock
from core.database import create_database_engine
from core.objects import Objects, ObjectStoreUnavailable
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from ledger import sequencer
from ledger.errors import LogEmpty
from ledger.note import Note, sign_note
from ledger.sequencer import Sequencer
from ledger.service import LedgerService
from tests.support.crashes import CrashingObjects, CrashingUnitOfWork, CrashPlan, Fault

PATIENCE_SECONDS = 60
NO_ROOM = 73
"""How a victim ends that finds the object store full."""

_fresh = multiprocessing.get_context("forkserver")
_fresh.set_forkserver_preload(["tests.support.sequencer_victims"])


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a sequencer needs, in a form that travels to another process. `signed` is a file with one line for each
    checkpoint that was ever signed there, published or not."""

    url: str
    objects: str
    clock: Clock
    master_key: bytes
    origin: str
    signed: Path

    def ledger(self, plan: CrashPlan) -> LedgerService:
        engine, objects = create_database_engine(self.url), CrashingObjects(Objects.at(self.objects), plan)
        return LedgerService(
            lambda: CrashingUnitOfWork(engine, self.clock, plan), objects, SecretBox(self.master_key), self.origin
        )

    def start(self, at: int, fault: Fault, *, runs: int = 1) -> BaseProcess:
        """Runs that die around their external call number `at`, if they come to it; `finish` waits for them."""
        return _start(_sequence, self, at, fault, runs)

    def start_with_room_for(self, size: int) -> BaseProcess:
        """A run that can write no file of more than `size` bytes, as on a disk that becomes full while it writes."""
        return _start(_sequence_in_little_room, self, size)

    def start_to_die_after(self, step: str) -> BaseProcess:
        return _start(_sequence_and_die_after, self, step)


def finish(victim: BaseProcess) -> int:
    """Waits for a victim's end and returns its exit code, −9 if it was killed."""
    victim.join(PATIENCE_SECONDS)
    assert victim.exitcode is not None, "the victim hangs"
    return victim.exitcode


def note_down(signed: Path) -> None:
    """From now on, everything this process signs is in the file before anybody else can see it."""

    def noted(text: str, *arguments: Any) -> Note:
        with signed.open("ab", buffering=0) as file:
            file.write(text.replace("\n", " ").encode() + b"\n")
        return sign_note(text, *arguments)

    sequencer.sign_note = noted


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _start(target: Any, *arguments: Any) -> BaseProcess:
    victim = _fresh.Process(target=target, args=arguments)
    victim.start()
    return victim


def _sequence(workplace: Workplace, at: int, fault: Fault, runs: int) -> None:
    note_down(workplace.signed)
    ledger = workplace.ledger(CrashPlan(at, fault, die))
    for _ in range(runs):
        ledger.sequence_pending()
        try:
            ledger.copy_checkpoint()
        except LogEmpty:
            continue


def _sequence_in_little_room(workplace: Workplace, size: int) -> None:
    note_down(workplace.signed)
    ledger = workplace.ledger(CrashPlan(-1, "lost"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # Then writing fails with an error, as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    try:
        ledger.sequence_pending()
    except ObjectStoreUnavailable:
        os._exit(NO_ROOM)


def _sequence_and_die_after(workplace: Workplace, step: str) -> None:
    note_down(workplace.signed)
    original = getattr(Sequencer, step)

    def killing(self: Sequencer, *arguments: Any) -> None:
        original(self, *arguments)
        die()

    setattr(Sequencer, step, killing)
    engine = create_database_engine(workplace.url)
    LedgerService(
        lambda: UnitOfWork(engine, workplace.clock),
        Objects.at(workplace.objects),
        SecretBox(workplace.master_key),
        workplace.origin,
    ).sequence_pending()
