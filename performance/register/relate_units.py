"""Which unit is below which (R3b): said by the lower unit's own administrator, or by the regulator of both's region.

Whoever is above reads the contracts of those below and may report for them. So nobody can say of another unit that it
is below theirs: that would open its contracts.
"""

from datetime import date
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from accounts.models import Organisation
from accounts.policy import Actor, OrganisationKind, Scope
from accounts.repository import organisation_by_uscc
from core import ids
from core.clock import check_day, china_day
from core.unit_of_work import UnitOfWork
from ledger.record import Subject
from ledger.service import record_evidence
from performance.recording import Author
from performance.register import repository
from performance.register.errors import (
    UnitNotFound,
    UnitRelationCircular,
    UnitRelationEnded,
    UnitRelationInFuture,
    UnitRelationNotFound,
    UnitRelationNotYours,
    UnitRelationTaken,
)
from performance.register.models import UnitRelation

UNIT_RELATION = "unr"


def begin_relation(
    uow: UnitOfWork, actor: Actor, *, superior_uscc: str, subordinate_uscc: str, from_on: date, reason: str
) -> UnitRelation:
    """From `from_on` (today at the latest) on the one is above the other.

    Raises `UnitNotFound`, `UnitRelationNotYours`, `UnitRelationTaken`, `UnitRelationCircular`, `InvalidDay` or
    `UnitRelationInFuture`.
    """
    _require_scope(actor)
    superior, subordinate = _unit(uow, superior_uscc), _unit(uow, subordinate_uscc)
    _check_may(actor, superior, subordinate)
    today = china_day(uow.now)
    if check_day(from_on) > today:
        raise UnitRelationInFuture(from_on=from_on.isoformat(), today=today.isoformat())
    if repository.is_below(uow.session, superior.id, subordinate.id):
        raise UnitRelationCircular
    relation = UnitRelation(
        id=uow.new_id(),
        superior_organisation_id=superior.id,
        subordinate_organisation_id=subordinate.id,
        from_on=from_on,
        reason=reason,
        entered_at=uow.now,
        entered_by_organisation_id=actor.organisation_id,
        entered_by_person_id=actor.person_id,
    )
    uow.session.add(relation)
    try:
        uow.session.flush()
    except IntegrityError as error:  # The unique key decides, also between two who enter it at the same time.
        raise UnitRelationTaken from error
    _notarise(uow, actor, relation, (superior, subordinate), reason)
    return relation


def end_relation(uow: UnitOfWork, actor: Actor, relation_id: UUID, *, reason: str) -> UnitRelation:
    """From now on the one is no longer above the other. Raises `UnitRelationNotFound`, `UnitRelationNotYours` or
    `UnitRelationEnded`."""
    _require_scope(actor)
    statement = repository.relations(actor).where(UnitRelation.id == relation_id)
    found = uow.session.execute(statement.with_for_update(of=UnitRelation)).one_or_none()
    if found is None:
        raise UnitRelationNotFound
    relation, superior, subordinate = found
    _check_may(actor, superior, subordinate)
    if relation.until_on is not None:
        raise UnitRelationEnded(until_on=relation.until_on.isoformat())
    relation.until_on, relation.ended_at, relation.end_reason = china_day(uow.now), uow.now, reason
    relation.ended_by_organisation_id, relation.ended_by_person_id = actor.organisation_id, actor.person_id
    _notarise(uow, actor, relation, (superior, subordinate), reason)
    return relation


def _unit(uow: UnitOfWork, uscc: str) -> Organisation:
    found = organisation_by_uscc(uow.session, uscc)
    if found is None:
        raise UnitNotFound(uscc=uscc[:40])
    return found


def _require_scope(actor: Actor) -> None:
    """A regulator's, or else an administrator's. Raises `ScopeMissing`."""
    if Scope.SUPERVISION_WRITE not in actor.scopes:
        actor.require(Scope.ACCOUNTS_WRITE)


def _check_may(actor: Actor, superior: Organisation, subordinate: Organisation) -> None:
    is_own = actor.organisation_id == subordinate.id and Scope.ACCOUNTS_WRITE in actor.scopes
    is_regulator = actor.organisation_kind is OrganisationKind.REGULATOR and Scope.SUPERVISION_WRITE in actor.scopes
    if not is_own and not (is_regulator and actor.region == superior.region == subordinate.region):
        raise UnitRelationNotYours


def _notarise(
    uow: UnitOfWork,
    actor: Actor,
    relation: UnitRelation,
    units: tuple[Organisation, Organisation],
    reason: str,
) -> None:
    superior, subordinate = units
    record_evidence(
        uow,
        type="unit_relation.begun" if relation.until_on is None else "unit_relation.ended",
        subject=Subject("unit_relation", ids.public(UNIT_RELATION, relation.id)),
        organisation_ids=[superior.id, subordinate.id, actor.organisation_id],
        facts={
            "by": Author.of(actor).facts(),
            "superior": {"name": superior.name, "uscc": superior.uscc},
            "subordinate": {"name": subordinate.name, "uscc": subordinate.uscc},
            "from_on": relation.from_on.isoformat(),
            "until_on": relation.until_on.isoformat() if relation.until_on else None,
            "reason": reason,
        },
    )
