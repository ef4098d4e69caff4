"""The amendment: what both sides agreed to takes effect when it bears the signatures of all parties.

    an envelope of ours, attached before it is completed ─▶ its completion puts the terms into effect by itself
    a PDF signed elsewhere ─▶ validated first, outside any transaction; then the terms take effect at once

Both ways end in `_take_effect`. An envelope that not all parties signed, or that ended, changes nothing: the variation
waits for another one. An obligation that ended in the meantime keeps its end, and the variation lapses.
"""

from collections.abc import Sequence
from uuid import UUID

from accounts.policy import Actor
from core import ids
from core.clock import rfc3339
from core.money import Money
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.due_dates.calendar import HolidayCalendar
from performance.errors import EnvelopeNotOpen, ObligationStateForbids
from performance.fulfil_obligation import settle_if_complete
from performance.policy import (
    OBLIGATION_TRANSITIONS,
    ClaimState,
    ObligationChange,
    ObligationState,
)
from performance.recording import (
    SYSTEM,
    Author,
    announce_schedule,
    change_obligation,
    document_entries,
    leave_registers,
    notarise,
    write_history,
)
from performance.repository import ObligationInHand
from performance.variations import policy, repository
from performance.variations.draft_amendment import changes_of, own_role, size_after, to_change
from performance.variations.errors import AmendmentTaken, AmendmentUnsigned, VariationOfOther, VariationStateForbids
from performance.variations.models import Variation
from performance.variations.policy import Signature, Terms, VariationChange, VariationState
from performance.variations.recording import move_variation, variation_facts
from signing.events import EnvelopeCompleted, EnvelopeEnded
from signing.models import Document
from signing.policy import ENDED


def attach_envelope(uow: UnitOfWork, actor: Actor, variation_id: UUID, envelope_id: UUID) -> Variation:
    """From now on the envelope's completion puts the terms into effect.

    Raises `VariationNotFound`, `NotAParty`, `VariationStateForbids`, `VariationOfOther`, `EnvelopeNotOpen` or
    `AmendmentTaken`.
    """
    hand, variation = _agreed(uow, actor, variation_id)
    envelope = repository.own_envelope(uow.session, actor, envelope_id)
    if envelope is None:
        raise VariationOfOther
    if envelope.state in ENDED:
        raise EnvelopeNotOpen(state=envelope.state)
    if envelope.is_test or envelope.rescinds_id is not None or repository.makes_contract(uow.session, envelope_id):
        raise AmendmentTaken
    before = variation.amendment_envelope_id
    variation.amendment_envelope_id = envelope_id
    reason = f"关联变更协议信封 {ids.public(ids.ENVELOPE, envelope_id)}"
    _note(uow, hand, variation, Author.of(actor), "amendment_attached", reason=reason, before=before)
    return variation


def document_to_validate(uow: UnitOfWork, actor: Actor, variation_id: UUID, document_id: UUID) -> Document:
    """The actor's own document, for validating outside the transaction.

    Raises `VariationNotFound`, `NotAParty`, `VariationStateForbids` or `EvidenceDocumentNotFound`.
    """
    _agreed(uow, actor, variation_id)
    return contracts.documents_of(uow.session, actor, [document_id])[0]


def take_effect_by_document(
    uow: UnitOfWork,
    actor: Actor,
    variation_id: UUID,
    calendar: HolidayCalendar,
    *,
    document_id: UUID,
    signatures: Sequence[Signature],
) -> Variation:
    """`signatures` are those of the document, all valid. Raises as `document_to_validate` does, and `AmendmentUnsigned`
    or `ObligationStateForbids`."""
    hand, variation = _agreed(uow, actor, variation_id)
    (document,) = contracts.documents_of(uow.session, actor, [document_id])
    parties = [(party.uscc, party.name) for party in hand.file.parties]
    policy.check_signed_by_all(parties, [each.uscc for each in signatures])
    for change in changes_of(_terms(hand, variation)):
        if (ObligationState(hand.obligation.state), change) not in OBLIGATION_TRANSITIONS:
            raise ObligationStateForbids(state=hand.obligation.state, change=str(change))
    variation.amendment = {
        **document_entries([document])[0],
        "signed_by": [{"uscc": each.uscc, "name": each.name} for each in signatures],
    }
    _take_effect(uow, hand, variation, Author.of(actor), calendar, facts=variation.amendment, documents=[document])
    return variation


