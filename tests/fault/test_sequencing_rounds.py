"""Two hundred rounds of mishaps to the sequencer, drawn with fixed seeds, on a real database and a real store.

In each round evidence is acknowledged and one thing goes wrong: a process is killed around a commit or a use of the
store, alone or while others work; a call is lost, or its answer is; the store answers with errors; the connection to
the database breaks; the clock jumps; the key is rotated; a slow process copies an old checkpoint. What was acknowledged
is logged once and in order, an index once given is given for ever, and all that was ever signed is one history.
"""

import random
import signal
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

from accounts.policy import Actor
from app.embedded import SERVICE_ROLE, EmbeddedPostgres
from core.objects import ObjectMissing, Objects, ObjectStoreUnavailable
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import sequencer
from ledger.errors import LogEmpty
from ledger.keys import log_keys
from ledger.merkle import leaf_hash, root
from ledger.models import LogCheckpoint, LogLeaf
from ledger.note import parse_checkpoint, parse_note
from ledger.published_copy import CHECKPOINT_KEY, copy_checkpoint
from ledger.record import parse_entry
from ledger.service import LedgerService
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingObjects, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.ledger import read_log, record_many, register_organisation
from tests.support.sequencer_victims import Workplace, finish, note_down

ORIGIN = "dingyue.test/log"
MASTER_KEY = b"a master key that only tests use"
FAULTS: tuple[Fault, ...] = ("lost", "applied")
ROUNDS = 50
STEPS = 22
"""So many commits and uses of the store a run has at most, in these rounds; a later strike finds nothing to strike."""


