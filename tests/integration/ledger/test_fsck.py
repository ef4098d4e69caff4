"""Whatever is changed in what the log has stored is found, and the first difference is told with its place."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, text

from accounts.policy import Actor
from core.unit_of_work import UnitOfWorkFactory
from ledger.fsck_findings import Finding
from ledger.keys import log_keys
from ledger.merkle import leaf_hash, root
from ledger.models import EvidenceRecord, LogCheckpoint
from ledger.note import Checkpoint, sign_note
from ledger.record import Subject
from ledger.service import LedgerService
from tests.integration.ledger.test_log import CountingAuthority
from tests.support.clock import FixedClock
from tests.support.ledger import ERASURE, eraser, read_log, record_many

Sql = Callable[[str], None]
SUBJECT = Subject("envelope", "env_1")


@pytest.fixture
def log(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> LedgerService:
    """260 entries, logged in three runs, stamped and copied; the last three are of one subject."""
    for count in (200, 57):
        record_many(unit_of_work, actor, count)
        ledger.sequence_pending()
    record_many(unit_of_work, actor, 3, SUBJECT)
    ledger.sequence_pending()
    stamped = LedgerService(
        unit_of_work, ledger.objects, ledger.secrets, ledger.origin, (CountingAuthority("tsa.test"),)
    )
    stamped.ensure_timestamp(257)
    ledger.copy_checkpoint()
    return ledger


@pytest.fixture
def sql(owner_engine: Engine) -> Sql:
    """Runs a statement as somebody who has got hold of the owner's password."""

    def run(statement: str) -> None:
        with owner_engine.begin() as connection:
            connection.execute(text(statement))

    return run


def found(ledger: LedgerService) -> list[Finding]:
    return list(ledger.examine())


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def flip(ledger: LedgerService, key: str, byte: int) -> None:
    data = bytearray(ledger.objects.get_at(key))
    data[byte] ^= 1
    ledger.objects.put_at(key, bytes(data))


def test_a_sound_log_has_no_findings(log: LedgerService) -> None:
    seen: list[tuple[int, int]] = []

    assert list(log.examine(lambda done, total: seen.append((done, total)))) == []

    assert seen[-1] == (260 + 256, 260 + 260)
    assert seen == sorted(seen)


def test_an_empty_log_has_no_findings(ledger: LedgerService) -> None:
    assert found(ledger) == []


@pytest.mark.parametrize(
    ("path", "byte", "leaf"),
    [
        ("tile/0/000", 0, 0),
        ("tile/0/000", 8191, 255),
        ("tile/0/001.p/1", 31, 256),
        ("tile/0/001.p/4", 40, 257),
        ("tile/0/000.p/200", 6399, 199),
        ("tile/1/000.p/1", 5, None),
        ("tile/entries/000", 0, 0),
        ("tile/entries/000", 2, 0),
        ("tile/entries/000.p/200", 2, 0),
        ("tile/entries/001.p/4", 1, 256),
    ],
)
def test_a_flipped_bit_in_a_tile_is_found_where_it_is(
    log: LedgerService, path: str, byte: int, leaf: int | None
) -> None:
    """Also in the partial tiles that only earlier checkpoints need."""
    flip(log, f"log/{path}", byte)

    assert found(log) == [Finding("object_changed", leaf=leaf, path=f"log/{path}", byte=byte)]


