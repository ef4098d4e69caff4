"""One flipped bit anywhere in what the log has stored is found."""

import pytest
from sqlalchemy import Engine, select, text

from accounts.policy import Actor
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import EvidenceRecord
from ledger.service import LedgerService
from tests.support.clock import FixedClock
from tests.support.ledger import ERASURE, eraser, record_many


@pytest.fixture
def log(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> LedgerService:
    """260 entries, logged in two runs."""
    for count in (200, 60):
        record_many(unit_of_work, actor, count)
        ledger.sequence_pending()
    return ledger


def test_a_sound_log_has_no_findings(log: LedgerService) -> None:
    assert list(log.examine()) == []


def test_an_empty_log_has_no_findings(ledger: LedgerService) -> None:
    assert list(ledger.examine()) == []


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001.p/4", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/4"]
)
def test_a_flipped_bit_in_a_tile_is_found(log: LedgerService, path: str) -> None:
    original = log.tile(path)
    for position in (0, 1, 17, -1):
        changed = bytearray(original)
        changed[position] ^= 1
        log.objects.put_at(f"log/{path}", bytes(changed))

        assert list(log.examine()), position


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("evidence_entry", "entry"),
        ("evidence_record", "record"),
        ("evidence_record", "salt"),
        ("log_checkpoint", "note"),
    ],
)
def test_a_flipped_bit_in_the_database_is_found(
    log: LedgerService, owner_engine: Engine, table: str, column: str
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(
            text(  # Names from the lines above.
                f"UPDATE {table} SET {column} = set_bit({column}, 77, 1 - get_bit({column}, 77))"  # noqa: S608
            )
        )

    assert list(log.examine())


def test_an_erased_record_is_not_a_finding(
    log: LedgerService, owner_engine: Engine, clock: FixedClock, unit_of_work: UnitOfWorkFactory
) -> None:
    with unit_of_work() as uow:
        identifiers = list(uow.session.scalars(select(EvidenceRecord.id).limit(3)))
    for identifier in identifiers:
        eraser(owner_engine, clock, log.objects).erase(identifier, ERASURE)
    log.sequence_pending()

    assert list(log.examine()) == []
