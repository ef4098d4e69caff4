"""The sequencer makes a log that an outsider can check, whatever the sizes and however many sequencers run."""

import random
import threading
from collections import Counter
from typing import Any

import obstore
import pytest
from sqlalchemy import Engine, select, text

from accounts.policy import Actor
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger import sequencer
from ledger.errors import LogCorrupted, LogEmpty, LogKeyMissing
from ledger.merkle import leaf_hash, root, verify_consistency
from ledger.models import EvidenceEntry, PendingEntry
from ledger.note import Checkpoint, VerifierKey, open_checkpoint
from ledger.record import parse_entry
from ledger.service import LedgerService
from tests.support.ledger import read_log, record_many


def narrow_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of width 4 and height 2, so that 70 entries need four levels."""
    for module in ("sequencer", "tiles", "fsck", "fsck_tree"):
        monkeypatch.setattr(f"ledger.{module}.TILE_WIDTH", 4)
    monkeypatch.setattr("tests.support.ledger.TILE_WIDTH", 4)
    for module in ("sequencer", "tiles", "fsck_tree"):
        monkeypatch.setattr(f"ledger.{module}.TILE_HEIGHT", 2)


def stored_objects(objects: Objects) -> list[str]:
    return [found["path"] for page in obstore.list(objects._store, "log/tile") for found in page]


def waiting_entries(unit_of_work: UnitOfWorkFactory) -> list[bytes]:
    """The leaf hashes of what waits for the log, in order."""
    with unit_of_work() as uow:
        waiting = select(EvidenceEntry.leaf_hash).join(PendingEntry, PendingEntry.evidence_id == EvidenceEntry.id)
        return list(uow.session.scalars(waiting.order_by(PendingEntry.sequence)))


def dry_run(ledger: LedgerService, true_root: bytes) -> str:
    """What the sequencer would do if it got as far as publishing: refuse, or sign the true root, or worse."""
    with pytest.MonkeyPatch.context() as patched:
        signed: list[bytes] = []

        def kept(_self: object, _previous: object, checkpoint: Checkpoint, _note: bytes) -> bool:
            signed.append(checkpoint.root)
            return False

        patched.setattr(sequencer.Sequencer, "publish", kept)
        try:
            ledger.sequence_pending()
        except LogCorrupted:
            return "refused"
    return "true" if signed == [true_root] else "forged"


def test_an_empty_log_has_no_checkpoint(ledger: LedgerService) -> None:
    assert ledger.sequence_pending() is None
    with pytest.raises(LogEmpty):
        ledger.checkpoint()


def test_a_log_without_a_key_signs_nothing(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    record_many(unit_of_work, actor, 1)
    keyless = LedgerService(unit_of_work, ledger.objects, ledger.secrets, "another.test/log")

    with pytest.raises(LogKeyMissing):
        keyless.sequence_pending()

    assert ledger.sequence_pending() == 1


def test_the_key_is_made_once(ledger: LedgerService) -> None:
    assert ledger.ensure_log_key() == ledger.ensure_log_key() == ledger.vkeys()[0]


def test_entries_are_logged_in_the_order_of_their_records(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    recorded = record_many(unit_of_work, actor, 5)

    assert ledger.sequence_pending() == 5
    assert ledger.sequence_pending() is None

    _, entries = read_log(ledger)
    assert [parse_entry(entry).id for entry in entries] == [identifier.hex for identifier in recorded]


def test_every_checkpoint_extends_the_ones_before_and_stays_readable(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    notes = []
    for batch in (1, 2, 252, 1, 1, 300, 211, 1):  # … 255, 256, 257, 557, 768, 769: around full tiles
        record_many(unit_of_work, actor, batch)
        ledger.sequence_pending()
        notes.append(ledger.checkpoint())

    _, all_entries = read_log(ledger)
    checkpoints = [read_log(ledger, note)[0] for note in notes]

    assert [checkpoint.size for checkpoint in checkpoints] == [1, 3, 255, 256, 257, 557, 768, 769]
    assert len(set(all_entries)) == 769
    for at, old in enumerate(checkpoints):
        for new in checkpoints[at:]:
            proof = ledger.consistency_proof(old.size, new.size)
            verify_consistency(old.size, new.size, proof, old.root, new.root)


def test_a_third_level_of_tiles(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow_tiles(monkeypatch)
    for batch in (3, 10, 3, 1, 47, 6):
        record_many(unit_of_work, actor, batch)
        ledger.sequence_pending()
        read_log(ledger)

    assert read_log(ledger)[0].size == 70


def test_a_run_costs_the_new_entries_not_the_log(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_many(unit_of_work, actor, 600)
    ledger.sequence_pending()
    touched: Counter[str] = Counter()

    def count_calls(name: str) -> None:
        original = getattr(Objects, name)

        def counted(*arguments: Any) -> Any:
            touched[name] += 1
            return original(*arguments)

        monkeypatch.setattr(Objects, name, counted)

    count_calls("get_at")
    count_calls("put_at")

    record_many(unit_of_work, actor, 1)
    assert ledger.sequence_pending() == 601

    assert touched["put_at"] == 2  # one bundle and one level-0 tile
    assert touched["get_at"] <= 6


def test_many_sequencers_at_once_make_one_log(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "STAGE_LIMIT", 7)
    recorded = record_many(unit_of_work, actor, 60)
    failures: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(12):
                ledger.sequence_pending()
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.sequence_pending()

    assert failures == []
    checkpoint, entries = read_log(ledger)
    assert checkpoint.size == 60
    assert [parse_entry(entry).id for entry in entries] == [identifier.hex for identifier in recorded]


def test_a_flipped_bit_in_a_tile_is_never_signed_over(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    record_many(unit_of_work, actor, 600)
    ledger.sequence_pending()
    before = ledger.checkpoint()
    tile = bytearray(ledger.tile("tile/1/000.p/2"))
    tile[5] ^= 1
    ledger.objects.put_at("log/tile/1/000.p/2", bytes(tile))
    record_many(unit_of_work, actor, 200)

    with pytest.raises(LogCorrupted):
        ledger.sequence_pending()

    assert ledger.checkpoint() == before


def test_one_flipped_bit_is_never_signed_over_wherever_it_is(
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    objects: Objects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In every object the log has, with tiles so narrow that there are 60 of them on four levels.

    Where the next checkpoint is made of it, nothing is signed. Where it isn't (what lies below a full tile's hash),
    the root that is signed is still the one of the true entries. In both cases the examination finds it.
    """
    narrow_tiles(monkeypatch)
    record_many(unit_of_work, actor, 70)
    ledger.sequence_pending()
    truth = [leaf_hash(entry) for entry in read_log(ledger)[1]]
    record_many(unit_of_work, actor, 3)
    entries = waiting_entries(unit_of_work)
    draw, outcomes = random.Random(70), Counter[str]()
    for key in sorted(stored_objects(objects)):
        original = objects.get_at(key)
        changed = bytearray(original)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        objects.put_at(key, bytes(changed))
        assert [finding.path for finding in ledger.examine()] == [key]
        outcomes[dry_run(ledger, root([*truth, *entries]))] += 1
        objects.put_at(key, original)

    assert set(outcomes) == {"refused", "true"}
    assert outcomes["refused"] >= 2
    assert ledger.sequence_pending() == 73
    assert list(ledger.examine()) == []


