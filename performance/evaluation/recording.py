"""What every step of an evaluation leaves behind: its row, an evidence record, a line of the contract's history.

`take_step` is the only place that writes an evaluation's state. Until an evaluation is submitted its evidence is its
evaluator's alone, under a subject of its own: in the contract's chain the parties would see that something is missing.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from accounts.policy import Actor
from core import ids
from core.unit_of_work import UnitOfWork
from ledger.record import Subject
from ledger.service import record_evidence
from performance.evaluation import policy
from performance.evaluation.events import EvaluationStepTaken
from performance.evaluation.models import EvaluationStep
from performance.evaluation.policy import EVALUATION, EvaluationChange, EvaluationState
from performance.evaluation.repository import EvaluationInHand
from performance.recording import Author, document_entries, notarise, party_fact, stored_file, write_history
from signing.models import Document


def take_step(
    uow: UnitOfWork,
    actor: Actor,
    hand: EvaluationInHand,
    change: EvaluationChange,
    *,
    text: str,
    facts: Mapping[str, Any],
    documents: Sequence[Document] = (),
    is_last_comment: bool = False,
) -> UUID:
    """Moves the evaluation and returns the id of the evidence. Raises `EvaluationStateForbids` before it writes."""
    evaluation = hand.evaluation
    before = EvaluationState(evaluation.state)
    after = policy.next_evaluation_state(before, change)
    evaluation.state = after
    told = {"before": before, "after": after, "text": text, **facts}
    evidence_id = notarise_step(uow, actor, hand, change, told, documents=documents)
    uow.session.add(
        EvaluationStep(
            evaluation_id=evaluation.id,
            change=change,
            before=before,
            after=after,
            text=text,
            is_last_comment=is_last_comment,
            documents=document_entries(documents),
            at=uow.now,
            organisation_id=actor.organisation_id,
            person_id=actor.person_id,
            evidence_id=evidence_id,
        )
    )
    if hand.evaluation.submitted_at is not None:  # Both parties read the contract's history.
        write_history(
            uow,
            hand.file,
            Author.of(actor),
            change="evaluation",
            before=before,
            after=after,
            reason=text,
            evidence_id=evidence_id,
        )
    return evidence_id


def notarise_step(
    uow: UnitOfWork,
    actor: Actor,
    hand: EvaluationInHand,
    change: EvaluationChange,
    facts: Mapping[str, Any],
    *,
    documents: Sequence[Document] = (),
) -> UUID:
    """An evidence record for the contract's parties, or of a draft for its evaluator."""
    author, whole = Author.of(actor), {**evaluation_facts(hand), **facts}
    record_type = f"evaluation.{change}"
    if hand.evaluation.submitted_at is not None:
        return notarise(uow, hand.file, record_type, author, whole, documents=documents)
    return record_evidence(
        uow,
        type=record_type,
        subject=Subject("evaluation", ids.public(EVALUATION, hand.evaluation.id)),
        organisation_ids=[actor.organisation_id],
        facts={"contract_number": hand.file.contract.number, "by": author.facts(), **whole},
        files=[stored_file(document) for document in documents],
    )


def announce_step(uow: UnitOfWork, hand: EvaluationInHand, change: EvaluationChange, evidence_id: UUID) -> None:
    evaluation = hand.evaluation
    uow.emit(
        EvaluationStepTaken(
            evaluation_id=evaluation.id,
            contract_id=evaluation.contract_id,
            contract_title=hand.file.contract.title,
            party=party_fact(hand.party),
            version=evaluation.version,
            change=change,
            state=evaluation.state,
            evidence_id=evidence_id,
        )
    )


def evaluation_facts(hand: EvaluationInHand) -> dict[str, Any]:
    """The evaluation as an evidence record tells it."""
    evaluation = hand.evaluation
    return {
        "evaluation": ids.public(EVALUATION, evaluation.id),
        "version": evaluation.version,
        "evaluated_role": evaluation.evaluated_role,
        "evaluated": hand.party.name,
        "uscc": hand.party.uscc,
        "scheme": f"{evaluation.scheme_region}.v{evaluation.scheme_version}",
    }
