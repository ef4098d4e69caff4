"""What a validator needs beside the roots, kept ready: it is asked for with every signature.

While nothing was revoked and no authority added, it costs one question to the database; after a revocation, by
whatever process, it is made anew at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from signing.pki import repository
from signing.pki.errors import CertificateNotFound
from signing.pki.issuers import Issuers
from signing.pki.models import Certificate, CertificateRevocation
from signing.pki.ocsp import OCSPResponder, Status
from signing.pki.policy import AUTHORITIES, CRL_REFRESH, CertificateKind, RevocationReason
from signing.pki.revocation_lists import current_revocation_list


@dataclass(frozen=True, slots=True)
class ValidationMaterial:
    """All DER. `certificates`: of our authorities and of the time-stamp authority, and what leads from an external
    seal to its root; `revocation_lists`: the current CRLs of our authorities; `ocsp_responses`: of the certificates
    that were asked for, and of the time-stamp authority's; `roots`: what all of it leads to, newest first."""

    certificates: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...]
    ocsp_responses: tuple[bytes, ...]
    roots: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """`marker` says what it knows of (`repository.publication_marker`)."""

    marker: tuple[int, int]
    made_at: datetime
    material: ValidationMaterial
    timestamp_id: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """`certificates` asked for, with their revocation, and the OCSP answers about them."""

    kept: _Kept
    certificates: Mapping[UUID, tuple[Certificate, CertificateRevocation | None]]
    answers: tuple[bytes, ...]


class Materials:
    """`external_certificates` and `external_roots` are an external seal's."""

    def __init__(
        self,
        unit_of_work: UnitOfWorkFactory,
        issuers: Issuers,
        responder: OCSPResponder,
        *,
        external_certificates: Sequence[bytes] = (),
        external_roots: Sequence[bytes] = (),
    ) -> None:
        self._unit_of_work = unit_of_work
        self._issuers = issuers
        self._responder = responder
        self._external_certificates = tuple(external_certificates)
        self._external_roots = tuple(external_roots)
        self._kept: _Kept | None = None

    def current(self, certificate_ids: Sequence[UUID] = ()) -> ValidationMaterial:
        """With OCSP answers for these certificates and the time-stamp authority's, or without any if none is named.

        Raises `CertificateNotFound`.
        """
        with self._unit_of_work() as uow:
            found = self.find(uow, certificate_ids)
            if not found.certificates.keys() >= set(certificate_ids):
                raise CertificateNotFound
        return self.keep(found)

    def find(self, uow: UnitOfWork, certificate_ids: Sequence[UUID]) -> Found:
        """What `keep` makes the material of, once the unit of work is committed."""
        kept = self._up_to_date(uow)
        wanted = [*certificate_ids, *([kept.timestamp_id] if kept.timestamp_id else [])] if certificate_ids else []
        rows = repository.some_with_revocation(uow.session, wanted) if wanted else ()
        certificates = {row.id: (row, entry) for row, entry in rows}
        in_order = [certificates[each] for each in dict.fromkeys(wanted) if each in certificates]
        return Found(kept, certificates, tuple(self._answer(uow, *each) for each in in_order))

    def keep(self, found: Found) -> ValidationMaterial:
        """Only now are new lists committed; before, their numbers might have been given again."""
        self._kept = found.kept
        return replace(found.kept.material, ocsp_responses=found.answers)

    def _up_to_date(self, uow: UnitOfWork) -> _Kept:
        marker = repository.publication_marker(uow.session)
        kept = self._kept
        if kept is not None and kept.marker == marker and kept.made_at <= uow.now < kept.made_at + CRL_REFRESH:
            return kept
        authorities = [row for kind in AUTHORITIES for row in repository.all_of(uow.session, kind)]
        stamps = repository.all_of(uow.session, CertificateKind.TIMESTAMP)
        lists = [
            current_revocation_list(uow, self._issuers, row.id).der for row in authorities if row.not_after > uow.now
        ]
        roots = tuple(row.der for row in authorities if row.kind == CertificateKind.ROOT)
        in_force = repository.newest(uow.session, CertificateKind.TIMESTAMP)
        return _Kept(
            marker=marker,
            made_at=uow.now,
            material=ValidationMaterial(
                certificates=(*(row.der for row in (*authorities, *stamps)), *self._external_certificates),
                revocation_lists=tuple(lists),
                ocsp_responses=(),
                roots=(*roots, *self._external_roots),
            ),
            timestamp_id=in_force.id if in_force else None,
        )

    def _answer(self, uow: UnitOfWork, row: Certificate, entry: CertificateRevocation | None) -> bytes:
        issuer = self._issuers.get(uow, row.issuer_id)
        return self._responder.status_of(row.issuer_id, issuer, int(row.serial_number, 16), status(entry), uow.now)


def status(revocation: CertificateRevocation | None) -> Status:
    return Status(revocation.revoked_at, RevocationReason(revocation.reason)) if revocation else Status()
