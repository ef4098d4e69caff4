"""The document 认定文书 of an issued determination: a PDF under the platform's seal, and evidence of its digest.

    gather   transaction: the rows and steps of a determination that was issued and has no document yet
    make     no transaction: drawn, sealed (with a time-stamp), stored
    keep     transaction: the document's key, its evidence and its event, unless another attempt was faster

If we crash in between, the event of the issue is delivered again and a new document is made; what the first left in
the object store is named by its digest and harms nobody. At most one is ever recorded. Service waits for it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from accounts.models import Organisation
from core import ids
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from ledger.ports import DocumentSealer
from ledger.record import StoredFile, describe_file
from performance.determinations import repository
from performance.determinations.document import DocumentFacts, ToldStep, determination_document
from performance.determinations.events import DeterminationDocumentMade
from performance.determinations.limits import limits_of
from performance.determinations.models import Determination
from performance.determinations.policy import DETERMINATION, DeterminationState
from performance.determinations.recording import record
from performance.recording import SYSTEM, party_fact
from performance.repository import ObligationInHand
from signing.papers.report_facts import Imprint

REASON = "合同违约失信认定书 / Determination"
MADE = "determination.document_made"
_PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class DocumentMaker:
    """What a document is made with. `software` is named in its evidence."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    sealer: DocumentSealer
    imprint: Imprint
    software: str

    def make(self, determination_id: UUID) -> None:
        """Idempotent; does nothing for a determination that wasn't issued, or has its document.

        Raises `ledger.errors.TimestampUnavailable` or `core.objects.ObjectStoreUnavailable`: try again.
        """
        with self.unit_of_work() as uow:
            waiting = _without_document(uow, determination_id)
            facts = _gather(uow, self.imprint, waiting) if waiting else None
        if facts is None:
            return
        data = self.sealer.seal_report(determination_document(facts), REASON)
        file = describe_file(f"认定书 {facts.number}.pdf", _PDF, data)
        stored = StoredFile(file, self.objects.put(data))
        with self.unit_of_work() as uow:
            self._keep(uow, determination_id, stored)

    def _keep(self, uow: UnitOfWork, determination_id: UUID, stored: StoredFile) -> None:
        waiting = _without_document(uow, determination_id)
        if waiting is None:
            return  # Another worker was faster, or it was revoked meanwhile.
        hand, row = waiting.hand, waiting.row
        row.document_object_key, row.document_name = stored.object_key, stored.file.name
        row.document_sha256 = stored.file.sha256
        facts = {"number": row.number, "software": self.software, "facts_sha256": row.facts_sha256 or ""}
        evidence_id = record(uow, hand.file, row, MADE, SYSTEM, facts=facts, files=[stored])
        uow.emit(
            DeterminationDocumentMade(
                determination_id=row.id,
                contract_id=row.contract_id,
                obligation_id=row.obligation_id,
                party=party_fact(hand.file.party(row.party_role)),
                sha256=stored.file.sha256,
                evidence_id=evidence_id,
            )
        )


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An issued determination without a document, locked, with what issuing it set."""

    hand: ObligationInHand
    row: Determination
    number: str
    issued_at: datetime
    notified_at: datetime
    defence_until: date
    notice: dict[str, str]


def _without_document(uow: UnitOfWork, determination_id: UUID) -> _Waiting | None:
    hand, row = repository.locked_for_document(uow.session, determination_id)
    if row.state != DeterminationState.ISSUED or row.document_object_key is not None:
        return None
    number, issued_at, notified_at = row.number, row.issued_at, row.notified_at
    if number is None or issued_at is None or notified_at is None or row.defence_until is None or row.notice is None:
        return None
    return _Waiting(hand, row, number, issued_at, notified_at, row.defence_until, row.notice)


def _gather(uow: UnitOfWork, imprint: Imprint, waiting: _Waiting) -> DocumentFacts:
    row, contract = waiting.row, waiting.hand.file.contract
    party = waiting.hand.file.party(row.party_role)
    steps = repository.steps_of(uow.session, row.id)
    return DocumentFacts(
        number=waiting.number,
        determination=ids.public(DETERMINATION, row.id),
        authority=uow.session.get_one(Organisation, row.organisation_id).name,
        party_name=party.name,
        uscc=party.uscc,
        contract=f"{contract.title}\n{contract.number}",
        obligation=f"{waiting.hand.obligation.title}\n{ids.public(ids.OBLIGATION, row.obligation_id)}",
        replaces=ids.public(DETERMINATION, row.replaces_id) if row.replaces_id else None,
        opened_at=row.opened_at,
        notified_at=waiting.notified_at,
        defence_until=waiting.defence_until,
        issued_at=waiting.issued_at,
        made_at=uow.now,
        frozen=row.facts or "{}",
        frozen_sha256=row.facts_sha256 or "",
        notice=waiting.notice,
        steps=[ToldStep(each.change, each.at, each.text, ids.public(ids.EVIDENCE, each.evidence_id)) for each in steps],
        limits=limits_of(row.limits_region, row.limits_version),
        imprint=imprint,
    )
