"""Signing with every real part: screening, anchors, preparing, certificates, time-stamps, seals."""

from core.clock import Clock
from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.ports import TimestampAuthority
from signing.pdf.locate import PDFTextLocator
from signing.pdf.prepare import PDFPreparer
from signing.pdf.screen import PDFScreener
from signing.pdf.sign import PDFSigner
from signing.pki.service import PKIService
from signing.service import SigningService
from tests.support.signing import IMPRINT


def real_pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: Clock) -> PKIService:
    pki = PKIService(unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url="http://dingyue.test")
    pki.ensure_authority()
    return pki


def real_service(
    unit_of_work: UnitOfWorkFactory,
    objects: Objects,
    secrets: SecretBox,
    clock: Clock,
    *,
    pki: PKIService,
    timestamps: TimestampAuthority | None = None,
) -> SigningService:
    """`timestamps` instead of the built-in authority."""
    signer = PDFSigner(pki, timestamps or pki.timestamps, clock)
    return SigningService(
        unit_of_work=unit_of_work,
        objects=objects,
        secrets=secrets,
        screener=PDFScreener(),
        locator=PDFTextLocator(),
        preparer=PDFPreparer(),
        signer=signer,
        issuer=pki,
        sealer=signer,
        imprint=IMPRINT,
        software="dingyue tests",
        clock_source="a clock that stands still",
    )
