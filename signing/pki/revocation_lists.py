"""CRLs (RFC 5280 §5): the current one of an issuer, made anew every hour and at once after a revocation."""

from uuid import UUID

from cryptography.hazmat.primitives import serialization

from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.issuers import Issuers
from signing.pki.models import RevocationList
from signing.pki.policy import CRL_LIFETIME, RevocationReason, is_crl_stale
from signing.pki.profiles import RevokedCertificate, build_revocation_list


def current_revocation_list(uow: UnitOfWork, issuers: Issuers, issuer_id: UUID) -> RevocationList:
    """The issuer's current list; a new one if the last is an hour old or doesn't know of a revocation."""
    current = _fresh(uow, issuer_id)
    if current is not None:
        return current
    repository.lock_authority(uow.session)
    current = _fresh(uow, issuer_id)  # somebody else may have made it while we waited
    return current if current is not None else _publish(uow, issuers, issuer_id)


def _fresh(uow: UnitOfWork, issuer_id: UUID) -> RevocationList | None:
    latest = repository.latest_revocation_list(uow.session, issuer_id)
    newest = repository.newest_revocation(uow.session)
    if latest is None or is_crl_stale(latest.this_update, latest.last_revocation, newest, uow.now):
        return None
    return latest


def _publish(uow: UnitOfWork, issuers: Issuers, issuer_id: UUID) -> RevocationList:
    latest = repository.latest_revocation_list(uow.session, issuer_id)
    number = latest.number + 1 if latest else 1
    revoked = [
        RevokedCertificate(
            int(row.serial_number, 16), entry.revoked_at, RevocationReason(entry.reason), entry.invalid_since
        )
        for row, entry in repository.revocations(uow.session, issuer_id)
    ]
    built = build_revocation_list(issuers.get(uow, issuer_id), revoked, number, uow.now)
    published = RevocationList(
        issuer_id=issuer_id,
        number=number,
        der=built.public_bytes(serialization.Encoding.DER),
        this_update=uow.now,
        next_update=uow.now + CRL_LIFETIME,
        # Revocations are written under the lock we hold, so that all up to this one are in the list.
        last_revocation=repository.newest_revocation(uow.session),
    )
    uow.session.add(published)
    uow.session.flush()
    return published
