"""The authority's own certificates and keys, opened once per process and kept in memory."""

from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.errors import AuthorityMissing
from signing.pki.held import Held
from signing.pki.keys import KeyStore
from signing.pki.policy import STANDING_RECHECK, YEAR, CertificateKind, is_due_for_renewal
from signing.pki.profiles import Issuer

_MOST_ISSUERS = 64


class Issuers:
    def __init__(self, keys: KeyStore, base_url: str) -> None:
        self._keys = keys
        self._base_url = base_url
        self._opened: Held[UUID, Issuer] = Held(limit=_MOST_ISSUERS, lifetime=100 * YEAR)
        self._in_force: Held[CertificateKind, UUID] = Held(limit=len(CertificateKind), lifetime=STANDING_RECHECK)

    def get(self, uow: UnitOfWork, issuer_id: UUID) -> Issuer:
        """Raises `AuthorityMissing`."""
        issuer = self._opened.get(issuer_id, uow.now)
        if issuer is not None:
            return issuer
        row = repository.certificate(uow.session, issuer_id)
        if row is None:
            raise AuthorityMissing
        credential = self._keys.credential(uow.session, row)
        issuer = Issuer(credential.certificate, credential.private_key, f"{self._base_url}/pki/{issuer_id.hex}")
        self._opened.put(issuer_id, issuer, uow.now)
        return issuer

    def in_force(self, uow: UnitOfWork, kind: CertificateKind) -> tuple[UUID, Issuer]:
        """The newest issuer of that kind, at most `STANDING_RECHECK` after the database was asked.

        Raises `AuthorityMissing`.
        """
        issuer_id = self._in_force.get(kind, uow.now)
        if issuer_id is not None:
            issuer = self.get(uow, issuer_id)
            if not is_due_for_renewal(kind, issuer.certificate.not_valid_after_utc, uow.now):
                return issuer_id, issuer
        return self.newest(uow, kind, remember=True)

    def newest(self, uow: UnitOfWork, kind: CertificateKind, *, remember: bool = False) -> tuple[UUID, Issuer]:
        """As the database has it in this very transaction: only one that is committed should be remembered."""
        row = repository.newest(uow.session, kind)
        if row is None:
            raise AuthorityMissing
        issuer = self.get(uow, row.id)
        if remember:
            self._in_force.put(kind, row.id, uow.now)
        return row.id, issuer

    def recheck(self) -> None:
        """Asks the database again at the next use, for one may have been revoked."""
        self._in_force.clear()
