"""Reads and writes keys, certificates and revocation lists. They belong to the platform, not to an organisation."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, text, update
from sqlalchemy.orm import Session

from signing.pki.models import Certificate, CertificateRevocation, RevocationList, SigningKey
from signing.pki.policy import AUTHORITIES, CertificateKind

_AUTHORITY_LOCK = 0x44595F504B49
"""Any number that no other advisory lock uses."""
_MARKER = select(
    select(func.max(CertificateRevocation.sequence)).scalar_subquery(),
    select(func.count())
    .select_from(Certificate)
    .where(Certificate.kind.in_((*AUTHORITIES, CertificateKind.TIMESTAMP)))
    .scalar_subquery(),
)
"""Put together once: it is asked with every signature."""


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


def key(session: Session, key_id: UUID) -> SigningKey:
    return session.scalars(select(SigningKey).where(SigningKey.id == key_id)).one()


def locked_key(session: Session, key_id: UUID) -> SigningKey:
    return session.scalars(select(SigningKey).where(SigningKey.id == key_id).with_for_update()).one()


def keys_wrapped_otherwise(session: Session, wrapping_key_id: str) -> Sequence[UUID]:
    """Ids of keys that aren't destroyed and whose data key isn't wrapped by this one, oldest first."""
    return session.scalars(
        select(SigningKey.id)
        .where(SigningKey.destroyed_at.is_(None), SigningKey.wrapping_key_id.is_distinct_from(wrapping_key_id))
        .order_by(SigningKey.id)
    ).all()


def revocation(session: Session, certificate_id: UUID) -> CertificateRevocation | None:
    return session.get(CertificateRevocation, certificate_id)


def revocations(session: Session, issuer_id: UUID) -> Sequence[tuple[Certificate, CertificateRevocation]]:
    """Everything an issuer revoked, oldest first."""
    rows = session.execute(
        select(Certificate, CertificateRevocation)
        .join(CertificateRevocation, CertificateRevocation.certificate_id == Certificate.id)
        .where(Certificate.issuer_id == issuer_id)
        .order_by(CertificateRevocation.sequence)
    )
    return [(row[0], row[1]) for row in rows]


def newest_revocation(session: Session) -> int:
    """The sequence of the newest revocation of all; 0 if there is none."""
    return session.scalar(select(func.max(CertificateRevocation.sequence))) or 0


def publication_marker(session: Session) -> tuple[int, int]:
    """Changes whenever there is a new revocation, authority or time-stamping certificate. One question, no scan."""
    newest_one, certificates = session.execute(_MARKER).one()
    return newest_one or 0, certificates


def with_revocation(session: Session, certificate_id: UUID) -> tuple[Certificate, CertificateRevocation | None] | None:
    return _with_revocation(session, Certificate.id == certificate_id)


def with_revocation_by_serial_number(
    session: Session, issuer_id: UUID, serial_number: str
) -> tuple[Certificate, CertificateRevocation | None] | None:
    return _with_revocation(session, Certificate.issuer_id == issuer_id, Certificate.serial_number == serial_number)


def some_with_revocation(
    session: Session, certificate_ids: Sequence[UUID]
) -> Sequence[tuple[Certificate, CertificateRevocation | None]]:
    rows = session.execute(_joined().where(Certificate.id.in_(certificate_ids)))
    return [(row[0], row[1]) for row in rows]


def _joined() -> Select[Certificate, CertificateRevocation]:
    return select(Certificate, CertificateRevocation).outerjoin(
        CertificateRevocation, CertificateRevocation.certificate_id == Certificate.id
    )


def _with_revocation(
    session: Session, *conditions: ColumnElement[bool]
) -> tuple[Certificate, CertificateRevocation | None] | None:
    row = session.execute(_joined().where(*conditions)).one_or_none()
    return (row[0], row[1]) if row else None


def page(
    session: Session, *, kind: CertificateKind | None, is_revoked: bool | None, before: UUID | None, limit: int
) -> Sequence[tuple[Certificate, CertificateRevocation | None]]:
    """Certificates, newest first; all kinds, revoked or not, unless told."""
    query = _joined()
    if kind is not None:
        query = query.where(Certificate.kind == kind)
    if is_revoked is not None:
        found = CertificateRevocation.certificate_id
        query = query.where(found.is_not(None) if is_revoked else found.is_(None))
    if before is not None:
        query = query.where(Certificate.id < before)
    rows = session.execute(query.order_by(Certificate.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


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
        .values(sealed_private_key=None, wrapped_data_key=None, destroyed_at=now)
        .returning(SigningKey.id)
    )
    return len(destroyed.all())
