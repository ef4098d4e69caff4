"""A crash anywhere in sequencing loses no entry, reuses no index, and never leaves two checkpoints that disagree."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from accounts.policy import Actor
from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import sequencer
from ledger.merkle import leaf_hash, root
from ledger.note import Note, parse_checkpoint, sign_note
from ledger.record import parse_entry
from ledger.service import LedgerService
from tests.support.clock import FixedClock
from tests.support.crashes import (
    Crash,
    CrashingObjects,
    CrashingUnitOfWork,
    CrashPlan,
    Fault,
    sequence_and_be_killed,
)
from tests.support.ledger import read_log, record_many, register_organisation

ORIGIN = "dingyue.test/log"
MASTER_KEY = b"a master key that only tests use"


@pytest.fixture
def ledger(unit_of_work: UnitOfWorkFactory, objects: Objects) -> LedgerService:
    service = LedgerService(unit_of_work, objects, SecretBox(MASTER_KEY), ORIGIN)
    service.ensure_log_key()
    return service


@pytest.fixture
def actor(unit_of_work: UnitOfWorkFactory) -> Actor:
    return register_organisation(unit_of_work)


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The text of everything the log has ever signed, published or not."""
    texts: list[str] = []

    def remembered(text: str, *arguments: Any) -> Note:
        texts.append(text)
        return sign_note(text, *arguments)

    monkeypatch.setattr(sequencer, "sign_note", remembered)
    return texts


def crashes_everywhere(run: Callable[[CrashPlan], object], fault: Fault) -> Iterator[int]:
    """Calls `run` with a crash at its first external call, then at its second, and so on until nothing crashes."""
    for at in count():
        try:
            run(CrashPlan(at, fault))
        except Crash:
            yield at
        else:
            return


def check_everything(ledger: LedgerService, recorded: list[UUID], signed: list[str]) -> None:
    """All that was recorded is logged once, in order, and everything ever signed is a prefix of it."""
    checkpoint, entries = read_log(ledger)
    assert [parse_entry(entry).id for entry in entries] == [identifier.hex for identifier in recorded]
    assert checkpoint.size == len(recorded)
    hashes = [leaf_hash(entry) for entry in entries]
    for text in signed:
        shown = parse_checkpoint(text)
        assert shown.root == root(hashes[: shown.size])


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_crash_at_any_use_of_the_object_store(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, signed: list[str], fault: Fault
) -> None:
    recorded = record_many(unit_of_work, actor, 250)
    ledger.sequence_pending()

    def run(plan: CrashPlan) -> None:
        recorded.extend(record_many(unit_of_work, actor, 4))
        objects = CrashingObjects(ledger.objects, plan)
        LedgerService(unit_of_work, objects, ledger.secrets, ORIGIN).sequence_pending()

    crashed_at = list(crashes_everywhere(run, fault))

    assert len(crashed_at) >= 8  # two bundles, three tiles, and their re-reading
    check_everything(ledger, recorded, signed)


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_crash_at_any_commit(
    *,
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    engine: Engine,
    clock: FixedClock,
    signed: list[str],
    fault: Fault,
) -> None:
    recorded = record_many(unit_of_work, actor, 3)
    ledger.sequence_pending()

    def run(plan: CrashPlan) -> None:
        recorded.extend(record_many(unit_of_work, actor, 2))
        crashing = LedgerService(
            lambda: CrashingUnitOfWork(engine, clock, plan), ledger.objects, ledger.secrets, ORIGIN
        )
        crashing.sequence_pending()

    crashed_at = list(crashes_everywhere(run, fault))

    assert crashed_at == [0, 1, 2]  # stage, read the batch, publish
    ledger.sequence_pending()
    check_everything(ledger, recorded, signed)


@pytest.mark.parametrize("step", ["stage", "read_batch", "extend_tiles", "check_written", "check_extension", "publish"])
def test_kill_9_after_any_step(
    *,
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    postgres: EmbeddedPostgres,
    tmp_path: Path,
    clock: FixedClock,
    signed: list[str],
    step: str,
) -> None:
    recorded = record_many(unit_of_work, actor, 3)
    ledger.sequence_pending()
    recorded += record_many(unit_of_work, actor, 300)
    victim = multiprocessing.get_context("spawn").Process(
        target=sequence_and_be_killed,
        kwargs={
            "url": postgres.url(SERVICE_ROLE),
            "objects_url": f"file://{tmp_path / 'objects'}",
            "clock": clock,
            "master_key": MASTER_KEY,
            "origin": ORIGIN,
            "step": step,
        },
    )
    victim.start()
    victim.join(timeout=60)

    assert victim.exitcode == -signal.SIGKILL
    recorded += record_many(unit_of_work, actor, 1)
    ledger.sequence_pending()
    check_everything(ledger, recorded, signed)


def test_a_checkpoint_lost_to_a_faster_sequencer_is_never_shown(
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    signed: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between our signing and our publishing, another sequencer takes newer entries and publishes."""
    recorded = record_many(unit_of_work, actor, 2)
    publish = sequencer.Sequencer.publish

    def overtaken(self: sequencer.Sequencer, *arguments: Any) -> bool:
        monkeypatch.setattr(sequencer.Sequencer, "publish", publish)
        recorded.extend(record_many(unit_of_work, actor, 3))
        assert ledger.sequence_pending() == 5
        return publish(self, *arguments)

    monkeypatch.setattr(sequencer.Sequencer, "publish", overtaken)

    assert ledger.sequence_pending() is None

    assert len(signed) == 2
    check_everything(ledger, recorded, signed)
