"""Use cases of the risk review, behind one facade."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.policy import Actor, Scope
from core.objects import Objects
from core.unit_of_work import UnitOfWorkFactory
from performance import reading
from performance.due_dates.calendar import HolidayCalendar
from performance.intake import ContractElements
from performance.reading import ContractDossier, Page, page_of, read_cursor
from performance.regions import RegionProfiles
from performance.review import confirm_draft, repository
from performance.review.models import ContractReview, ReviewConfirmation
from performance.review.pdf_text import ContractReader
from performance.review.review_document import DocumentReviewer


@dataclass(frozen=True, slots=True)
class ReviewDossier:
    review: ContractReview
    confirmation: ReviewConfirmation | None


@dataclass(frozen=True, slots=True)
class ReviewService:
    """`read` reads a document's text, in production in the sandbox; `software` names the program that reviews."""

    unit_of_work: UnitOfWorkFactory
    objects: Objects
    read: ContractReader
    software: str
    profiles: RegionProfiles = field(default_factory=RegionProfiles)
    calendar: HolidayCalendar = field(default_factory=HolidayCalendar)

    def review(self, actor: Actor, document_id: UUID) -> ReviewDossier:
        """Reviews a document of the actor's organisation. See `review_document.DocumentReviewer`."""
        reviewer = DocumentReviewer(self.unit_of_work, self.objects, self.read, self.calendar, self.software)
        return ReviewDossier(reviewer.review(actor, document_id), None)

    def reviews(
        self, actor: Actor, document_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> Page[ContractReview]:
        """Of a document, newest first. Raises `ReviewDocumentNotFound` or `ListCursorInvalid`."""
        actor.require(Scope.CONTRACTS_READ)
        before = read_cursor(cursor, lambda text: UUID(hex=text))
        with self.unit_of_work() as uow:
            repository.own_document(uow.session, actor, document_id)
            rows = repository.reviews_of(uow.session, actor, document_id, before=before, limit=limit + 1)
        return page_of(rows, limit, lambda row: row.id.hex)

    def read_review(self, actor: Actor, review_id: UUID) -> ReviewDossier:
        """Raises `ReviewNotFound`."""
        actor.require(Scope.CONTRACTS_READ)
        with self.unit_of_work() as uow:
            row = repository.review_of(uow.session, actor, review_id)
            return ReviewDossier(row, repository.confirmation_of(uow.session, row.id))

    def confirm(
        self, actor: Actor, review_id: UUID, elements: ContractElements, *, acknowledged: Sequence[str]
    ) -> tuple[ContractDossier, ReviewConfirmation]:
        """Enters the contract of a draft that a person checked. See `confirm_draft.confirm_draft`."""
        with self.unit_of_work() as uow:
            file, row = confirm_draft.confirm_draft(
                uow,
                actor,
                review_id,
                elements,
                profiles=self.profiles,
                acknowledged=acknowledged,
            )
            return reading.dossier(uow.session, file, self.profiles), row
