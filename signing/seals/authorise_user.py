"""A seal administrator lets a person use a seal: whom, for what, until when; and takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.policy import Actor, Scope
from core import ids
from core.clock import rfc3339
from core.unit_of_work import UnitOfWork
from signing.plan import check_text
from signing.seals import policy, repository
from signing.seals.context import SealContext
from signing.seals.custody import administered_seal
from signing.seals.errors import SealAuthorisationEnded, SealAuthorisationNotFound, SealUserNotFound
from signing.seals.models import Seal, SealAuthorisation
from signing.seals.policy import LONGEST_CLASS, LONGEST_REASON, SealState
from signing.seals.record_step import record_step


@dataclass(frozen=True, slots=True)
class NewAuthorisation:
    """No `contract_classes` means all of them; no `valid_from` now; no `max_uses` any number."""

    person_id: UUID
    purpose: str
    valid_until: datetime
    valid_from: datetime | None = None
    contract_classes: Sequence[str] = ()
    max_uses: int | None = None


def authorise_user(context: SealContext, actor: Actor, seal_id: UUID, new: NewAuthorisation) -> UUID:
    """Raises `SealNotFound`, `SealAdministratorRole`, `SealStateConflict` unless the seal is active,
    `SealUserNotFound`, `SealDutiesConflict` for a person with another duty, or an `InvalidInput` about the terms.
    """
    actor.require(Scope.SEALS_WRITE)
    _check_texts(new)
    with context.unit_of_work() as uow:
        seal, administrator = administered_seal(uow, actor, seal_id)
        policy.require_active(SealState(seal.state))
        policy.check_period(new.valid_from or uow.now, new.valid_until, uow.now)
        _require_user(uow, seal, new.person_id, administrator)
        authorisation = _add(uow, seal, new, administrator)
        facts = {**_facts(authorisation), "software": context.software}
        record_step(
            uow, seal, step="seal.authorised", person_id=administrator, facts=facts, authorisation=authorisation
        )
    return authorisation.id


def revoke_authorisation(
    context: SealContext, actor: Actor, seal_id: UUID, authorisation_id: UUID, reason: str
) -> None:
    """From the commit on it allows no use, not even one that is being made now.

    Raises `SealNotFound`, `SealAuthorisationNotFound`, `SealAdministratorRole`, or `SealAuthorisationEnded` if it
    was revoked before.
    """
    actor.require(Scope.SEALS_WRITE)
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        seal, administrator = administered_seal(uow, actor, seal_id)
        authorisation = repository.authorisation(uow.session, seal.id, authorisation_id)
        if authorisation is None:
            raise SealAuthorisationNotFound
        if authorisation.revoked_at is not None:
            raise SealAuthorisationEnded
        authorisation.revoked_by, authorisation.revoked_at = administrator, uow.now
        authorisation.revocation_reason = reason
        facts = {**_facts(authorisation), "reason": reason, "software": context.software}
        step = "seal.authorisation_revoked"
        record_step(uow, seal, step=step, person_id=administrator, facts=facts, authorisation=authorisation)


def _check_texts(new: NewAuthorisation) -> None:
    check_text("purpose", new.purpose, LONGEST_REASON)
    policy.check_classes(new.contract_classes)
    for contract_class in new.contract_classes:
        check_text("contract_classes", contract_class, LONGEST_CLASS)
    policy.check_uses(new.max_uses)


def _require_user(uow: UnitOfWork, seal: Seal, person_id: UUID, administrator: UUID) -> None:
    roles = repository.roles_of(uow.session, seal.organisation_id, person_id)
    if not roles:
        raise SealUserNotFound
    policy.require_user(roles, person=person_id, administrators=(seal.decided_by, administrator))


def _add(uow: UnitOfWork, seal: Seal, new: NewAuthorisation, administrator: UUID) -> SealAuthorisation:
    authorisation = SealAuthorisation(
        id=uow.new_id(),
        seal_id=seal.id,
        organisation_id=seal.organisation_id,
        person_id=new.person_id,
        purpose=new.purpose,
        contract_classes=list(new.contract_classes),
        valid_from=new.valid_from or uow.now,
        valid_until=new.valid_until,
        max_uses=new.max_uses,
        granted_by=administrator,
        granted_at=uow.now,
    )
    uow.session.add(authorisation)
    uow.session.flush()
    return authorisation


def _facts(authorisation: SealAuthorisation) -> dict[str, Any]:
    return {
        "authorisation": ids.public(ids.SEAL_AUTHORISATION, authorisation.id),
        "user": ids.public(ids.PERSON, authorisation.person_id),
        "purpose": authorisation.purpose,
        "contract_classes": list(authorisation.contract_classes) or "all",
        "valid_from": rfc3339(authorisation.valid_from),
        "valid_until": rfc3339(authorisation.valid_until),
        "max_uses": authorisation.max_uses,
    }