@dataclass
class Rounds:
    """`acknowledged` are in the order of their commits; `indexes` is what was ever seen of the leaves."""

    ledger: LedgerService
    workplace: Workplace
    actor: Actor
    engine: Engine
    clock: FixedClock
    draw: random.Random
    acknowledged: list[UUID] = field(default_factory=list)
    indexes: dict[int, UUID] = field(default_factory=dict)
    copied: int = 0
    struck: int = 0

    def mishaps(self) -> list[Callable[[], None]]:
        return [
            *(self.process_is_killed, self.process_is_killed, self.processes_are_killed_together),
            *(self.call_crashes, self.call_crashes, self.store_is_away, self.connection_breaks),
            *(self.clock_jumps, self.key_is_rotated, self.old_checkpoint_is_copied_late),
        ]

    def acknowledge(self) -> None:
        many = 300 if self.draw.random() < 0.05 else self.draw.randint(0, 9)
        self.acknowledged += record_many(self.ledger.unit_of_work, self.actor, many)

    def process_is_killed(self) -> None:
        self._note_end(finish(self.workplace.start(*self._strike())))

    def processes_are_killed_together(self) -> None:
        victims = [self.workplace.start(*self._strike()) for _ in range(2)]
        self.ledger.sequence_pending()
        for victim in victims:
            self._note_end(finish(victim))

    def call_crashes(self) -> None:
        plan = CrashPlan(*self._strike())
        try:
            self._run(self._with(plan, has_bad_database=True))
        except Crash:
            self.struck += 1

    def store_is_away(self) -> None:
        def away() -> None:
            raise ObjectStoreUnavailable

        try:
            self._run(self._with(CrashPlan(*self._strike(), away), has_bad_database=False))
        except ObjectStoreUnavailable:
            self.struck += 1

    def connection_breaks(self) -> None:
        def cut() -> None:
            own = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
            with self.engine.connect() as connection:
                connection.execute(text(f"{own} AND pid <> pg_backend_pid()"))

        try:
            self._run(self._with(CrashPlan(*self._strike(), cut), has_bad_database=True))
        except OperationalError:
            self.struck += 1
        finally:
            self.engine.dispose()

    def clock_jumps(self) -> None:
        self.clock.advance(timedelta(hours=self.draw.randint(-50, 50)))
        self._run(self.ledger)

    def key_is_rotated(self) -> None:
        self.ledger.rotate_key(timedelta(hours=self.draw.choice((0, 30))), {})
        self.process_is_killed()

    def old_checkpoint_is_copied_late(self) -> None:
        with self.ledger.unit_of_work() as uow:
            notes = uow.session.scalars(select(LogCheckpoint.note).order_by(LogCheckpoint.size)).all()
        if notes:
            keys = log_keys(self.ledger.unit_of_work, ORIGIN)
            copy_checkpoint(self.ledger.objects, keys, self.draw.choice(notes))

    def check_what_may_never_change(self) -> None:
        """Indexes stay, and the copy in the store never goes back."""
        with self.ledger.unit_of_work() as uow:
            rows = uow.session.execute(select(LogLeaf.leaf_index, LogLeaf.evidence_id)).all()
        indexes = {row.leaf_index: row.evidence_id for row in rows}
        assert self.indexes.items() <= indexes.items()
        assert sorted(indexes) == list(range(len(indexes)))
        self.indexes = indexes
        with suppress(ObjectMissing):
            note = parse_note(self.ledger.objects.get_at(CHECKPOINT_KEY))
            size = parse_checkpoint(note.text).size
            assert size >= self.copied
            self.copied = size

    def check_everything(self) -> None:
        self._run(self.ledger)
        _, entries = read_log(self.ledger)
        logged = [UUID(parse_entry(entry).id) for entry in entries]
        rotations = {UUID(parse_entry(entry).id) for entry in entries} - set(self.acknowledged)
        assert [identifier for identifier in logged if identifier not in rotations] == self.acknowledged
        assert len(rotations) == len(self.ledger.key_rotations())
        hashes = [leaf_hash(entry) for entry in entries]
        for line in self.workplace.signed.read_text().splitlines():
            _origin, size, signed_root = line.split()
            assert b64decode(signed_root) == root(hashes[: int(size)])
        assert self.ledger.objects.get_at(CHECKPOINT_KEY) == self.ledger.checkpoint()
        assert list(self.ledger.examine()) == []

    def _note_end(self, exit_code: int) -> None:
        assert exit_code in {0, -signal.SIGKILL}
        self.struck += exit_code != 0

    def _strike(self) -> tuple[int, Fault]:
        return self.draw.randrange(STEPS), self.draw.choice(FAULTS)

    def _with(self, plan: CrashPlan, *, has_bad_database: bool) -> LedgerService:
        def unit_of_work() -> CrashingUnitOfWork:
            return CrashingUnitOfWork(self.engine, self.clock, plan)

        objects = CrashingObjects(self.ledger.objects, plan)
        factory = unit_of_work if has_bad_database else self.ledger.unit_of_work
        return replace(self.ledger, unit_of_work=factory, objects=objects)

    @staticmethod
    def _run(ledger: LedgerService) -> None:
        ledger.sequence_pending()
        with suppress(LogEmpty):
            ledger.copy_checkpoint()


@pytest.fixture
def rounds(
    *,
    unit_of_work: UnitOfWorkFactory,
    objects: Objects,
    postgres: EmbeddedPostgres,
    engine: Engine,
    clock: FixedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Rounds:
    ledger = LedgerService(unit_of_work, objects, SecretBox(MASTER_KEY), ORIGIN)
    ledger.ensure_log_key()
    monkeypatch.setattr(sequencer, "sign_note", sequencer.sign_note)  # Put back at the end of the test.
    signed = tmp_path / "signed"
    signed.touch()
    note_down(signed)
    url = postgres.url(SERVICE_ROLE)
    workplace = Workplace(url, f"file://{tmp_path / 'objects'}", clock, MASTER_KEY, ORIGIN, signed)
    return Rounds(ledger, workplace, register_organisation(unit_of_work), engine, clock, random.Random())


@pytest.mark.parametrize("seed", range(4))
def test_fifty_rounds_of_mishaps(rounds: Rounds, seed: int) -> None:
    rounds.draw.seed(seed)
    for _ in range(ROUNDS):
        rounds.acknowledge()
        rounds.draw.choice(rounds.mishaps())()
        rounds.check_what_may_never_change()
    assert rounds.struck > ROUNDS // 3  # The rest struck nothing, or only moved the clock, the key or the copy.
    rounds.check_everything()