def amend_by_completed_envelope(uow: UnitOfWork, event: EnvelopeCompleted, calendar: HolidayCalendar) -> None:
    """Signed by all parties: what the envelope amends takes effect. Else it stays as it was, with the reason."""
    signed = [signer.uscc for signer in event.signers if signer.is_confirmed]
    for hand, variation in repository.amended_by(uow.session, event.envelope_id):
        parties = [(party.uscc, party.name) for party in hand.file.parties]
        try:
            policy.check_signed_by_all(parties, [] if event.is_test else signed)
        except AmendmentUnsigned as error:
            # The link stays: it tells registration that this envelope makes no contract of its own.
            before = variation.amendment_envelope_id
            _note(uow, hand, variation, SYSTEM, "amendment_unsigned", reason=error.message("zh"), before=before)
            continue
        states = {ObligationState(hand.obligation.state)}
        moves = {(state, change) for state in states for change in changes_of(_terms(hand, variation))}
        if variation.state != VariationState.AGREED or not moves <= OBLIGATION_TRANSITIONS.keys():
            reason = f"节点已处于“{hand.obligation.state}”状态，变更不再生效"
            move_variation(uow, hand, variation, VariationChange.LAPSE, SYSTEM, reason=reason)
            continue
        facts: dict[str, object] = {
            "completed_at": rfc3339(event.completed_at),
            "amendment_evidence": ids.public(ids.EVIDENCE, event.evidence_id),
            "amendment_sha256": [document.sha256 for document in event.documents],
            "signed_by": [{"uscc": each.uscc, "name": each.name} for each in event.signers],
        }
        _take_effect(uow, hand, variation, SYSTEM, calendar, facts=facts)


def detach_ended_envelope(uow: UnitOfWork, event: EnvelopeEnded) -> None:
    """Never signed: the terms stay agreed and wait for another amendment."""
    for hand, variation in repository.amended_by(uow.session, event.envelope_id):
        before, variation.amendment_envelope_id = variation.amendment_envelope_id, None
        reason = f"变更协议未完成签署（{event.outcome}）{event.reason}"
        _note(uow, hand, variation, SYSTEM, "amendment_detached", reason=reason, before=before)


def _take_effect(
    uow: UnitOfWork,
    hand: ObligationInHand,
    variation: Variation,
    author: Author,
    calendar: HolidayCalendar,
    *,
    facts: dict[str, object],
    documents: Sequence[Document] = (),
) -> None:
    obligation, terms = hand.obligation, _terms(hand, variation)
    reason = f"变更协议已经双方签署：{variation.reason}"
    variation.effective_at = uow.now
    told = {**variation_facts(variation), "signed_amendment": facts}
    size = size_after(obligation, terms)
    if ObligationChange.AMEND in changes_of(terms):
        obligation.amount_minor, obligation.currency = size.amount_minor, size.currency
        obligation.quantity = size.quantity
        change_obligation(uow, hand, ObligationChange.AMEND, author, reason=reason, facts=told, documents=documents)
    if terms.due_on is not None:
        _reschedule(uow, hand, variation, author, reason=reason, facts=told)
    move_variation(
        uow, hand, variation, VariationChange.TAKE_EFFECT, author, reason=reason, facts=facts, documents=documents
    )
    if terms.due_on is not None:
        announce_schedule(uow, hand)
    settle_if_complete(uow, hand, author, calendar, reason=reason)


def _reschedule(
    uow: UnitOfWork,
    hand: ObligationInHand,
    variation: Variation,
    author: Author,
    *,
    reason: str,
    facts: dict[str, object],
) -> None:
    """A new version of the due date: out of the registers, and reminders of older versions end. The amendment names
    the day, so the rule it followed from no longer counts."""
    obligation = hand.obligation
    leave_registers(uow, hand, "rescheduled")
    obligation.due_on, obligation.due_rule, obligation.anchored_on = variation.to_due_on, None, None
    obligation.due_basis = {"variation": facts["variation"], "due_on": facts["to_due_on"]}
    obligation.due_version += 1
    change_obligation(uow, hand, ObligationChange.RESCHEDULE, author, reason=reason, facts=facts)
    claims = contracts.claims_of(uow.session, obligation.id)
    has_parts = any(claim.state == ClaimState.CONFIRMED for claim in claims)
    if has_parts and obligation.state == ObligationState.SCHEDULED:
        kept = "已确认的部分履行继续有效"
        change_obligation(uow, hand, ObligationChange.MEET_PARTLY, author, reason=kept, facts=facts)


def _terms(hand: ObligationInHand, variation: Variation) -> Terms:
    currency = hand.obligation.currency
    amount = None if variation.to_amount_minor is None else Money(variation.to_amount_minor, currency)
    return Terms(variation.to_due_on, amount, variation.to_quantity)


def _agreed(uow: UnitOfWork, actor: Actor, variation_id: UUID) -> tuple[ObligationInHand, Variation]:
    hand, variation = to_change(uow, actor, variation_id)
    own_role(uow, actor, hand)
    if variation.state != VariationState.AGREED:
        raise VariationStateForbids(state=variation.state, change=str(VariationChange.TAKE_EFFECT))
    return hand, variation


def _note(
    uow: UnitOfWork,
    hand: ObligationInHand,
    variation: Variation,
    author: Author,
    change: str,
    *,
    reason: str,
    before: UUID | None,
) -> None:
    after = variation.amendment_envelope_id
    facts = {**variation_facts(variation), "reason": reason}
    evidence_id = notarise(uow, hand.file, f"variation.{change}", author, facts)
    write_history(
        uow,
        hand.file,
        author,
        change=change,
        before=None if before is None else ids.public(ids.ENVELOPE, before),
        after=None if after is None else ids.public(ids.ENVELOPE, after),
        reason=reason,
        obligation=hand.obligation,
        evidence_id=evidence_id,
    )
