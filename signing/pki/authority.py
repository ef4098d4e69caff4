"""Issues certificates inside the caller's unit of work; pure computing, nothing external.

A crash between issuing and signing leaves an unused certificate, which harms nobody: its key is destroyed in a day.
"""

from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core.unit_of_work import UnitOfWork
from signing.pki import repository
from signing.pki.credentials import SoftwareCredential
from signing.pki.errors import CertificateNotFound
from signing.pki.held import Held
from signing.pki.issuers import Issuers
from signing.pki.keys import KeyStore
from signing.pki.models import Certificate
from signing.pki.policy import ISSUER, SIGNING_WINDOW, STANDING, CertificateKind, is_due_for_renewal
from signing.pki.profiles import build_certificate, build_root, platform_name, signer_name
from signing.ports import SignerIdentity

_MOST_UNUSED_KEYS = 256
"""Keys just made and not yet used, which are handed to the same process; all others are read from the database."""


class Authority:
    """The certification authority. `fresh` holds credentials made here until they are first used."""

    def __init__(self, keys: KeyStore, issuers: Issuers) -> None:
        self.fresh: Held[UUID, SoftwareCredential] = Held(limit=_MOST_UNUSED_KEYS, lifetime=SIGNING_WINDOW)
        self._keys = keys
        self._issuers = issuers

    def ensure(self, uow: UnitOfWork) -> None:
        """Makes what is missing or due for renewal, under a lock: two processes starting at once make one authority."""
        repository.lock_authority(uow.session)
        for kind in STANDING:
            held = repository.newest(uow.session, kind)
            if held is None or is_due_for_renewal(kind, held.not_after, uow.now):
                self._issue_standing(uow, kind)

    def issue_signer_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """Raises `AuthorityMissing` before the set-up."""
        return self._issue(uow, CertificateKind.SIGNER, signer_name(identity))

    def issue_seal_certificate(self, uow: UnitOfWork, identity: SignerIdentity) -> UUID:
        """An organisation's seal; `identity.name` is the seal's. Raises `AuthorityMissing` before the set-up."""
        return self._issue(uow, CertificateKind.ORGANISATION_SEAL, signer_name(identity))

    def renew_seal_certificate(self, uow: UnitOfWork, certificate_id: UUID) -> UUID:
        """A new key and certificate for the same seal if the one given is due; else the same id again.

        The old one stays good for what it sealed. Raises `CertificateNotFound` unless it is a seal's.
        """
        held = repository.certificate(uow.session, certificate_id)
        if held is None or held.kind != CertificateKind.ORGANISATION_SEAL:
            raise CertificateNotFound
        if not is_due_for_renewal(CertificateKind.ORGANISATION_SEAL, held.not_after, uow.now):
            return certificate_id
        subject = x509.load_der_x509_certificate(held.der).subject
        return self._issue(uow, CertificateKind.ORGANISATION_SEAL, subject)

    def _issue(self, uow: UnitOfWork, kind: CertificateKind, subject: x509.Name) -> UUID:
        key_id, private_key = self._keys.create(uow)
        issuer_id, issuer = self._issuers.in_force(uow, ISSUER[kind])
        certificate = build_certificate(kind, subject, private_key.public_key(), issuer, uow.now)
        row = _row(uow, certificate, identifier=uow.new_id(), kind=kind, key_id=key_id, issuer_id=issuer_id)
        uow.session.add(row)
        uow.session.flush()
        issuing = issuer.certificate.public_bytes(serialization.Encoding.DER)
        self.fresh.put(row.id, SoftwareCredential(certificate, row.der, (issuing,), private_key), uow.now)
        return row.id

    def _issue_standing(self, uow: UnitOfWork, kind: CertificateKind) -> None:
        """One of the platform's own. Nothing is remembered: the transaction may still fail."""
        key_id, private_key = self._keys.create(uow)
        identifier = uow.new_id()
        issuer_id, certificate = self._certify_standing(uow, kind, private_key, identifier)
        row = _row(uow, certificate, identifier=identifier, kind=kind, key_id=key_id, issuer_id=issuer_id)
        uow.session.add(row)
        uow.session.flush()

    def _certify_standing(
        self, uow: UnitOfWork, kind: CertificateKind, private_key: ec.EllipticCurvePrivateKey, identifier: UUID
    ) -> tuple[UUID, x509.Certificate]:
        if kind is CertificateKind.ROOT:
            return identifier, build_root(private_key, uow.now)
        issuer_id, issuer = self._issuers.newest(uow, ISSUER[kind])
        return issuer_id, build_certificate(kind, platform_name(kind), private_key.public_key(), issuer, uow.now)


def _row(
    uow: UnitOfWork,
    certificate: x509.Certificate,
    *,
    identifier: UUID,
    kind: CertificateKind,
    key_id: UUID,
    issuer_id: UUID,
) -> Certificate:
    return Certificate(
        id=identifier,
        kind=kind,
        key_id=key_id,
        issuer_id=issuer_id,
        serial_number=f"{certificate.serial_number:x}",
        subject=certificate.subject.rfc4514_string(),
        der=certificate.public_bytes(serialization.Encoding.DER),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        created_at=uow.now,
    )
