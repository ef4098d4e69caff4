"""Reading variations; what an actor may see is decided by the contract they belong to."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from performance import repository as contracts
from performance.errors import ObligationNotFound, VariationNotFound
from performance.models import Contract
from performance.repository import ObligationInHand
from performance.variations.models import Variation
from performance.variations.policy import PENDING_STATES
from signing.models import Envelope


def locked_variation(session: Session, actor: Actor, variation_id: UUID) -> tuple[ObligationInHand, Variation]:
    """The variation and its obligation, for changing them. Raises `VariationNotFound`."""
    obligation_id = session.scalar(select(Variation.obligation_id).where(Variation.id == variation_id))
    if obligation_id is None:
        raise VariationNotFound
    try:
        hand = contracts.locked_obligation(session, actor, obligation_id)
    except ObligationNotFound as error:
        raise VariationNotFound from error
    return hand, session.scalars(select(Variation).where(Variation.id == variation_id)).one()


def pending_of(session: Session, contract_id: UUID) -> Sequence[Variation]:
    """The contract's variations that are under way."""
    return session.scalars(
        select(Variation).where(Variation.contract_id == contract_id, Variation.state.in_(PENDING_STATES))
    ).all()


def amended_by(session: Session, envelope_id: UUID) -> list[tuple[ObligationInHand, Variation]]:
    """The variations an envelope's completion puts into effect, their contract locked. Only for handlers of signing's
    events: it asks for no actor."""
    statement = (
        select(Contract)
        .join(Variation, Variation.contract_id == Contract.id)
        .where(Variation.amendment_envelope_id == envelope_id)
        .with_for_update(of=Contract)
    )
    found = list({contract.id: contract for contract in session.scalars(statement)}.values())
    files = contracts.files_of(session, found)
    variations = session.scalars(
        select(Variation)
        .where(Variation.amendment_envelope_id == envelope_id, Variation.state.in_(PENDING_STATES))
        .order_by(Variation.id)
    ).all()
    hands = []
    for variation in variations:
        file = files[variation.contract_id]
        obligation = next(each for each in file.obligations if each.id == variation.obligation_id)
        hands.append((ObligationInHand(file, obligation), variation))
    return hands


def is_amendment(session: Session, envelope_id: UUID) -> bool:
    """Whether the envelope was attached to a variation: then it makes no contract of its own."""
    return bool(session.scalar(select(exists().where(Variation.amendment_envelope_id == envelope_id))))


def own_envelope(session: Session, actor: Actor, envelope_id: UUID) -> Envelope | None:
    return session.scalar(
        select(Envelope).where(Envelope.id == envelope_id, Envelope.organisation_id == actor.organisation_id)
    )


def makes_contract(session: Session, envelope_id: UUID) -> bool:
    return bool(session.scalar(select(exists().where(Contract.envelope_id == envelope_id))))
