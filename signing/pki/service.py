"""Keys and certificates of the platform: set up, issue, look up, revoke, publish.

The authority is for trial: its certificates say so in their names. An external one replaces it behind the same ports
(`signing.ports.CertificateIssuer`, `ledger.ports.TimestampAuthority`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from asn1crypto import pem
from cryptography.x509 import ocsp

from accounts.policy import Actor, Scope
from core import ids
from core.clock import Clock, rfc3339
from core.errors import DingyueError
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from signing.pki import read_certificates, repository, tsp
from signing.pki.authority import Authority
from signing.pki.credentials import SigningCredential
from signing.pki.errors import CertificateExpired, CertificateNotFound
from signing.pki.issuers import Issuers
from signing.pki.keys import KeyStore
from signing.pki.material import Materials, ValidationMaterial, status
from signing.pki.models import Certificate
from signing.pki.ocsp import Answer, OCSPResponder, Status, refuse
from signing.pki.policy import AUTHORITIES, SIGNING_WINDOW, CertificateKind, RevocationReason
from signing.pki.read_certificates import CertificateView
from signing.pki.ready import ReadyCredentials
from signing.pki.revocation_lists import current_revocation_list
from signing.pki.revoke import revoke_certificate
from signing.pki.tsa import BuiltInTSA
from signing.pki.wrapping import KeyWrapper, MasterKeyWrapper
from signing.ports import SignerIdentity


@dataclass(frozen=True, slots=True)
class ExternalSeal:
    """A platform seal whose certificate is somebody else's: the credential, and the DER roots it leads to."""

    credential: SigningCredential
    roots: tuple[bytes, ...]


