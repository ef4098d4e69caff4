"""A seal administrator suspends a seal, lets it be used again, or ends it for good."""

from uuid import UUID

from accounts.policy import Actor
from signing.pki.policy import RevocationReason
from signing.plan import check_text
from signing.seals import policy, repository
from signing.seals.context import SealContext
from signing.seals.custody import administered_seal
from signing.seals.policy import LONGEST_REASON, SealState, SealStep
from signing.seals.record_step import record_step


def suspend_seal(context: SealContext, actor: Actor, seal_id: UUID, reason: str) -> None:
    """From the commit on no use counts, not even one that is being made now (`use_seal.note_use`).

    Raises `SealNotFound`, `SealAdministratorRole`, `SealDutiesConflict` or `SealStateConflict`.
    """
    _change(context, actor, seal_id, SealStep.SUSPEND, reason=reason)


def resume_seal(context: SealContext, actor: Actor, seal_id: UUID, reason: str) -> None:
    """Raises as `suspend_seal` does."""
    _change(context, actor, seal_id, SealStep.RESUME, reason=reason)


def revoke_seal(context: SealContext, actor: Actor, seal_id: UUID, reason: str, cause: RevocationReason) -> None:
    """For good; its certificate is revoked in the same transaction, for `cause`. Raises as `suspend_seal` does."""
    _change(context, actor, seal_id, SealStep.REVOKE, reason=reason, cause=cause)


def _change(
    context: SealContext,
    actor: Actor,
    seal_id: UUID,
    step: SealStep,
    *,
    reason: str,
    cause: RevocationReason | None = None,
) -> None:
    check_text("reason", reason, LONGEST_REASON)
    with context.unit_of_work() as uow:
        seal, person = administered_seal(uow, actor, seal_id)
        seal.state = policy.move(SealState(seal.state), step)
        seal.changed_by, seal.changed_at, seal.change_reason = person, uow.now, reason
        facts = {"reason": reason, "software": context.software}
        if cause is not None and seal.certificate_id is not None:
            facts |= {"cause": str(cause), "certificate_id": seal.certificate_id.hex}
            # An authority elsewhere revokes its certificates itself; we hold none of those.
            if repository.validity(uow.session, seal.certificate_id) is not None:
                context.certificates.revoke_in(uow, seal.certificate_id, cause)
        record_step(uow, seal, step=f"seal.{step}", person_id=person, facts=facts)
