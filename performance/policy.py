"""Pure decisions about contracts, obligations and termination cases: no I/O, time is a parameter.

The diagrams of requirements.md §2 are data here: `OBLIGATION_TRANSITIONS` holds every move an obligation can make,
and what isn't in it can't happen. Guards that need more than the state are functions named `check_…`, which raise.

    drafted ─▶ scheduled ─▶ met                  (cancelled: never signed, or rescinded before it was due)
                │   │  ▲
    partially ◀─┘   │  │ rescheduled (signed amendment)
    met ─▶ met      ▼  │
      └─────────▶ overdue ─▶ under supervision ─▶ met after supervision      (no negative mark, R12)
                   │              │
                   └──────┬───────┘
                          ▼
              in termination register ─▶ terminated (no fault) | breached  (only after the outcome, R13)

Exempt and rescheduled are reachable from every open state until a breach is recorded (R14). Overdue is derived from
the due date and the clock (`is_overdue`), never typed in. What waits for its due date is scheduled and never overdue.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID

from core.clock import check_day
from performance.errors import (
    ClaimAnswered,
    ContractStateForbids,
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
SUSPENSION = "spn"
STEP = "stp"


class ContractState(StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"
    SIGNING = "signing"
    SIGNED = "signed"
    REGISTERED = "registered"
    PUBLISHED = "published"
    PERFORMING = "performing"
    VARYING = "varying"
    SUSPENDED = "suspended"
    IN_TERMINATION_REGISTER = "in_termination_register"
    RESOLVED = "resolved"
    COMPLETED = "completed"
    EVALUATED = "evaluated"
    ARCHIVED = "archived"
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
    PARTIALLY_MET = "partially_met"
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
    """What can happen to an obligation.

    SET_DUE: what it waited for has happened. POSTPONE: a suspension moved its day. RESCHEDULE: an amendment did.
    AMEND: an amendment changed how much is owed.
    """

    SCHEDULE = "schedule"
    CANCEL = "cancel"
    FALL_OVERDUE = "fall_overdue"
    SET_DUE = "set_due"
    POSTPONE = "postpone"
    MEET = "meet"
    MEET_PARTLY = "meet_partly"
    SUPERVISE = "supervise"
    FIND_IMPOSSIBLE = "find_impossible"
    CLEAR = "clear"
    RECORD_BREACH = "record_breach"
    EXEMPT = "exempt"
    RESCHEDULE = "reschedule"
    AMEND = "amend"


class ClaimState(StrEnum):
    CLAIMED = "claimed"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"


class RequestState(StrEnum):
    """Of exemption requests."""

    REQUESTED = "requested"
    APPROVED = "approved"
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
_RUNNING = (_S.SCHEDULED, _S.PARTIALLY_MET)
_LATE = (_S.OVERDUE, _S.UNDER_SUPERVISION)
_EXCUSABLE = (*_RUNNING, *_LATE, _S.IN_TERMINATION_REGISTER)

OBLIGATION_TRANSITIONS: dict[tuple[ObligationState, ObligationChange], ObligationState] = {
    (_S.DRAFTED, _C.SCHEDULE): _S.SCHEDULED,
    (_S.DRAFTED, _C.CANCEL): _S.CANCELLED,
    **{(state, _C.CANCEL): _S.CANCELLED for state in _RUNNING},
    **{(state, _C.SET_DUE): state for state in _RUNNING},
    **{(state, _C.POSTPONE): state for state in _RUNNING},
    **{(state, _C.FALL_OVERDUE): _S.OVERDUE for state in _RUNNING},
    **{(state, _C.MEET_PARTLY): _S.PARTIALLY_MET for state in _RUNNING},
    # A part that comes late leaves the rest as late as it was.
    **{(state, _C.MEET_PARTLY): state for state in _LATE},
    **{(state, _C.MEET): _S.MET for state in (*_RUNNING, _S.OVERDUE)},
    (_S.UNDER_SUPERVISION, _C.MEET): _S.MET_AFTER_SUPERVISION,
    (_S.OVERDUE, _C.SUPERVISE): _S.UNDER_SUPERVISION,
    **{(state, _C.FIND_IMPOSSIBLE): _S.IN_TERMINATION_REGISTER for state in _LATE},
    (_S.IN_TERMINATION_REGISTER, _C.CLEAR): _S.TERMINATED,
    (_S.IN_TERMINATION_REGISTER, _C.RECORD_BREACH): _S.BREACHED,
    **{(state, _C.EXEMPT): _S.EXEMPT for state in _EXCUSABLE},
    **{(state, _C.RESCHEDULE): _S.SCHEDULED for state in _EXCUSABLE},
    (_S.PARTIALLY_MET, _C.RESCHEDULE): _S.PARTIALLY_MET,
    **{(state, _C.AMEND): state for state in (*_RUNNING, *_LATE)},
}

OPEN_OBLIGATION_STATES = frozenset({_S.DRAFTED, *_EXCUSABLE})
RUNNING_STATES = frozenset(_RUNNING)
CLAIMABLE_STATES = frozenset({*_RUNNING, *_LATE})
_K = ContractState
_FOLLOWED = (
    _K.REGISTERED,
    _K.PUBLISHED,
    _K.PERFORMING,
    _K.VARYING,
    _K.SUSPENDED,
    _K.IN_TERMINATION_REGISTER,
    _K.RESOLVED,
)

CONTRACT_TRANSITIONS: dict[ContractState, frozenset[ContractState]] = {
    _K.DRAFT: frozenset({_K.REVIEWED, _K.SIGNING, _K.SIGNED}),
    _K.REVIEWED: frozenset({_K.SIGNING, _K.SIGNED}),
    _K.SIGNING: frozenset({_K.SIGNED, _K.CANCELLED}),
    _K.SIGNED: frozenset({_K.REGISTERED, _K.RESCINDED}),
    _K.REGISTERED: frozenset({_K.PUBLISHED, _K.PERFORMING, _K.RESCINDED}),
    _K.PUBLISHED: frozenset({_K.PERFORMING, _K.RESCINDED}),
    _K.PERFORMING: frozenset({_K.VARYING, _K.SUSPENDED, _K.IN_TERMINATION_REGISTER, _K.COMPLETED, _K.RESCINDED}),
    _K.VARYING: frozenset({_K.PERFORMING, _K.SUSPENDED, _K.IN_TERMINATION_REGISTER, _K.COMPLETED, _K.RESCINDED}),
    _K.SUSPENDED: frozenset(
        {_K.PERFORMING, _K.VARYING, _K.IN_TERMINATION_REGISTER, _K.RESOLVED, _K.CLOSED, _K.COMPLETED, _K.RESCINDED}
    ),
    # A dispute over the only open obligation ends the contract with it; an amendment or exemption takes it back.
    _K.IN_TERMINATION_REGISTER: frozenset(
        {_K.RESOLVED, _K.CLOSED, _K.PERFORMING, _K.VARYING, _K.COMPLETED, _K.RESCINDED}
    ),
    _K.RESOLVED: frozenset({_K.IN_TERMINATION_REGISTER, _K.CLOSED, _K.RESCINDED}),
    _K.COMPLETED: frozenset({_K.EVALUATED, _K.RESCINDED}),
    _K.EVALUATED: frozenset({_K.ARCHIVED}),
    **{state: frozenset() for state in (_K.ARCHIVED, _K.CLOSED, _K.CANCELLED, _K.RESCINDED)},
}
"""Every move a contract can make. What isn't here can't happen, whoever asks."""

FOLLOWED_CONTRACT_STATES = frozenset(_FOLLOWED)
UNSHARED_STATES = frozenset({_K.DRAFT, _K.REVIEWED})
"""Nobody but who entered it sees it."""
_BEFORE_PERFORMING = frozenset({_K.REGISTERED, _K.PUBLISHED})


def check_contract_move(before: ContractState, after: ContractState) -> None:
    """Raises `ContractStateForbids` unless the diagram has such a move."""
    if after not in CONTRACT_TRANSITIONS[before]:
        raise ContractStateForbids(state=str(before))


def contract_steps(before: ContractState, after: ContractState) -> tuple[ContractState, ...]:
    """The moves that lead from the one to the other: whatever happens to an obligation, its contract performs first."""
    if before == after:
        return ()
    if before in _BEFORE_PERFORMING and after in FOLLOWED_CONTRACT_STATES | {_K.COMPLETED, _K.CLOSED}:
        direct = after in {_K.PUBLISHED, _K.PERFORMING}
        return (after,) if direct else (_K.PERFORMING, after)
    return (after,)


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


def contract_state_after(
    current: ContractState,
    obligations: Sequence[ObligationState],
    *,
    is_suspended: bool | None = None,
    is_varying: bool | None = None,
) -> ContractState:
    """The state of a registered contract, derived from its obligations and from what is under way.

    It performs from the first obligation that moves; it is in the termination register while one of them is; after
    a dispute it is resolved, and closed once nothing is open; without one it is completed. Suspended, it stays so until
    it goes on. It is varying while an amendment is under way and nothing graver is. `is_suspended` and `is_varying`
    are what `current` says, unless told.
    """
    if current not in FOLLOWED_CONTRACT_STATES or not obligations:
        return current
    if current is ContractState.SUSPENDED if is_suspended is None else is_suspended:
        return ContractState.SUSPENDED
    graver = _state_by_disputes_and_ends(obligations)
    if graver is not None:
        return graver
    if current is ContractState.VARYING if is_varying is None else is_varying:
        return ContractState.VARYING
    has_moved = any(state not in {_S.DRAFTED, _S.SCHEDULED} for state in obligations)
    return ContractState.PERFORMING if has_moved or current not in _BEFORE_PERFORMING else current


def _state_by_disputes_and_ends(obligations: Sequence[ObligationState]) -> ContractState | None:
    """None while nothing was disputed and something is still open."""
    if ObligationState.IN_TERMINATION_REGISTER in obligations:
        return ContractState.IN_TERMINATION_REGISTER
    was_disputed = bool({ObligationState.TERMINATED, ObligationState.BREACHED} & set(obligations))
    if OPEN_OBLIGATION_STATES.isdisjoint(obligations):
        return ContractState.CLOSED if was_disputed else ContractState.COMPLETED
    return ContractState.RESOLVED if was_disputed else None


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
    ground: ExemptionGround, *, occurred_on: date, due_on: date | None, today: date, has_evidence: bool
) -> None:
    """Raises `EvidenceMissing`, `InvalidDay`, `GroundInFuture`, or `GroundTooLate`.

    What happened after the delay had begun doesn't excuse (民法典 §590 ¶2 for force majeure; the same reason holds
    for an accident and a change of circumstances). An agreed variation needs no event before the due date.
    """
    if not has_evidence:
        raise EvidenceMissing
    if check_day(occurred_on) > today:
        raise GroundInFuture(occurred_on=occurred_on.isoformat(), today=today.isoformat())
    if ground is not ExemptionGround.AGREED_VARIATION and due_on is not None and occurred_on > due_on:
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
