"""The checkpoint beside the tiles: a whole log in a bucket, which never goes back, and which a database must know."""

import random
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import obstore
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from obstore.store import MemoryStore
from sqlalchemy import Engine, select, text

from accounts.policy import Actor
from core.dispatch import Dispatcher
from core.objects import Objects
from core.outbox import OutboxEvent
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import LogCorrupted, LogEmpty
from ledger.keys import log_keys
from ledger.note import VerifierKey, cosign, cosignature_times, open_checkpoint, parse_checkpoint, parse_note, sign_note
from ledger.published_copy import CHECKPOINT_KEY, copy_checkpoint
from ledger.service import LedgerService
from ledger.tiles import TILE_WIDTH, decode_bundle, tile_at
from tests.support.clock import FixedClock
from tests.support.ledger import record_many
from tests.support.witnesses import make_witness


@pytest.fixture(params=["folder", "bucket"])
def ledger(request: pytest.FixtureRequest, ledger: LedgerService) -> LedgerService:
    """Once over a folder, once over a store with conditional writes, as S3 has them."""
    return ledger if request.param == "folder" else replace(ledger, objects=Objects(MemoryStore()))


@pytest.fixture
def notes(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> list[bytes]:
    """Twelve checkpoints, one entry apart."""
    published = []
    for _ in range(12):
        record_many(unit_of_work, actor, 1)
        ledger.sequence_pending()
        published.append(ledger.checkpoint())
    return published


def copy(ledger: LedgerService) -> bytes:
    return ledger.objects.get_at(CHECKPOINT_KEY)


def handle_events(ledger: LedgerService, engine: Engine) -> None:
    """As the worker does, the oldest first, and then once more."""
    dispatcher = Dispatcher(engine, ledger.unit_of_work, ledger.subscriptions())
    with ledger.unit_of_work() as uow:
        events = list(uow.session.scalars(select(OutboxEvent.id).order_by(OutboxEvent.occurred_at, OutboxEvent.id)))
    for event_id in (*events, *events):
        dispatcher.handle(event_id)


def test_the_whole_log_is_in_the_bucket(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, engine: Engine
) -> None:
    record_many(unit_of_work, actor, 300)
    ledger.sequence_pending()
    handle_events(ledger, engine)

    checkpoint = open_checkpoint(copy(ledger), [VerifierKey.parse(ledger.vkeys()[0])], ledger.origin)
    entries: list[bytes] = []
    for index in range(-(-checkpoint.size // TILE_WIDTH)):
        entries += decode_bundle(ledger.objects.get_at(tile_at(None, index, checkpoint.size).key))
    assert len(entries) == 300


def test_the_copy_gets_cosignatures_that_come_later(
    ledger: LedgerService, notes: list[bytes], engine: Engine, clock: FixedClock, tmp_path: Path
) -> None:
    handle_events(ledger, engine)
    assert copy(ledger) == notes[-1]
    now = int(clock.now().timestamp())
    witness = make_witness(tmp_path / "witness", "notary.test/witness", ledger, lambda: now)
    with closing(witness.running.memory):
        assert replace(ledger, witnesses=(witness.asked,)).cosign_latest() == 1
    handle_events(ledger, engine)

    assert copy(ledger) == ledger.checkpoint() != notes[-1]
    assert cosignature_times(parse_note(copy(ledger)), [witness.asked.key]) == {witness.asked.key: now}


def test_there_is_no_copy_of_an_empty_log(ledger: LedgerService) -> None:
    with pytest.raises(LogEmpty):
        ledger.copy_checkpoint()


def test_late_copies_never_take_it_back(ledger: LedgerService, notes: list[bytes]) -> None:
    draw = random.Random(6962)
    keys = log_keys(ledger.unit_of_work, ledger.origin)
    highest = 0
    for note in draw.sample(notes, len(notes)):
        size = parse_checkpoint(parse_note(note).text).size
        assert copy_checkpoint(ledger.objects, keys, note) == (size > highest)
        highest = max(highest, size)
        assert copy(ledger) == notes[highest - 1]


def test_many_at_once_leave_the_largest(ledger: LedgerService, notes: list[bytes]) -> None:
    keys = log_keys(ledger.unit_of_work, ledger.origin)
    threads = [
        threading.Thread(target=copy_checkpoint, args=(ledger.objects, keys, note))
        for note in random.Random(1).sample(notes, len(notes))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert copy(ledger) == notes[-1]


def test_a_copy_gives_way_to_the_same_checkpoint_with_more_signatures(
    ledger: LedgerService, notes: list[bytes]
) -> None:
    note = parse_note(notes[-1])
    witness = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    cosigned = note.with_signature(cosign(note, "witness.test", witness, 1_800_000_000)).to_bytes()
    keys = log_keys(ledger.unit_of_work, ledger.origin)

    assert copy_checkpoint(ledger.objects, keys, notes[-1])
    assert copy_checkpoint(ledger.objects, keys, cosigned)
    assert not copy_checkpoint(ledger.objects, keys, notes[-1])
    assert copy(ledger) == cosigned


@pytest.mark.parametrize("there", ["rubbish", "another key's", "flipped"])
def test_what_we_did_not_sign_gives_way_and_stops_nothing(
    ledger: LedgerService, notes: list[bytes], actor: Actor, unit_of_work: UnitOfWorkFactory, there: str
) -> None:
    text = parse_note(notes[-1]).text.replace("\n12\n", "\n999999\n")
    ledger.objects.put_at(
        CHECKPOINT_KEY,
        {
            "rubbish": b"rubbish",
            "another key's": sign_note(text, ledger.origin, Ed25519PrivateKey.from_private_bytes(b"x" * 32)).to_bytes(),
            "flipped": notes[-1].replace(b"\n12\n", b"\n92\n"),
        }[there],
    )
    record_many(unit_of_work, actor, 1)

    assert ledger.sequence_pending() == 13
    assert ledger.copy_checkpoint()
    assert copy(ledger) == ledger.checkpoint()


@pytest.mark.parametrize("is_grown_again", [False, True])
def test_a_database_restored_to_an_older_state_signs_no_second_history(
    *,
    ledger: LedgerService,
    notes: list[bytes],
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    owner_engine: Engine,
    is_grown_again: bool,
) -> None:
    """The log had twelve entries and said so; the database comes back with ten, and may get two others."""
    ledger.copy_checkpoint()
    with owner_engine.begin() as connection:
        for statement in (
            "DELETE FROM log_checkpoint WHERE size > 10",
            "DELETE FROM log_leaf WHERE leaf_index >= 10",
            "UPDATE log_head SET size = 10",
        ):
            connection.execute(text(statement))
    record_many(unit_of_work, actor, 2 if is_grown_again else 1)

    with pytest.raises(LogCorrupted, match="log/checkpoint"):
        ledger.sequence_pending()

    assert ledger.checkpoint() == notes[9]
    assert copy(ledger) == notes[-1]


def test_a_rotated_key_signs_the_copy(
    ledger: LedgerService, notes: list[bytes], actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    ledger.copy_checkpoint()
    ledger.rotate_key(timedelta(0), {})
    for size in (13, 14):
        record_many(unit_of_work, actor, size - 13)
        assert ledger.sequence_pending() == size
        assert ledger.copy_checkpoint()

    assert copy(ledger) == ledger.checkpoint()


def test_a_folder_has_no_headers_and_a_bucket_serves_them(ledger: LedgerService, notes: list[bytes]) -> None:
    ledger.copy_checkpoint()
    if ledger.objects._folder is not None:
        assert (ledger.objects._folder / CHECKPOINT_KEY).read_bytes() == notes[-1]
        return
    tile = obstore.get(ledger.objects._store, "log/tile/0/000.p/12")
    checkpoint = obstore.get(ledger.objects._store, CHECKPOINT_KEY)
    assert tile.attributes["Cache-Control"] == "public, max-age=31536000, immutable"
    assert checkpoint.attributes == {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=2"}
