"""The built-in authority over a real database, without PDFs: certificates, keys and time-stamps alone."""

from dataclasses import dataclass
from uuid import UUID

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from signing.pki.service import ExternalSeal, PKIService
from signing.ports import SignerIdentity
from tests.support.clock import FixedClock

BASE_URL = "http://dingyue.test"
SIGNER = SignerIdentity("欧阳娜娜", "广东某某设备有限公司", "91441900MA4UJ8888X")
SEAL = SignerIdentity("合同专用章", "广东某某设备有限公司", "91441900MA4UJ8888X")


@dataclass
class PKIDesk:
    pki: PKIService
    unit_of_work: UnitOfWorkFactory
    clock: FixedClock

    @classmethod
    def set_up(
        cls,
        unit_of_work: UnitOfWorkFactory,
        secrets: SecretBox,
        clock: FixedClock,
        external_seal: ExternalSeal | None = None,
    ) -> "PKIDesk":
        pki = another_process(unit_of_work, secrets, clock, external_seal)
        pki.ensure_authority()
        return cls(pki, unit_of_work, clock)

    def signer_certificate(self, identity: SignerIdentity = SIGNER) -> UUID:
        with self.unit_of_work() as uow:
            return self.pki.issue_signer_certificate(uow, identity)

    def seal_certificate(self, identity: SignerIdentity = SEAL) -> UUID:
        with self.unit_of_work() as uow:
            return self.pki.issue_seal_certificate(uow, identity)


def another_process(
    unit_of_work: UnitOfWorkFactory,
    secrets: SecretBox,
    clock: FixedClock,
    external_seal: ExternalSeal | None = None,
) -> PKIService:
    """A service with nothing in its memory."""
    return PKIService(
        unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url=BASE_URL, external_seal=external_seal
    )
