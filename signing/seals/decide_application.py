"""A seal administrator, never the applicant, decides on an application. Approval makes the key and certificate."""

from uuid import UUID

from accounts import repository as accounts
from accounts.errors import OrganisationNotFound
from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing.evidence import certificate_facts
from signing.plan import check_text
from signing.ports import SignerIdentity
from signing.seals import policy, repository
from signing.seals.context import SealContext
from signing.seals.custody import locked_seal, person_of
from signing.seals.models import Seal
from signing.seals.policy import LONGEST_REASON, SealState, SealStep
from signing.seals.record_step import record_step


def approve_seal(context: SealContext, actor: Actor, seal_id: UUID) -> None:
    """The seal is active from now on. Certificate, state and evidence are one transaction: all of them or none.

    Raises `SealNotFound`, `SealAdministratorRole`, `SealSelfApproval`, `SealDutiesConflict` or `SealStateConflict`.
    """
    actor.require(Scope.SEALS_WRITE)
    with context.unit_of_work() as uow:
        seal, person = _decide(uow, actor, seal_id, SealStep.APPROVE)
        organisation = accounts.organisation(uow.session, seal.organisation_id)
        if organisation is None:
            raise OrganisationNotFound
        identity = SignerIdentity(name=seal.name, organisation_name=organisation.name, uscc=organisation.uscc)
        seal.certificate_id = context.certificates.issue_seal_certificate(uow, identity)
        facts = {
            "certificate": certificate_facts(uow.session, seal.certificate_id),
            "picture_sha256": seal.picture_sha256,
            "software": context.software,
        }
        record_step(uow, seal, step="seal.approved", person_id=person, facts=facts)


def refuse_seal(context: SealContext, actor: Actor, seal_id: UUID, reason: str) -> None:
    """Raises as `approve_seal` does."""
    actor.require(Scope.SEALS_WRITE)
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        seal, person = _decide(uow, actor, seal_id, SealStep.REFUSE)
        seal.decision_reason = reason
        facts = {"reason": reason, "software": context.software}
        record_step(uow, seal, step="seal.refused", person_id=person, facts=facts)


def _decide(uow: UnitOfWork, actor: Actor, seal_id: UUID, step: SealStep) -> tuple[Seal, UUID]:
    seal = locked_seal(uow, actor, seal_id)
    person = person_of(actor)
    roles = repository.roles_of(uow.session, actor.organisation_id, person)
    policy.require_decider(roles, person=person, applicant=seal.applied_by)
    seal.state = policy.move(SealState(seal.state), step)
    seal.decided_by, seal.decided_at = person, uow.now
    return seal, person
