"""Erasing destroys one record and nothing else; a legal hold prevents it, in the service and in PostgreSQL itself."""

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from accounts.errors import ScopeMissing
from accounts.policy import Actor, OrganisationKind
from core.ids import EVIDENCE, public
from core.objects import ObjectMissing, Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger.erase import Eraser, ErasureGround
from ledger.errors import (
    EvidenceErased,
    EvidenceHeld,
    EvidenceNotErasable,
    EvidenceNotFound,
    HoldAlreadyReleased,
    HoldNeedsAnotherPerson,
    HoldNeedsPerson,
    HoldNotFound,
)
from ledger.hold_evidence import Order, place_operator_hold, release_operator_hold
from ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.models import EvidenceErasureResult, EvidenceHold, EvidenceRecord
from ledger.note import VerifierKey
from ledger.proof import decode_proof, verify_proof
from ledger.record import StoredFile, Subject, describe_file, parse_record
from ledger.service import LedgerService, record_evidence
from signing.models import Document
from tests.support.clock import FixedClock
from tests.support.ledger import ERASURE, eraser, read_log, record_many, register_organisation

SUBJECT = Subject("envelope", "env_" + "0" * 32)
ORDER = Order("（2026）陕0802民初118号", "榆林市榆阳区人民法院")


@pytest.fixture
def owner(owner_engine: Engine, clock: FixedClock, objects: Objects) -> Eraser:
    return eraser(owner_engine, clock, objects)


def person(actor: Actor) -> Actor:
    """Somebody of the same organisation who has signed in."""
    return Actor(actor.organisation_id, actor.organisation_kind, actor.region, uuid4(), actor.scopes)


def record_file(unit_of_work: UnitOfWorkFactory, objects: Objects, actor: Actor, data: bytes) -> UUID:
    stored = StoredFile(describe_file("a.pdf", "application/pdf", data), objects.put(data))
    with unit_of_work() as uow:
        readers = [actor.organisation_id]
        return record_evidence(
            uow, type="test.filed", subject=SUBJECT, organisation_ids=readers, facts={}, files=[stored]
        )


