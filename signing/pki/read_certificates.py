"""Certificates as operators see them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.errors import CertificateNotFound
from signing.pki.models import Certificate, CertificateRevocation
from signing.pki.policy import CertificateKind, RevocationReason


class CertificateState(StrEnum):
    VALID = "valid"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class CertificateView:
    """`sha256` is the fingerprint, `serial_number` is lower-case hex. The last three are None unless it is revoked;
    `invalid_since` may be None even then."""

    id: UUID
    kind: CertificateKind
    state: CertificateState
    subject: str
    serial_number: str
    sha256: str
    issuer_id: UUID
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    reason: RevocationReason | None
    invalid_since: datetime | None


def read_certificate(uow: UnitOfWork, certificate_id: UUID) -> CertificateView:
    """Raises `CertificateNotFound`."""
    found = repository.with_revocation(uow.session, certificate_id)
    if found is None:
        raise CertificateNotFound
    return _view(*found, uow.now)


def list_certificates(
    uow: UnitOfWork, *, kind: CertificateKind | None, is_revoked: bool | None, before: UUID | None, limit: int
) -> list[CertificateView]:
    """Newest first; `before` is the last id of the page before."""
    found = repository.page(uow.session, kind=kind, is_revoked=is_revoked, before=before, limit=limit)
    return [_view(*each, uow.now) for each in found]


def _view(row: Certificate, revocation: CertificateRevocation | None, now: datetime) -> CertificateView:
    state = CertificateState.EXPIRED if now >= row.not_after else CertificateState.VALID
    return CertificateView(
        id=row.id,
        kind=CertificateKind(row.kind),
        state=CertificateState.REVOKED if revocation else state,
        subject=row.subject,
        serial_number=row.serial_number,
        sha256=x509.load_der_x509_certificate(row.der).fingerprint(hashes.SHA256()).hex(),
        issuer_id=row.issuer_id,
        not_before=row.not_before,
        not_after=row.not_after,
        revoked_at=revocation.revoked_at if revocation else None,
        reason=RevocationReason(revocation.reason) if revocation else None,
        invalid_since=revocation.invalid_since if revocation else None,
    )
