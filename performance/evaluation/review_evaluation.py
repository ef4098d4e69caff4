"""After submission: the evaluated party comments, and another person one level up confirms or returns.

One level up is the region's regulator; what a regulator evaluated is reviewed by another of its officials. A party to
the contract never reviews.
"""

from collections.abc import Sequence
from uuid import UUID

from accounts.policy import Actor, OrganisationKind, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.close_contract import note_evaluated
from performance.evaluation import policy, repository
from performance.evaluation.draft_evaluation import own_evaluation, scheme_of
from performance.evaluation.errors import EvaluatedPartyRequired
from performance.evaluation.events import EvaluationFinal
from performance.evaluation.models import Evaluation
from performance.evaluation.policy import EVALUATION, EvaluationChange, EvaluationState
from performance.evaluation.recording import announce_step, take_step
from performance.evaluation.repository import EvaluationInHand
from performance.evaluation.schemes import Schemes
from performance.recording import Author, party_fact


def comment_on_evaluation(
    uow: UnitOfWork,
    actor: Actor,
    evaluation_id: UUID,
    *,
    text: str,
    is_last: bool = False,
    document_ids: Sequence[UUID] = (),
) -> Evaluation:
    """What the evaluated party says; it is kept beside the evaluation for good. `is_last` ends its comment period.

    Raises `EvaluationNotFound`, `EvaluatedPartyRequired`, `EvaluationStateForbids`, `CommentPeriodOver` or
    `EvidenceDocumentNotFound`.
    """
    actor.require(Scope.CONTRACTS_WRITE)
    hand = repository.locked_evaluation(uow.session, actor, evaluation_id)
    if contracts.own_role(uow.session, actor, hand.file) != hand.evaluation.evaluated_role:
        raise EvaluatedPartyRequired
    policy.next_evaluation_state(EvaluationState(hand.evaluation.state), EvaluationChange.COMMENT)
    today = china_day(uow.now)
    policy.check_comment(today, hand.evaluation.comment_until or today)
    documents = contracts.documents_of(uow.session, actor, document_ids)
    evidence_id = take_step(
        uow,
        actor,
        hand,
        EvaluationChange.COMMENT,
        text=text,
        facts={"is_last": is_last},
        documents=documents,
        is_last_comment=is_last,
    )
    announce_step(uow, hand, EvaluationChange.COMMENT, evidence_id)
    return hand.evaluation


def request_review(uow: UnitOfWork, actor: Actor, evaluation_id: UUID, *, text: str) -> Evaluation:
    """The evaluator asks for review, with its answer to the comments.

    Raises `EvaluationNotFound`, `EvaluatorRequired`, `EvaluationStateForbids` or `CommentPeriodOpen`.
    """
    hand = own_evaluation(uow, actor, evaluation_id)
    policy.next_evaluation_state(EvaluationState(hand.evaluation.state), EvaluationChange.REQUEST_REVIEW)
    today = china_day(uow.now)
    steps = repository.steps_of(uow.session, evaluation_id)
    has_said_all = any(step.is_last_comment for step in steps)
    policy.check_ready_for_review(today, hand.evaluation.comment_until or today, has_said_all=has_said_all)
    evidence_id = take_step(uow, actor, hand, EvaluationChange.REQUEST_REVIEW, text=text, facts={})
    announce_step(uow, hand, EvaluationChange.REQUEST_REVIEW, evidence_id)
    return hand.evaluation


def confirm_evaluation(
    uow: UnitOfWork, actor: Actor, evaluation_id: UUID, schemes: Schemes, *, text: str
) -> Evaluation:
    """The grade is final; the version that was final until now no longer counts.

    Raises `EvaluationNotFound`, `ReviewerRequired` or `EvaluationStateForbids`.
    """
    hand = _for_review(uow, actor, evaluation_id)
    evaluation = hand.evaluation
    policy.next_evaluation_state(EvaluationState(evaluation.state), EvaluationChange.CONFIRM)
    _supersede(uow, actor, hand)
    facts = {"score_hundredths": evaluation.score_hundredths, "grade": evaluation.grade}
    evidence_id = take_step(uow, actor, hand, EvaluationChange.CONFIRM, text=text, facts=facts)
    evaluation.closed_at = uow.now
    note_evaluated(uow, hand.file, Author.of(actor), reason=text, evidence_id=evidence_id)
    uow.emit(
        EvaluationFinal(
            evaluation_id=evaluation.id,
            contract_id=evaluation.contract_id,
            contract_title=hand.file.contract.title,
            class_code=hand.file.contract.class_code,
            party=party_fact(hand.party),
            version=evaluation.version,
            grade=str(evaluation.grade),
            score_hundredths=evaluation.score_hundredths or 0,
            scheme=scheme_of(evaluation, schemes).name,
            confirmed_on=china_day(uow.now),
            evidence_id=evidence_id,
        )
    )
    return evaluation


def return_evaluation(uow: UnitOfWork, actor: Actor, evaluation_id: UUID, *, text: str) -> Evaluation:
    """Not as it is: the evaluator begins a new version. Raises as `confirm_evaluation` does."""
    hand = _for_review(uow, actor, evaluation_id)
    evidence_id = take_step(uow, actor, hand, EvaluationChange.RETURN, text=text, facts={})
    hand.evaluation.closed_at = uow.now
    announce_step(uow, hand, EvaluationChange.RETURN, evidence_id)
    return hand.evaluation


def _for_review(uow: UnitOfWork, actor: Actor, evaluation_id: UUID) -> EvaluationInHand:
    is_regulator = actor.organisation_kind is OrganisationKind.REGULATOR
    actor.require(Scope.SUPERVISION_WRITE if is_regulator else Scope.CONTRACTS_WRITE)
    hand = repository.locked_evaluation(uow.session, actor, evaluation_id)
    is_party = contracts.own_role(uow.session, actor, hand.file) is not None
    took_part = {hand.evaluation.opened_by_person_id}
    took_part |= {row.person_id for row in repository.assessments_of(uow.session, evaluation_id)}
    took_part |= {step.person_id for step in repository.steps_of(uow.session, evaluation_id)}
    policy.check_reviewer(actor.person_id, is_above=is_regulator and not is_party, took_part=took_part)
    return hand


def _supersede(uow: UnitOfWork, actor: Actor, hand: EvaluationInHand) -> None:
    """In the same commit as the confirmation: at every moment at most one version counts."""
    evaluation = hand.evaluation
    earlier = repository.final_version(uow.session, evaluation.contract_id, evaluation.evaluated_role)
    if earlier is None:
        return
    facts = {"superseded_by": ids.public(EVALUATION, evaluation.id)}
    text = f"由第 {evaluation.version} 版取代 superseded by version {evaluation.version}"
    before = EvaluationInHand(hand.file, earlier)
    take_step(uow, actor, before, EvaluationChange.SUPERSEDE, text=text, facts=facts)
