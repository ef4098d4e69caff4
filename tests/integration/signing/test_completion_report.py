"""The completion report with everything real: evidence, certificates, time-stamps, the platform's seal."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from core import ids
from ledger import repository as ledger
from ledger.package.vocabulary import EVENTS
from ledger.record import Record, parse_record, sha256_hex
from ledger.repository import LoggedRecord
from ledger.verifier.pades import verify_pdf
from signing.errors import ReportNotReady, SigningSessionInvalid
from signing.make_report import STEP, make_report
from signing.papers import report_wording
from signing.pki.service import PKIService
from signing.policy import RecipientRole
from signing.replace_recipient import Replacement
from signing.send_envelope import WATERMARK
from tests.support.clock import FixedClock
from tests.support.papers import packed, page_texts, raw_text, text_of
from tests.support.signing import Table

CONTRACT = Path(__file__).parents[3] / "examples" / "procurement.pdf"


@pytest.fixture
def table(real_table: Table) -> Table:
    return real_table


def completed(table: Table, clock: FixedClock, **changes: Any) -> UUID:
    """Approved, signed by the buyer and by the one who took the supplier's place, and sealed."""
    document = table.service.upload_document(table.sender, name="采购合同.pdf", data=CONTRACT.read_bytes())
    parties = [
        table.recipient("approver", 1, RecipientRole.APPROVER),
        table.recipient("buyer", 2),
        table.recipient("supplier", 3),
    ]
    plan = table.plan(document.id, *parties, **changes)
    envelope_id = table.service.create_envelope(table.sender, plan)
    table.service.send_envelope(table.sender, envelope_id)
    supplier_id = table.recipient_id(envelope_id, "supplier")
    successor = Replacement(name="欧阳接任", phone="13912345678", reason="原签署人出差，电话 13800001111")
    table.service.replace_recipient(table.sender, envelope_id, supplier_id, successor)
    for key in ("approver", "buyer", "supplier"):
        clock.advance(timedelta(hours=1))
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)
    return envelope_id


def secrets_of(table: Table) -> tuple[list[str], list[str]]:
    """Every link's token and every one-time code that was ever out."""

    def opened(event_type: str, member: str, purpose: str) -> list[str]:
        sealed = [event[member] for event in table.events(event_type)]
        return [table.secrets.open(bytes.fromhex(text), purpose).decode() for text in sealed]

    tokens = opened("recipient.released", "sealed_token", "recipient-token")
    return tokens, opened("signing_code.requested", "sealed_code", "signing-code")


def records(table: Table, envelope_id: UUID) -> list[tuple[LoggedRecord, Record]]:
    subject = ids.public(ids.ENVELOPE, envelope_id)
    with table.unit_of_work() as uow:
        found = ledger.records_of_subject(uow.session, table.sender, subject, after=-1, limit=100)
    return [(logged, parse_record(logged.record)) for logged in found]


def test_the_report_tells_what_the_evidence_tells(table: Table, clock: FixedClock, pki: PKIService) -> None:
    envelope_id = completed(table, clock)
    before = records(table, envelope_id)
    contract = table.service.envelope_content(table.sender, envelope_id).data
    make_report(table.service, envelope_id)
    report = table.service.completion_report(table.sender, envelope_id)
    text = text_of(report.data)

    signed = [record.facts for _, record in before if record.type == "recipient.signed"]
    assert len(signed) == 2
    for facts in signed:
        for fact in (facts["by"]["name"], facts["by"]["uscc"], facts["consent"]["sha256"], facts["address"]):
            assert packed(fact) in text
        for fact in (facts["certificate"]["serial"], facts["certificate"]["subject"], facts["certificate"]["issuer"]):
            assert packed(fact) in text
    for logged, record in before:
        assert ids.public(ids.EVIDENCE, logged.id) in text
        assert packed(EVENTS[record.type].zh) in text
        assert packed(EVENTS[record.type].en) in text
    assert sha256_hex(contract) in text
    assert sha256_hex(CONTRACT.read_bytes()) in text
    assert packed("已更换，由 欧阳接任 代为办理") in text
    assert packed("签署人 supplier → 欧阳接任 · 原签署人出差") in text

    roots = pki.roots()
    judged = verify_pdf(report.data, signing_roots=roots, timestamp_roots=roots)
    assert judged.outcome == "authentic", judged
    assert verify_pdf(report.data + b"\n%", signing_roots=roots, timestamp_roots=roots).outcome != "authentic"
    assert table.service.envelope_content(table.sender, envelope_id).data == contract, "the contract stays as it is"


def test_the_reports_digest_is_evidence_on_the_envelope(table: Table, clock: FixedClock) -> None:
    envelope_id = completed(table, clock)
    make_report(table.service, envelope_id)
    report = table.service.completion_report(table.sender, envelope_id)
    made = [(logged, record) for logged, record in records(table, envelope_id) if record.type == STEP]
    assert len(made) == 1
    logged, record = made[0]
    assert [file.sha256 for file in record.files] == [sha256_hex(report.data)]
    assert table.service.objects.get(logged.files[0].object_key) == report.data
    assert record.facts["number"] in text_of(report.data)
    assert [event["step"] for event in table.events("envelope.progressed")][-1] == STEP


def test_nothing_secret_and_no_phone_in_full_is_in_the_report(table: Table, clock: FixedClock) -> None:
    envelope_id = completed(table, clock)
    make_report(table.service, envelope_id)
    data = table.service.completion_report(table.sender, envelope_id).data
    text, lines = text_of(data), raw_text(data)
    tokens, codes = secrets_of(table)
    assert len(tokens) == len(codes) == 3
    assert [token for token in tokens if token in text] == []
    # Six digits may by chance be part of a digest; a code would stand alone.
    assert [code for code in codes if re.search(rf"(?<![0-9A-Za-z]){code}(?![0-9A-Za-z])", lines)] == []
    for phone in ("13900000001", "13900000002", "13912345678", "13800001111"):
        assert phone not in text
        assert f"{phone[:3]}****{phone[-4:]}" in text


def test_a_test_has_its_watermark_on_the_report_too(table: Table, clock: FixedClock) -> None:
    envelope_id = completed(table, clock, is_test=True)
    make_report(table.service, envelope_id)
    pages = page_texts(table.service.completion_report(table.sender, envelope_id).data)
    assert all(packed(WATERMARK) in page for page in pages)
    assert packed(report_wording.TEST_MODE.zh) in pages[0]


def test_what_isnt_completed_has_no_report(table: Table) -> None:
    document = table.service.upload_document(table.sender, name="采购合同.pdf", data=CONTRACT.read_bytes())
    envelope_id = table.service.create_envelope(table.sender, table.plan(document.id))
    table.service.send_envelope(table.sender, envelope_id)
    make_report(table.service, envelope_id)
    table.service.void_envelope(table.sender, envelope_id, "撤回")
    make_report(table.service, envelope_id)
    assert STEP not in table.steps(envelope_id)
    assert table.service.envelope(table.sender, envelope_id).envelope.report_object_key is None


def test_whoever_took_part_reads_the_report_once_it_is_made(table: Table, clock: FixedClock) -> None:
    envelope_id = completed(table, clock)
    session = table.open(envelope_id, "buyer")
    with pytest.raises(ReportNotReady):
        table.service.seat_report(session)
    make_report(table.service, envelope_id)
    assert table.service.seat_report(session) == table.service.completion_report(table.sender, envelope_id)
    with pytest.raises(SigningSessionInvalid):
        table.service.seat_report("nobody's session")
