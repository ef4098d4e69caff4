"""Pure decisions about contracts, obligations and termination cases: no I/O, time is a parameter.

The diagrams of requirements.md §2 are data here: `OBLIGATION_TRANSITIONS` holds every move an obligation can make,
and what isn't in it can't happen. Guards that need more than the state are functions named `check_…`, which raise.

    drafted ─▶ scheduled ─▶ met                  (cancelled: never signed, or rescinded before it was due)
                   │  ▲
                   ▼  │ rescheduled (agreed)
                overdue ─▶ under supervision ─▶ met after supervision      (no negative mark, R12)
                   │              │
                   └──────┬───────┘
                          ▼
              in termination register ─▶ terminated (no fault) | breached  (only after the outcome, R13)

Exempt and rescheduled are reachable from every open state until a breach is recorded (R14). Overdue is derived from
the due date and the clock (`is_overdue`), never typed in.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from core.clock import check_day
from performance.errors import (
    ClaimAnswered,
    DisputeResolved,
    DisputeUnresolved,
    EvidenceMissing,
    FulfilledInFuture,
    GroundInFuture,
    GroundTooLate,
    MediationWalledOff,
    NewDueDatePassed,
    ObligationStateForbids,
    OutcomeContradictory,
    OutcomeIncomplete,
    OutcomeInFuture,
    SamePersonApproves,
)

EXEMPTION = "exm"
VARIATION = "var"
STEP = "stp"


class ContractState(StrEnum):
    DRAFT = "draft"
    SIGNING = "signing"
    SIGNED = "signed"
    REGISTERED = "registered"
    PERFORMING = "performing"
    IN_TERMINATION_REGISTER = "in_termination_register"
    RESOLVED = "resolved"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    RESCINDED = "rescinded"


class Intake(StrEnum):
    """How a contract came into the register (R3)."""

    ONLINE_SIGNING = "online_signing"
    SELF_ENTRY = "self_entry"
    OFFICER_ENTRY = "officer_entry"
    BULK_UPLOAD = "bulk_upload"


class PartyRole(StrEnum):
    """`signatory`: signed an envelope that nobody described, so its side isn't known."""

    PURCHASER = "purchaser"
    SUPPLIER = "supplier"
    SIGNATORY = "signatory"


class ObligationKind(StrEnum):
    DELIVERY = "delivery"
    PAYMENT = "payment"
    ACCEPTANCE = "acceptance"
    REPORT = "report"
    BOND = "bond"
    OTHER = "other"


class ObligationState(StrEnum):
    DRAFTED = "drafted"
    SCHEDULED = "scheduled"
    OVERDUE = "overdue"
    UNDER_SUPERVISION = "under_supervision"
    MET = "met"
    MET_AFTER_SUPERVISION = "met_after_supervision"
    EXEMPT = "exempt"
    IN_TERMINATION_REGISTER = "in_termination_register"
    TERMINATED = "terminated"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class ObligationChange(StrEnum):
    """What can happen to an obligation."""

    SCHEDULE = "schedule"
    CANCEL = "cancel"
    FALL_OVERDUE = "fall_overdue"
    MEET = "meet"
    SUPERVISE = "supervise"
    FIND_IMPOSSIBLE = "find_impossible"
    CLEAR = "clear"
    RECORD_BREACH = "record_breach"
    EXEMPT = "exempt"
    RESCHEDULE = "reschedule"


class ClaimState(StrEnum):
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


class RequestState(StrEnum):
    """Of exemption requests and of proposed variations."""

    REQUESTED = "requested"
    PROPOSED = "proposed"
    APPROVED = "approved"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class StepKind(StrEnum):
    REMINDER = "reminder"
    DEMAND = "demand"
    PUBLIC_DEMAND = "public_demand"
    INTERVIEW = "interview"
    INSPECTION = "inspection"


class TerminationState(StrEnum):
    AWAITING_RESOLUTION = "awaiting_resolution"
    NO_FAULT = "no_fault"
    BREACH_RECORDED = "breach_recorded"


