"""Everything at once and everything real: approval, a drawn signature, an organisation's seal, also across pages."""

from datetime import timedelta
from io import BytesIO

import pikepdf
import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import verify_pdf
from signing.plan import Anchor, FieldKind, NewField, NewRecipient
from signing.policy import RecipientRole
from tests.support.clock import FixedClock
from tests.support.fields import bounds_of_ink, signature_png
from tests.support.pdf import contract_pdf
from tests.support.real_signing import real_pki, real_service
from tests.support.seals import SealHouse
from tests.support.signing import Table, agreed

COMPANY_SEAL = NewField("company_seal", "company", FieldKind.SEAL, page=1, x=0.55, y=0.7, width=0.25, height=0.18)


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


def company(house: SealHouse, who: str = "user", order: int = 2) -> NewRecipient:
    """The person who is to apply the organisation's seal."""
    return NewRecipient(
        key="company",
        name=house.people[who].name,
        phone=house.people[who].phone,
        organisation_name=house.organisation.name,
        uscc=house.organisation.uscc,
        role=RecipientRole.SEAL,
        order=order,
    )


def test_a_real_contract_with_signature_picture_seal_and_cross_page_seal(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock, table: Table
) -> None:
    """Approved, signed with a drawn signature, sealed on the page and on every edge, sealed by the platform."""
    pki = real_pki(unit_of_work, secrets, clock)
    house = SealHouse.open(unit_of_work, objects, clock, certificates=pki)
    table.service = real_service(unit_of_work, objects, secrets, clock, pki=pki)
    house.authorise(house.active_seal())
    fields = [
        NewField("sign", "buyer", FieldKind.SIGNATURE, width=0.3, height=0.08, anchor=Anchor("甲方", dy=0.5)),
        NewField("initials", "buyer", FieldKind.INITIALS, page=2, x=0.1, y=0.9, width=0.12, height=0.05),
        NewField("day", "buyer", FieldKind.DATE, page=2, x=0.3, y=0.9, width=0.2, height=0.03),
        COMPANY_SEAL,
        NewField("edges", "company", FieldKind.CROSS_PAGE_SEAL, page=1, y=0.4, width=0.06, height=0.15),
    ]
    recipients = [
        table.recipient("boss", 1, RecipientRole.APPROVER),
        table.recipient("buyer", 2),
        company(house, order=3),
    ]
    document = table.service.upload_document(table.sender, name="采购合同.pdf", data=contract_pdf(4))
    envelope_id = table.service.create_envelope(table.sender, table.plan(document.id, *recipients, fields=fields))
    table.service.send_envelope(table.sender, envelope_id)
    table.sign(table.authenticated(envelope_id, "boss"))
    drawn = agreed()
    pictures = {FieldKind.SIGNATURE: signature_png(), FieldKind.INITIALS: signature_png()}
    action = type(drawn)(drawn.has_consented, drawn.consent_version, drawn.origin, pictures=pictures)
    table.service.sign_envelope(table.authenticated(envelope_id, "buyer"), action)
    clock.advance(timedelta(hours=1))
    table.sign(table.authenticated(envelope_id, "company"))
    table.service.seal_envelope(envelope_id)

    sealed = table.service.envelope_content(table.sender, envelope_id).data
    roots = pki.roots()
    verdict = verify_pdf(sealed, signing_roots=roots, timestamp_roots=roots)
    assert verdict.outcome == "authentic", verdict
    signatures = [found for found in verdict.signatures if not found.is_document_timestamp]
    assert [found.signer for found in signatures][:2] == ["签署人 buyer", "合同专用章"]
    assert [found.organisation for found in signatures][1] == house.organisation.name
    for page in range(4):
        assert bounds_of_ink(sealed, page)[2] > 0.97, f"page {page + 1} has no seal on its edge"
    with pikepdf.open(BytesIO(sealed)) as pdf:
        assert len(pdf.pages) == 4
    view = table.service.envelope(table.sender, envelope_id)
    assert view.documents[0].current.renew_before is not None
