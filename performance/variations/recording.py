"""What every step of a variation leaves behind: evidence, a history row, an event, and the contract's state."""

from collections.abc import Mapping, Sequence
from typing import Any

from core import ids
from core.unit_of_work import UnitOfWork
from performance.policy import VARIATION
from performance.recording import Author, follow_obligations, notarise, obligation_facts, write_history
from performance.repository import ObligationInHand
from performance.variations import repository
from performance.variations.events import VariationMoved
from performance.variations.models import Variation
from performance.variations.policy import VariationChange, VariationState, next_variation_state
from signing.models import Document


def record_variation(
    uow: UnitOfWork,
    hand: ObligationInHand,
    variation: Variation,
    author: Author,
    *,
    reason: str,
    before: str | None = None,
    facts: Mapping[str, Any] | None = None,
    documents: Sequence[Document] = (),
) -> None:
    """The contract is varying while one of its variations is under way."""
    told = {**obligation_facts(hand.obligation), **variation_facts(variation), **(facts or {}), "reason": reason}
    evidence_id = notarise(uow, hand.file, f"variation.{variation.state}", author, told, documents=documents)
    write_history(
        uow,
        hand.file,
        author,
        change="variation",
        before=before,
        after=variation.state,
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
    uow.emit(
        VariationMoved(
            variation_id=variation.id,
            obligation_id=variation.obligation_id,
            contract_id=variation.contract_id,
            contract_number=hand.file.contract.number,
            contract_title=hand.file.contract.title,
            title=hand.obligation.title,
            state=variation.state,
            from_due_on=variation.from_due_on,
            to_due_on=variation.to_due_on,
            to_amount_minor=variation.to_amount_minor,
            to_quantity=variation.to_quantity,
            reason=reason,
            evidence_id=evidence_id,
        )
    )
    uow.session.flush()
    is_varying = bool(repository.pending_of(uow.session, variation.contract_id))
    follow_obligations(uow, hand.file, author, reason=reason, evidence_id=evidence_id, is_varying=is_varying)


def move_variation(
    uow: UnitOfWork,
    hand: ObligationInHand,
    variation: Variation,
    change: VariationChange,
    author: Author,
    *,
    reason: str,
    facts: Mapping[str, Any] | None = None,
    documents: Sequence[Document] = (),
) -> None:
    """The only place that writes a variation's state. Raises `VariationStateForbids`, before anything is written."""
    before = VariationState(variation.state)
    variation.state = next_variation_state(before, change)
    record_variation(uow, hand, variation, author, reason=reason, before=before, facts=facts, documents=documents)


def variation_facts(variation: Variation) -> dict[str, Any]:
    """Amounts are strings of minor units."""
    told = {
        "from_due_on": variation.from_due_on.isoformat() if variation.from_due_on else None,
        "to_due_on": variation.to_due_on.isoformat() if variation.to_due_on else None,
        "from_amount_minor": None if variation.from_amount_minor is None else str(variation.from_amount_minor),
        "to_amount_minor": None if variation.to_amount_minor is None else str(variation.to_amount_minor),
        "from_quantity": variation.from_quantity,
        "to_quantity": variation.to_quantity,
        "amendment": ids.public(ids.ENVELOPE, variation.amendment_envelope_id)
        if variation.amendment_envelope_id
        else None,
    }
    return {
        "variation": ids.public(VARIATION, variation.id),
        "proposed_by": variation.proposed_by_role,
        **{name: value for name, value in told.items() if value is not None},
    }
