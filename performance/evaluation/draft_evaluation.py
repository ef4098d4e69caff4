"""Drafting an evaluation: opened by the purchaser (of its supplier) or a regulator (of either), assessed factor by
factor, submitted for the evaluated party's comments. Until then only the evaluator sees it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.policy import Actor, OrganisationKind, Scope
from core import ids
from core.clock import china_day
from core.unit_of_work import UnitOfWork
from performance import repository as contracts
from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.policy import DueUnit, period_end
from performance.errors import ContractStateForbids, EvidenceMissing
from performance.evaluation import policy, repository
from performance.evaluation.errors import EvaluationOpen, EvaluatorRequired, FactorUnknown
from performance.evaluation.events import EvaluationOpenForComment
from performance.evaluation.models import Evaluation, EvaluationAssessment
from performance.evaluation.policy import EvaluationChange, EvaluationState, Factor, Score
from performance.evaluation.recording import announce_step, notarise_step, take_step
from performance.evaluation.repository import EvaluationInHand
from performance.evaluation.schemes import Scheme, Schemes
from performance.policy import PartyRole
from performance.recording import document_entries, party_fact
from performance.repository import ContractFile


def open_evaluation(
    uow: UnitOfWork, actor: Actor, contract_id: UUID, schemes: Schemes, *, role: PartyRole, reason: str
) -> Evaluation:
    """A draft of the next version. `reason` says why the party is evaluated, or why again.

    Raises `ContractNotFound`, `ContractStateForbids` for a contract that isn't registered, `EvaluatorRequired`,
    `EvaluationOpen` or `RegionUnknown`.
    """
    _require_scope(actor)
    file = contracts.locked_contract(uow.session, actor, contract_id)
    if file.contract.registered_at is None or role not in {party.role for party in file.parties}:
        raise ContractStateForbids(state=file.contract.state)
    _require_evaluator(uow, actor, file, role)
    unfinished = repository.open_version(uow.session, contract_id, role)
    if unfinished is not None:
        raise EvaluationOpen(version=unfinished)
    version = repository.last_version(uow.session, contract_id, role) + 1
    scheme = schemes.current(file.contract.region)
    evaluation = Evaluation(
        id=uow.new_id(),
        contract_id=contract_id,
        evaluated_role=role,
        version=version,
        reason=reason,
        evaluator_organisation_id=actor.organisation_id,
        scheme_region=scheme.region,
        scheme_version=scheme.version,
        state=EvaluationState.DRAFT,
        opened_at=uow.now,
        opened_by_person_id=actor.person_id,
    )
    uow.session.add(evaluation)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The lock on the contract decides; this key decides if somebody forgets it.
        raise EvaluationOpen(version=version) from error
    notarise_step(uow, actor, EvaluationInHand(file, evaluation), EvaluationChange.OPEN, {"reason": reason})
    return evaluation


def assess_factor(
    uow: UnitOfWork,
    actor: Actor,
    evaluation_id: UUID,
    schemes: Schemes,
    *,
    factor: Factor,
    points: int,
    narrative: str,
    document_ids: Sequence[UUID],
) -> EvaluationAssessment:
    """Points for one factor, with the facts behind them. An earlier assessment of it stays, and no longer counts.

    Raises `EvaluationNotFound`, `EvaluatorRequired`, `EvaluationStateForbids`, `FactorUnknown`, `PointsInvalid`,
    `NarrativeMissing`, `EvidenceMissing` or `EvidenceDocumentNotFound`.
    """
    hand = _draft_of(uow, actor, evaluation_id, EvaluationChange.ASSESS)
    scheme = scheme_of(hand.evaluation, schemes)
    weights = scheme.weights_for(hand.file.contract.class_code)
    if not weights.get(factor):
        known = ", ".join(str(each) for each in Factor if weights.get(each))
        raise FactorUnknown(scheme=scheme.name, factor=str(factor), known=known)
    policy.check_assessment(factor, points, narrative)
    documents = contracts.documents_of(uow.session, actor, document_ids)
    if not documents:
        raise EvidenceMissing
    assessment = EvaluationAssessment(
        evaluation_id=evaluation_id,
        factor=factor,
        points=points,
        narrative=narrative,
        documents=document_entries(documents),
        at=uow.now,
        person_id=actor.person_id,
    )
    uow.session.add(assessment)
    facts = {"factor": factor, "points": points, "narrative": narrative}
    notarise_step(uow, actor, hand, EvaluationChange.ASSESS, facts, documents=documents)
    return assessment


def submit_evaluation(
    uow: UnitOfWork, actor: Actor, evaluation_id: UUID, schemes: Schemes, calendar: HolidayCalendar, *, text: str
) -> Evaluation:
    """Fixes score and grade and begins the comment period, whose first day isn't counted (民法典 §201).

    Raises `EvaluationNotFound`, `EvaluatorRequired`, `EvaluationStateForbids` or `FactorsIncomplete`.
    """
    hand = _draft_of(uow, actor, evaluation_id, EvaluationChange.SUBMIT)
    evaluation, scheme = hand.evaluation, scheme_of(hand.evaluation, schemes)
    rows = repository.standing_assessments(repository.assessments_of(uow.session, evaluation_id))
    points = {factor: row.points for factor, row in rows.items()}
    score = policy.score(points, scheme.weights_for(hand.file.contract.class_code), scheme.bounds)
    today = china_day(uow.now)
    evaluation.comment_until = period_end(today, scheme.comment.days, DueUnit(scheme.comment.unit), calendar).due_on
    evaluation.submitted_at = uow.now
    evaluation.score_hundredths, evaluation.grade = score.hundredths, score.grade
    facts = {**_score_facts(score, rows), "comment_until": evaluation.comment_until.isoformat()}
    documents = contracts.documents_of(uow.session, actor, _document_ids(rows))
    evidence_id = take_step(uow, actor, hand, EvaluationChange.SUBMIT, text=text, facts=facts, documents=documents)
    uow.emit(
        EvaluationOpenForComment(
            evaluation_id=evaluation.id,
            contract_id=evaluation.contract_id,
            contract_title=hand.file.contract.title,
            party=party_fact(hand.party),
            version=evaluation.version,
            comment_until=evaluation.comment_until,
            evidence_id=evidence_id,
        )
    )
    return evaluation


def withdraw_evaluation(uow: UnitOfWork, actor: Actor, evaluation_id: UUID, *, text: str) -> Evaluation:
    """Raises `EvaluationNotFound`, `EvaluatorRequired` or `EvaluationStateForbids`."""
    hand = own_evaluation(uow, actor, evaluation_id)
    was_submitted = hand.evaluation.submitted_at is not None
    evidence_id = take_step(uow, actor, hand, EvaluationChange.WITHDRAW, text=text, facts={})
    hand.evaluation.closed_at = uow.now
    if was_submitted:
        announce_step(uow, hand, EvaluationChange.WITHDRAW, evidence_id)
    return hand.evaluation


def own_evaluation(uow: UnitOfWork, actor: Actor, evaluation_id: UUID) -> EvaluationInHand:
    """For its evaluator to move it on. Raises `EvaluationNotFound` or `EvaluatorRequired`."""
    _require_scope(actor)
    hand = repository.locked_evaluation(uow.session, actor, evaluation_id)
    if hand.evaluation.evaluator_organisation_id != actor.organisation_id:
        raise EvaluatorRequired
    return hand


def scheme_of(evaluation: Evaluation, schemes: Schemes) -> Scheme:
    """The scheme it was opened under."""
    return schemes.version(evaluation.scheme_region, evaluation.scheme_version)


def _score_facts(score: Score, rows: Mapping[Factor, EvaluationAssessment]) -> dict[str, object]:
    """Score, grade, and each factor with weight, points, narrative and the digests of what it rests on."""
    return {
        "score_hundredths": score.hundredths,
        "grade": score.grade,
        "factors": [
            {
                "factor": share.factor,
                "weight": share.weight,
                "points": share.points,
                "narrative": rows[share.factor].narrative,
                "documents": rows[share.factor].documents,
            }
            for share in score.shares
        ],
    }


def _document_ids(rows: Mapping[Factor, EvaluationAssessment]) -> list[UUID]:
    """Of the documents that the standing assessments rest on: with the submission the parties get their evidence."""
    given = [ids.parse(ids.DOCUMENT, each["document_id"]) for row in rows.values() for each in row.documents]
    return list(dict.fromkeys(given))


def _draft_of(uow: UnitOfWork, actor: Actor, evaluation_id: UUID, change: EvaluationChange) -> EvaluationInHand:
    hand = own_evaluation(uow, actor, evaluation_id)
    policy.next_evaluation_state(EvaluationState(hand.evaluation.state), change)
    return hand


def _require_scope(actor: Actor) -> None:
    """Raises `ScopeMissing`. A regulator writes as it supervises, a purchaser as it keeps its contracts."""
    is_regulator = actor.organisation_kind is OrganisationKind.REGULATOR
    actor.require(Scope.SUPERVISION_WRITE if is_regulator else Scope.CONTRACTS_WRITE)


def _require_evaluator(uow: UnitOfWork, actor: Actor, file: ContractFile, role: PartyRole) -> None:
    own = contracts.own_role(uow.session, actor, file)
    is_regulator = actor.organisation_kind is OrganisationKind.REGULATOR and own is None
    is_purchaser_of_it = own is PartyRole.PURCHASER and role is PartyRole.SUPPLIER
    if not (is_regulator or is_purchaser_of_it):
        raise EvaluatorRequired