def test_every_byte_of_a_bundle_belongs_to_its_leaf(log: LedgerService) -> None:
    bundle = log.tile("tile/entries/001.p/4")
    width = len(bundle) // 4
    draw = random.Random(4)
    for byte in draw.sample(range(len(bundle)), 12):
        flip(log, "log/tile/entries/001.p/4", byte)
        [finding] = found(log)
        flip(log, "log/tile/entries/001.p/4", byte)
        assert (finding.byte, finding.leaf) == (byte, 256 + byte // width)


@pytest.mark.parametrize("change", [b"", b"cut", b"longer"])
def test_an_object_of_another_length_is_found(log: LedgerService, change: bytes) -> None:
    data = log.tile("tile/0/001.p/4")
    changed = {b"": b"", b"cut": data[:100], b"longer": data + b"x"}[change]
    log.objects.put_at("log/tile/0/001.p/4", changed)

    [finding] = found(log)

    assert (finding.code, finding.byte) == ("object_changed", min(len(changed), 128))


def test_a_missing_tile_is_found_unless_a_wider_one_has_replaced_it(log: LedgerService, tmp_path: Path) -> None:
    """tlog-tiles: logs "MAY delete any partial tile once the corresponding full tile is […] available"."""
    log.objects.delete("log/tile/0/000.p/200")
    assert found(log) == []

    log.objects.delete("log/tile/0/000")
    log.objects.delete("log/tile/entries/001.p/4")
    assert [(finding.code, finding.path) for finding in found(log)] == [
        ("object_missing", "log/tile/0/000"),
        ("object_missing", "log/tile/entries/001.p/4"),
    ]


def test_a_changed_entry_is_found_first(log: LedgerService, sql: Sql) -> None:
    sql(
        "UPDATE evidence_entry SET entry = set_bit(entry, 77, 1 - get_bit(entry, 77))"
        " WHERE id = (SELECT evidence_id FROM log_leaf WHERE leaf_index = 9)"
    )

    findings = found(log)

    assert (findings[0].code, findings[0].leaf) == ("entry_changed", 9)
    bundle = next(finding for finding in findings if finding.path == "log/tile/entries/000")
    assert bundle.leaf == 9
    assert {"object_changed", "root_differs", "record_changed"} <= set(codes(findings))


def test_an_entry_changed_with_its_hash_is_found(log: LedgerService, sql: Sql) -> None:
    before = read_log(log)[1][9]
    changed = before.replace(b'"t":"2026', b'"t":"2025')
    sql(
        f"UPDATE evidence_entry SET entry = '\\x{changed.hex()}', leaf_hash = '\\x{leaf_hash(changed).hex()}'"  # noqa: S608
        " WHERE id = (SELECT evidence_id FROM log_leaf WHERE leaf_index = 9)"
    )

    assert [(finding.code, finding.leaf) for finding in found(log)][:2] == [
        ("record_changed", 9),
        ("object_changed", 9),
    ]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("record", "set_bit(record, 77, 1 - get_bit(record, 77))"),
        ("salt", "set_bit(salt, 0, 1 - get_bit(salt, 0))"),
        ("type", "'another.type'"),
        ("subject_kind", "'another'"),
    ],
)
def test_a_changed_record_is_found(log: LedgerService, sql: Sql, column: str, value: str) -> None:
    sql(
        f"UPDATE evidence_record SET {column} = {value}"  # noqa: S608 - names from the lines above
        " WHERE id = (SELECT evidence_id FROM log_leaf WHERE leaf_index = 100)"
    )

    [finding] = found(log)

    assert (finding.code, finding.leaf) == ("record_changed", 100)


def test_a_waiting_entry_is_examined_as_well(
    log: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, sql: Sql
) -> None:
    [evidence_id] = record_many(unit_of_work, actor, 1)
    flipped = "set_bit(leaf_hash, 3, 1 - get_bit(leaf_hash, 3))"
    sql(f"UPDATE evidence_entry SET leaf_hash = {flipped} WHERE id = '{evidence_id}'")  # noqa: S608

    assert found(log) == [Finding("entry_changed", evidence_id=evidence_id)]


def test_indexes_with_a_gap_are_found(log: LedgerService, sql: Sql) -> None:
    sql("DELETE FROM log_leaf WHERE leaf_index = 17")

    assert Finding("leaf_missing", leaf=17) in found(log)


