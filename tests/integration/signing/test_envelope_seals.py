"""An organisation's seal in an envelope: chosen by who is authorised, drawn on every edge, counted once, on record."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pikepdf
import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import verify_pdf
from signing.errors import SealChoiceMissing
from signing.pdf.locate import PDFTextLocator
from signing.pdf.prepare import PDFPreparer
from signing.pdf.screen import PDFScreener
from signing.pdf.sign import PDFSigner
from signing.pki.service import PKIService
from signing.plan import Anchor, FieldKind, NewField, NewRecipient
from signing.policy import RecipientRole
from signing.seals.errors import SealSuspended
from signing.service import SigningService
from tests.support.clock import FixedClock
from tests.support.fields import bounds_of_ink, signature_png
from tests.support.pdf import contract_pdf
from tests.support.seals import CountingAuthority, SealHouse
from tests.support.signing import IMPRINT, Table, agreed, signature_field

COMPANY_SEAL = NewField("company_seal", "company", FieldKind.SEAL, page=1, x=0.55, y=0.7, width=0.25, height=0.18)


@pytest.fixture
def table(unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox) -> Table:
    return Table.lay(unit_of_work, objects, secrets)


@pytest.fixture
def house(unit_of_work: UnitOfWorkFactory, objects: Objects, clock: FixedClock) -> SealHouse:
    return SealHouse.open(unit_of_work, objects, clock, certificates=CountingAuthority())


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


def to_be_sealed(table: Table, house: SealHouse, who: str = "user") -> UUID:
    fields = [signature_field("buyer"), COMPANY_SEAL]
    return table.sent(table.recipient("buyer", 1), company(house, who), fields=fields, contract_class="procurement")


def test_the_one_seal_somebody_may_use_is_used_and_noted(table: Table, house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    envelope_id = to_be_sealed(table, house)
    table.sign(table.authenticated(envelope_id, "buyer"))
    session = table.authenticated(envelope_id, "company")
    assert [seal.seal_id for seal in table.service.seat(session).seals] == [seal_id]
    table.sign(session)
    table.sign(session)
    assert table.paper.calls[-1] == "signed by 合同专用章"
    assert len(table.issuer.issued) == 1, "a seal signs with its own certificate"
    (noted,) = house.service.uses(house.actor("auditor"), seal_id, before=None, limit=10)
    assert noted.use.envelope_id == envelope_id
    assert table.state(envelope_id) == "sealing"


def test_who_is_not_authorised_for_this_applies_no_seal(table: Table, house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id, contract_classes=["coal"])
    envelope_id = to_be_sealed(table, house)
    table.sign(table.authenticated(envelope_id, "buyer"))
    session = table.authenticated(envelope_id, "company")
    with pytest.raises(SealChoiceMissing) as refused:
        table.sign(session)
    assert refused.value.facts == {"count": 0}
    assert table.recipient_states(envelope_id)["company"] == "authenticated"


def test_a_seal_suspended_while_it_is_applied_leaves_no_seal(table: Table, house: SealHouse) -> None:
    seal_id = house.active_seal()
    house.authorise(seal_id)
    envelope_id = to_be_sealed(table, house)
    table.sign(table.authenticated(envelope_id, "buyer"))
    session = table.authenticated(envelope_id, "company")
    table.paper.during = lambda: house.service.suspend_seal(house.actor("administrator"), seal_id, "印章遗失")
    with pytest.raises(SealSuspended):
        table.sign(session)
    assert "合同专用章" not in table.content(envelope_id)
    with pytest.raises(SealChoiceMissing):  # not `EnvelopeBusy`: the refused attempt gave the envelope back
        table.sign(session)
    assert house.service.uses(house.actor("auditor"), seal_id, before=None, limit=10) == []


def test_a_real_contract_with_signature_picture_seal_and_cross_page_seal(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock, table: Table
) -> None:
    """Approved, signed with a drawn signature, sealed on the page and on every edge, sealed by the platform."""
    pki = PKIService(unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url="http://dingyue.test")
    pki.ensure_authority()
    house = SealHouse.open(unit_of_work, objects, clock, certificates=pki)
    table.service = _real(unit_of_work, objects, secrets, clock, pki)
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


def _real(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock, pki: PKIService
) -> SigningService:
    signer = PDFSigner(pki, pki.timestamps, clock)
    return SigningService(
        unit_of_work=unit_of_work,
        objects=objects,
        secrets=secrets,
        screener=PDFScreener(),
        locator=PDFTextLocator(),
        preparer=PDFPreparer(),
        signer=signer,
        issuer=pki,
        sealer=signer,
        imprint=IMPRINT,
        software="dingyue tests",
        clock_source="a clock that stands still",
    )
