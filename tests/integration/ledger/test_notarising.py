"""Notarising singly, in batches and from files; found again by digest; receipts."""

import hashlib
import threading
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from accounts.errors import ScopeMissing
from accounts.policy import Actor, OrganisationKind
from core.ids import new_ids
from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import (
    BatchRefused,
    EvidenceNotFound,
    NotarisationKeyReused,
    ReceiptNotReady,
    StatedFactsInvalid,
)
from ledger.models import EvidenceEntry, EvidenceRecord, PendingEntry
from ledger.notarise import Notarisation
from ledger.note import VerifierKey
from ledger.proof import decode_proof, verify_proof
from ledger.record import EvidenceFile, StoredFile, Subject, commitment, describe_file, parse_entry, parse_record
from ledger.service import LedgerService, record_evidence
from tests.support.clock import FixedClock
from tests.support.ledger import read_log, record_many, register_organisation

KEY = hashlib.sha256(b"a request").digest()


def file(number: int = 0) -> EvidenceFile:
    return describe_file(f"{number}.bin", "application/octet-stream", number.to_bytes(4))


def some(count: int) -> list[Notarisation]:
    return [Notarisation(file(number), {"number": number}) for number in range(count)]


def sha256(of: EvidenceFile) -> bytes:
    return bytes.fromhex(of.sha256)


