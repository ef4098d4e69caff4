"""Use cases of evidence packages: build one, publish what it takes to check one.

A package is built from what is stored already and changes nothing, so building may be repeated. Time-stamps and
seals are asked for outside of units of work. Before a package is handed out it must pass our own verifier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from accounts.models import Organisation
from accounts.policy import Actor
from core.clock import local_date
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from ledger.anchors.models import Anchor
from ledger.anchors.service import AnchorService, evm_facts
from ledger.note import cosignature_times, parse_checkpoint, parse_note
from ledger.package.archive import write_archive
from ledger.package.drawing import ReportFonts
from ledger.package.enclosures import instructions, trust_members
from ledger.package.errors import PackageRefused
from ledger.package.facts import (
    ChainFacts,
    Honesty,
    LogFacts,
    Operator,
    Report,
    clocks,
    file_rows,
    masked_name,
    timeline,
)
from ledger.package.gather import Document, EvidenceGatherer, Gathered
from ledger.package.report import render_report
from ledger.package.signers import Found, first_revisions, signer_rows
from ledger.package.trust import RootCertificates, WitnessPolicy, fingerprint, trust_bytes, trust_document
from ledger.ports import DocumentSealer, TimestampAuthority
from ledger.service import LedgerService
from ledger.verifier.layout import REPORTS
from ledger.verifier.pades import PDFVerdict, verify_pdf
from ledger.verifier.reports import report_binding
from ledger.verifier.standing import lacks_only_witnesses
from ledger.verifier.trust import Trust, parse_trust
from ledger.verifier.verdict import ExitCode, Status, Verdict
from ledger.verifier.verify import verify_package


@dataclass(frozen=True, slots=True)
class PackageFile:
    """The `.asice` as it is handed out. `number` is the report's."""

    number: str
    file_name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PackageService:
    """`roots` is asked each time: certificates come into being after the service does.

    `verify` and `verify_document` are the verifier's own, or the same in the sandbox: a package holds strangers' files.
    """

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    ledger: LedgerService
    anchors: AnchorService
    timestamp_authority: TimestampAuthority
    sealer: DocumentSealer
    roots: Callable[[], RootCertificates]
    operator: Operator
    honesty: Honesty
    fonts: ReportFonts
    verify: Callable[..., Verdict] = verify_package
    verify_document: Callable[..., PDFVerdict] = verify_pdf
    witnesses: WitnessPolicy = field(default_factory=WitnessPolicy)

    def trust(self) -> dict[str, Any]:
        """`trust.json`, decoded."""
        return trust_document(
            origin=self.ledger.origin,
            vkeys=self.ledger.vkeys(),
            chains=self.anchors.trusted_chains(),
            roots=self.roots(),
            witnesses=self.witnesses,
        )

    def check(self, data: bytes, *, block_hash: str | None = None) -> Verdict:
        """What the verifier says of anybody's file, trusting what we publish. Raises `SandboxBusy` and nothing else."""
        return self.verify(data, self.trust(), block_hash=block_hash)

    def build(self, actor: Actor, *subject_ids: str) -> PackageFile:
        """All records of the subjects, and of those their facts mention, that the actor may read.

        Raises `EvidenceNotFound`, `EvidenceNotAnchored` until a final anchor covers all of them,
        `TimestampUnavailable`, or `PackageRefused` if the package doesn't pass our own verifier.
        """
        gathered = EvidenceGatherer(self.objects, self.ledger, self.anchors, self.witnesses).gather(actor, subject_ids)
        trust = self.trust()
        report = self._report(actor, gathered, trust)
        content = gathered.members() | trust_members(trust) | self._reports(report)
        content |= instructions(report, content)
        data = write_archive(content, self.timestamp_authority.timestamp)
        self._require_accepted(data, trust)
        return PackageFile(report.number, f"{report.number}.asice", data)

    def _report(self, actor: Actor, gathered: Gathered, document: dict[str, Any]) -> Report:
        """The same records under the same anchor on the same day get the same number."""
        trust = parse_trust(document)
        chain = _chain_facts(gathered.anchor, trust)
        binding = report_binding(gathered.note, (record.record for record in gathered.records))
        with self.unit_of_work() as uow:
            holder = uow.session.get_one(Organisation, actor.organisation_id).name
            now = uow.now
        return Report(
            number=f"DY-{local_date(now).replace('-', '')}-{binding[:12].upper()}",
            binding=binding,
            made_at=now,
            holder=masked_name(holder),
            subjects=tuple(dict.fromkeys(record.subject.id for record in gathered.records)),
            files=file_rows([(document.name, document.file) for document in gathered.documents], gathered.records),
            signers=signer_rows(self._signatures(gathered.documents, trust), gathered.records),
            timeline=timeline(gathered.records),
            log=_log_facts(gathered, trust),
            chain=chain,
            operator=self.operator,
            honesty=replace(self.honesty, is_development_chain=chain.is_development),
            clocks=clocks(gathered.records),
            trust_sha256=fingerprint(trust_bytes(document)),
        )

    def _reports(self, report: Report) -> dict[str, bytes]:
        chinese, english = REPORTS
        return {
            chinese: self.sealer.seal_report(render_report(report, "zh", self.fonts), f"存证证书 {report.number}"),
            english: self.sealer.seal_report(render_report(report, "en", self.fonts), f"Certificate {report.number}"),
        }

    def _signatures(self, documents: Sequence[Document], trust: Trust) -> list[Found]:
        """What the signatures in the documents say."""
        first = first_revisions({document.name: document.data for document in documents})
        roots = {"signing_roots": trust.signing_roots, "timestamp_roots": trust.timestamp_roots}
        return [
            Found(document.name, first[document.name], found)
            for document in documents
            for found in self.verify_document(document.data, **roots).signatures
        ]

    def _require_accepted(self, data: bytes, trust: dict[str, Any]) -> None:
        """Raises `PackageRefused` unless our own verifier accepts the package, offline, under our own trust file.

        What lacks but witnesses' cosignatures is handed out all the same: it is provisional, and the verifier says so.
        """
        verdict = self.verify(data, trust)
        if verdict.exit_code is ExitCode.HOLDS or lacks_only_witnesses(verdict):
            return
        wrong = [c for c in verdict.checks if c.is_required and c.status is not Status.PASS]
        first = min(wrong, key=lambda check: check.status is not Status.FAIL, default=None)
        reason = first.reason if first else verdict.summary
        raise PackageRefused(number=first.number if first else "0", reason_zh=reason.zh, reason_en=reason.en)


