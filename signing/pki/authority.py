"""Issues certificates and revocation lists inside the caller's unit of work; pure computing, nothing external."""

from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.errors import AuthorityMissing
from signing.pki.keys import create_key, load_credential
from signing.pki.models import Certificate, RevocationList
from signing.pki.policy import (
    CRL_LIFETIME,
    ISSUER,
    STANDING,
    CertificateKind,
    RevocationReason,
    is_crl_stale,
    is_due_for_renewal,
)
from signing.pki.profiles import (
    Issuer,
    RevokedCertificate,
    build_certificate,
    build_revocation_list,
    build_root,
    platform_name,
    signer_name,
)
from signing.ports import SignerIdentity


class Authority:
    """The certification authority. Its own keys are opened once and kept in memory."""

    def __init__(self, secrets: SecretBox, base_url: str) -> None:
        self._secrets = secrets
        self._base_url = base_url
        self._issuers: dict[UUID, Issuer] = {}

    def ensure(self, uow: UnitOfWork) -> None:
        """Makes what is missing or due for renewal, under a lock: two processes starting at once make one authority."""
        repository.lock_authority(uow.session)
        for kind in STANDING:
            held = repository.newest(uow.session, kind)
            if held is None or is_due_for_renewal(kind, held.not_after, uow.now):
                self._issue(uow, kind, platform_name(kind))

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """Raises `AuthorityMissing` before the set-up."""
        return self._issue(uow, CertificateKind.SIGNER, signer_name(identity))

    def revocation_list(self, uow: UnitOfWork, issuer_id: UUID) -> RevocationList:
        """The issuer's current list; a new one if the last is an hour old or doesn't know of a revocation."""
        current = self._fresh_list(uow, issuer_id)
        if current is not None:
            return current
        repository.lock_authority(uow.session)
        current = self._fresh_list(uow, issuer_id)  # somebody else may have made it while we waited
        return current if current is not None else self._publish_list(uow, issuer_id)

    def _fresh_list(self, uow: UnitOfWork, issuer_id: UUID) -> RevocationList | None:
        latest = repository.latest_revocation_list(uow.session, issuer_id)
        last_revocation_at = repository.last_revocation_at(uow.session, issuer_id)
        if latest is None or is_crl_stale(latest.this_update, last_revocation_at, uow.now):
            return None
        return latest

    def _publish_list(self, uow: UnitOfWork, issuer_id: UUID) -> RevocationList:
        latest = repository.latest_revocation_list(uow.session, issuer_id)
        number = latest.number + 1 if latest else 1
        revoked = [
            RevokedCertificate(int(row.serial_number, 16), entry.revoked_at, RevocationReason(entry.reason))
            for row, entry in repository.revocations(uow.session, issuer_id)
        ]
        built = build_revocation_list(self._issuer(uow, issuer_id), revoked, number, uow.now)
        published = RevocationList(
            issuer_id=issuer_id,
            number=number,
            der=built.public_bytes(serialization.Encoding.DER),
            this_update=uow.now,
            next_update=uow.now + CRL_LIFETIME,
        )
        uow.session.add(published)
        uow.session.flush()
        return published

    def _issue(self, uow: UnitOfWork, kind: CertificateKind, subject: x509.Name) -> UUID:
        key_id, private_key = create_key(uow, self._secrets)
        identifier = uow.new_id()
        if kind is CertificateKind.ROOT:
            issuer_id, certificate = identifier, build_root(private_key, uow.now)
        else:
            issuer_id, certificate = self._certify(uow, kind, subject, private_key.public_key())
        uow.session.add(
            Certificate(
                id=identifier,
                kind=kind,
                key_id=key_id,
                issuer_id=issuer_id,
                serial_number=f"{certificate.serial_number:x}",
                subject=subject.rfc4514_string(),
                der=certificate.public_bytes(serialization.Encoding.DER),
                not_before=certificate.not_valid_before_utc,
                not_after=certificate.not_valid_after_utc,
                created_at=uow.now,
            )
        )
        uow.session.flush()
        return identifier

    def _certify(
        self, uow: UnitOfWork, kind: CertificateKind, subject: x509.Name, public_key: ec.EllipticCurvePublicKey
    ) -> tuple[UUID, x509.Certificate]:
        issuer_row = repository.newest(uow.session, ISSUER[kind])
        if issuer_row is None:
            raise AuthorityMissing
        issuer = self._issuer(uow, issuer_row.id)
        return issuer_row.id, build_certificate(kind, subject, public_key, issuer, uow.now)

    def _issuer(self, uow: UnitOfWork, issuer_id: UUID) -> Issuer:
        if issuer_id not in self._issuers:
            row = repository.certificate(uow.session, issuer_id)
            if row is None:
                raise AuthorityMissing
            credential = load_credential(uow.session, self._secrets, row)
            self._issuers[issuer_id] = Issuer(
                credential.certificate, credential.private_key, f"{self._base_url}/pki/{issuer_id.hex}"
            )
        return self._issuers[issuer_id]
