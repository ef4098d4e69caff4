"""Reading reviews: an organisation sees those it made, of documents it uploaded."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from performance.review.errors import ReviewDocumentNotFound, ReviewNotFound
from performance.review.models import ContractReview, ReviewConfirmation
from signing.models import Document
from signing.repository import document


def own_document(session: Session, actor: Actor, document_id: UUID) -> Document:
    """Raises `ReviewDocumentNotFound`."""
    found = document(session, actor, document_id)
    if found is None:
        raise ReviewDocumentNotFound
    return found


def review_of(session: Session, actor: Actor, review_id: UUID) -> ContractReview:
    """Raises `ReviewNotFound`."""
    owned = ContractReview.organisation_id == actor.organisation_id
    found = session.scalar(select(ContractReview).where(ContractReview.id == review_id, owned))
    if found is None:
        raise ReviewNotFound
    return found


def reviews_of(
    session: Session, actor: Actor, document_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[ContractReview]:
    """Newest first, older than `before`."""
    statement = select(ContractReview).where(
        ContractReview.document_id == document_id, ContractReview.organisation_id == actor.organisation_id
    )
    if before is not None:
        statement = statement.where(ContractReview.id < before)
    return session.scalars(statement.order_by(ContractReview.id.desc()).limit(limit)).all()


def confirmation_of(session: Session, review_id: UUID) -> ReviewConfirmation | None:
    """Of a review the caller may read."""
    return session.scalar(select(ReviewConfirmation).where(ReviewConfirmation.review_id == review_id))
