"""What the use cases of seals work with."""

from dataclasses import dataclass

from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from signing.seals.ports import SealCertificates, SealPictures


@dataclass(frozen=True, slots=True, kw_only=True)
class SealContext:
    """Put together once, by `app`. `software` goes into the evidence of every step."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    certificates: SealCertificates
    pictures: SealPictures
    software: str