def _log_facts(gathered: Gathered, trust: Trust) -> LogFacts:
    note = parse_note(gathered.note)
    checkpoint = parse_checkpoint(note.text)
    return LogFacts(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        leaf_indexes=tuple(record.leaf_index for record in gathered.records if record.leaf_index is not None),
        stamps=tuple((stamp.stamped_at, stamp.authority) for stamp in gathered.stamps),
        witnesses=tuple(sorted(key.name for key in cosignature_times(note, trust.witness_keys))),
        quorum=trust.witness_quorum,
    )


def _chain_facts(anchor: Anchor, trust: Trust) -> ChainFacts:
    """A chain the trust file doesn't name counts as a development chain: nobody vouches for it."""
    facts = evm_facts(anchor)
    chain = next((chain for chain in trust.chains if chain.chain_id == anchor.chain_id), None)
    return ChainFacts(
        chain_id=anchor.chain_id,
        name=chain.name if chain else str(anchor.chain_id),
        is_development=chain is None or chain.is_development,
        is_sealed="sealed_header" in facts,
        contract=facts["contract"],
        tx_hash=facts["tx_hash"],
        block_number=facts["block_number"],
        block_hash=facts["block_hash"],
        time=facts["block_time"],
        finality=str(facts["finality"]),
    )
