"""Reading evaluations. Who sees a contract (`performance.repository.visible_to`) sees its evaluations, but a draft is
its evaluator's alone: nobody is judged by what wasn't yet said to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from accounts.policy import Actor
from performance.evaluation.errors import EvaluationNotFound
from performance.evaluation.models import Evaluation, EvaluationAssessment, EvaluationStep, VolumePrompt
from performance.evaluation.policy import OPEN_EVALUATION_STATES, EvaluationState, Factor
from performance.models import Contract, ContractParty
from performance.repository import ContractFile, files_of, visible_to


@dataclass(frozen=True, slots=True)
class EvaluationInHand:
    """An evaluation and the contract it is about, the contract locked: everybody who changes one locks that first."""

    file: ContractFile
    evaluation: Evaluation

    @property
    def party(self) -> ContractParty:
        """The evaluated one."""
        return self.file.party(self.evaluation.evaluated_role)


def readable_by(actor: Actor) -> ColumnElement[bool]:
    """The condition on `Evaluation` (joined with `Contract`) under which the actor may read it."""
    was_submitted = Evaluation.submitted_at.is_not(None)
    is_own = Evaluation.evaluator_organisation_id == actor.organisation_id
    return visible_to(actor) & or_(was_submitted, is_own)


def locked_evaluation(session: Session, actor: Actor, evaluation_id: UUID) -> EvaluationInHand:
    """For changing it. Raises `EvaluationNotFound`."""
    statement = (
        select(Contract)
        .join(Evaluation, Evaluation.contract_id == Contract.id)
        .where(Evaluation.id == evaluation_id, readable_by(actor))
    )
    contract = session.scalar(statement.with_for_update(of=Contract))
    if contract is None:
        raise EvaluationNotFound
    evaluation = session.scalars(select(Evaluation).where(Evaluation.id == evaluation_id)).one()
    return EvaluationInHand(files_of(session, [contract])[contract.id], evaluation)


def evaluation_of(session: Session, actor: Actor, evaluation_id: UUID) -> tuple[Evaluation, Contract]:
    """Raises `EvaluationNotFound`."""
    statement = (
        select(Evaluation, Contract)
        .join(Contract, Contract.id == Evaluation.contract_id)
        .where(Evaluation.id == evaluation_id, readable_by(actor))
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise EvaluationNotFound
    return row[0], row[1]


def evaluations(
    session: Session, actor: Actor, *, contract_id: UUID | None, state: str | None, before: UUID | None, limit: int
) -> Sequence[tuple[Evaluation, Contract]]:
    """Newest first. `before` is the last id of the previous page."""
    statement = (
        select(Evaluation, Contract).join(Contract, Contract.id == Evaluation.contract_id).where(readable_by(actor))
    )
    if contract_id is not None:
        statement = statement.where(Evaluation.contract_id == contract_id)
    if state is not None:
        statement = statement.where(Evaluation.state == state)
    if before is not None:
        statement = statement.where(Evaluation.id < before)
    rows = session.execute(statement.order_by(Evaluation.id.desc()).limit(limit)).all()
    return [(row[0], row[1]) for row in rows]


def open_version(session: Session, contract_id: UUID, role: str) -> int | None:
    """The version of the evaluation of this party that isn't finished."""
    return session.scalar(
        select(Evaluation.version).where(
            Evaluation.contract_id == contract_id,
            Evaluation.evaluated_role == role,
            Evaluation.state.in_([str(state) for state in OPEN_EVALUATION_STATES]),
        )
    )


def last_version(session: Session, contract_id: UUID, role: str) -> int:
    """0 if the party was never evaluated under this contract."""
    of_party = (Evaluation.contract_id == contract_id, Evaluation.evaluated_role == role)
    return session.scalar(select(func.coalesce(func.max(Evaluation.version), 0)).where(*of_party)) or 0


def final_version(session: Session, contract_id: UUID, role: str) -> Evaluation | None:
    """The one that counts; there is at most one."""
    return session.scalar(
        select(Evaluation).where(
            Evaluation.contract_id == contract_id,
            Evaluation.evaluated_role == role,
            Evaluation.state == EvaluationState.FINAL,
        )
    )


def steps_of(session: Session, evaluation_id: UUID) -> Sequence[EvaluationStep]:
    """Oldest first."""
    of_evaluation = EvaluationStep.evaluation_id == evaluation_id
    return session.scalars(select(EvaluationStep).where(of_evaluation).order_by(EvaluationStep.sequence)).all()


def assessments_of(session: Session, evaluation_id: UUID) -> Sequence[EvaluationAssessment]:
    """All there ever were, oldest first."""
    of_evaluation = EvaluationAssessment.evaluation_id == evaluation_id
    statement = select(EvaluationAssessment).where(of_evaluation).order_by(EvaluationAssessment.sequence)
    return session.scalars(statement).all()


def standing_assessments(rows: Sequence[EvaluationAssessment]) -> dict[Factor, EvaluationAssessment]:
    """The latest of each factor, in the factors' order."""
    latest = {Factor(row.factor): row for row in rows}
    return {factor: latest[factor] for factor in Factor if factor in latest}


def prompts_of(session: Session, contract_id: UUID) -> Sequence[VolumePrompt]:
    of_contract = VolumePrompt.contract_id == contract_id
    return session.scalars(select(VolumePrompt).where(of_contract).order_by(VolumePrompt.month)).all()