def test_leaves_that_changed_places_are_found(log: LedgerService, sql: Sql) -> None:
    sql("ALTER TABLE log_leaf DROP CONSTRAINT uq_log_leaf_evidence_id")
    try:
        sql(
            "UPDATE log_leaf a SET evidence_id = b.evidence_id FROM log_leaf b"
            " WHERE (a.leaf_index, b.leaf_index) IN ((3, 4), (4, 3))"
        )
    finally:
        sql("ALTER TABLE log_leaf ADD CONSTRAINT uq_log_leaf_evidence_id UNIQUE (evidence_id)")

    findings = found(log)

    assert "root_differs" in codes(findings)
    assert min(finding.leaf for finding in findings if finding.leaf is not None) == 3


@pytest.mark.parametrize("size", [200, 257, 260])
@pytest.mark.parametrize(
    ("column", "expected"), [("root", ["root_differs"]), ("note", ["note_invalid"])], ids=["root", "note"]
)
def test_every_checkpoint_is_examined(
    log: LedgerService, sql: Sql, size: int, column: str, expected: list[str]
) -> None:
    flipped = f"set_bit({column}, 150, 1 - get_bit({column}, 150))"
    sql(f"UPDATE log_checkpoint SET {column} = {flipped} WHERE size = {size}")  # noqa: S608

    findings = found(log)

    assert (findings[0].code, findings[0].size) == (expected[0], size)


def test_a_checkpoint_over_another_root_is_found_though_we_signed_it(
    log: LedgerService, unit_of_work: UnitOfWorkFactory, sql: Sql
) -> None:
    """The log's own key, stolen, signs another history of the same size."""
    forged_root = root([leaf_hash(b"forged")] * 257)
    [key] = log_keys(unit_of_work, log.origin).open_signers(log.secrets, 257, FixedClock().now())
    note = sign_note(Checkpoint(log.origin, 257, forged_root).text(), log.origin, key).to_bytes()
    sql(f"UPDATE log_checkpoint SET root = '\\x{forged_root.hex()}', note = '\\x{note.hex()}' WHERE size = 257")  # noqa: S608

    findings = found(log)

    assert [(finding.code, finding.size) for finding in findings] == [
        ("root_differs", 257),
        ("root_differs", 257),
        ("timestamp_differs", 257),
    ]


def test_a_token_about_something_else_is_found(log: LedgerService, sql: Sql) -> None:
    other = "SELECT token FROM checkpoint_timestamp"
    sql(
        "INSERT INTO checkpoint_timestamp (size, authority, token, stamped_at)"
        f" SELECT 200, 'other.test', ({other}), now()"
    )

    assert found(log) == [Finding("timestamp_differs", size=200, detail="other.test")]


def test_a_token_under_another_time_is_found(log: LedgerService, sql: Sql) -> None:
    sql("UPDATE checkpoint_timestamp SET stamped_at = stamped_at - interval '1 second'")

    assert found(log) == [Finding("timestamp_differs", size=257, detail="tsa.test")]


@pytest.mark.parametrize("column", ["root", "note_hash"])
def test_an_anchor_of_something_else_is_found(
    log: LedgerService, unit_of_work: UnitOfWorkFactory, sql: Sql, column: str
) -> None:
    sql(
        "INSERT INTO anchor (id, chain_id, contract, log_id, size, root, note_hash, state, created_at)"
        " SELECT gen_random_uuid(), 5, '0x', '\\x00', size, root, sha256(note), 'finalized', now()"
        " FROM log_checkpoint WHERE size = 257"
    )
    assert found(log) == []

    sql(f"UPDATE anchor SET {column} = set_bit({column}, 8, 1 - get_bit({column}, 8))")  # noqa: S608

    assert found(log) == [Finding("anchor_differs", size=257, detail="chain 5")]


def test_a_head_that_is_not_the_latest_checkpoint_is_found(log: LedgerService, sql: Sql) -> None:
    sql("UPDATE log_head SET size = 257")

    assert found(log) == [Finding("head_differs", size=257)]


