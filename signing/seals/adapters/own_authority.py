"""Implements `ports.CertificateRevoker` over the tables of our own authority."""

from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.errors import CertificateNotFound
from signing.pki.models import CertificateRevocation
from signing.pki.policy import RevocationReason


class OwnAuthority:
    """The next CRL names the certificate at once."""

    def revoke_in(self, uow: UnitOfWork, certificate_id: UUID, reason: RevocationReason) -> None:
        repository.lock_authority(uow.session)
        if repository.certificate(uow.session, certificate_id) is None:
            raise CertificateNotFound
        if repository.revocation(uow.session, certificate_id) is None:
            uow.session.add(CertificateRevocation(certificate_id=certificate_id, reason=reason, revoked_at=uow.now))
            uow.session.flush()