def test_a_flipped_bit_in_a_waiting_entry_is_never_signed_over(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner_engine: Engine
) -> None:
    [evidence_id] = record_many(unit_of_work, actor, 1)
    with owner_engine.begin() as connection:
        connection.execute(
            text("UPDATE evidence_entry SET entry = set_bit(entry, 72, 1 - get_bit(entry, 72)) WHERE id = :id"),
            {"id": evidence_id},
        )

    with pytest.raises(LogCorrupted):
        ledger.sequence_pending()


@pytest.mark.parametrize("is_hash_forged", [False, True])
def test_a_changed_entry_of_the_last_checkpoint_is_never_signed_over(
    *,
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    owner_engine: Engine,
    is_hash_forged: bool,
) -> None:
    """It shares its bundle with the new ones. With a hash that fits, only the old checkpoint's root contradicts it."""
    recorded = record_many(unit_of_work, actor, 300)
    ledger.sequence_pending()
    changed = read_log(ledger)[1][280].replace(b'"t":"2026', b'"t":"2025')
    values = {"id": recorded[280], "entry": changed, "hash": leaf_hash(changed)}
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE evidence_entry SET entry = :entry WHERE id = :id"), values)
        if is_hash_forged:
            connection.execute(text("UPDATE evidence_entry SET leaf_hash = :hash WHERE id = :id"), values)
    record_many(unit_of_work, actor, 1)

    with pytest.raises(LogCorrupted, match="consistency" if is_hash_forged else "leaf 280"):
        ledger.sequence_pending()

    first = next(ledger.examine())
    assert (first.code, first.leaf) == ("record_changed" if is_hash_forged else "entry_changed", 280)


def test_a_forged_checkpoint_row_is_never_extended(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner_engine: Engine
) -> None:
    record_many(unit_of_work, actor, 3)
    ledger.sequence_pending()
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE log_checkpoint SET note = set_byte(note, 20, 49)"))
    record_many(unit_of_work, actor, 1)

    with pytest.raises(LogCorrupted):
        ledger.sequence_pending()


def test_the_checkpoint_is_a_note_that_the_published_key_signed(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    record_many(unit_of_work, actor, 2)
    ledger.sequence_pending()
    published = ledger.latest_checkpoint()

    assert published is not None
    opened = open_checkpoint(published.note, [VerifierKey.parse(ledger.vkeys()[0])], "dingyue.test/log")
    assert (opened.size, opened.root) == (published.size, published.root)
