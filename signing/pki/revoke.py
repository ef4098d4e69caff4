"""Revokes a certificate, for good: the next CRL and OCSP answer tell of it, and evidence says who did it and why.

One of the platform's own is replaced in the same transaction, so that there always is one in force.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from core import ids
from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from ledger.record import Subject
from ledger.service import record_evidence
from signing.pki import repository
from signing.pki.authority import Authority
from signing.pki.errors import CertificateNotFound
from signing.pki.models import Certificate, CertificateRevocation
from signing.pki.policy import STANDING, CertificateKind, RevocationReason, check_revocation


def revoke_certificate(
    uow: UnitOfWork,
    authority: Authority,
    certificate_id: UUID,
    reason: RevocationReason,
    *,
    invalid_since: datetime | None,
    revoked_by: Mapping[str, Any],
    organisation_ids: Sequence[UUID],
) -> None:
    """Revoking twice changes nothing: the first reason stands.

    `revoked_by` goes into the evidence, which `organisation_ids` may read. Raises `CertificateNotFound`,
    `RootNotRevocable`, `ReasonMisfits` or `InvalidityDateMisfits`.
    """
    repository.lock_authority(uow.session)
    found = repository.with_revocation(uow.session, certificate_id)
    if found is None:
        raise CertificateNotFound
    certificate, revocation = found
    kind = CertificateKind(certificate.kind)
    check_revocation(kind, reason, invalid_since=invalid_since, issued_at=certificate.not_before, now=uow.now)
    if revocation is not None:
        return
    uow.session.add(
        CertificateRevocation(
            certificate_id=certificate_id, reason=reason, revoked_at=uow.now, invalid_since=invalid_since
        )
    )
    uow.session.flush()
    if kind in STANDING:
        authority.ensure(uow)
    record_evidence(
        uow,
        type="certificate.revoked",
        subject=Subject("certificate", ids.public(ids.CERTIFICATE, certificate_id)),
        organisation_ids=organisation_ids,
        facts={
            "certificate": _facts(certificate),
            "reason": str(reason),
            "invalid_since": rfc3339(invalid_since) if invalid_since else None,
            "revoked_by": dict(revoked_by),
        },
    )


def _facts(certificate: Certificate) -> dict[str, Any]:
    return {
        "kind": certificate.kind,
        "serial": certificate.serial_number,
        "subject": certificate.subject,
        "not_before": rfc3339(certificate.not_before),
        "not_after": rfc3339(certificate.not_after),
    }
