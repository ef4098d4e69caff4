"""The log changes its key: announced in the log, in office from that checkpoint on, old trust files work meanwhile."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError

from accounts.policy import Actor
from core.secrets import SecretBox, UnreadableSecret
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import LogCorrupted, LogKeyMissing
from ledger.keys import open_private_key
from ledger.models import EvidenceEntry, EvidenceRecord, LogKey
from ledger.note import NoteInvalid, VerifierKey, open_checkpoint, parse_note, sign_note
from ledger.package.trust import RootCertificates, WitnessPolicy, trust_bytes, trust_document
from ledger.record import commitment, parse_entry, parse_record
from ledger.rotate_key import LogKeyRotation
from ledger.rotation_statement import later_keys
from ledger.service import LedgerService
from ledger.verifier.trust import parse_trust
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan
from tests.support.ledger import read_log, record_many

OVERLAP = timedelta(days=30)
ASKED_BY = {"command_line_user": "tests"}

Grow = Callable[[], bytes]


@pytest.fixture
def grow(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> Grow:
    """Logs one more record and returns the checkpoint."""

    def more() -> bytes:
        record_many(unit_of_work, actor, 1)
        ledger.sequence_pending()
        return ledger.checkpoint()

    return more


def keys(ledger: LedgerService) -> list[VerifierKey]:
    return [VerifierKey.parse(vkey) for vkey in ledger.vkeys()]


def signers(note: bytes, known: list[VerifierKey]) -> list[int]:
    """The generations whose signatures the checkpoint bears, in order."""
    ids = [key.key_id for key in known]
    return [ids.index(signature.key_id) for signature in parse_note(note).signatures]


def rotate(ledger: LedgerService, overlap: timedelta = OVERLAP) -> LogKeyRotation:
    return ledger.rotate_key(overlap, ASKED_BY)


def test_both_keys_sign_until_the_overlap_ends(ledger: LedgerService, grow: Grow, clock: FixedClock) -> None:
    before = grow()
    rotation = rotate(ledger)
    with_both = grow()
    clock.advance(OVERLAP)
    after = grow()
    old, new = keys(ledger)

    assert rotation.is_new
    assert [str(old), str(new)] == [rotation.predecessor, rotation.successor]
    assert [signers(note, [old, new]) for note in (before, with_both, after)] == [[0], [1, 0], [1]]
    for key in (old, new):  # Either trust file works.
        assert open_checkpoint(with_both, [key], ledger.origin).size == 3
    assert open_checkpoint(before, [old, new], ledger.origin).size == 1
    with pytest.raises(NoteInvalid, match="any trusted key"):
        open_checkpoint(after, [old], ledger.origin)
    read_log(ledger)


def test_the_published_trust_opens_checkpoints_of_all_times(
    ledger: LedgerService, grow: Grow, clock: FixedClock
) -> None:
    """What `dingyue trust export` writes after a rotation, read as the offline verifier reads it."""
    notes = [grow()]
    rotate(ledger)
    notes.append(grow())
    clock.advance(OVERLAP)
    notes.append(grow())
    document = trust_document(
        origin=ledger.origin,
        vkeys=ledger.vkeys(),
        chains=[],
        roots=RootCertificates((), ()),
        witnesses=WitnessPolicy(),
    )

    trust = parse_trust(json.loads(trust_bytes(document)))

    for note in notes:
        open_checkpoint(note, trust.log_keys, trust.origin)


def test_a_leaked_key_signs_no_more(ledger: LedgerService, grow: Grow) -> None:
    grow()
    rotate(ledger, timedelta(0))

    assert signers(grow(), keys(ledger)) == [1]


def test_the_announcement_is_an_entry_of_the_first_checkpoint_the_new_key_signs(
    ledger: LedgerService, grow: Grow, unit_of_work: UnitOfWorkFactory
) -> None:
    grow()
    statement = rotate(ledger).statement
    note = grow()

    [rotation] = ledger.key_rotations()
    with unit_of_work() as uow:
        record = uow.session.scalars(select(EvidenceRecord).where(EvidenceRecord.type == "log.key_rotated")).one()
    facts = parse_record(record.record).facts
    _, entries = read_log(ledger, note)
    assert parse_entry(entries[1]).commitment == commitment(record.salt, record.record)
    assert (rotation.first_size, rotation.statement) == (2, statement)
    assert (facts["successor"], facts["requested_by"]) == (ledger.vkeys()[1], ASKED_BY)
    assert facts["statement"].encode() == statement
    assert later_keys(keys(ledger)[0], [statement]) == [keys(ledger)[1]]


def test_the_old_key_signs_until_the_announcement_has_an_index(
    ledger: LedgerService, grow: Grow, actor: Actor, unit_of_work: UnitOfWorkFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More evidence waits than one run stages: the next checkpoint doesn't hold the announcement yet."""
    monkeypatch.setattr("ledger.sequencer.STAGE_LIMIT", 5)
    record_many(unit_of_work, actor, 6)
    rotate(ledger)

    signed_by = [signers(grow(), keys(ledger)) for _ in range(2)]

    assert signed_by == [[0], [1, 0]]
    assert ledger.key_rotations()[0].first_size == 7


