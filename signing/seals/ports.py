"""What seals need of others: pictures, and the authority that issues, renews and revokes their certificates."""

from typing import Protocol
from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.pki.policy import RevocationReason
from signing.ports import SignerIdentity


class SealPictures(Protocol):
    """The pictures of seals, PNG. Pure; never called inside a unit of work, because it takes long."""

    def check(self, data: bytes) -> None:
        """Raises an `InvalidInput` for what can't be the picture of a seal."""
        ...

    def draw(self, organisation_name: str, caption: str) -> bytes:
        """A round red seal for trial, which says that it is one; the same names give the same bytes."""
        ...


class SealCertificates(Protocol):
    """The authority behind seals. All of it happens in the caller's unit of work: both take effect or neither.

    An authority elsewhere revokes and renews by itself: it is asked for neither here, and holds none of our rows.
    """

    def issue_seal_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """A key and certificate for years; `identity.name` is the seal's name."""
        ...

    def renew_seal_certificate(self, uow: UnitOfWork, certificate_id: UUID) -> UUID:
        """A new one for the same seal if the one given is due, else the same id. The old one stays valid."""
        ...

    def revoke_in(self, uow: UnitOfWork, certificate_id: UUID, reason: RevocationReason) -> None:
        """For good; twice is as good as once. Raises `signing.pki.errors.CertificateNotFound`."""
        ...
