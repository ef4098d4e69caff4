"""What it takes to make evidence packages from a real database, log, time-stamp authority and chain."""

from dataclasses import replace

from asn1crypto import pem

from accounts.policy import Actor
from app.embedded import EmbeddedChain
from app.fonts import BOLD, REGULAR
from core.secrets import SecretBox
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors.service import AnchorService
from ledger.package.drawing import ReportFonts
from ledger.package.facts import Honesty, Operator
from ledger.package.service import PackageService
from ledger.package.trust import RootCertificates
from ledger.record import StoredFile, Subject, describe_file
from ledger.service import LedgerService, record_evidence
from signing.pdf.sign import PDFSigner
from signing.pki.service import PKIService
from tests.support.anchors import AnchoredLedger, chain_settings
from tests.support.clock import FixedClock
from tests.support.evidence import plain_pdf

ENVELOPE = "env_" + "1" * 32
CONTRACT = "ctr_" + "2" * 32


def trial_authority(unit_of_work: UnitOfWorkFactory, secrets: SecretBox, clock: FixedClock) -> PKIService:
    service = PKIService(unit_of_work=unit_of_work, secrets=secrets, clock=clock, base_url="http://127.0.0.1:8000")
    service.ensure_authority()
    return service


def stamped_ledger(
    ledger: LedgerService, pki: PKIService, actor: Actor, chain: EmbeddedChain, clock: FixedClock
) -> AnchoredLedger:
    """A log whose checkpoints the built-in authority stamps, and its anchoring on the development chain."""
    stamped = replace(ledger, origin="packages.test/log", timestamp_authorities=(pki.timestamps,))
    stamped.ensure_log_key()
    anchors = AnchorService(ledger.unit_of_work, [chain_settings(chain)], ledger.secrets, stamped)
    return AnchoredLedger(stamped, anchors, chain, clock, actor)


def package_service(anchored: AnchoredLedger, pki: PKIService) -> PackageService:
    roots = tuple(pem.armor("CERTIFICATE", root).decode() for root in pki.roots())
    return PackageService(
        unit_of_work=anchored.ledger.unit_of_work,
        objects=anchored.ledger.objects,
        ledger=anchored.ledger,
        anchors=anchored.anchors,
        timestamp_authority=pki.timestamps,
        sealer=PDFSigner(pki, pki.timestamps, anchored.clock),
        roots=lambda: RootCertificates(roots, roots),
        operator=Operator("鼎约测试平台", "http://127.0.0.1:8000", "dingyue 0.1.0"),
        honesty=Honesty(is_development_chain=True, is_trial_authority=True, is_built_in_timestamp=True),
        fonts=ReportFonts(REGULAR, BOLD),
    )


def record_envelope(
    anchored: AnchoredLedger, packages: PackageService, envelope: str, text: str = "Contract 480,000.00 CNY"
) -> StoredFile:
    """An envelope that was sent, signed and completed; returns its signed PDF."""
    pdf = packages.sealer.seal_report(plain_pdf(text), "completed")
    stored = StoredFile(describe_file("采购合同.pdf", "application/pdf", pdf), packages.objects.put(pdf))
    with anchored.ledger.unit_of_work() as uow:
        for kind, facts, files in (
            ("envelope.sent", {"sender": "测试单位"}, []),
            ("envelope.signed", {"name": "张三", "phone": "13812345678", "method": "sms-code"}, []),
            ("envelope.completed", {"signers": [{"name": "张三"}]}, [stored]),
        ):
            record_evidence(
                uow,
                type=kind,
                subject=Subject("envelope", envelope),
                organisation_ids=[anchored.actor.organisation_id],
                facts=facts,
                files=files,
            )
    return stored


def record_contract(anchored: AnchoredLedger, packages: PackageService) -> None:
    """An envelope with a signed PDF, and a contract registered from it."""
    stored = record_envelope(anchored, packages, ENVELOPE)
    with anchored.ledger.unit_of_work() as uow:
        record_evidence(
            uow,
            type="contract.registered",
            subject=Subject("contract", CONTRACT),
            organisation_ids=[anchored.actor.organisation_id],
            facts={"envelope": ENVELOPE, "amount_minor": "48000000", "currency": "CNY"},
            files=[stored],
        )


def settle(anchored: AnchoredLedger) -> None:
    """Logs what is pending and anchors it for good."""
    size = anchored.ledger.sequence_pending()
    assert size is not None
    anchored.settle(size)
