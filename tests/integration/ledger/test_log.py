"""Recording, reading, proving and stamping evidence on a real PostgreSQL."""

import hashlib
import threading
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from accounts.errors import ScopeMissing
from accounts.policy import Actor, OrganisationKind
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.errors import (
    CheckpointNotFound,
    EvidenceNotFound,
    EvidenceNotLogged,
    TileNotFound,
    TimestampUnavailable,
)
from ledger.models import EvidenceEntry
from ledger.notarise import Notarisation
from ledger.note import VerifierKey
from ledger.proof import decode_proof, verify_proof
from ledger.record import (
    RecordInvalid,
    StoredFile,
    Subject,
    commitment,
    describe_file,
    parse_entry,
    parse_record,
)
from ledger.service import LedgerService, record_evidence
from tests.support.clock import FixedClock
from tests.support.evidence import AT, raw_token
from tests.support.ledger import record_many, register_organisation

SUBJECT = Subject("envelope", "env_" + "0" * 32)


@dataclass
class CountingAuthority:
    """A real authority that can be down, or stamp something else than it was asked to."""

    name: str
    calls: int = 0
    stamped: bytes = b""
    is_down: bool = False
    is_lying: bool = False

    def timestamp(self, digest: bytes) -> bytes:
        self.calls += 1
        if self.is_down:
            raise TimestampUnavailable
        self.stamped = digest
        return raw_token(hashlib.sha256(digest).digest() if self.is_lying else digest)


def test_a_record_is_what_its_entry_commits_to(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, objects: Objects
) -> None:
    data = b"%PDF- a contract"
    stored = StoredFile(describe_file("合同.pdf", "application/pdf", data), objects.put(data))
    with unit_of_work() as uow:
        evidence_id = record_evidence(
            uow,
            type="envelope.completed",
            subject=SUBJECT,
            organisation_ids=[actor.organisation_id, actor.organisation_id],
            facts={"signers": ["甲方", "乙方"]},
            files=[stored],
        )

    found = ledger.evidence(actor, evidence_id)

    assert parse_record(found.record).facts == {"signers": ["甲方", "乙方"]}
    assert parse_entry(found.entry).commitment == commitment(found.salt, found.record)
    assert parse_entry(found.entry).id == parse_record(found.record).id == evidence_id.hex
    assert found.files == (stored,)
    assert objects.get(found.files[0].object_key) == data
    assert found.leaf_index is None
    ledger.sequence_pending()
    assert ledger.evidence(actor, evidence_id).leaf_index == 0


