"""A crash anywhere in notarising makes nothing twice and loses nothing acknowledged; one in erasing leaves nothing half
erased that the same command wouldn't finish."""

import hashlib
import os
import signal
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, create_engine, func, select

from accounts.policy import Actor
from app.embedded import OWNER_ROLE, SERVICE_ROLE, EmbeddedPostgres
from app.object_references import is_object_needed
from core.clock import Clock
from core.database import create_database_engine
from core.objects import ObjectMissing, Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.erase import Eraser
from ledger.models import EvidenceErasureResult, EvidenceRecord, EvidenceSubmission
from ledger.notarise import Notarisation, notarise_batch, notarise_file
from ledger.record import StoredFile, Subject, describe_file
from ledger.service import LedgerService, record_evidence
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingObjects, CrashingUnitOfWork, CrashPlan, Fault
from tests.support.ledger import ERASURE, register_organisation
from tests.support.victims import kill

KEY = hashlib.sha256(b"a request").digest()
SUBJECT = Subject("envelope", "env_" + "0" * 32)
DATA = (b"only this record's", b"another record's, too")


@pytest.fixture
def actor(unit_of_work: UnitOfWorkFactory) -> Actor:
    return register_organisation(unit_of_work)


@pytest.fixture
def ledger(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> LedgerService:
    service = LedgerService(unit_of_work, objects, secrets, "dingyue.test/log")
    service.ensure_log_key()
    return service


def some(number: int = 20) -> list[Notarisation]:
    return [Notarisation(describe_file("a", "b/c", bytes([at])), {"at": at}) for at in range(number)]


def rows(unit_of_work: UnitOfWorkFactory, table: Any) -> int:
    with unit_of_work() as uow:
        return uow.session.scalar(select(func.count()).select_from(table)) or 0


# Notarising (crash points 73, 74)


@pytest.mark.parametrize("fault", ["lost", "applied"])
def test_a_batch_that_nobody_got_an_answer_from_is_made_once(
    unit_of_work: UnitOfWorkFactory, actor: Actor, engine: Engine, clock: FixedClock, fault: Fault
) -> None:
    plan = CrashPlan(0, fault)
    with pytest.raises(Crash):
        notarise_batch(lambda: CrashingUnitOfWork(engine, clock, plan), actor, some(), KEY)
    assert rows(unit_of_work, EvidenceRecord) == (20 if fault == "applied" else 0)

    ids = notarise_batch(unit_of_work, actor, some(), KEY)

    assert len(ids) == rows(unit_of_work, EvidenceRecord) == 20
    with unit_of_work() as uow:
        assert sorted(uow.session.scalars(select(EvidenceRecord.id))) == ids


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("point", ["store", "commit"])
def test_a_kept_file_is_notarised_once(
    *,
    unit_of_work: UnitOfWorkFactory,
    actor: Actor,
    engine: Engine,
    clock: FixedClock,
    objects: Objects,
    point: str,
    fault: Fault,
) -> None:
    terms: dict[str, Any] = {"name": "a", "media_type": "b/c", "stated": {}, "keeps_content": True, "key_hash": KEY}
    plan, never = CrashPlan(0, fault), CrashPlan(-2, fault)
    store = _CrashingFiles(objects, plan if point == "store" else never)
    with pytest.raises(Crash):
        notarise_file(
            lambda: CrashingUnitOfWork(engine, clock, plan if point == "commit" else never),
            store,
            actor,
            content=BytesIO(b"abc"),
            **terms,
        )

    record = notarise_file(unit_of_work, objects, actor, content=BytesIO(b"abc"), **terms)

    assert rows(unit_of_work, EvidenceRecord) == 1
    assert objects.get(record.files[0].object_key) == b"abc"


class _CrashingFiles(CrashingObjects):
    def put_file(self, content: Any, sha256: str) -> str:
        is_due = self._plan.is_due()
        if is_due and self._plan.fault == "lost":
            raise Crash
        key = super().put_file(content, sha256)
        if is_due:
            raise Crash
        return key


@pytest.mark.parametrize("point", ["written", "committed"])
def test_kill_9_around_the_commit_of_a_batch(
    unit_of_work: UnitOfWorkFactory, actor: Actor, postgres: EmbeddedPostgres, clock: FixedClock, point: str
) -> None:
    kill(_notarise_and_be_killed, url=postgres.url(SERVICE_ROLE), clock=clock, actor=actor, point=point)
    assert rows(unit_of_work, EvidenceSubmission) == (1 if point == "committed" else 0)

    ids = notarise_batch(unit_of_work, actor, some(), KEY)

    assert len(ids) == rows(unit_of_work, EvidenceRecord) == 20


def _notarise_and_be_killed(*, url: str, clock: Clock, actor: Actor, point: str) -> None:
    engine = create_database_engine(url)

    class Killing(UnitOfWork):
        def __exit__(self, *arguments: object) -> None:
            if point == "committed":
                super().__exit__(*arguments)  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGKILL)

    notarise_batch(lambda: Killing(engine, clock), actor, some(), KEY)


