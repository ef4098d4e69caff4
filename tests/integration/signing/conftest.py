"""A signing table at which nothing is a stand-in."""

from dataclasses import replace

import pytest

from core.objects import Objects
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pdf.prepare import PDFPreparer
from signing.pdf.screen import PDFScreener
from signing.pdf.sign import PDFSigner
from signing.pki.service import PKIService
from tests.support.clock import FixedClock
from tests.support.signing import Table


@pytest.fixture
def pki(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    service = PKIService(unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url="http://dingyue.test")
    service.ensure_authority()
    return service


@pytest.fixture
def real_table(
    unit_of_work: UnitOfWorkFactory, objects: Objects, secrets: SecretBox, clock: FixedClock, pki: PKIService
) -> Table:
    """Documents are screened, prepared, signed and sealed for real; only text on pages is located by the stand-in."""
    table = Table.lay(unit_of_work, objects, secrets)
    signer = PDFSigner(pki, pki.timestamps, clock)
    table.service = replace(
        table.service, screener=PDFScreener(), preparer=PDFPreparer(), signer=signer, issuer=pki, sealer=signer
    )
    return table
