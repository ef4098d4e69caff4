"""The same way with everything real: screening, preparing, certificates, time-stamps, signatures, seal, verdict."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from api import problems
from api.rate import CheckLimit
from api.routes import verify
from core import ids
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger import repository as ledger
from ledger.record import Record, parse_record
from signing.pki.service import PKIService
from signing.plan import FieldKind
from signing.validation import ValidationService
from tests.support.clock import FixedClock
from tests.support.http import InProcessClient
from tests.support.real_signing import real_pki, real_service
from tests.support.signing import Table, signature_field

CONTRACT = Path(__file__).parents[3] / "examples" / "procurement.pdf"


@pytest.fixture
def pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    return real_pki(unit_of_work, secrets, clock)


@pytest.fixture
def table(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock, pki: PKIService
) -> Table:
    table = Table.lay(unit_of_work, objects, secrets)
    table.service = real_service(unit_of_work, objects, secrets, clock, pki=pki)
    return table


@pytest.fixture
def client(pki: PKIService) -> InProcessClient:
    app = FastAPI()
    app.state.services = SimpleNamespace(validation=ValidationService(pki))
    app.state.check_limit = CheckLimit(0)
    problems.install(app)
    app.include_router(verify.router, prefix="/v1")
    return InProcessClient(app)


def verdict(client: InProcessClient, data: bytes) -> dict[str, Any]:
    answer = client.post("/v1/verify", files={"file": ("a.pdf", data, "application/pdf")})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def signatures_on_record(table: Table, subject_id: str) -> list[Record]:
    with table.unit_of_work() as uow:
        records = ledger.records_of_subject(uow.session, table.sender, subject_id, after=-1, limit=50)
    return [parse_record(record.record) for record in records if record.type == "recipient.signed"]


def test_a_real_contract_is_signed_by_two_sealed_and_judged(
    table: Table, clock: FixedClock, client: InProcessClient
) -> None:
    document = table.service.upload_document(table.sender, name="采购合同.pdf", data=CONTRACT.read_bytes())
    fields = [
        signature_field("buyer", 0),
        signature_field("buyer", 1, FieldKind.DATE),
        signature_field("supplier", 2),
        signature_field("supplier", 3, FieldKind.TEXT),
        signature_field("supplier", 4, FieldKind.CHECKBOX),
    ]
    envelope_id = table.service.create_envelope(table.sender, table.plan(document.id, fields=fields))
    table.service.send_envelope(table.sender, envelope_id)
    table.sign(table.authenticated(envelope_id, "buyer"))
    clock.advance(timedelta(hours=3))
    table.sign(table.authenticated(envelope_id, "supplier"), supplier_text="总经理", supplier_checkbox="true")
    table.service.seal_envelope(envelope_id)

    sealed = table.service.envelope_content(table.sender, envelope_id).data
    judged = verdict(client, sealed)
    assert judged["outcome"] == "authentic", judged
    assert [signature["signer"] for signature in judged["signatures"][:2]] == ["签署人 buyer", "签署人 supplier"]
    assert len(judged["signatures"]) == 4, "two signatures, the seal, the document timestamp"
    middle = len(sealed) // 3
    flipped = sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]
    assert verdict(client, flipped)["outcome"] in {"altered", "malformed"}

    first, second = signatures_on_record(table, ids.public(ids.ENVELOPE, envelope_id))
    facts = second.facts
    assert facts["by"]["name"] == "签署人 supplier"
    assert facts["values"] == {"supplier_text": "总经理", "supplier_checkbox": "true"}
    assert facts["signed_over"][0]["sha256"] == first.files[0].sha256
    assert "签署人 supplier" in facts["certificate"]["subject"]
    assert facts["certificate"]["serial"] == judged["signatures"][1]["serial_number"]


@pytest.mark.parametrize(
    ("data", "outcome"),
    [(CONTRACT.read_bytes(), "unsigned"), (b"%PDF-1.7\nbroken", "malformed"), (b"hello", "malformed")],
)
def test_any_file_gets_a_verdict(client: InProcessClient, data: bytes, outcome: str) -> None:
    assert verdict(client, data)["outcome"] == outcome


def test_an_empty_file_is_refused(client: InProcessClient) -> None:
    answer = client.post("/v1/verify", files={"file": ("a.pdf", b"", "application/pdf")})
    assert (answer.status_code, answer.json()["code"]) == (422, "empty_file")
