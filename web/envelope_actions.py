"""What a viewer may do with an envelope now: decides which forms its page offers (pure).

The services decide again, and theirs is the decision that counts; this keeps people from being offered what would be
refused.
"""

from enum import StrEnum
from uuid import UUID

from accounts.policy import Actor, Scope
from signing.policy import ACTING, ON_TURN, SIGNING, EnvelopeState, RecipientState
from signing.read_envelopes import EnvelopeView

REPLACEABLE = ON_TURN | {RecipientState.AWAITING}


class EnvelopeAction(StrEnum):
    SEND = "send"
    EDIT = "edit"
    REMIND = "remind"
    EXTEND = "extend"
    CORRECT = "correct"
    VOID = "void"
    RESCIND = "rescind"


def allowed(actor: Actor, view: EnvelopeView) -> frozenset[EnvelopeAction]:
    """The sender's organisation runs the envelope; any party to a completed one may begin its rescission."""
    if Scope.ENVELOPES_WRITE not in actor.scopes:
        return frozenset()
    envelope = view.envelope
    found: set[EnvelopeAction] = set()
    if envelope.organisation_id == actor.organisation_id:
        found |= _as_sender(view)
    is_open = envelope.rescinded_at is None and envelope.rescinds_id is None
    if envelope.state == EnvelopeState.COMPLETED and is_open:
        found.add(EnvelopeAction.RESCIND)
    return frozenset(found)


def replaceable(actor: Actor, view: EnvelopeView) -> frozenset[UUID]:
    """The ids of the recipients in whose place the viewer may put somebody else."""
    is_own = view.envelope.organisation_id == actor.organisation_id and Scope.ENVELOPES_WRITE in actor.scopes
    if not is_own or view.envelope.state != EnvelopeState.IN_PROGRESS:
        return frozenset()
    return frozenset(each.id for each in view.recipients if each.role in ACTING and each.state in REPLACEABLE)


def _as_sender(view: EnvelopeView) -> set[EnvelopeAction]:
    state = EnvelopeState(view.envelope.state)
    if state is EnvelopeState.DRAFT and view.envelope.rescinds_id is None:
        return {EnvelopeAction.SEND, EnvelopeAction.EDIT, EnvelopeAction.VOID}
    if state in {EnvelopeState.DRAFT, EnvelopeState.PROCESSING}:
        return {EnvelopeAction.SEND, EnvelopeAction.VOID}
    if state is not EnvelopeState.IN_PROGRESS:
        return set()
    found = {EnvelopeAction.REMIND, EnvelopeAction.EXTEND, EnvelopeAction.VOID}
    has_signature = any(each.role in SIGNING and each.state == RecipientState.COMPLETED for each in view.recipients)
    return found if has_signature else found | {EnvelopeAction.CORRECT}