def test_records_of_a_subject_are_a_chain(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> None:
    ids = record_many(unit_of_work, actor, 3, SUBJECT) + record_many(unit_of_work, actor, 2, SUBJECT)

    records = [parse_record(found.record) for found in ledger.records_of(actor, SUBJECT)]

    assert [record.id for record in records] == [identifier.hex for identifier in ids]
    assert [record.previous for record in records] == [None, *(record.id for record in records[:-1])]


def test_records_written_at_once_are_one_chain_and_logged_in_its_order(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for _ in range(8):
                record_many(unit_of_work, actor, 1, SUBJECT)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.sequence_pending()

    assert failures == []
    found = ledger.records_of(actor, SUBJECT)
    records = [parse_record(record.record) for record in found]
    assert len(records) == 40
    assert [record.previous for record in records] == [None, *(record.id for record in records[:-1])]
    assert [record.leaf_index for record in found] == list(range(40))


def test_no_evidence_without_its_fact(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> None:
    def fail_after_recording() -> None:
        with unit_of_work() as uow:
            record_evidence(uow, type="t", subject=SUBJECT, organisation_ids=[actor.organisation_id], facts={})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_recording()

    assert ledger.records_of(actor, SUBJECT) == []
    assert ledger.sequence_pending() is None


def test_a_clock_that_jumps_back_reorders_nothing(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, clock: FixedClock
) -> None:
    before = record_many(unit_of_work, actor, 2, SUBJECT)
    clock.advance(-timedelta(days=3))
    after = record_many(unit_of_work, actor, 2, SUBJECT)
    ledger.sequence_pending()

    found = ledger.records_of(actor, SUBJECT)
    assert [record.id for record in found] == before + after
    assert [record.leaf_index for record in found] == [0, 1, 2, 3]


def test_facts_without_canonical_form_write_nothing(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    with pytest.raises(RecordInvalid), unit_of_work() as uow:
        record_evidence(uow, type="t", subject=SUBJECT, organisation_ids=[actor.organisation_id], facts={"score": 0.5})

    assert ledger.sequence_pending() is None


def test_another_organisation_sees_nothing(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    [evidence_id] = record_many(unit_of_work, actor, 1, SUBJECT)
    stranger = register_organisation(unit_of_work)
    neighbour = register_organisation(unit_of_work, region="110000", kind=OrganisationKind.REGULATOR)
    regulator = register_organisation(unit_of_work, kind=OrganisationKind.REGULATOR)

    assert ledger.evidence(actor, evidence_id).id == evidence_id
    assert ledger.evidence(regulator, evidence_id).id == evidence_id
    for outsider in (stranger, neighbour):
        with pytest.raises(EvidenceNotFound):
            ledger.evidence(outsider, evidence_id)
        assert ledger.records_of(outsider, SUBJECT) == []
        assert ledger.list_records(outsider, SUBJECT.id) == []
    with pytest.raises(EvidenceNotFound):
        ledger.evidence(actor, uuid4())


def test_reading_and_writing_need_their_scopes(ledger: LedgerService, actor: Actor) -> None:
    powerless = Actor(actor.organisation_id, actor.organisation_kind, actor.region, None, frozenset())

    with pytest.raises(ScopeMissing):
        ledger.evidence(powerless, uuid4())
    with pytest.raises(ScopeMissing):
        ledger.list_records(powerless, SUBJECT.id)
    with pytest.raises(ScopeMissing):
        ledger.notarise(powerless, Notarisation(describe_file("a", "b", b""), {}))


def test_pages_of_records(ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory) -> None:
    ids = record_many(unit_of_work, actor, 5, SUBJECT)

    first = ledger.list_records(actor, SUBJECT.id, limit=2)
    second = ledger.list_records(actor, SUBJECT.id, after=first[-1].position, limit=10)

    assert [record.id for record in first + second] == ids


def test_several_subjects_come_in_the_order_asked_for(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    other = Subject("contract", "ctr_" + "1" * 32)
    namesake = Subject("another kind", SUBJECT.id)
    first = record_many(unit_of_work, actor, 2, other)
    second = record_many(unit_of_work, actor, 2, SUBJECT)
    record_many(unit_of_work, actor, 1, namesake)

    assert [record.id for record in ledger.records_of(actor, SUBJECT, other)] == second + first


def test_a_digest_is_notarised_without_the_file(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    file = describe_file("证据.mp4", "video/mp4", b"stays at home")

    found = ledger.notarise(actor, Notarisation(file, {}))

    assert [stored.file for stored in found.files] == [file]
    assert found.files[0].object_key == ""
    with pytest.raises(EvidenceNotFound):
        ledger.evidence(register_organisation(unit_of_work, kind=OrganisationKind.REGULATOR), found.id)
    assert parse_record(found.record).facts["is_content_seen"] is False
    assert ledger.sequence_pending() == 1


def test_every_record_is_proven_against_every_checkpoint_that_holds_it(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    early = record_many(unit_of_work, actor, 3)
    ledger.sequence_pending()
    late = record_many(unit_of_work, actor, 300)
    ledger.sequence_pending()
    keys = [VerifierKey.parse(vkey) for vkey in ledger.vkeys()]

    def prove(evidence_id: UUID, size: int) -> int:
        entry = ledger.evidence(actor, evidence_id).entry
        proof = decode_proof(ledger.tlog_proof(evidence_id, size))
        return verify_proof(proof, entry, keys, ledger.origin).size

    assert [prove(evidence_id, 3) for evidence_id in early] == [3, 3, 3]
    assert [prove(evidence_id, 303) for evidence_id in (*early, late[0], late[252], late[-1])] == [303] * 6
    with pytest.raises(EvidenceNotLogged):
        ledger.tlog_proof(late[0], 3)
    with pytest.raises(CheckpointNotFound):
        ledger.tlog_proof(early[0], 100)
    checkpoint = ledger.first_checkpoint_with(3)
    assert checkpoint is not None
    assert checkpoint.size == 303
    assert ledger.first_checkpoint_with(303) is None


def test_proofs_are_only_made_for_published_checkpoints(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    record_many(unit_of_work, actor, 5)
    ledger.sequence_pending()

    assert ledger.consistency_proof(0, 5) == []
    assert len(ledger.inclusion_proof(4, 5)) == 1
    for size1, size2 in ((2, 5), (5, 8), (5, 0)):
        with pytest.raises(CheckpointNotFound):
            ledger.consistency_proof(size1, size2)
    with pytest.raises(EvidenceNotLogged):
        ledger.inclusion_proof(5, 5)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/001",
        "tile/64/000",
        "tile/00/000",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/05",
        "tile/0/000.p/256",
        "tile/0/000.p/6",
        "tile/0/../../secret",
        "tile/entries/000",
        "tile/data/000",
        "",
    ],
)
def test_there_is_no_tile_at_any_other_path(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, path: str
) -> None:
    record_many(unit_of_work, actor, 5)
    ledger.sequence_pending()

    assert len(ledger.tile("tile/0/000.p/5")) == 160
    with pytest.raises(TileNotFound):
        ledger.tile(path)


def test_the_service_can_t_change_evidence(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, engine: Engine
) -> None:
    record_many(unit_of_work, actor, 1)
    ledger.sequence_pending()

    for table in ("evidence_record", "evidence_entry", "evidence_access", "log_leaf", "log_checkpoint", "log_key"):
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names from the line above
    with pytest.raises(ProgrammingError, match="permission denied"), unit_of_work() as uow:
        uow.session.query(EvidenceEntry).update({"entry": b"forged"})


def test_a_checkpoint_is_stamped_once_by_every_authority(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox
) -> None:
    one, two = CountingAuthority("one"), CountingAuthority("two")
    stamping = LedgerService(unit_of_work, objects, secrets, ledger.origin, (one, two))
    record_many(unit_of_work, actor, 1)
    stamping.sequence_pending()

    two.is_down = True
    with pytest.raises(TimestampUnavailable):
        stamping.ensure_timestamp(1)
    assert [stamp.authority for stamp in stamping.timestamps(1)] == ["one"]
    two.is_down = False
    stamping.ensure_timestamp(1)
    stamps = stamping.ensure_timestamp(1)

    assert sorted(stamp.authority for stamp in stamps) == ["one", "two"]
    assert (one.calls, two.calls) == (1, 2)
    assert one.stamped == hashlib.sha256(stamping.checkpoint()).digest()
    assert stamps[0].stamped_at == AT


def test_a_token_about_something_else_is_not_kept(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox
) -> None:
    liar = CountingAuthority("liar")
    liar.is_lying = True
    stamping = LedgerService(unit_of_work, objects, secrets, ledger.origin, (liar,))
    record_many(unit_of_work, actor, 1)
    stamping.sequence_pending()

    with pytest.raises(TimestampUnavailable):
        stamping.ensure_timestamp(1)

    assert stamping.timestamps(1) == []
