"""Variations: the terms two sides settle, and the signed amendment that puts them into effect."""

from fastapi import APIRouter

from api.deps import CurrentActor, CurrentServices
from api.schemas.following import Answer
from api.schemas.variations import (
    AmendmentDocument,
    AmendmentEnvelope,
    NewVariation,
    VariationView,
    variation_view,
)
from core import ids
from performance.policy import VARIATION

router = APIRouter(tags=["variations"])


@router.post("/obligations/{obligation_id}/variations", status_code=201)
def propose_variation(
    actor: CurrentActor, services: CurrentServices, obligation_id: str, body: NewVariation
) -> VariationView:
    """One side proposes a new due date, amount or quantity. Nothing changes before both signed an amendment."""
    variation = services.variations.propose(
        actor,
        ids.parse(ids.OBLIGATION, obligation_id),
        body.terms(),
        reason=body.reason,
        document_ids=[ids.parse(ids.DOCUMENT, text) for text in body.document_ids],
    )
    return variation_view(variation)


@router.post("/variations/{variation_id}/agree")
def agree_to_variation(actor: CurrentActor, services: CurrentServices, variation_id: str) -> VariationView:
    """The other side agrees to the terms; the amendment is still to be signed."""
    return variation_view(services.variations.agree(actor, ids.parse(VARIATION, variation_id)))


@router.post("/variations/{variation_id}/drop")
def drop_variation(actor: CurrentActor, services: CurrentServices, variation_id: str, body: Answer) -> VariationView:
    """The other side refuses, or either side withdraws before the amendment is signed."""
    identifier = ids.parse(VARIATION, variation_id)
    return variation_view(services.variations.drop(actor, identifier, answer=body.answer))


@router.post("/variations/{variation_id}/envelope")
def attach_amendment(
    actor: CurrentActor, services: CurrentServices, variation_id: str, body: AmendmentEnvelope
) -> VariationView:
    """Ties the agreed terms to an envelope: completed by all parties, it puts them into effect by itself."""
    identifier, envelope_id = ids.parse(VARIATION, variation_id), ids.parse(ids.ENVELOPE, body.envelope_id)
    return variation_view(services.variations.attach_envelope(actor, identifier, envelope_id))


@router.post("/variations/{variation_id}/signed-document")
def hand_in_amendment(
    actor: CurrentActor, services: CurrentServices, variation_id: str, body: AmendmentDocument
) -> VariationView:
    """An amendment signed elsewhere: validated, and if all parties signed it, the terms take effect."""
    identifier, document_id = ids.parse(VARIATION, variation_id), ids.parse(ids.DOCUMENT, body.document_id)
    return variation_view(services.variations.sign_with_document(actor, identifier, document_id))
