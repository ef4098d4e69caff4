"""Credentials handed out to sign now: of signers and seals by their certificate's id, of the platform by its kind."""

from datetime import datetime
from uuid import UUID

from core.clock import rfc3339
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from signing.pki import repository
from signing.pki.authority import Authority
from signing.pki.credentials import SigningCredential, SoftwareCredential
from signing.pki.errors import (
    AuthorityMissing,
    CertificateExpired,
    CertificateNotFound,
    CertificateRevoked,
    CredentialOutdated,
    SigningWindowOver,
)
from signing.pki.held import Held
from signing.pki.keys import KeyStore
from signing.pki.models import Certificate, CertificateRevocation
from signing.pki.policy import SIGNING_WINDOW, STANDING_RECHECK, YEAR, CertificateKind, is_due_for_renewal

_MOST_SEALS = 128
"""Keys of organisations' seals kept in memory; they sign again and again."""


class ReadyCredentials:
    """A key that was just made comes from memory (`Authority.fresh`), once; a seal's is kept. The database is asked
    about revocation every time, except for the platform's own (`STANDING_RECHECK`)."""

    def __init__(self, unit_of_work: UnitOfWorkFactory, keys: KeyStore, authority: Authority) -> None:
        self._unit_of_work = unit_of_work
        self._keys = keys
        self._authority = authority
        self._seals: Held[UUID, SoftwareCredential] = Held(limit=_MOST_SEALS, lifetime=YEAR)
        self._standing: Held[CertificateKind, SoftwareCredential] = Held(
            limit=len(CertificateKind), lifetime=STANDING_RECHECK
        )

    def of(self, uow: UnitOfWork, found: tuple[Certificate, CertificateRevocation | None] | None) -> SigningCredential:
        """Raises `CertificateNotFound`, `CertificateRevoked`, `SigningWindowOver`, `CredentialOutdated`."""
        if found is None:
            raise CertificateNotFound
        row, revocation = found
        if revocation is not None:
            raise CertificateRevoked
        if row.kind == CertificateKind.SIGNER:
            return self._signer(uow, row)
        if row.kind == CertificateKind.ORGANISATION_SEAL:
            return self._seal(uow, row)
        raise CertificateNotFound

    def _signer(self, uow: UnitOfWork, row: Certificate) -> SoftwareCredential:
        ended_at = row.created_at + SIGNING_WINDOW
        if uow.now >= ended_at:
            raise SigningWindowOver(ended_at=rfc3339(ended_at))
        return self._authority.fresh.take(row.id, uow.now) or self._keys.credential(uow.session, row)

    def _seal(self, uow: UnitOfWork, row: Certificate) -> SoftwareCredential:
        if not row.not_before <= uow.now < row.not_after:
            raise CredentialOutdated(not_before=rfc3339(row.not_before), not_after=rfc3339(row.not_after))
        held = self._seals.get(row.id, uow.now)
        if held is None:
            held = self._authority.fresh.take(row.id, uow.now) or self._keys.credential(uow.session, row)
            self._seals.put(row.id, held, uow.now)
        return held

    def standing(self, kind: CertificateKind, now: datetime) -> SigningCredential:
        """The platform's own, of that kind. Raises `AuthorityMissing` or `CertificateExpired`."""
        held = self._standing.get(kind, now)
        if held is not None and not is_due_for_renewal(kind, held.certificate.not_valid_after_utc, now):
            return held
        with self._unit_of_work() as uow:
            row = repository.newest(uow.session, kind)
            if row is None:
                raise AuthorityMissing
            if now >= row.not_after:
                raise CertificateExpired(not_after=rfc3339(row.not_after))
            if held is None or held.der != row.der:
                held = self._keys.credential(uow.session, row)
        self._standing.put(kind, held, now)
        return held

    def recheck(self) -> None:
        """Asks the database again at the next use of one of the platform's own."""
        self._standing.clear()
