"""Who acts on a seal: found, locked, and asked for the right duty before anything is decided.

A seal of another organisation looks like one that isn't there, to whoever asks; only then it is asked who they are.
"""

from uuid import UUID

from accounts.policy import Actor, Scope
from core.unit_of_work import UnitOfWork
from signing.seals import policy, repository
from signing.seals.errors import SealNotFound, SealPersonRequired
from signing.seals.models import Seal


def person_of(actor: Actor) -> UUID:
    """Raises `SealPersonRequired` for a program: custody is a person's, who answers for it."""
    if actor.person_id is None:
        raise SealPersonRequired
    return actor.person_id


def locked_seal(uow: UnitOfWork, actor: Actor, seal_id: UUID) -> Seal:
    """Raises `SealNotFound`."""
    seal = repository.seal_for_update(uow.session, actor.organisation_id, seal_id)
    if seal is None:
        raise SealNotFound
    return seal


def administered_seal(uow: UnitOfWork, actor: Actor, seal_id: UUID) -> tuple[Seal, UUID]:
    """The seal, locked, and the administrator who acts.

    Raises `SealNotFound`, `SealPersonRequired`, `SealAdministratorRole` or `SealDutiesConflict`.
    """
    actor.require(Scope.SEALS_WRITE)
    seal = locked_seal(uow, actor, seal_id)
    person = person_of(actor)
    roles = repository.roles_of(uow.session, actor.organisation_id, person)
    policy.require_administrator(roles, person=person, users=repository.users(uow.session, seal.id, uow.now))
    return seal, person