class DisputeOutcome(StrEnum):
    """How a dispute was lawfully resolved: 和解 settlement, 调解 mediation, 裁决 award, 判决 judgment."""

    SETTLEMENT = "settlement"
    MEDIATION = "mediation"
    AWARD = "award"
    JUDGMENT = "judgment"


class ExemptionGround(StrEnum):
    """协商一致变更, 不可抗力, 意外事件, 情势变更 (R14)."""

    AGREED_VARIATION = "agreed_variation"
    FORCE_MAJEURE = "force_majeure"
    ACCIDENT = "accident"
    CHANGE_OF_CIRCUMSTANCES = "change_of_circumstances"


_S, _C = ObligationState, ObligationChange
_EXCUSABLE = (_S.SCHEDULED, _S.OVERDUE, _S.UNDER_SUPERVISION, _S.IN_TERMINATION_REGISTER)

OBLIGATION_TRANSITIONS: dict[tuple[ObligationState, ObligationChange], ObligationState] = {
    (_S.DRAFTED, _C.SCHEDULE): _S.SCHEDULED,
    (_S.DRAFTED, _C.CANCEL): _S.CANCELLED,
    (_S.SCHEDULED, _C.CANCEL): _S.CANCELLED,
    (_S.SCHEDULED, _C.FALL_OVERDUE): _S.OVERDUE,
    (_S.SCHEDULED, _C.MEET): _S.MET,
    (_S.OVERDUE, _C.MEET): _S.MET,
    (_S.UNDER_SUPERVISION, _C.MEET): _S.MET_AFTER_SUPERVISION,
    (_S.OVERDUE, _C.SUPERVISE): _S.UNDER_SUPERVISION,
    (_S.OVERDUE, _C.FIND_IMPOSSIBLE): _S.IN_TERMINATION_REGISTER,
    (_S.UNDER_SUPERVISION, _C.FIND_IMPOSSIBLE): _S.IN_TERMINATION_REGISTER,
    (_S.IN_TERMINATION_REGISTER, _C.CLEAR): _S.TERMINATED,
    (_S.IN_TERMINATION_REGISTER, _C.RECORD_BREACH): _S.BREACHED,
    **{(state, _C.EXEMPT): _S.EXEMPT for state in _EXCUSABLE},
    **{(state, _C.RESCHEDULE): _S.SCHEDULED for state in _EXCUSABLE},
}

OPEN_OBLIGATION_STATES = frozenset({_S.DRAFTED, *_EXCUSABLE})
CLAIMABLE_STATES = frozenset({_S.SCHEDULED, _S.OVERDUE, _S.UNDER_SUPERVISION})
FOLLOWED_CONTRACT_STATES = frozenset(
    {
        ContractState.REGISTERED,
        ContractState.PERFORMING,
        ContractState.IN_TERMINATION_REGISTER,
        ContractState.RESOLVED,
    }
)


def next_obligation_state(state: ObligationState, change: ObligationChange) -> ObligationState:
    """Raises `ObligationStateForbids` unless the diagram has such a move.

    A breach without a termination case raises the more telling `DisputeUnresolved` (R13).
    """
    after = OBLIGATION_TRANSITIONS.get((state, change))
    if after is not None:
        return after
    if change is ObligationChange.RECORD_BREACH and state in OPEN_OBLIGATION_STATES:
        raise DisputeUnresolved
    raise ObligationStateForbids(state=str(state), change=str(change))


def replay(changes: Iterable[ObligationChange]) -> ObligationState:
    """The state an obligation is in after `changes`, from its draft on: its history tells its state."""
    state = ObligationState.DRAFTED
    for change in changes:
        state = next_obligation_state(state, change)
    return state


def is_overdue(due_on: date, today: date) -> bool:
    """The last day belongs to the debtor until 24:00 (民法典 §203), so the day after it is the first one late."""
    return today > due_on


