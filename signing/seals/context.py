"""What the use cases of seals work with."""

from dataclasses import dataclass

from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from signing.ports import CertificateIssuer
from signing.seals.ports import CertificateRevoker, SealPictures


@dataclass(frozen=True, slots=True, kw_only=True)
class SealContext:
    """Put together once, by `app`. `software` goes into the evidence of every step."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    issuer: CertificateIssuer
    revoker: CertificateRevoker
    pictures: SealPictures
    software: str
