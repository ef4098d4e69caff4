"""A crash anywhere in sequencing loses no entry, reuses no index, and never leaves two checkpoints that disagree."""

import signal
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from accounts.policy import Actor
from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core.objects import Objects, ObjectStoreUnavailable
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import sequencer
from ledger.merkle import leaf_hash, root
from ledger.record import parse_entry
from ledger.service import LedgerService
from tests.support.clock import FixedClock
from tests.support.crashes import (
    Crash,
    CrashingObjects,
    CrashingUnitOfWork,
    CrashPlan,
    Fault,
)
from tests.support.ledger import read_log, record_many, register_organisation
from tests.support.sequencer_victims import NO_ROOM, Workplace, finish, note_down

ORIGIN = "dingyue.test/log"
MASTER_KEY = b"a master key that only tests use"
KILLED = -signal.SIGKILL


@pytest.fixture
def ledger(unit_of_work: UnitOfWorkFactory, objects: Objects) -> LedgerService:
    service = LedgerService(unit_of_work, objects, SecretBox(MASTER_KEY), ORIGIN)
    service.ensure_log_key()
    return service


@pytest.fixture
def actor(unit_of_work: UnitOfWorkFactory) -> Actor:
    return register_organisation(unit_of_work)


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A line for everything the log has ever signed, published or not, in this process or in a victim."""
    path = tmp_path / "signed"
    path.touch()
    monkeypatch.setattr(sequencer, "sign_note", sequencer.sign_note)  # Put back at the end of the test.
    note_down(path)
    return path


@pytest.fixture
def workplace(postgres: EmbeddedPostgres, tmp_path: Path, clock: FixedClock, signed: Path) -> Workplace:
    url = postgres.url(SERVICE_ROLE)
    return Workplace(url, f"file://{tmp_path / 'objects'}", clock, MASTER_KEY, ORIGIN, signed)


def crashes_everywhere(run: Callable[[CrashPlan], object], fault: Fault) -> Iterator[int]:
    """Calls `run` with a crash at its first external call, then at its second, and so on until nothing crashes."""
    for at in count():
        try:
            run(CrashPlan(at, fault))
        except Crash:
            yield at
        else:
            return


def check_everything(ledger: LedgerService, recorded: list[UUID], signed: Path) -> None:
    """All that was recorded is logged once, in order, and everything ever signed is a prefix of it."""
    checkpoint, entries = read_log(ledger)
    assert [parse_entry(entry).id for entry in entries] == [identifier.hex for identifier in recorded]
    assert checkpoint.size == len(recorded)
    hashes = [leaf_hash(entry) for entry in entries]
    for line in signed.read_text().splitlines():
        _origin, size, signed_root = line.split()
        assert b64decode(signed_root) == root(hashes[: int(size)])
    assert list(ledger.examine()) == []


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_crash_at_any_use_of_the_object_store(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, signed: Path, fault: Fault
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
    signed: Path,
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
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, workplace: Workplace, step: str
) -> None:
    recorded = record_many(unit_of_work, actor, 3)
    ledger.sequence_pending()
    recorded += record_many(unit_of_work, actor, 300)

    assert finish(workplace.start_to_die_after(step)) == KILLED

    recorded += record_many(unit_of_work, actor, 1)
    ledger.sequence_pending()
    check_everything(ledger, recorded, workplace.signed)


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_kill_9_around_every_commit_and_every_use_of_the_object_store(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, workplace: Workplace, fault: Fault
) -> None:
    recorded = record_many(unit_of_work, actor, 254)
    ledger.sequence_pending()

    for at in count():
        recorded += record_many(unit_of_work, actor, 3)
        if finish(workplace.start(at, fault)) != KILLED:
            break

    assert at >= 18  # commits, two bundles, three tiles, their durability and re-reading, the copy
    ledger.sequence_pending()
    check_everything(ledger, recorded, workplace.signed)


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_kill_9_anywhere_between_a_rotation_and_the_new_key_s_first_checkpoint(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, workplace: Workplace, fault: Fault
) -> None:
    """Whoever comes after signs with the key that the log itself says: the announcement's place decides."""
    record_many(unit_of_work, actor, 1)
    ledger.sequence_pending()

    for at in count():
        ledger.rotate_key(timedelta(0), {})
        record_many(unit_of_work, actor, 1)
        if finish(workplace.start(at, fault)) != KILLED:
            break

    first_sizes = [rotation.first_size for rotation in ledger.key_rotations()]
    assert at >= 14
    assert len(first_sizes) >= 2
    assert None not in first_sizes
    assert list(ledger.examine()) == []  # Every checkpoint bears the signature of the key then in office.


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_an_error_of_the_object_store_at_any_use_costs_one_run(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, signed: Path, fault: Fault
) -> None:
    """As a store answers that is away, or that did what it was asked and then couldn't say so."""
    recorded = record_many(unit_of_work, actor, 250)
    ledger.sequence_pending()

    def away() -> None:
        raise ObjectStoreUnavailable

    for at in count():
        recorded += record_many(unit_of_work, actor, 4)
        failing = replace(ledger, objects=CrashingObjects(ledger.objects, CrashPlan(at, fault, away)))
        try:
            failing.sequence_pending()
        except ObjectStoreUnavailable:
            continue
        break

    assert at >= 10
    check_everything(ledger, recorded, signed)


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_database_connection_that_breaks_at_any_commit_costs_one_run(
    *,
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    engine: Engine,
    clock: FixedClock,
    signed: Path,
    fault: Fault,
) -> None:
    recorded: list[UUID] = []
    broken: list[int] = []

    def cut() -> None:
        own = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
        with engine.connect() as connection:
            connection.execute(text(f"{own} AND pid <> pg_backend_pid()"))

    for at in range(4):
        recorded += record_many(unit_of_work, actor, 4)
        plan = CrashPlan(at, fault, cut)

        def cut_off(plan: CrashPlan = plan) -> CrashingUnitOfWork:
            return CrashingUnitOfWork(engine, clock, plan)

        try:
            replace(ledger, unit_of_work=cut_off).sequence_pending()
        except OperationalError:
            broken.append(at)
            engine.dispose()

    if fault == "lost":  # After a commit it is the pool's choice whether it tests the connection before it is used.
        assert broken == [0, 1, 2]  # stage, read the batch, publish
    ledger.sequence_pending()
    check_everything(ledger, recorded, signed)


