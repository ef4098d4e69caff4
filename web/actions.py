"""What a viewer may do with an obligation now: decides which forms a page offers (pure).

The services decide again, and theirs is the decision that counts; this keeps people from being offered what would be
refused.
"""

from dataclasses import dataclass
from enum import StrEnum

from accounts.policy import Actor, OrganisationKind, Scope
from performance.models import Exemption, Fulfilment, SupervisionCase, TerminationCase
from performance.policy import (
    CLAIMABLE_STATES,
    OBLIGATION_TRANSITIONS,
    ClaimState,
    ObligationChange,
    ObligationState,
    RequestState,
    TerminationState,
)
from performance.reading import ObligationDossier
from performance.repository import ContractFile
from performance.variations.models import Variation
from performance.variations.policy import PENDING_STATES, VariationState


class Action(StrEnum):
    CLAIM = "claim"
    ANSWER_CLAIM = "answer_claim"
    REQUEST_EXEMPTION = "request_exemption"
    ANSWER_EXEMPTION = "answer_exemption"
    PROPOSE_VARIATION = "propose_variation"
    ANSWER_VARIATION = "answer_variation"
    DROP_VARIATION = "drop_variation"
    SIGN_AMENDMENT = "sign_amendment"
    OPEN_SUPERVISION = "open_supervision"
    RECORD_STEP = "record_step"
    FIND_IMPOSSIBLE = "find_impossible"
    RECORD_OUTCOME = "record_outcome"


@dataclass(frozen=True, slots=True)
class Pending:
    """What waits for an answer; at most one of each for an obligation."""

    claim: Fulfilment | None
    exemption: Exemption | None
    variation: Variation | None
    supervision: SupervisionCase | None
    termination: TerminationCase | None


def own_role(uscc: str, file: ContractFile) -> str | None:
    """The side of the contract that the organisation of this code is on; None for anybody else."""
    return next((party.role for party in file.parties if party.uscc == uscc), None)


def pending(about: ObligationDossier) -> Pending:
    return Pending(
        claim=next((row for row in about.fulfilments if row.state == ClaimState.CLAIMED), None),
        exemption=next((row for row in about.exemptions if row.state == RequestState.REQUESTED), None),
        variation=next((row for row in about.variations if row.state in PENDING_STATES), None),
        supervision=next((row for row in about.supervision_cases if row.closed_at is None), None),
        termination=next(
            (row for row in about.termination_cases if row.state == TerminationState.AWAITING_RESOLUTION), None
        ),
    )


def allowed(actor: Actor, own_role: str | None, about: ObligationDossier, waiting: Pending) -> frozenset[Action]:
    """`own_role` is the viewer's side of the contract, None for anybody else."""
    if about.contract.registered_at is None:
        return frozenset()
    found: set[Action] = set()
    if own_role is not None and Scope.CONTRACTS_WRITE in actor.scopes:
        found |= _as_party(own_role, about, waiting)
    if actor.organisation_kind is OrganisationKind.REGULATOR and Scope.SUPERVISION_WRITE in actor.scopes:
        found |= _as_regulator(about, waiting)
    return frozenset(found)


def _as_party(own_role: str, about: ObligationDossier, waiting: Pending) -> set[Action]:
    obligation = about.obligation
    is_debtor, is_creditor = own_role == obligation.debtor_role, own_role == obligation.creditor_role
    found: set[Action] = set()
    if is_debtor and waiting.claim is None and ObligationState(obligation.state) in CLAIMABLE_STATES:
        found.add(Action.CLAIM)
    if is_creditor and waiting.claim is not None:
        found.add(Action.ANSWER_CLAIM)
    if is_debtor and waiting.exemption is None and _can(about, ObligationChange.EXEMPT):
        found.add(Action.REQUEST_EXEMPTION)
    if waiting.variation is None and _can(about, ObligationChange.RESCHEDULE):
        found.add(Action.PROPOSE_VARIATION)
    if waiting.variation is not None:
        is_asked = waiting.variation.state == VariationState.PROPOSED and waiting.variation.proposed_by_role != own_role
        found.add(Action.ANSWER_VARIATION if is_asked else Action.DROP_VARIATION)
        if waiting.variation.state == VariationState.AGREED:
            found.add(Action.SIGN_AMENDMENT)
    return found


def _as_regulator(about: ObligationDossier, waiting: Pending) -> set[Action]:
    found: set[Action] = set()
    if _can(about, ObligationChange.SUPERVISE):
        found.add(Action.OPEN_SUPERVISION)
    if waiting.supervision is not None:
        found.add(Action.RECORD_STEP)
    if _can(about, ObligationChange.FIND_IMPOSSIBLE):
        found.add(Action.FIND_IMPOSSIBLE)
    if waiting.termination is not None:
        found.add(Action.RECORD_OUTCOME)
    if waiting.exemption is not None:
        found.add(Action.ANSWER_EXEMPTION)
    return found


def _can(about: ObligationDossier, change: ObligationChange) -> bool:
    return (ObligationState(about.obligation.state), change) in OBLIGATION_TRANSITIONS