def contract_state_after(current: ContractState, obligations: Sequence[ObligationState]) -> ContractState:
    """The state of a registered contract, derived from its obligations.

    It performs from the first obligation that moves; it is in the termination register while one of them is; after
    a dispute it is resolved, and closed once nothing is open; without one it is completed.
    """
    if current not in FOLLOWED_CONTRACT_STATES or not obligations:
        return current
    if ObligationState.IN_TERMINATION_REGISTER in obligations:
        return ContractState.IN_TERMINATION_REGISTER
    was_disputed = bool({ObligationState.TERMINATED, ObligationState.BREACHED} & set(obligations))
    if OPEN_OBLIGATION_STATES.isdisjoint(obligations):
        return ContractState.CLOSED if was_disputed else ContractState.COMPLETED
    if was_disputed:
        return ContractState.RESOLVED
    has_moved = any(state not in {_S.DRAFTED, _S.SCHEDULED} for state in obligations)
    if current is ContractState.REGISTERED and not has_moved:
        return current
    return ContractState.PERFORMING


def check_claim(state: ObligationState, fulfilled_on: date, today: date) -> None:
    """Raises `ObligationStateForbids`, `InvalidDay` or `FulfilledInFuture`."""
    if state not in CLAIMABLE_STATES:
        raise ObligationStateForbids(state=str(state), change="claim_fulfilment")
    if check_day(fulfilled_on) > today:
        raise FulfilledInFuture(fulfilled_on=fulfilled_on.isoformat(), today=today.isoformat())


def check_unanswered(state: ClaimState) -> None:
    """Raises `ClaimAnswered`: an answer is given once; a new claim may follow a dispute."""
    if state is not ClaimState.CLAIMED:
        raise ClaimAnswered(state=str(state))


def check_exemption(
    ground: ExemptionGround, *, occurred_on: date, due_on: date, today: date, has_evidence: bool
) -> None:
    """Raises `EvidenceMissing`, `InvalidDay`, `GroundInFuture`, or `GroundTooLate`.

    What happened after the delay had begun doesn't excuse (民法典 §590 ¶2 for force majeure; the same reason holds
    for an accident and a change of circumstances). An agreed variation needs no event before the due date.
    """
    if not has_evidence:
        raise EvidenceMissing
    if check_day(occurred_on) > today:
        raise GroundInFuture(occurred_on=occurred_on.isoformat(), today=today.isoformat())
    if ground is not ExemptionGround.AGREED_VARIATION and occurred_on > due_on:
        raise GroundTooLate(occurred_on=occurred_on.isoformat(), due_on=due_on.isoformat())


def check_approver(requested_by: UUID | None, decides: UUID | None) -> None:
    """Raises `SamePersonApproves`: a person decides, and not the one who asked."""
    if decides is None or decides == requested_by:
        raise SamePersonApproves


def check_new_due_date(due_on: date, today: date) -> None:
    """Raises `InvalidDay` or `NewDueDatePassed`."""
    if is_overdue(check_day(due_on), today):
        raise NewDueDatePassed(due_on=due_on.isoformat(), today=today.isoformat())


def finding(
    state: TerminationState,
    outcome: DisputeOutcome,
    *,
    party_at_fault: PartyRole | None,
    is_no_fault: bool,
    is_documented: bool,
    decided_on: date,
    today: date,
) -> ObligationChange:
    """What a dispute's outcome does to the obligation: `CLEAR` or `RECORD_BREACH`.

    `is_documented`: the document, its number and who issued it are all there.
    Raises `DisputeResolved`, `InvalidDay`, `OutcomeInFuture`, `OutcomeContradictory`, `OutcomeIncomplete`, or
    `MediationWalledOff` (what is conceded in mediation never reaches the credit record, R23).
    """
    if state is not TerminationState.AWAITING_RESOLUTION:
        raise DisputeResolved(state=str(state))
    if check_day(decided_on) > today:
        raise OutcomeInFuture(decided_on=decided_on.isoformat(), today=today.isoformat())
    if is_no_fault:
        if party_at_fault is not None:
            raise OutcomeContradictory
        return ObligationChange.CLEAR
    if party_at_fault is None or not is_documented:
        raise OutcomeIncomplete
    if outcome is DisputeOutcome.MEDIATION:
        raise MediationWalledOff
    return ObligationChange.RECORD_BREACH