def test_rotating_again_before_the_new_key_has_signed_changes_nothing(
    ledger: LedgerService, grow: Grow, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    first = rotate(ledger)
    again = rotate(ledger)
    grow()
    second = rotate(ledger)

    assert not again.is_new
    assert again.statement == first.statement
    assert second.is_new
    assert second.predecessor == first.successor
    assert signers(grow(), keys(ledger)) == [2, 1, 0]


def test_two_operators_at_once_make_one_key(ledger: LedgerService) -> None:
    rotated: list[LogKeyRotation] = []
    threads = [threading.Thread(target=lambda: rotated.append(rotate(ledger))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(ledger.vkeys()) == 2
    assert {each.successor for each in rotated} == {ledger.vkeys()[1]}
    assert sorted(each.is_new for each in rotated) == [False, False, False, True]


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_rotation_that_died_is_whole_or_never_was(
    *, ledger: LedgerService, grow: Grow, engine: Engine, clock: FixedClock, fault: Literal["lost", "applied"]
) -> None:
    plan = CrashPlan(0, fault)
    dying = LedgerService(
        lambda: CrashingUnitOfWork(engine, clock, plan), ledger.objects, ledger.secrets, ledger.origin
    )
    with pytest.raises(Crash):
        rotate(dying)
    assert signers(grow(), keys(ledger)) == ([0] if fault == "lost" else [1, 0])

    rotate(ledger)
    grow()

    assert len(ledger.vkeys()) == (2 if fault == "lost" else 3)
    assert list(ledger.examine()) == []


def test_a_retired_key_s_checkpoint_is_never_extended(
    ledger: LedgerService, grow: Grow, owner_engine: Engine, unit_of_work: UnitOfWorkFactory
) -> None:
    """Who stole the old key and rewrites the database still can't have the log extend what only that key signed."""
    rotate(ledger, timedelta(0))
    note = parse_note(grow())
    with unit_of_work() as uow:
        row = uow.session.get_one(LogKey, (ledger.origin, 0))
    forged = sign_note(note.text, ledger.origin, open_private_key(ledger.secrets, row))
    with owner_engine.begin() as connection:
        connection.execute(text("UPDATE log_checkpoint SET note = :note"), {"note": forged.to_bytes()})

    with pytest.raises(LogCorrupted, match="any trusted key"):
        grow()


def test_nobody_rotates_without_the_key(ledger: LedgerService) -> None:
    locked = LedgerService(ledger.unit_of_work, ledger.objects, SecretBox(b"another master key"), ledger.origin)
    keyless = LedgerService(ledger.unit_of_work, ledger.objects, ledger.secrets, "another.test/log")

    with pytest.raises(UnreadableSecret):
        rotate(locked)
    with pytest.raises(LogKeyMissing):
        rotate(keyless)

    assert len(ledger.vkeys()) == 1
    assert ledger.sequence_pending() is None


def test_keys_are_append_only(ledger: LedgerService, engine: Engine) -> None:
    for statement in ("UPDATE log_key SET predecessor_signs_until = now()", "DELETE FROM log_key"):
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(text(statement))


def test_entries_outlive_the_key(ledger: LedgerService, grow: Grow, unit_of_work: UnitOfWorkFactory) -> None:
    grow()
    rotate(ledger)
    grow()

    with unit_of_work() as uow:
        entries = [row.entry for row in uow.session.scalars(select(EvidenceEntry).order_by(EvidenceEntry.id))]
    assert sorted(read_log(ledger)[1]) == sorted(entries)
