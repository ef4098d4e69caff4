"""Certificates of the built-in trial authority, for operators: look one up, revoke one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.deps import CurrentActor, CurrentServices
from core import ids
from signing.pki.policy import CertificateKind, RevocationReason
from signing.pki.read_certificates import CertificateState, CertificateView

router = APIRouter(prefix="/certificates", tags=["certificates"])


class CertificateOut(BaseModel):
    """`sha256` is the fingerprint of the DER. The last three are null unless it is revoked."""

    id: str
    kind: CertificateKind
    state: CertificateState
    subject: str
    serial_number: str
    sha256: str
    issuer_id: str
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None
    reason: RevocationReason | None
    invalid_since: datetime | None


class Revocation(BaseModel):
    """`invalid_since`: from when on a compromised key must be distrusted, if that is known."""

    model_config = ConfigDict(extra="forbid")

    reason: RevocationReason
    invalid_since: Annotated[AwareDatetime | None, Field(description="RFC 3339, with a zone")] = None


@router.get("/{certificate_id}")
def read_certificate(certificate_id: str, actor: CurrentActor, services: CurrentServices) -> CertificateOut:
    """A certificate and whether it is good. Needs `certificates:write`, which only operators have."""
    return certificate_out(services.pki.certificate(actor, ids.parse(ids.CERTIFICATE, certificate_id)))


@router.post("/{certificate_id}/revoke")
def revoke_certificate(
    certificate_id: str, actor: CurrentActor, services: CurrentServices, body: Revocation
) -> CertificateOut:
    """Revokes for good; the next CRL and OCSP answer tell of it. Doing it twice changes nothing."""
    identifier = ids.parse(ids.CERTIFICATE, certificate_id)
    view = services.pki.revoke_as(actor, identifier, body.reason, invalid_since=body.invalid_since)
    return certificate_out(view)


def certificate_out(view: CertificateView) -> CertificateOut:
    return CertificateOut(
        id=ids.public(ids.CERTIFICATE, view.id),
        kind=view.kind,
        state=view.state,
        subject=view.subject,
        serial_number=view.serial_number,
        sha256=view.sha256,
        issuer_id=ids.public(ids.CERTIFICATE, view.issuer_id),
        not_before=view.not_before,
        not_after=view.not_after,
        revoked_at=view.revoked_at,
        reason=view.reason,
        invalid_since=view.invalid_since,
    )
