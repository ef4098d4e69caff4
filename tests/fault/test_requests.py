"""Requests and sweeps that die: what was asked for can be asked for again, and nothing half stays."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, func, select
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from api.idempotency import ABANDONED_AFTER, Idempotency
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import EvidenceRecord
from signing.errors import EnvelopeExpired
from signing.models import Document
from tests.support.app import Office
from tests.support.clock import FixedClock
from tests.support.crashes import Crash, CrashingUnitOfWork, CrashPlan
from tests.support.signing import PDF, Table
from tests.support.victims import answer_request, kill

FILE = {"name": "a.pdf", "media_type": "application/pdf", "size": 1, "sha256": "0" * 64, "sm3": "0" * 64}
RECIPIENTS_PATH = "/v1/signing-sessions/current/sign"
PATH = "/v1/evidence"


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


@pytest.fixture
def crashing(engine: Engine, clock: FixedClock) -> Callable[[CrashPlan], UnitOfWorkFactory]:
    return lambda plan: lambda: CrashingUnitOfWork(engine, clock, plan)


def count(unit_of_work: UnitOfWorkFactory, *tables: type) -> list[int]:
    with unit_of_work() as uow:
        return [uow.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


@pytest.mark.parametrize("is_done", [False, True], ids=["before-it-ran", "before-its-answer-was-kept"])
def test_a_key_whose_process_was_killed_is_free_again(engine: Engine, tmp_path: Path, is_done: bool) -> None:
    """Until then whoever asks is told to wait. Notarising keeps the key itself: that happens once (ADR 0031)."""
    office = Office.open(tmp_path, engine)
    headers = {
        "Authorization": f"Bearer {office.tokens['purchaser']}",
        "Content-Type": "application/json",
        "Idempotency-Key": "killed",
    }
    kill(
        answer_request,
        url=engine.url,
        folder=tmp_path,
        now=office.clock.now(),
        path=PATH,
        headers=headers,
        content=json.dumps(FILE).encode(),
        is_done=is_done,
    )
    assert count(office.services.unit_of_work, EvidenceRecord) == [is_done]

    def again() -> httpx.Response:
        return office.call("purchaser", "POST", PATH, FILE, headers={"Idempotency-Key": "killed"})

    waiting = again()
    assert (waiting.status_code, waiting.json()["code"]) == (409, "request_in_progress")
    office.clock.advance(ABANDONED_AFTER)
    first, replayed = again(), again()
    assert (first.status_code, replayed.status_code) == (201, 201)
    assert "idempotent-replay" not in first.headers
    assert replayed.headers["idempotent-replay"] == "true"
    assert replayed.json() == first.json()
    assert count(office.services.unit_of_work, EvidenceRecord) == [1]


@pytest.mark.parametrize("slow_status", [201, 503])
def test_a_request_slower_than_its_claim_leaves_the_answer_of_the_one_that_took_over(
    unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock, slow_status: int
) -> None:
    ran: list[int] = []
    headers = {"Idempotency-Key": "slow", "Authorization": "Bearer of a recipient's session"}

    async def work(scope: Scope, receive: Receive, send: Send) -> None:
        ran.append(len(ran) + 1)
        number = ran[-1]
        if number == 1:
            clock.advance(ABANDONED_AFTER)
            assert (await ask()).json() == 2
        status = slow_status if number == 1 else 201
        await Request(scope, receive).body()
        await JSONResponse(number, status)(scope, receive, send)

    app = Idempotency(work, unit_of_work, secrets)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://dingyue.test") as client:
            return await client.post(RECIPIENTS_PATH, headers=headers)

    assert asyncio.run(ask()).status_code == slow_status
    assert asyncio.run(ask()).json() == 2
    assert ran == [1, 2]


def test_an_upload_that_died_before_its_commit_is_uploaded_again(
    table: Table, objects: Objects, tmp_path: Path, crashing: Callable[[CrashPlan], UnitOfWorkFactory]
) -> None:
    dying = replace(table.service, unit_of_work=crashing(CrashPlan(0, "lost")))
    with pytest.raises(Crash):
        dying.upload_document(table.sender, name="合同.pdf", data=PDF)
    assert stored_files(tmp_path) == [PDF]
    assert count(table.unit_of_work, Document, EvidenceRecord) == [0, 0]

    document = table.service.upload_document(table.sender, name="合同.pdf", data=PDF)
    assert stored_files(tmp_path) == [PDF]
    assert count(table.unit_of_work, Document, EvidenceRecord) == [1, 1]
    assert table.service.document_content(table.sender, document.id).data == PDF
    assert objects.get(document.object_key) == PDF


def stored_files(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in (folder / "objects").rglob("*") if file.is_file()]


def test_a_sweep_that_died_between_two_envelopes_is_finished_by_the_next(
    table: Table, clock: FixedClock, crashing: Callable[[CrashPlan], UnitOfWorkFactory]
) -> None:
    until = clock.now() + timedelta(hours=1)
    envelopes = [table.sent(expires_at=until) for _ in range(3)]
    sessions = {envelope_id: table.authenticated(envelope_id, "buyer") for envelope_id in envelopes}
    clock.set(until)
    # Its commits: the list, the first envelope, and the second, which never comes to be.
    dying = replace(table.service, unit_of_work=crashing(CrashPlan(2, "lost")))
    with pytest.raises(Crash):
        dying.expire_envelopes(until)
    still_open = [envelope_id for envelope_id in envelopes if table.state(envelope_id) == "in_progress"]
    assert len(still_open) == 2
    assert len(table.events("envelope.ended")) == 1
    for envelope_id in still_open:
        with pytest.raises(EnvelopeExpired):
            table.sign(sessions[envelope_id])

    assert table.service.expire_envelopes(until) == 2
    assert [table.state(envelope_id) for envelope_id in envelopes] == ["expired"] * 3
    assert len(table.events("envelope.ended")) == 3
    assert all(table.steps(envelope_id).count("envelope.expired") == 1 for envelope_id in envelopes)
