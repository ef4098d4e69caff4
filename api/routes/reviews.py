"""Risk review of contract texts (R5): findings for people to judge, and a draft for a person to confirm."""

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices, Cursor, Limit
from api.schemas.reviews import (
    ConfirmationView,
    NewConfirmation,
    ReviewPage,
    ReviewView,
    confirmation_view,
    review_item,
    review_view,
)
from core import ids
from performance.review.review import REVIEW

router = APIRouter(tags=["reviews"])


@router.post("/documents/{document_id}/review", status_code=201)
def review_document(actor: CurrentActor, services: CurrentServices, document_id: str) -> ReviewView:
    """Reads the document's text and holds it against rules R01 to R22. Pages that can't be read are said so."""
    return review_view(services.reviews.review(actor, ids.parse(ids.DOCUMENT, document_id)))


@router.get("/documents/{document_id}/reviews")
def list_reviews(
    actor: CurrentActor, services: CurrentServices, document_id: str, limit: Limit = 50, cursor: Cursor = None
) -> ReviewPage:
    """The reviews of a document, newest first."""
    page = services.reviews.reviews(actor, ids.parse(ids.DOCUMENT, document_id), cursor=cursor, limit=limit)
    return ReviewPage(items=[review_item(each) for each in page.items], next_cursor=page.next_cursor)


@router.get("/reviews/{review_id}")
def read_review(actor: CurrentActor, services: CurrentServices, review_id: str) -> ReviewView:
    """Findings with the words they are about, and the draft."""
    return review_view(services.reviews.read_review(actor, ids.parse(REVIEW, review_id)))


@router.post("/reviews/{review_id}/confirm", status_code=201)
def confirm_draft(
    actor: CurrentActor, services: CurrentServices, review_id: str, body: NewConfirmation
) -> ConfirmationView:
    """A person enters the contract after checking the draft; what they changed is on record."""
    contract, row = services.reviews.confirm(
        actor, ids.parse(REVIEW, review_id), body.contract.elements(), acknowledged=body.acknowledged
    )
    return confirmation_view(contract, row)
