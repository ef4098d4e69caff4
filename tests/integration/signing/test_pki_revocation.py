"""Revocation: reasons in CRLs, evidence, replacement of the platform's own certificates; material is never stale."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from cryptography import x509
from cryptography.x509 import ocsp
from sqlalchemy import func, select

from accounts.policy import Actor, OrganisationKind, Scope
from accounts.service import AccountService
from core import ids
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.models import EvidenceRecord
from signing.pki import repository
from signing.pki.errors import (
    CertificateNotFound,
    CertificateRevoked,
    CredentialOutdated,
    InvalidityDateMisfits,
    ReasonMisfits,
    RootNotRevocable,
)
from signing.pki.models import RevocationList
from signing.pki.policy import LIFETIME, STANDING_RECHECK, CertificateKind, RevocationReason
from signing.pki.profiles import REASON_FLAG
from signing.pki.read_certificates import CertificateState
from tests.support.app import uscc
from tests.support.clock import FixedClock
from tests.support.pki import SEAL, PKIDesk, another_process


@pytest.fixture
def desk(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIDesk:
    return PKIDesk.set_up(unit_of_work, secrets, clock)


def newest(desk: PKIDesk, kind: CertificateKind) -> UUID:
    with desk.unit_of_work() as uow:
        found = repository.newest(uow.session, kind)
        assert found is not None
        return found.id


def entries(desk: PKIDesk, issuer: CertificateKind) -> dict[int, x509.RevokedCertificate]:
    crl = x509.load_der_x509_crl(desk.pki.revocation_list(newest(desk, issuer)))
    return {entry.serial_number: entry for entry in crl}


def evidence(desk: PKIDesk, certificate_id: UUID) -> int:
    subject = ids.public(ids.CERTIFICATE, certificate_id)
    with desk.unit_of_work() as uow:
        query = select(func.count()).select_from(EvidenceRecord).where(EvidenceRecord.subject_id == subject)
        return uow.session.scalar(query) or 0


@pytest.mark.parametrize("reason", [each for each in RevocationReason if each != "authority_compromise"])
def test_the_list_says_why(desk: PKIDesk, reason: RevocationReason) -> None:
    certificate_id = desk.signer_certificate()
    serial = desk.pki.credential(certificate_id).certificate.serial_number
    view = desk.pki.revoke(certificate_id, reason)
    assert (view.state, view.reason, view.revoked_at) == (CertificateState.REVOKED, reason, desk.clock.now())
    entry = entries(desk, CertificateKind.ISSUING)[serial]
    assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is REASON_FLAG[reason]


def test_a_compromise_says_since_when(desk: PKIDesk) -> None:
    certificate_id = desk.seal_certificate()
    serial = desk.pki.credential(certificate_id).certificate.serial_number
    since = desk.clock.now().replace(microsecond=0)
    desk.clock.advance(timedelta(days=2))
    desk.pki.revoke(certificate_id, RevocationReason.KEY_COMPROMISE, invalid_since=since)
    entry = entries(desk, CertificateKind.ISSUING)[serial]
    assert entry.extensions.get_extension_for_class(x509.InvalidityDate).value.invalidity_date_utc == since


def test_what_does_not_fit_changes_nothing(desk: PKIDesk) -> None:
    certificate_id = desk.signer_certificate()
    now = desk.clock.now()
    with pytest.raises(ReasonMisfits):
        desk.pki.revoke(certificate_id, RevocationReason.AUTHORITY_COMPROMISE)
    for reason, since in (
        (RevocationReason.SUPERSEDED, now),
        (RevocationReason.KEY_COMPROMISE, now + timedelta(seconds=1)),
        (RevocationReason.KEY_COMPROMISE, now - timedelta(days=1)),
    ):
        with pytest.raises(InvalidityDateMisfits):
            desk.pki.revoke(certificate_id, reason, invalid_since=since)
    with pytest.raises(RootNotRevocable):
        desk.pki.revoke(newest(desk, CertificateKind.ROOT), RevocationReason.KEY_COMPROMISE)
    with pytest.raises(CertificateNotFound):
        desk.pki.revoke(uuid4(), RevocationReason.KEY_COMPROMISE)
    assert evidence(desk, certificate_id) == 0
    desk.pki.credential(certificate_id)


def test_it_leaves_evidence_once_for_the_operator(desk: PKIDesk) -> None:
    certificate_id = desk.seal_certificate()
    kind, region = OrganisationKind.THIRD_PARTY, "yulin"
    operators = AccountService(desk.unit_of_work).register_organisation(
        name="运营方", uscc=uscc(1), kind=kind, region=region
    )
    operator = Actor(operators.id, kind, region, None, frozenset({Scope.CERTIFICATES_WRITE}))
    for reason in (RevocationReason.AFFILIATION_CHANGED, RevocationReason.SUPERSEDED):
        view = desk.pki.revoke_as(operator, certificate_id, reason)
        assert view.reason is RevocationReason.AFFILIATION_CHANGED
    assert evidence(desk, certificate_id) == 1


def test_a_revoked_seal_of_an_organisation_seals_nothing(
    desk: PKIDesk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    certificate_id = desk.seal_certificate()
    elsewhere = another_process(unit_of_work, secrets, clock)
    for pki in (desk.pki, elsewhere):
        assert pki.credential(certificate_id).certificate.subject.rfc4514_string().startswith(f"CN={SEAL.name}")
    with unit_of_work() as uow:
        desk.pki.revoke_in(uow, certificate_id, RevocationReason.CESSATION_OF_OPERATION)
    for pki in (desk.pki, elsewhere):
        with pytest.raises(CertificateRevoked):
            pki.credential(certificate_id)


@pytest.mark.parametrize("kind", [CertificateKind.SEAL, CertificateKind.TIMESTAMP, CertificateKind.ISSUING])
def test_the_platforms_own_is_replaced(
    desk: PKIDesk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock, kind: CertificateKind
) -> None:
    elsewhere = another_process(unit_of_work, secrets, clock)
    elsewhere.seal_credential(clock.now())
    elsewhere.timestamp_credential(clock.now())
    revoked_id = newest(desk, kind)
    desk.pki.revoke(revoked_id, RevocationReason.KEY_COMPROMISE)
    assert newest(desk, kind) != revoked_id
    revoked = next(each for each in desk.pki.certificates(kind=kind) if each.id == revoked_id)
    clock.advance(STANDING_RECHECK)
    for pki in (desk.pki, elsewhere):
        used = {pki.seal_credential(clock.now()), pki.timestamp_credential(clock.now())}
        assert all(f"{each.certificate.serial_number:x}" != revoked.serial_number for each in used)
    new = desk.pki.credential(desk.signer_certificate())
    assert x509.load_der_x509_certificate(new.chain[0]).serial_number != int(revoked.serial_number, 16)


def test_material_is_kept_until_something_is_revoked_anywhere(
    desk: PKIDesk, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock
) -> None:
    certificate_id = desk.seal_certificate()
    elsewhere = another_process(unit_of_work, secrets, clock)
    before = elsewhere.validation_material([certificate_id])
    assert elsewhere.validation_material([certificate_id]) == before
    assert len(before.certificates) == 3
    assert len(before.revocation_lists) == 2
    [seal, tsa] = [ocsp.load_der_ocsp_response(each) for each in before.ocsp_responses]
    assert seal.certificate_status is tsa.certificate_status is ocsp.OCSPCertStatus.GOOD

    desk.pki.revoke(certificate_id, RevocationReason.SUPERSEDED)
    after = elsewhere.validation_material([certificate_id])
    serial = seal.serial_number
    lists = [x509.load_der_x509_crl(each) for each in after.revocation_lists]
    assert any(each.get_revoked_certificate_by_serial_number(serial) is not None for each in lists)
    status = ocsp.load_der_ocsp_response(after.ocsp_responses[0]).certificate_status
    assert status is ocsp.OCSPCertStatus.REVOKED
    # In the same instant nothing more is published: one revocation, one more list of each issuer.
    elsewhere.validation_material()
    desk.pki.validation_material()
    with unit_of_work() as uow:
        assert uow.session.scalar(select(func.count()).select_from(RevocationList)) == 4
    with pytest.raises(CertificateNotFound):
        elsewhere.validation_material([uuid4()])


def test_a_seal_lasts_for_years_and_is_renewed_under_the_same_name(desk: PKIDesk) -> None:
    certificate_id = desk.seal_certificate()
    held = desk.pki.credential(certificate_id)
    with desk.unit_of_work() as uow:
        assert desk.pki.renew_seal_certificate(uow, certificate_id) == certificate_id
    desk.clock.advance(timedelta(days=2))
    assert desk.pki.destroy_old_keys() == 0
    desk.pki.credential(certificate_id)

    desk.clock.set(held.certificate.not_valid_after_utc - timedelta(days=20))
    desk.pki.ensure_authority()
    with desk.unit_of_work() as uow:
        renewed_id = desk.pki.renew_seal_certificate(uow, certificate_id)
    renewed = desk.pki.credential(renewed_id)
    assert renewed.certificate.subject == held.certificate.subject
    assert renewed.certificate.public_key() != held.certificate.public_key()
    assert renewed.certificate.not_valid_after_utc - desk.clock.now() == LIFETIME[CertificateKind.ORGANISATION_SEAL]
    desk.clock.advance(timedelta(days=20))
    with pytest.raises(CredentialOutdated):
        desk.pki.credential(certificate_id)
    with desk.unit_of_work() as uow, pytest.raises(CertificateNotFound):
        desk.pki.renew_seal_certificate(uow, newest(desk, CertificateKind.SEAL))


def test_no_key_of_the_platform_is_handed_out_by_id(desk: PKIDesk) -> None:
    for kind in (CertificateKind.ROOT, CertificateKind.ISSUING, CertificateKind.SEAL, CertificateKind.TIMESTAMP):
        with pytest.raises(CertificateNotFound):
            desk.pki.credential(newest(desk, kind))


def test_certificates_are_listed_newest_first(desk: PKIDesk) -> None:
    first, second = desk.signer_certificate(), desk.signer_certificate()
    desk.pki.revoke(first, RevocationReason.SUPERSEDED)
    listed = desk.pki.certificates(kind=CertificateKind.SIGNER)
    assert {each.id for each in listed} == {first, second}
    assert [each.id for each in desk.pki.certificates(is_revoked=True)] == [first]
    page = desk.pki.certificates(limit=3)
    rest = desk.pki.certificates(before=page[-1].id)
    assert len({each.id for each in [*page, *rest]}) == 6