def test_every_other_proof_stays_valid(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    ids = record_many(unit_of_work, actor, 20, SUBJECT)
    size = ledger.sequence_pending()
    assert size == 20
    before, entries = read_log(ledger)
    proofs = [ledger.inclusion_proof(index, size) for index in range(size)]

    owner.erase(ids[7], ERASURE)
    later = record_many(unit_of_work, actor, 3, SUBJECT)
    ledger.sequence_pending()

    after, all_entries = read_log(ledger)
    assert all_entries[:20] == entries
    for index, proof in enumerate(proofs):
        verify_inclusion(leaf_hash(entries[index]), index, size, proof, before.root)
    verify_consistency(20, after.size, ledger.consistency_proof(20, after.size), before.root, after.root)
    keys = [VerifierKey.parse(key) for key in ledger.vkeys()]
    for identifier in [*ids[:7], *ids[8:], *later]:
        verify_proof(decode_proof(ledger.receipt(actor, identifier)), ledger.evidence(actor, identifier).entry, keys)
    assert list(ledger.examine()) == []


def test_the_chain_goes_on_and_says_who_erased_what_by_which_law(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    first, last = record_many(unit_of_work, actor, 2, SUBJECT)

    owner.erase(last, ERASURE)
    [after] = record_many(unit_of_work, actor, 1, SUBJECT)

    records = ledger.list_records(actor, SUBJECT.id)
    assert [(record.type, record.position) for record in records] == [
        ("test.happened", 0),
        ("evidence.erased", 2),
        ("test.happened", 3),
    ]
    erased, following = (parse_record(record.record) for record in records[1:])
    assert (records[0].id, records[2].id) == (first, after)
    assert (erased.previous, following.previous) == (last.hex, erased.id)
    assert erased.facts == {
        "erased": {"id": public(EVIDENCE, last), "type": "test.happened"},
        "ground": "consent_withdrawn",
        "legal_basis": "《个人信息保护法》第四十七条第一款第（三）项",
        "reference": "2026-118",
        "erased_by": "command_line:tests",
    }


def test_nothing_of_the_record_is_left(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser, objects: Objects
) -> None:
    data = b"a face on film"
    identifier = record_file(unit_of_work, objects, actor, data)
    record = ledger.evidence(actor, identifier)
    digest = bytes.fromhex(record.files[0].file.sha256)
    assert ledger.records_with_digest(actor, sha256=digest) == [record]

    result = owner.erase(identifier, ERASURE)

    assert result.deleted_keys == [record.files[0].object_key]
    with pytest.raises(ObjectMissing):
        objects.get(record.files[0].object_key)
    assert ledger.records_with_digest(actor, sha256=digest) == []
    stranger = register_organisation(unit_of_work)
    with pytest.raises(EvidenceErased):
        ledger.evidence(actor, identifier)
    with pytest.raises(EvidenceNotFound):
        ledger.evidence(stranger, identifier)
    with unit_of_work() as uow:
        tables = uow.session.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'evid%'"))
        rows = [row for name in list(tables) for row in uow.session.scalars(text(f'SELECT t::text FROM "{name}" t'))]  # noqa: S608
    left = "\n".join(rows)
    assert identifier.hex in left.replace("-", "")
    for gone in (record.salt.hex(), record.record.hex(), record.files[0].file.sm3, "a.pdf"):
        assert gone not in left


def test_files_that_somebody_needs_stay(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser, objects: Objects
) -> None:
    shared, filed = b"shared by two records", b"filed as a document, too"
    one, two = (record_file(unit_of_work, objects, actor, shared) for _ in range(2))
    three = record_file(unit_of_work, objects, actor, filed)
    with unit_of_work() as uow:
        uow.session.add(_document(actor, objects.put(filed), uow.now))

    assert owner.erase(one, ERASURE).kept_keys == [objects.put(shared)]
    assert owner.erase(three, ERASURE).kept_keys == [objects.put(filed)]
    assert objects.get(objects.put(shared)) == shared
    assert owner.erase(two, ERASURE).deleted_keys == [objects.put(shared)]


def _document(actor: Actor, object_key: str, now: Any) -> Document:
    return Document(
        id=uuid4(),
        organisation_id=actor.organisation_id,
        name="a.pdf",
        size=1,
        pages=1,
        sha256="0" * 64,
        sm3="0" * 64,
        object_key=object_key,
        flattened=[],
        created_at=now,
    )


def test_a_file_that_is_stored_again_meanwhile_is_put_back(
    actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser, objects: Objects
) -> None:
    data = b"stored again"
    identifier = record_file(unit_of_work, objects, actor, data)
    erasure = owner.record(identifier, ERASURE)
    deleted = owner.delete_objects(erasure)
    with unit_of_work() as uow:  # The uploader had put the object before it was deleted, and commits only now.
        stored = StoredFile(describe_file("a.pdf", "application/pdf", data), next(iter(deleted)))
        record_evidence(uow, type="test.filed", subject=SUBJECT, organisation_ids=[], facts={}, files=[stored])

    result = owner.finish(erasure, deleted)

    assert (result.deleted_keys, result.kept_keys) == ([], list(deleted))
    assert objects.get(result.kept_keys[0]) == data


def test_erasing_twice_is_erasing_once(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)

    first = owner.erase(identifier, ERASURE)
    second = owner.erase(identifier, ERASURE)

    assert (first.evidence_id, first.finished_at) == (second.evidence_id, second.finished_at)
    assert [record.type for record in ledger.list_records(actor, SUBJECT.id)] == ["evidence.erased"]
    with pytest.raises(EvidenceNotFound):
        owner.erase(uuid4(), ERASURE)


def test_two_at_once_erase_once(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    ids = record_many(unit_of_work, actor, 4, SUBJECT)
    raised: list[BaseException] = []
    results: list[UUID] = []

    def run() -> None:
        for identifier in ids:
            try:
                results.append(owner.erase(identifier, ERASURE).evidence_id)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test must tell
                raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [record.type for record in ledger.list_records(actor, SUBJECT.id)] == ["evidence.erased"] * 4
    assert list(ledger.examine()) == []
    assert raised == []
    assert sorted(results) == sorted(ids * 2)


def test_what_proves_erasing_and_holding_is_never_erased(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)
    owner.erase(identifier, ERASURE)
    [kept] = record_many(unit_of_work, actor, 1)
    hold = ledger.place_hold(actor, kept, ORDER, is_for_subject=False)
    proofs = [ledger.list_records(actor, SUBJECT.id)[0], ledger.list_records(actor, f"hld_{hold.id.hex}")[0]]

    for proof in proofs:
        with pytest.raises(EvidenceNotErasable):
            owner.erase(proof.id, ERASURE)


@pytest.mark.parametrize("ground", list(ErasureGround))
def test_every_ground_names_its_clause(ground: ErasureGround) -> None:
    assert ground.legal_basis.startswith("《个人信息保护法》第四十七条第一款第（")


# Legal holds


def test_a_held_record_is_not_erased_until_somebody_else_releases_it(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    held, free = record_many(unit_of_work, actor, 2, SUBJECT)
    placer, other = person(actor), person(actor)

    hold = ledger.place_hold(placer, held, ORDER, is_for_subject=False)
    with pytest.raises(EvidenceHeld, match="陕0802民初118号"):
        owner.erase(held, ERASURE)
    owner.erase(free, ERASURE)
    with pytest.raises(HoldNeedsAnotherPerson):
        ledger.release_hold(placer, hold.id, "2026-200")
    with pytest.raises(HoldNeedsPerson):
        ledger.release_hold(actor, hold.id, "2026-200")
    assert ledger.evidence(actor, held)

    ledger.release_hold(other, hold.id, "2026-200")
    with pytest.raises(HoldAlreadyReleased):
        ledger.release_hold(other, hold.id, "2026-200")
    [(_, release)] = ledger.holds(actor, held)
    assert release is not None
    owner.erase(held, ERASURE)
    steps = [record.type for record in ledger.list_records(actor, f"hld_{hold.id.hex}")]
    assert steps == ["hold.placed", "hold.released"]


def test_a_hold_on_a_subject_covers_what_is_yet_to_come(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    first, second = record_many(unit_of_work, actor, 2, SUBJECT)
    ledger.place_hold(actor, first, ORDER, is_for_subject=True)
    [third] = record_many(unit_of_work, actor, 1, SUBJECT)
    [elsewhere] = record_many(unit_of_work, actor, 1, Subject("document", SUBJECT.id))

    for identifier in (first, second, third):
        with pytest.raises(EvidenceHeld):
            owner.erase(identifier, ERASURE)
    owner.erase(elsewhere, ERASURE)


def test_a_regulator_s_hold_is_released_by_nobody_else(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory
) -> None:
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)
    regulator = person(register_organisation(unit_of_work, kind=OrganisationKind.REGULATOR))
    elsewhere = register_organisation(unit_of_work, kind=OrganisationKind.REGULATOR, region="610300")

    hold = ledger.place_hold(regulator, identifier, ORDER, is_for_subject=False)

    assert ledger.holds(actor, identifier) == []  # the party isn't told
    with pytest.raises(HoldNotFound):
        ledger.release_hold(person(actor), hold.id, "2026-200")
    with pytest.raises(EvidenceNotFound):
        ledger.place_hold(elsewhere, identifier, ORDER, is_for_subject=False)
    powerless = Actor(actor.organisation_id, actor.organisation_kind, actor.region, None, frozenset())
    with pytest.raises(ScopeMissing):
        ledger.place_hold(powerless, identifier, ORDER, is_for_subject=False)


def test_operators_hold_and_release_under_the_same_rule(
    actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)
    hold = place_operator_hold(unit_of_work, "wang", identifier, ORDER, is_for_subject=True)

    with pytest.raises(EvidenceHeld):
        owner.erase(identifier, ERASURE)
    with pytest.raises(HoldNeedsAnotherPerson):
        release_operator_hold(unit_of_work, "wang", hold.id, "2026-200")
    release_operator_hold(unit_of_work, "li", hold.id, "2026-200")
    owner.erase(identifier, ERASURE)
    with pytest.raises(EvidenceNotFound):
        place_operator_hold(unit_of_work, "wang", identifier, ORDER, is_for_subject=True)


# PostgreSQL itself


_ERASURE = text(
    "INSERT INTO evidence_erasure (evidence_id, ground, reference, erased_by, erased_at, object_keys)"
    " VALUES (:id, 'other_law', '1', 'x', now(), '[]')"
)


@pytest.mark.parametrize("is_for_subject", [True, False])
def test_the_database_refuses_its_owner_too(
    *,
    ledger: LedgerService,
    actor: Actor,
    unit_of_work: UnitOfWorkFactory,
    owner_engine: Engine,
    is_for_subject: bool,
) -> None:
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)
    delete = text("DELETE FROM evidence_record WHERE id = :id")

    with pytest.raises(DBAPIError, match="no recorded erasure"), owner_engine.begin() as connection:
        connection.execute(delete, {"id": identifier})
    ledger.place_hold(actor, identifier, ORDER, is_for_subject=is_for_subject)
    with owner_engine.begin() as connection:
        connection.execute(_ERASURE, {"id": identifier})
    with pytest.raises(DBAPIError, match="legal hold"), owner_engine.begin() as connection:
        connection.execute(delete, {"id": identifier})
    assert ledger.evidence(actor, identifier)


def test_the_service_can_neither_erase_nor_undo_a_hold(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, objects: Objects, engine: Engine
) -> None:
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)
    hold = ledger.place_hold(actor, identifier, ORDER, is_for_subject=False)
    without_rights = Eraser(unit_of_work, objects, lambda _session, _key: False)
    release_operator_hold(unit_of_work, "li", hold.id, "2026-200")

    with pytest.raises(ProgrammingError, match="permission denied"):
        without_rights.erase(identifier, ERASURE)
    with unit_of_work() as uow:
        assert uow.session.scalars(select(EvidenceRecord.id).where(EvidenceRecord.id == identifier)).one()
        assert uow.session.scalars(select(EvidenceErasureResult)).all() == []
        assert uow.session.scalars(select(EvidenceHold.id)).one() == hold.id
    for statement in ("DELETE FROM evidence_hold", "UPDATE evidence_hold SET evidence_id = NULL"):
        with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
            connection.execute(text(statement))


def test_a_hold_that_is_being_placed_comes_before_erasing(
    ledger: LedgerService, actor: Actor, unit_of_work: UnitOfWorkFactory, owner: Eraser
) -> None:
    """The eraser waits for the chain's lock, which the hold has, and then sees the hold."""
    [identifier] = record_many(unit_of_work, actor, 1, SUBJECT)
    raised: list[Exception] = []

    def erase() -> None:
        try:
            owner.erase(identifier, ERASURE)
        except EvidenceHeld as error:
            raised.append(error)

    eraser_thread = threading.Thread(target=erase)
    with unit_of_work() as uow:
        uow.session.execute(
            text("SELECT * FROM lock_evidence_chain(:kind, :id)"), {"kind": SUBJECT.kind, "id": SUBJECT.id}
        )
        eraser_thread.start()
        while not uow.session.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")):
            pass
        uow.session.add(
            EvidenceHold(
                id=uuid4(),
                subject_kind=SUBJECT.kind,
                subject_id=SUBJECT.id,
                evidence_id=identifier,
                case_number=ORDER.case_number,
                authority=ORDER.authority,
                organisation_id=actor.organisation_id,
                placed_by="per_x",
                placed_at=uow.now,
            )
        )
    eraser_thread.join()

    assert len(raised) == 1
    assert ledger.evidence(actor, identifier)
