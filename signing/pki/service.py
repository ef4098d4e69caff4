"""Keys and certificates of the platform: set up, issue, look up, revoke, publish.

The authority is for trial: its certificates say so in their names. An external one replaces it behind the same ports
(`signing.ports.CertificateIssuer`, `ledger.ports.TimestampAuthority`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asn1crypto import pem

from core.clock import Clock, rfc3339
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from signing.pki import repository, tsp
from signing.pki.authority import Authority
from signing.pki.credentials import SigningCredential
from signing.pki.errors import (
    AuthorityMissing,
    CertificateExpired,
    CertificateNotFound,
    CertificateRevoked,
    SigningWindowOver,
)
from signing.pki.keys import load_credential
from signing.pki.models import CertificateRevocation
from signing.pki.policy import SIGNING_WINDOW, CertificateKind, RevocationReason, is_due_for_renewal
from signing.pki.tsa import BuiltInTSA
from signing.ports import SignerIdentity

_AUTHORITIES = (CertificateKind.ROOT, CertificateKind.ISSUING)


@dataclass(frozen=True, slots=True)
class ValidationMaterial:
    """All a validator needs beside the roots, DER: certificates of our authorities and their current CRLs."""

    certificates: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...]


class PKIService:
    """`base_url` is where `/pki/…` is reachable: it stands in certificates.

    `timestamps` is the built-in time-stamp authority; its time is that of `clock`.
    """

    def __init__(self, *, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: Clock, base_url: str) -> None:
        self.timestamps = BuiltInTSA(self.timestamp_credential, clock)
        self._unit_of_work = unit_of_work
        self._secrets = secrets
        self._authority = Authority(secrets, base_url)
        self._standing: dict[CertificateKind, SigningCredential] = {}

    def ensure_authority(self) -> None:
        """Creates keys and certificates where they are missing or due. At every start, by as many as like."""
        with self._unit_of_work() as uow:
            self._authority.ensure(uow)

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        return self._authority.issue_signer_certificate(uow, identity)

    def signer_credential(self, certificate_id: UUID) -> SigningCredential:
        """The signer's key, to sign now.

        Raises `CertificateNotFound`, `SigningWindowOver` or `CertificateRevoked`.
        """
        with self._unit_of_work() as uow:
            row = repository.certificate(uow.session, certificate_id)
            if row is None or row.kind != CertificateKind.SIGNER:
                raise CertificateNotFound
            if repository.revocation(uow.session, certificate_id) is not None:
                raise CertificateRevoked
            if uow.now >= row.created_at + SIGNING_WINDOW:
                raise SigningWindowOver(ended_at=rfc3339(row.created_at + SIGNING_WINDOW))
            return load_credential(uow.session, self._secrets, row)

    def seal_credential(self, now: datetime) -> SigningCredential:
        return self._standing_credential(CertificateKind.SEAL, now)

    def timestamp_credential(self, now: datetime) -> SigningCredential:
        return self._standing_credential(CertificateKind.TIMESTAMP, now)

    def validation_material(self) -> ValidationMaterial:
        """For the document security store of a PDF that is being sealed."""
        with self._unit_of_work() as uow:
            authorities = [row for kind in _AUTHORITIES for row in repository.all_of(uow.session, kind)]
            lists = [self._authority.revocation_list(uow, row.id).der for row in authorities if row.not_after > uow.now]
        return ValidationMaterial(tuple(row.der for row in authorities), tuple(lists))

    def roots(self) -> Sequence[bytes]:
        """Every root there ever was, DER, newest first: what a trust file names."""
        with self._unit_of_work() as uow:
            return [row.der for row in repository.all_of(uow.session, CertificateKind.ROOT)]

    def roots_pem(self) -> bytes:
        """The same, for people and other programs."""
        return b"".join(pem.armor("CERTIFICATE", root) for root in self.roots())

    def authority_certificate(self, authority_id: UUID) -> bytes:
        """DER. Raises `CertificateNotFound`."""
        with self._unit_of_work() as uow:
            row = repository.certificate(uow.session, authority_id)
            if row is None or row.kind not in _AUTHORITIES:
                raise CertificateNotFound
            return row.der

    def revocation_list(self, authority_id: UUID) -> bytes:
        """The authority's current CRL, DER. Raises `CertificateNotFound`."""
        with self._unit_of_work() as uow:
            row = repository.certificate(uow.session, authority_id)
            if row is None or row.kind not in _AUTHORITIES:
                raise CertificateNotFound
            return self._authority.revocation_list(uow, row.id).der

    def revoke(self, certificate_id: UUID, reason: RevocationReason) -> None:
        """For good, and in the next CRL at once. Revoking twice changes nothing. Raises `CertificateNotFound`."""
        with self._unit_of_work() as uow:
            repository.lock_authority(uow.session)
            if repository.certificate(uow.session, certificate_id) is None:
                raise CertificateNotFound
            if repository.revocation(uow.session, certificate_id) is None:
                uow.session.add(CertificateRevocation(certificate_id=certificate_id, reason=reason, revoked_at=uow.now))

    def answer_timestamp_query(self, request: bytes) -> bytes:
        """The DER response to an RFC 3161 request, whatever bytes it is."""
        return tsp.answer(self.timestamps, request)

    def destroy_old_keys(self) -> int:
        """Forgets the keys of signers whose time to sign is over; returns how many. Harmless to repeat."""
        with self._unit_of_work() as uow:
            return repository.destroy_signer_keys(uow.session, issued_before=uow.now - SIGNING_WINDOW, now=uow.now)

    def _standing_credential(self, kind: CertificateKind, now: datetime) -> SigningCredential:
        """Loaded once; looked up again only when due for renewal. Raises `AuthorityMissing`."""
        held = self._standing.get(kind)
        if held is not None and not is_due_for_renewal(kind, held.certificate.not_valid_after_utc, now):
            return held
        with self._unit_of_work() as uow:
            row = repository.newest(uow.session, kind)
            if row is None:
                raise AuthorityMissing
            if now >= row.not_after:
                raise CertificateExpired(not_after=rfc3339(row.not_after))
            self._standing[kind] = load_credential(uow.session, self._secrets, row)
        return self._standing[kind]
