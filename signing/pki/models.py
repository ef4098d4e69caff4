"""Tables of keys, certificates and revocations. Every private key is sealed (`signing.pki.keys`)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base


class SigningKey(Base):
    """A P-256 key pair, PKCS #8 DER, sealed under a data key of its own.

    `wrapped_data_key` is that data key, wrapped by the key `wrapping_key_id` of a `KeyWrapper`. Both are empty in rows
    from before data keys: there the private key is sealed by the master key itself. A signer's key is destroyed (made
    NULL, with its data key) once its time to sign is over: nobody can sign with it ever again.
    """

    __tablename__ = "signing_key"
    __table_args__ = (
        Index("ix_signing_key_not_destroyed", "created_at", postgresql_where=text("destroyed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sealed_private_key: Mapped[bytes | None]
    wrapped_data_key: Mapped[bytes | None]
    wrapping_key_id: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


class Certificate(Base):
    """A certificate issued by us. `kind` is a `policy.CertificateKind`; `serial_number` is lower-case hex."""

    __tablename__ = "certificate"
    __append_only__ = True
    __table_args__ = (
        UniqueConstraint("issuer_id", "serial_number"),
        Index("ix_certificate_kind_not_after", "kind", "not_after"),
        Index("ix_certificate_kind_created_at", "kind", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    key_id: Mapped[UUID] = mapped_column(ForeignKey("signing_key.id"), index=True)
    # A root is its own issuer.
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"))
    serial_number: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    der: Mapped[bytes]
    not_before: Mapped[datetime]
    not_after: Mapped[datetime]
    created_at: Mapped[datetime]


class CertificateRevocation(Base):
    """A revocation, which is for good.

    `sequence` grows with each one, so that a single number says whether there is a new one. `invalid_since`: from when
    on the key must be taken for compromised, if that is known (invalidityDate, RFC 5280 §5.3.2).
    """

    __tablename__ = "certificate_revocation"
    __append_only__ = True

    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(Identity(), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    revoked_at: Mapped[datetime]
    invalid_since: Mapped[datetime | None]


class RevocationList(Base):
    """A CRL as published, DER. `number` grows by one with each list of an issuer.

    `last_revocation` is the newest revocation's sequence when it was made, of whatever issuer.
    """

    __tablename__ = "revocation_list"
    __append_only__ = True

    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    der: Mapped[bytes]
    this_update: Mapped[datetime]
    next_update: Mapped[datetime]
    last_revocation: Mapped[int]
