"""Reviewing an uploaded document (R5): read in the sandbox, reviewed, and written down with its evidence.

The file is fetched and read before the unit of work begins: a stranger's PDF may take seconds, and nothing is locked
for it. Documents never change, so what was read is still the document when the result is stored.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.objects import Objects
from core.unit_of_work import UnitOfWork, UnitOfWorkFactory
from performance.due_dates.calendar import HolidayCalendar
from performance.recording import Author
from performance.review import repository, stored
from performance.review.models import ContractReview
from performance.review.pdf_text import ContractReader
from performance.review.review import REVIEW, ReviewResult, review_text
from performance.review.rules import VERSION
from signing.evidence import record_for_document
from signing.models import Document


@dataclass(frozen=True, slots=True)
class DocumentReviewer:
    """`read` reads a document's text; `software` names the program that reviews."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    read: ContractReader
    calendar: HolidayCalendar
    software: str

    def review(self, actor: Actor, document_id: UUID) -> ContractReview:
        """Raises `ReviewDocumentNotFound`, `ReviewTextNotRead`, `ObjectStoreUnavailable`, `SandboxBusy` or
        `SandboxUnavailable`."""
        actor.require(Scope.CONTRACTS_WRITE)
        with self.unit_of_work() as uow:
            document = repository.own_document(uow.session, actor, document_id)
        result = review_text(self.read(self.objects.get(document.object_key)), self.calendar)
        with self.unit_of_work() as uow:
            return _store(uow, actor, document, result, self.software)


def _store(uow: UnitOfWork, actor: Actor, document: Document, result: ReviewResult, software: str) -> ContractReview:
    review_id = uow.new_id()
    row = ContractReview(
        id=review_id,
        organisation_id=actor.organisation_id,
        document_id=document.id,
        document_sha256=document.sha256,
        rules_version=VERSION,
        software=software,
        outcome=result.outcome,
        pages=result.pages,
        reading=stored.reading_json(result),
        findings=stored.findings_json(result),
        draft=stored.draft_json(result.draft),
        reviewed_at=uow.now,
        person_id=actor.person_id,
        evidence_id=record_for_document(
            uow,
            document,
            step="contract.reviewed",
            facts=_facts(review_id, actor, document, result, software),
            files=(),
        ),
    )
    uow.session.add(row)
    return row


def _facts(review_id: UUID, actor: Actor, document: Document, result: ReviewResult, software: str) -> dict[str, object]:
    """Without the words of the contract: the record may be shown to others than those who may read it."""
    return {
        "by": Author.of(actor).facts(),
        "review": ids.public(REVIEW, review_id),
        "document_sha256": document.sha256,
        "rules_version": VERSION,
        "software": software,
        "outcome": str(result.outcome),
        "pages": result.pages,
        "unreadable_pages": list(result.unreadable_pages),
        "not_checked": list(result.not_checked),
        "findings": dict(sorted(Counter(each.case for each in result.findings).items())),
        "result_sha256": stored.digest(result),
    }
