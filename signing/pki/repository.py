"""Reads and writes keys, certificates and revocation lists. They belong to the platform, not to an organisation."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from signing.pki.models import Certificate, CertificateRevocation, RevocationList, SigningKey
from signing.pki.policy import CertificateKind

_AUTHORITY_LOCK = 0x44595F504B49
"""Any number that no other advisory lock uses."""


def lock_authority(session: Session) -> None:
    """Only one transaction at a time sets up or renews the authority, or writes a revocation list."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _AUTHORITY_LOCK})


def newest(session: Session, kind: CertificateKind) -> Certificate | None:
    """The certificate of this kind that is valid longest and not revoked."""
    return session.scalar(
        select(Certificate)
        .outerjoin(CertificateRevocation, CertificateRevocation.certificate_id == Certificate.id)
        .where(Certificate.kind == kind, CertificateRevocation.certificate_id.is_(None))
        .order_by(Certificate.not_after.desc())
        .limit(1)
    )


def all_of(session: Session, kind: CertificateKind) -> Sequence[Certificate]:
    """Every certificate of this kind there ever was, newest first."""
    return session.scalars(
        select(Certificate).where(Certificate.kind == kind).order_by(Certificate.not_after.desc())
    ).all()


def certificate(session: Session, certificate_id: UUID) -> Certificate | None:
    return session.get(Certificate, certificate_id)


def certificate_by_serial_number(session: Session, issuer_id: UUID, serial_number: str) -> Certificate | None:
    return session.scalar(
        select(Certificate).where(Certificate.issuer_id == issuer_id, Certificate.serial_number == serial_number)
    )


def key(session: Session, key_id: UUID) -> SigningKey:
    return session.scalars(select(SigningKey).where(SigningKey.id == key_id)).one()


def revocation(session: Session, certificate_id: UUID) -> CertificateRevocation | None:
    return session.get(CertificateRevocation, certificate_id)


def revocations(session: Session, issuer_id: UUID) -> Sequence[tuple[Certificate, CertificateRevocation]]:
    """Everything an issuer revoked, oldest first."""
    rows = session.execute(
        select(Certificate, CertificateRevocation)
        .join(CertificateRevocation, CertificateRevocation.certificate_id == Certificate.id)
        .where(Certificate.issuer_id == issuer_id)
        .order_by(CertificateRevocation.revoked_at, Certificate.serial_number)
    )
    return [(row[0], row[1]) for row in rows]


def last_revocation_at(session: Session, issuer_id: UUID) -> datetime | None:
    return session.scalar(
        select(func.max(CertificateRevocation.revoked_at))
        .join(Certificate, Certificate.id == CertificateRevocation.certificate_id)
        .where(Certificate.issuer_id == issuer_id)
    )


def latest_revocation_list(session: Session, issuer_id: UUID) -> RevocationList | None:
    return session.scalar(
        select(RevocationList)
        .where(RevocationList.issuer_id == issuer_id)
        .order_by(RevocationList.number.desc())
        .limit(1)
    )


def destroy_signer_keys(session: Session, *, issued_before: datetime, now: datetime) -> int:
    """Forgets the private keys of signers' certificates issued earlier; returns how many."""
    old = select(Certificate.key_id).where(
        Certificate.kind == CertificateKind.SIGNER, Certificate.created_at <= issued_before
    )
    destroyed = session.execute(
        update(SigningKey)
        .where(SigningKey.id.in_(old), SigningKey.destroyed_at.is_(None))
        .values(sealed_private_key=None, destroyed_at=now)
        .returning(SigningKey.id)
    )
    return len(destroyed.all())