def counted(unit_of_work: UnitOfWorkFactory) -> list[int]:
    with unit_of_work() as uow:
        tables = (EvidenceEntry, EvidenceRecord, PendingEntry)
        return [uow.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_a_batch_is_logged_in_order_and_every_receipt_holds(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    items = some(600)
    ids = ledger.notarise_batch(actor, items)
    ledger.sequence_pending()

    assert ids == sorted(set(ids))
    _, entries = read_log(ledger)
    assert [parse_entry(entry).id for entry in entries] == [identifier.hex for identifier in ids]
    keys = [VerifierKey.parse(key) for key in ledger.vkeys()]
    receipts = ledger.receipts(actor, ids)
    assert [receipt.evidence_id for receipt in receipts] == ids
    for receipt, entry in zip(receipts, entries, strict=True):
        assert receipt.proof is not None
        verify_proof(decode_proof(receipt.proof), entry, keys)
    assert ledger.receipt(actor, ids[7]) == receipts[7].proof
    record = ledger.evidence(actor, ids[7])
    assert commitment(record.salt, record.record) == parse_entry(record.entry).commitment
    assert parse_record(record.record).facts["stated"] == {"number": 7}
    assert record.files[0].file == file(7)
    assert list(ledger.examine()) == []


def test_salts_are_all_different(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> None:
    ledger.notarise_batch(actor, some(50))
    with unit_of_work() as uow:
        salts = list(uow.session.scalars(select(EvidenceRecord.salt)))
    assert len({*salts}) == 50
    assert {len(salt) for salt in salts} == {32}


def test_one_wrong_item_keeps_all_out_and_each_is_told(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    items = some(10)
    items[3] = Notarisation(file(3), {"amount": 1.5})
    items[8] = Notarisation(file(8), {"amount": 2**60})

    with pytest.raises(BatchRefused) as refused:
        ledger.notarise_batch(actor, items)

    assert [(each["item"], each["code"]) for each in refused.value.facts["items"]] == [
        (3, "stated_facts_invalid"),
        (8, "stated_facts_invalid"),
    ]
    assert counted(unit_of_work) == [0, 0, 0]


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_batch_has_a_size(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, count: int) -> None:
    with pytest.raises(BatchRefused):
        ledger.notarise_batch(actor, [Notarisation(file(), {})] * count)
    assert counted(unit_of_work) == [0, 0, 0]


def test_the_same_request_is_done_once(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, clock: FixedClock
) -> None:
    ids = ledger.notarise_batch(actor, some(5), KEY)
    assert ledger.notarise_batch(actor, some(5), KEY) == ids
    single = ledger.notarise(actor, some(1)[0], b"x" * 32)
    assert ledger.notarise(actor, some(1)[0], b"x" * 32) == single
    for other in (some(4), [Notarisation(file(9), {}), *some(5)[1:]]):
        with pytest.raises(NotarisationKeyReused):
            ledger.notarise_batch(actor, other, KEY)
    stranger = register_organisation(unit_of_work)
    assert ledger.notarise_batch(stranger, some(5), KEY) != ids
    assert counted(unit_of_work) == [11, 11, 11]


def test_the_same_request_twice_at_once_is_done_once(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    answers: list[Any] = []

    def ask() -> None:
        answers.append(ledger.notarise_batch(actor, some(300), KEY))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    assert counted(unit_of_work) == [300, 300, 300]


def test_a_file_is_hashed_here_and_kept_only_if_asked(ledger: LedgerService, actor: Actor, objects: Objects) -> None:
    data = bytes(range(256)) * 10_000  # longer than one piece
    terms: dict[str, Any] = {"name": "a.bin", "media_type": "x/y", "stated": {"a": 1}}

    shown = ledger.notarise_file(actor, content=BytesIO(data), keeps_content=False, **terms)
    assert [stored.file for stored in shown.files] == [describe_file("a.bin", "x/y", data)]
    facts = parse_record(shown.record).facts
    assert (facts["is_content_seen"], facts["is_content_kept"], facts["stated"]) == (True, False, {"a": 1})
    with pytest.raises(ObjectMissing):
        objects.get(f"sha256/{shown.files[0].file.sha256[:2]}/{shown.files[0].file.sha256}")

    kept = ledger.notarise_file(actor, content=BytesIO(data), keeps_content=True, **terms)
    assert parse_record(kept.record).facts["is_content_kept"] is True
    assert objects.get(kept.files[0].object_key) == data


def test_what_is_stated_can_t_pass_for_a_fact_of_ours(ledger: LedgerService, actor: Actor) -> None:
    stated = {"is_content_seen": True, "organisation": "org_of_somebody_else"}
    facts = parse_record(ledger.notarise(actor, Notarisation(file(), stated)).record).facts

    assert facts["is_content_seen"] is False
    assert facts["organisation"] == f"org_{actor.organisation_id.hex}"
    assert facts["identified_by"] == "api_token"
    assert facts["stated"] == stated


def test_refusals(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> None:
    powerless = Actor(actor.organisation_id, actor.organisation_kind, actor.region, None, frozenset())
    with pytest.raises(ScopeMissing):
        ledger.notarise_batch(powerless, some(1))
    with pytest.raises(ScopeMissing):
        ledger.receipts(powerless, [])
    with pytest.raises(ScopeMissing):
        ledger.records_with_digest(powerless, sha256=b"0" * 32)
    with pytest.raises(StatedFactsInvalid):
        ledger.notarise(actor, Notarisation(file(), {"a": 0.1}))
    assert counted(unit_of_work) == [0, 0, 0]


# Found by digest


def test_records_are_found_by_either_digest_page_by_page(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    wanted = [ledger.notarise(actor, Notarisation(file(1), {"number": number})).id for number in range(3)]
    ledger.notarise(actor, Notarisation(file(2), {}))
    with unit_of_work() as uow:
        filed = record_evidence(
            uow,
            type="document.uploaded",
            subject=Subject("document", "doc_1"),
            organisation_ids=[actor.organisation_id],
            facts={},
            files=[StoredFile(file(1), "sha256/00/00"), StoredFile(file(3), ""), StoredFile(file(3), "")],
        )

    first = ledger.records_with_digest(actor, sha256=sha256(file(1)), limit=2)
    second = ledger.records_with_digest(actor, sha256=sha256(file(1)), after=first[-1].id, limit=3)

    assert sorted(record.id for record in first + second) == sorted([*wanted, filed])
    assert [record.id for record in ledger.records_with_digest(actor, sm3=bytes.fromhex(file(3).sm3))] == [filed]
    assert ledger.records_with_digest(actor, sha256=sha256(file(1)), sm3=bytes.fromhex(file(2).sm3)) == []


def test_nobody_learns_what_another_organisation_notarised(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    found = ledger.notarise(actor, Notarisation(file(1), {}))
    ledger.sequence_pending()

    for kind in (OrganisationKind.ENTERPRISE, OrganisationKind.REGULATOR):
        stranger = register_organisation(unit_of_work, kind=kind)
        assert ledger.records_with_digest(stranger, sha256=sha256(file(1))) == []
        with pytest.raises(EvidenceNotFound):
            ledger.receipts(stranger, [found.id])


def test_finding_by_digest_reads_no_table_through(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner_engine: Engine
) -> None:
    """As PostgreSQL plans it once it knows that the tables are large."""
    stranger = register_organisation(unit_of_work)
    for who in (actor, stranger):
        ledger.notarise_batch(who, [*some(2000), *([Notarisation(file(1), {})] * 500)])
    with owner_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("evidence_digest", "evidence_record", "evidence_entry", "log_leaf"):
            connection.execute(text(f"ANALYZE {table}"))
    plans: list[str] = []
    with unit_of_work() as uow:
        for column in ("sha256", "sm3"):
            query = (
                f"EXPLAIN SELECT d.evidence_id FROM evidence_digest d WHERE d.organisation_id = :organisation"  # noqa: S608
                f" AND d.{column} = :digest AND d.evidence_id > :after ORDER BY d.evidence_id LIMIT 50"
            )
            terms = {
                "organisation": actor.organisation_id,
                "digest": bytes.fromhex(getattr(file(1), column)),
                "after": new_ids(uow.now, 1)[0],
            }
            plans.append("\n".join(uow.session.scalars(text(query), terms)))

    for plan in plans:
        assert "Index Only Scan" in plan or "Index Scan" in plan, plan
        assert "Seq Scan" not in plan
        assert "Sort" not in plan  # the index is in the order of the pages


# Receipts


def test_a_receipt_waits_for_a_checkpoint(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> None:
    [early] = record_many(unit_of_work, actor, 1)
    ledger.sequence_pending()
    [late] = record_many(unit_of_work, actor, 1)

    found = ledger.receipts(actor, [late, early])
    assert [receipt.proof is None for receipt in found] == [True, False]
    with pytest.raises(ReceiptNotReady):
        ledger.receipt(actor, late)
    ledger.sequence_pending()
    assert ledger.receipt(actor, early) == found[1].proof  # the same for ever
    assert ledger.receipt(actor, late)
