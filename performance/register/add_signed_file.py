"""A signed PDF for an entry made by hand or by upload: validated, its verdict kept, notarised (R3, R6).

    read what is there (transaction) → fetch and validate the file (no transaction) → keep the verdict (transaction)

What doesn't fit (no signature, a broken one, another file than before, a party that isn't among the signers) is a note:
the register says what it has seen and decides nothing. A crash in between leaves nothing; adding it again is harmless.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope
from core.clock import rfc3339
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.verifier.pades_verdict import PDFVerdict, SignatureVerdict
from performance import repository
from performance.models import ContractParty
from performance.policy import Intake
from performance.recording import Author, notarise, write_history
from performance.register.correct_contract import check_may_amend
from performance.register.events import SignedFileChecked
from performance.register.models import SignedFileCheck
from performance.repository import ContractFile
from signing.models import Document

Validate = Callable[[bytes], PDFVerdict]


@dataclass(frozen=True, slots=True)
class SignedFileAdder:
    """`validate` judges a PDF and has no effects; in production it runs in the sandbox."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    validate: Validate

    def add(self, actor: Actor, contract_id: UUID, document_id: UUID) -> SignedFileCheck:
        """Raises `ContractNotFound`, `CorrectionNotYours`, `ContractNotRegistered`, `EvidenceDocumentNotFound`, or
        what fetching the file raises."""
        actor.require(Scope.CONTRACTS_WRITE)
        with self.unit_of_work() as uow:
            found = repository.contract_of(uow.session, actor, contract_id)
            check_may_amend(uow, actor, repository.files_of(uow.session, [found])[found.id])
            (document,) = repository.documents_of(uow.session, actor, [document_id])
        verdict = self.validate(self.objects.get(document.object_key))
        with self.unit_of_work() as uow:
            file = repository.locked_contract(uow.session, actor, contract_id)
            check_may_amend(uow, actor, file)
            return _keep(uow, actor, file, document, verdict)


def _keep(
    uow: UnitOfWork, actor: Actor, file: ContractFile, document: Document, verdict: PDFVerdict
) -> SignedFileCheck:
    contract, author = file.contract, Author.of(actor)
    noted = notes(verdict, file.parties, document.sha256, contract.signed_sha256)
    findings, signers = _findings(verdict), [_signer(each) for each in _signatures(verdict)]
    told = {"verdict": verdict.outcome, "findings": findings, "signers": signers, "notes": noted}
    evidence_id = notarise(uow, file, "contract.signed_file_checked", author, told, documents=[document])
    check = SignedFileCheck(
        id=uow.new_id(),
        contract_id=contract.id,
        document_id=document.id,
        object_key=document.object_key,
        sha256=document.sha256,
        verdict=verdict.outcome,
        findings=findings,
        signers=signers,
        notes=noted,
        checked_at=uow.now,
        organisation_id=actor.organisation_id,
        person_id=actor.person_id,
        evidence_id=evidence_id,
    )
    uow.session.add(check)
    if contract.intake != Intake.ONLINE_SIGNING and contract.signed_sha256 is None:
        contract.signed_object_key, contract.signed_sha256 = document.object_key, document.sha256
    write_history(
        uow,
        file,
        author,
        change="signed_file_checked",
        after=document.sha256,
        reason=f"补充签署文件《{document.name}》，验证结果：{verdict.outcome}",
        evidence_id=evidence_id,
    )
    uow.emit(
        SignedFileChecked(
            contract_id=contract.id,
            document_id=document.id,
            sha256=document.sha256,
            verdict=verdict.outcome,
            notes=[note["code"] for note in noted],
            evidence_id=evidence_id,
        )
    )
    return check


def notes(
    verdict: PDFVerdict, parties: Sequence[ContractParty], sha256: str, signed_sha256: str | None
) -> list[dict[str, Any]]:
    """What doesn't fit the entry: `{code, facts}`. Pure."""
    signatures = _signatures(verdict)
    found: list[dict[str, Any]] = []
    if signed_sha256 is not None and signed_sha256 != sha256:
        found.append({"code": "other_file", "facts": {"registered_sha256": signed_sha256, "sha256": sha256}})
    if not signatures:
        return [*found, {"code": "unsigned", "facts": {}}]
    if verdict.outcome != "authentic":
        found.append({"code": "not_authentic", "facts": {"outcome": verdict.outcome}})
    known = {each.organisation for each in signatures} | {_code(each) for each in signatures}
    absent = [party.name for party in parties if party.name not in known and party.uscc not in known]
    if absent:
        found.append({"code": "party_not_among_signers", "facts": {"parties": ", ".join(absent)}})
    return found


def _signatures(verdict: PDFVerdict) -> list[SignatureVerdict]:
    return [each for each in verdict.signatures if not each.is_document_timestamp]


def _code(signature: SignatureVerdict) -> str:
    """The credit code out of an organisation identifier such as `NTRCN-91610802MA…` (ETSI EN 319 412-1 §5.1.4)."""
    return (signature.organisation_identifier or "").rsplit("-", 1)[-1]


def _findings(verdict: PDFVerdict) -> list[dict[str, Any]]:
    whole = {"field": None, "finding": str(verdict.finding or "none"), "zh": verdict.reason_zh, "en": verdict.reason}
    parts = [
        {"field": each.field, "finding": str(each.finding), "zh": each.finding_zh or "", "en": each.finding_en or ""}
        for each in verdict.signatures
        if each.finding is not None
    ]
    return [whole, *parts]


def _signer(signature: SignatureVerdict) -> dict[str, Any]:
    return {
        "name": signature.signer,
        "organisation": signature.organisation,
        "organisation_identifier": signature.organisation_identifier,
        "signed_at": rfc3339(signature.signed_at) if signature.signed_at else None,
        "proven_at": rfc3339(signature.proven_at) if signature.proven_at else None,
        "is_intact": signature.is_intact,
        "is_trusted": signature.is_trusted,
        "level": signature.level,
    }
