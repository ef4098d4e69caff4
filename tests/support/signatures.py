"""Real signatures for tests: the built-in authority, two signers, the seal."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.verifier.pades import PDFVerdict, verify_pdf
from signing.pdf.prepare import PDFPreparer
from signing.pdf.sign import PDFSigner
from signing.pki.service import PKIService
from signing.plan import FieldKind
from signing.ports import PlacedField, SignerIdentity, SigningOrder
from tests.support.clock import FixedClock
from tests.support.pdf import contract_pdf, placed

PURCHASER = SignerIdentity("张三", "东莞市示例采购中心", "12441900MB2C12345X")
SUPPLIER = SignerIdentity("欧阳娜娜", "广东某某设备有限公司", "91441900MA4UJ8888X")

FIELDS = [
    placed("sign_a", "a", x=0.08),
    placed("sign_b", "b", x=0.55),
    placed("date_a", "a", FieldKind.DATE, page=2, y=0.2, height=0.03),
    placed("address_b", "b", FieldKind.TEXT, page=2, y=0.3, height=0.03),
    placed("agreed_b", "b", FieldKind.CHECKBOX, page=2, y=0.4, width=0.03, height=0.02),
    placed("sign_b_again", "b", page=3),
]


@dataclass
class Desk:
    """Everything a signature needs, over a real database and a clock that tests move."""

    pki: PKIService
    signer: PDFSigner
    unit_of_work: UnitOfWorkFactory
    clock: FixedClock

    @classmethod
    def set_up(cls, unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> "Desk":
        pki = PKIService(unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url="http://dingyue.test")
        pki.ensure_authority()
        return cls(pki, PDFSigner(pki, pki.timestamps, clock), unit_of_work, clock)

    def prepare(self, data: bytes | None = None, fields: list[PlacedField] | None = None) -> bytes:
        return PDFPreparer().prepare(
            data or contract_pdf(), fields or FIELDS, prepared_at=self.clock.now(), page_note="签署编号 env_test"
        )

    def certificate(self, identity: SignerIdentity) -> UUID:
        with self.unit_of_work() as uow:
            return self.pki.issue_signer_certificate(uow, identity)

    def order(self, recipient: str, identity: SignerIdentity, values: dict[str, str]) -> SigningOrder:
        return SigningOrder(
            fields=[field for field in FIELDS if field.recipient == recipient],
            identity=identity,
            certificate_id=self.certificate(identity),
            signed_at=self.clock.now(),
            reason="同意签署 / I agree to sign",
            values=values,
        )

    def sign_first(self, data: bytes) -> bytes:
        return self.signer.sign(data, self.order("a", PURCHASER, {"date_a": "2026-11-23"})).data

    def sign_second(self, data: bytes) -> bytes:
        values = {"address_b": "东莞市鸿福路 99 号", "agreed_b": "true"}
        return self.signer.sign(data, self.order("b", SUPPLIER, values)).data

    def seal(self, data: bytes) -> bytes:
        sealed = self.signer.seal(data, sealed_at=self.clock.now(), reason="全部签署方已签署 / Signed by all parties")
        return sealed.data

    def contract(self) -> bytes:
        """Signed by both, a day apart, and sealed a minute later."""
        signed = self.sign_first(self.prepare())
        self.clock.advance(timedelta(days=1))
        signed = self.sign_second(signed)
        self.clock.advance(timedelta(minutes=1))
        return self.seal(signed)

    def verdict(self, data: bytes) -> PDFVerdict:
        roots = self.pki.roots()
        return verify_pdf(data, signing_roots=roots, timestamp_roots=roots)