class PKIService:
    """`base_url` is where `/pki/…` is reachable: it stands in certificates.

    `timestamps` is the built-in time-stamp authority; its time is that of `clock`. `wrapper` wraps the data keys of
    private keys, by default with the master key. `external_seal` seals instead of the built-in platform seal.
    """

    def __init__(
        self,
        *,
        unit_of_work: UnitOfWorkFactory,
        secrets: SecretBox,
        clock: Clock,
        base_url: str,
        wrapper: KeyWrapper | None = None,
        external_seal: ExternalSeal | None = None,
    ) -> None:
        self.timestamps = BuiltInTSA(self.timestamp_credential, clock)
        self._unit_of_work = unit_of_work
        self._external_seal = external_seal
        self._keys = KeyStore(wrapper or MasterKeyWrapper(secrets), secrets)
        self._issuers = Issuers(self._keys, base_url)
        self._authority = Authority(self._keys, self._issuers)
        self._ready = ReadyCredentials(unit_of_work, self._keys, self._authority)
        self._responder = OCSPResponder()
        self._materials = Materials(
            unit_of_work,
            self._issuers,
            self._responder,
            external_certificates=external_seal.credential.chain if external_seal else (),
            external_roots=external_seal.roots if external_seal else (),
        )

    def ensure_authority(self) -> None:
        """Creates keys and certificates where they are missing or due. At every start, by as many as like."""
        with self._unit_of_work() as uow:
            self._authority.ensure(uow)

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        return self._authority.issue_signer_certificate(uow, identity)

    def issue_seal_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        return self._authority.issue_seal_certificate(uow, identity)

    def renew_seal_certificate(self, uow: UnitOfWork, certificate_id: UUID) -> UUID:
        """The id of a new certificate for the same seal if this one is due for renewal, else the same id."""
        return self._authority.renew_seal_certificate(uow, certificate_id)

    def credential(self, certificate_id: UUID) -> SigningCredential:
        """The key of a signer (within `SIGNING_WINDOW`) or of an organisation's seal, to sign now.

        Raises `CertificateNotFound`, `CertificateRevoked`, `SigningWindowOver` or `CredentialOutdated`.
        """
        with self._unit_of_work() as uow:
            return self._ready.of(uow, repository.with_revocation(uow.session, certificate_id))

    def ready_to_sign(self, certificate_id: UUID) -> tuple[SigningCredential, ValidationMaterial]:
        """The same, and the material with an OCSP answer for it: asked for together, since every signature needs both.

        Raises as `credential` does.
        """
        with self._unit_of_work() as uow:
            found = self._materials.find(uow, [certificate_id])
            credential = self._ready.of(uow, found.certificates.get(certificate_id))
        return credential, self._materials.keep(found)

    def seal_credential(self, now: datetime) -> SigningCredential:
        """The platform's seal. Raises `AuthorityMissing` or `CertificateExpired`."""
        if self._external_seal is None:
            return self._ready.standing(CertificateKind.SEAL, now)
        not_after = self._external_seal.credential.certificate.not_valid_after_utc
        if now >= not_after:
            raise CertificateExpired(not_after=rfc3339(not_after))
        return self._external_seal.credential

    def timestamp_credential(self, now: datetime) -> SigningCredential:
        return self._ready.standing(CertificateKind.TIMESTAMP, now)

    def validation_material(self, certificate_ids: Sequence[UUID] = ()) -> ValidationMaterial:
        """For the document security store of a PDF: certificates, CRLs, and OCSP answers for the certificates named
        and the time-stamp authority's. Raises `CertificateNotFound`."""
        return self._materials.current(certificate_ids)

    def roots(self) -> Sequence[bytes]:
        """Every root there ever was, and an external seal's, DER, newest first: what a trust file names."""
        return self._materials.current().roots

    def roots_pem(self) -> bytes:
        """The same, for people and other programs."""
        return b"".join(pem.armor("CERTIFICATE", root) for root in self.roots())

    def authority_certificate(self, authority_id: UUID) -> bytes:
        """DER. Raises `CertificateNotFound`."""
        with self._unit_of_work() as uow:
            return _authority(uow, authority_id).der

    def revocation_list(self, authority_id: UUID) -> bytes:
        """The authority's current CRL, DER. Raises `CertificateNotFound`."""
        with self._unit_of_work() as uow:
            return current_revocation_list(uow, self._issuers, _authority(uow, authority_id).id).der

    def answer_status_query(self, authority_id: UUID, request: bytes) -> Answer:
        """The response to an OCSP request, whatever bytes it is. Raises `CertificateNotFound` for the authority."""
        with self._unit_of_work() as uow:

            def look_up(serial_number: int) -> Status | None:
                found = repository.with_revocation_by_serial_number(uow.session, authority_id, f"{serial_number:x}")
                return status(found[1]) if found else None

            authority = _authority(uow, authority_id)
            try:
                issuer = self._issuers.get(uow, authority.id)
            except DingyueError:
                return Answer(refuse(ocsp.OCSPResponseStatus.INTERNAL_ERROR), uow.now, is_lasting=False)
            return self._responder.answer(authority_id, issuer, request, look_up, uow.now)

    def certificate(self, actor: Actor, certificate_id: UUID) -> CertificateView:
        """For operators. Raises `ScopeMissing`, `CertificateNotFound`."""
        actor.require(Scope.CERTIFICATES_WRITE)
        with self._unit_of_work() as uow:
            return read_certificates.read_certificate(uow, certificate_id)

    def revoke_as(
        self, actor: Actor, certificate_id: UUID, reason: RevocationReason, *, invalid_since: datetime | None = None
    ) -> CertificateView:
        """For operators. Raises `ScopeMissing`, and as `revoke` does."""
        actor.require(Scope.CERTIFICATES_WRITE)
        who = {
            "organisation": ids.public(ids.ORGANISATION, actor.organisation_id),
            "person": ids.public(ids.PERSON, actor.person_id) if actor.person_id else None,
        }
        return self.revoke(
            certificate_id,
            reason,
            invalid_since=invalid_since,
            revoked_by=who,
            organisation_ids=[actor.organisation_id],
        )

    def revoke(
        self,
        certificate_id: UUID,
        reason: RevocationReason,
        *,
        invalid_since: datetime | None = None,
        revoked_by: Mapping[str, Any] | None = None,
        organisation_ids: Sequence[UUID] = (),
    ) -> CertificateView:
        """For good, and in the next CRL and OCSP answer at once. Revoking twice changes nothing.

        Raises `CertificateNotFound`, `RootNotRevocable`, `ReasonMisfits` or `InvalidityDateMisfits`.
        """
        with self._unit_of_work() as uow:
            revoke_certificate(
                uow,
                self._authority,
                certificate_id,
                reason,
                invalid_since=invalid_since,
                revoked_by=revoked_by or {"system": "Dingyue"},
                organisation_ids=organisation_ids,
            )
            view = read_certificates.read_certificate(uow, certificate_id)
        self._issuers.recheck()
        self._ready.recheck()
        return view

    def revoke_in(self, uow: UnitOfWork, certificate_id: UUID, reason: RevocationReason) -> None:
        """The same inside the caller's unit of work, which records who did it. For certificates that aren't the
        platform's own: those are used on for up to `STANDING_RECHECK`. Raises as `revoke` does."""
        revoke_certificate(
            uow,
            self._authority,
            certificate_id,
            reason,
            invalid_since=None,
            revoked_by={"system": "Dingyue"},
            organisation_ids=(),
        )

    def certificates(
        self,
        *,
        kind: CertificateKind | None = None,
        is_revoked: bool | None = None,
        before: UUID | None = None,
        limit: int = 50,
    ) -> list[CertificateView]:
        """Newest first; for the command line. `before` is the last id of the page before."""
        with self._unit_of_work() as uow:
            return read_certificates.list_certificates(
                uow, kind=kind, is_revoked=is_revoked, before=before, limit=limit
            )

    def answer_timestamp_query(self, request: bytes) -> bytes:
        """The DER response to an RFC 3161 request, whatever bytes it is."""
        return tsp.answer(self.timestamps, request)

    def destroy_old_keys(self) -> int:
        """Forgets the keys of signers whose time to sign is over; returns how many. Harmless to repeat."""
        with self._unit_of_work() as uow:
            return repository.destroy_signer_keys(uow.session, issued_before=uow.now - SIGNING_WINDOW, now=uow.now)

    def rewrap_keys(self) -> int:
        """Wraps all data keys by the wrapping key of today; returns how many weren't. Harmless to repeat."""
        return self._keys.rewrap(self._unit_of_work)


def _authority(uow: UnitOfWork, authority_id: UUID) -> Certificate:
    row = repository.certificate(uow.session, authority_id)
    if row is None or row.kind not in AUTHORITIES:
        raise CertificateNotFound
    return row
