"""A signed contract is rescinded: the agreement we wrote is signed in the boxes we drew, with everything real."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core import ids
from ledger.record import sha256_hex
from ledger.verifier.pades import verify_pdf
from signing.make_report import make_report
from signing.pki.service import PKIService
from tests.support.clock import FixedClock
from tests.support.papers import packed, text_of
from tests.support.signing import Table

CONTRACT = Path(__file__).parents[3] / "examples" / "procurement.pdf"
REASON = "供应商停产，双方同意不再履行"


@pytest.fixture
def table(real_table: Table) -> Table:
    return real_table


def sign_by_both(table: Table, envelope_id: UUID) -> None:
    table.service.send_envelope(table.sender, envelope_id)
    for key in ("buyer", "supplier"):
        table.sign(table.authenticated(envelope_id, key))
    table.service.seal_envelope(envelope_id)


def test_a_contract_is_rescinded_by_all_who_signed_it(table: Table, clock: FixedClock, pki: PKIService) -> None:
    document = table.service.upload_document(table.sender, name="采购合同.pdf", data=CONTRACT.read_bytes())
    contract_id = table.service.create_envelope(table.sender, table.plan(document.id))
    sign_by_both(table, contract_id)
    contract = table.service.envelope_content(table.sender, contract_id).data
    clock.advance(timedelta(days=3))

    rescission_id = table.service.rescind_envelope(table.sender, contract_id, REASON)
    sign_by_both(table, rescission_id)

    agreement = table.service.envelope_content(table.sender, rescission_id).data
    text = text_of(agreement)
    named = ids.public(ids.ENVELOPE, contract_id)
    for said in ("采购合同.pdf", named, sha256_hex(contract), REASON, "签署人 supplier"):
        assert packed(said) in text
    roots = pki.roots()
    judged = verify_pdf(agreement, signing_roots=roots, timestamp_roots=roots)
    assert judged.outcome == "authentic", judged
    assert [found.signer for found in judged.signatures[:2]] == ["签署人 buyer", "签署人 supplier"]

    rescinded = table.service.envelope(table.sender, contract_id).envelope
    assert (rescinded.state, rescinded.rescinded_at is not None) == ("completed", True)
    assert table.service.envelope_content(table.sender, contract_id).data == contract
    make_report(table.service, rescission_id)
    report = text_of(table.service.completion_report(table.sender, rescission_id).data)
    assert packed(f"解除的原合同 Rescinds envelope {named}") in report