def test_a_disk_that_becomes_full_while_tiles_are_written(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, workplace: Workplace
) -> None:
    """The system refuses to write more than so many bytes, in the middle of a bundle of about 50,000."""
    recorded = record_many(unit_of_work, actor, 3)
    ledger.sequence_pending()
    before = ledger.checkpoint()
    recorded += record_many(unit_of_work, actor, 300)

    for room in (0, 1, 4_000, 20_000):
        assert finish(workplace.start_with_room_for(room)) == NO_ROOM
        assert ledger.checkpoint() == before
        assert read_log(ledger)[0].size == 3

    ledger.sequence_pending()
    check_everything(ledger, recorded, workplace.signed)


def test_sequencers_of_several_processes_at_once(
    *, ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, workplace: Workplace
) -> None:
    recorded: list[UUID] = []
    victims = [workplace.start(never, "lost", runs=15) for never in (-1, -1, -1)]
    while any(victim.is_alive() for victim in victims):
        recorded += record_many(unit_of_work, actor, 7)

    assert [finish(victim) for victim in victims] == [0, 0, 0]
    ledger.sequence_pending()
    ledger.copy_checkpoint()
    check_everything(ledger, recorded, workplace.signed)


def test_a_clock_that_jumps_reorders_nothing(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, clock: FixedClock, signed: Path
) -> None:
    recorded: list[UUID] = []
    for days in (0, -400, 1, 900, -1200):
        clock.advance(timedelta(days=days))
        recorded += record_many(unit_of_work, actor, 3)
        clock.advance(timedelta(days=-days // 2))
        ledger.sequence_pending()

    check_everything(ledger, recorded, signed)


def test_a_checkpoint_lost_to_a_faster_sequencer_is_never_shown(
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    signed: Path,
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

    assert len(signed.read_text().splitlines()) == 2
    check_everything(ledger, recorded, signed)