# Erasing (crash points 75 to 77)


def to_erase(unit_of_work: UnitOfWorkFactory, objects: Objects, actor: Actor) -> UUID:
    """A record with two files, of which another record needs one."""
    stored = [StoredFile(describe_file("a", "b/c", data), objects.put(data)) for data in DATA]
    with unit_of_work() as uow:
        first, _ = (
            record_evidence(
                uow,
                type="test.filed",
                subject=SUBJECT,
                organisation_ids=[actor.organisation_id],
                facts={},
                files=files,
            )
            for files in (stored, stored[1:])
        )
    return first


def check_erased(
    *, ledger: LedgerService, unit_of_work: UnitOfWorkFactory, actor: Actor, objects: Objects, evidence_id: UUID
) -> None:
    """Gone, recorded once, nothing else gone, and the log as sound as ever."""
    keys = [objects.put(DATA[1])]
    with unit_of_work() as uow:
        assert uow.session.get(EvidenceRecord, evidence_id) is None
        result = uow.session.get_one(EvidenceErasureResult, evidence_id)
    assert result.kept_keys == keys
    assert objects.get(keys[0]) == DATA[1]
    with pytest.raises(ObjectMissing):
        objects.get(result.deleted_keys[0])
    assert [record.type for record in ledger.list_records(actor, SUBJECT.id)] == ["test.filed", "evidence.erased"]
    ledger.sequence_pending()
    assert list(ledger.examine()) == []


@pytest.mark.parametrize("fault", ["lost", "applied"])
@pytest.mark.parametrize("place", ["database", "objects"])
def test_erasing_goes_on_after_a_crash_anywhere(
    *,
    ledger: LedgerService,
    unit_of_work: UnitOfWorkFactory,
    actor: Actor,
    owner_engine: Engine,
    clock: FixedClock,
    objects: Objects,
    place: str,
    fault: Fault,
) -> None:
    evidence_id = to_erase(unit_of_work, objects, actor)
    crashed = 0
    for at in count():
        plan, never = CrashPlan(at, fault), CrashPlan(-2, fault)
        eraser = Eraser(
            lambda plan=plan if place == "database" else never: CrashingUnitOfWork(owner_engine, clock, plan),  # type: ignore[misc]
            CrashingObjects(objects, plan if place == "objects" else never),
            is_object_needed,
        )
        try:
            eraser.erase(evidence_id, ERASURE)
        except Crash:
            crashed += 1
        else:
            break

    assert crashed >= (2 if place == "objects" else 3)
    check_erased(ledger=ledger, unit_of_work=unit_of_work, actor=actor, objects=objects, evidence_id=evidence_id)


@pytest.mark.parametrize("step", ["record", "delete_objects", "finish"])
def test_kill_9_after_any_step_of_erasing(
    *,
    ledger: LedgerService,
    unit_of_work: UnitOfWorkFactory,
    actor: Actor,
    postgres: EmbeddedPostgres,
    owner_engine: Engine,
    clock: FixedClock,
    objects: Objects,
    tmp_path: Path,
    step: str,
) -> None:
    evidence_id = to_erase(unit_of_work, objects, actor)
    kill(
        _erase_and_be_killed,
        is_forked=False,
        url=postgres.url(OWNER_ROLE),
        objects_url=f"file://{tmp_path / 'objects'}",
        clock=clock,
        evidence_id=evidence_id,
        step=step,
    )

    Eraser(lambda: UnitOfWork(owner_engine, clock), objects, is_object_needed).erase(evidence_id, ERASURE)

    check_erased(ledger=ledger, unit_of_work=unit_of_work, actor=actor, objects=objects, evidence_id=evidence_id)


def _erase_and_be_killed(*, url: str | URL, objects_url: str, clock: Clock, evidence_id: UUID, step: str) -> None:
    original = getattr(Eraser, step)

    def killing(self: Eraser, *arguments: Any) -> Any:
        original(self, *arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(Eraser, step, killing)
    engine = create_engine(url)
    eraser = Eraser(lambda: UnitOfWork(engine, clock), Objects.at(objects_url), is_object_needed)
    eraser.erase(evidence_id, ERASURE)