@pytest.mark.parametrize(
    ("there", "code"), [("flipped", "copy_invalid"), ("of another database", "copy_unknown"), ("late", "copy_behind")]
)
def test_the_copy_in_the_object_store_is_examined(
    *,
    log: LedgerService,
    unit_of_work: UnitOfWorkFactory,
    clock: FixedClock,
    sql: Sql,
    there: str,
    code: str,
) -> None:
    with unit_of_work() as uow:
        earlier = uow.session.get_one(LogCheckpoint, 257).note
    if there == "flipped":
        flip(log, "log/checkpoint", 30)
    elif there == "of another database":
        log.objects.put_at("log/checkpoint", earlier)
        sql("DELETE FROM checkpoint_timestamp")
        sql("DELETE FROM log_checkpoint WHERE size = 257")
    else:
        log.objects.put_at("log/checkpoint", earlier)
        clock.advance(timedelta(minutes=10))
        assert found(log) == []  # The worker may be busy.
        clock.advance(timedelta(seconds=1))

    [finding] = found(log)

    assert (finding.code, finding.path) == (code, "log/checkpoint")


def test_a_copy_that_was_never_made_is_found(log: LedgerService, clock: FixedClock) -> None:
    log.objects.delete("log/checkpoint")
    assert found(log) == []
    clock.advance(timedelta(minutes=11))

    assert found(log) == [Finding("copy_behind", path="log/checkpoint", size=0)]


def test_a_record_that_is_gone_without_an_erasure_is_found(log: LedgerService, sql: Sql) -> None:
    sql("ALTER TABLE evidence_record DISABLE TRIGGER USER")
    sql("DELETE FROM evidence_record WHERE id = (SELECT evidence_id FROM log_leaf WHERE leaf_index = 258)")
    sql("ALTER TABLE evidence_record ENABLE TRIGGER USER")

    findings = found(log)

    assert codes(findings) == ["record_missing", "chain_broken"]
    assert findings[0].leaf == 258


def test_a_chain_whose_order_was_changed_is_found(log: LedgerService, sql: Sql) -> None:
    """The second and the third record of a subject; each alone is what its entry commits to."""
    sql("UPDATE evidence_record SET position = 9 WHERE subject_id = 'env_1' AND position = 1")
    sql("UPDATE evidence_record SET position = 1 WHERE subject_id = 'env_1' AND position = 2")
    sql("UPDATE evidence_record SET position = 2 WHERE subject_id = 'env_1' AND position = 9")

    assert codes(found(log)) == ["chain_broken", "chain_broken"]


def test_erased_records_are_no_findings(
    log: LedgerService, owner_engine: Engine, clock: FixedClock, unit_of_work: UnitOfWorkFactory
) -> None:
    """One at the beginning of a chain, one in its middle, and some that are their whole chain."""
    with unit_of_work() as uow:
        identifiers = list(uow.session.scalars(select(EvidenceRecord.id).limit(3)))
        chain = select(EvidenceRecord.id).where(EvidenceRecord.subject_id == SUBJECT.id, EvidenceRecord.position < 2)
        identifiers += uow.session.scalars(chain)
    for identifier in identifiers:
        eraser(owner_engine, clock, log.objects).erase(identifier, ERASURE)
    log.sequence_pending()

    assert found(log) == []


def test_findings_say_where_in_both_languages() -> None:
    finding = Finding("object_changed", leaf=9, path="log/tile/0/000", byte=288)

    assert finding.zh == "第 9 个叶子，log/tile/0/000，第 288 字节：对象存储中的内容与条目不符。"
    assert finding.en == "leaf 9, log/tile/0/000, byte 288: what the object store has isn't what the entries make."
    assert finding.to_json() == {
        "code": "object_changed",
        "leaf": 9,
        "path": "log/tile/0/000",
        "byte": 288,
        "zh": finding.zh,
        "en": finding.en,
    }


def test_a_log_that_grows_while_it_is_examined_is_sound(
    log: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    """New entries, checkpoints, a new key and a later copy appear between any two looks."""

    def grow(_done: int, _total: int) -> None:
        record_many(unit_of_work, actor, 2, SUBJECT)
        log.rotate_key(timedelta(0), {})
        log.sequence_pending()
        log.copy_checkpoint()

    assert list(log.examine(grow)) == []
    assert len(log.vkeys()) > 2
    assert list(log.examine()) == []
