"""What seals need of others, beside the authority that issues certificates (`signing.ports.CertificateIssuer`)."""

from typing import Protocol
from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.pki.policy import RevocationReason


class SealPictures(Protocol):
    """The pictures of seals, PNG. Pure; never called inside a unit of work, because it takes long."""

    def check(self, data: bytes) -> None:
        """Raises an `InvalidInput` for what can't be the picture of a seal."""
        ...

    def draw(self, organisation_name: str, caption: str) -> bytes:
        """A round red seal for trial, which says that it is one; the same names give the same bytes."""
        ...


class CertificateRevoker(Protocol):
    """Revokes certificates of our own authority."""

    def revoke_in(self, uow: UnitOfWork, certificate_id: UUID, reason: RevocationReason) -> None:
        """For good, in the caller's unit of work: both take effect or neither. Twice is as good as once.

        Raises `signing.pki.errors.CertificateNotFound`.
        """
        ...
