"""The platform renews seals' certificates before they end, so that a seal in use doesn't stop one day."""

from datetime import datetime
from uuid import UUID

from core.unit_of_work import UnitOfWork
from signing.evidence import certificate_facts
from signing.seals import policy, repository
from signing.seals.context import SealContext
from signing.seals.policy import SealState
from signing.seals.record_step import record_step

RENEWED_AT_ONCE = 100


def renew_certificates(context: SealContext, now: datetime) -> int:
    """Each seal in a unit of work of its own; how many got a new one. Harmless to repeat."""
    with context.unit_of_work() as uow:
        due = repository.seals_with_ending_certificates(uow.session, now + policy.RENEW_BEFORE, RENEWED_AT_ONCE)
    return sum(_renew(context, organisation_id, seal_id) for organisation_id, seal_id in due)


def _renew(context: SealContext, organisation_id: UUID, seal_id: UUID) -> bool:
    with context.unit_of_work() as uow:
        return _renew_locked(uow, context, organisation_id, seal_id)


def _renew_locked(uow: UnitOfWork, context: SealContext, organisation_id: UUID, seal_id: UUID) -> bool:
    seal = repository.seal_for_update(uow.session, organisation_id, seal_id)
    if seal is None or seal.certificate_id is None or SealState(seal.state) not in policy.KEPT:
        return False  # Revoked since the sweep looked.
    validity = repository.validity(uow.session, seal.certificate_id)
    if validity is None or validity.is_revoked:
        return False  # A revoked certificate isn't healed by a new one: the seal stays unusable.
    earlier = seal.certificate_id
    seal.certificate_id = context.certificates.renew_seal_certificate(uow, earlier)
    if seal.certificate_id == earlier:
        return False
    facts = {
        "certificate": certificate_facts(uow.session, seal.certificate_id),
        "earlier_certificate": certificate_facts(uow.session, earlier),
        "software": context.software,
    }
    record_step(uow, seal, step="seal.certificate_renewed", person_id=None, facts=facts)
    return True
