"""Pure decisions about determinations: no I/O, time is a parameter.

    opened ─▶ facts frozen ─▶ notified ─▶ under review ─▶ issued ─▶ served ─▶ public ─▶ revised | revoked
                              (statement,      └▶ not established
                               hearing)

What is issued or served can be revised or revoked before it is public, too. Both end it for good: a revoked one is
withdrawn from the public, of a revised one only the mark is left that it was revised.
"""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum
from uuid import UUID

from performance.determinations.errors import (
    DefencePeriodOver,
    DeterminationStateForbids,
    DrafterCannotDecide,
    DrafterCannotHear,
    HearingOutstanding,
    NoticeIncomplete,
    ObligationNotDeterminable,
    PeriodRunning,
    PublicationBeforeService,
)
from performance.policy import ObligationState

DETERMINATION = "det"


class DeterminationState(StrEnum):
    OPENED = "opened"
    FACTS_FROZEN = "facts_frozen"
    NOTIFIED = "notified"
    UNDER_REVIEW = "under_review"
    NOT_ESTABLISHED = "not_established"
    ISSUED = "issued"
    SERVED = "served"
    PUBLIC = "public"
    REVISED = "revised"
    REVOKED = "revoked"


class DeterminationChange(StrEnum):
    """What can happen to a determination. A statement, and a hearing asked for or held, leave its state as it is."""

    FREEZE_FACTS = "freeze_facts"
    NOTIFY = "notify"
    STATE = "state"
    ASK_FOR_HEARING = "ask_for_hearing"
    HOLD_HEARING = "hold_hearing"
    SUBMIT = "submit"
    ISSUE = "issue"
    DISMISS = "dismiss"
    SERVE = "serve"
    PUBLISH = "publish"
    REVISE = "revise"
    REVOKE = "revoke"


_S, _C = DeterminationState, DeterminationChange
_STANDING = (_S.ISSUED, _S.SERVED, _S.PUBLIC)

DETERMINATION_TRANSITIONS: dict[tuple[DeterminationState, DeterminationChange], DeterminationState] = {
    (_S.OPENED, _C.FREEZE_FACTS): _S.FACTS_FROZEN,
    (_S.FACTS_FROZEN, _C.NOTIFY): _S.NOTIFIED,
    **{(_S.NOTIFIED, change): _S.NOTIFIED for change in (_C.STATE, _C.ASK_FOR_HEARING, _C.HOLD_HEARING)},
    (_S.NOTIFIED, _C.SUBMIT): _S.UNDER_REVIEW,
    (_S.UNDER_REVIEW, _C.ISSUE): _S.ISSUED,
    (_S.UNDER_REVIEW, _C.DISMISS): _S.NOT_ESTABLISHED,
    (_S.ISSUED, _C.SERVE): _S.SERVED,
    (_S.SERVED, _C.PUBLISH): _S.PUBLIC,
    **{(state, _C.REVISE): _S.REVISED for state in _STANDING},
    **{(state, _C.REVOKE): _S.REVOKED for state in _STANDING},
}

DECISIONS = frozenset({_C.ISSUE, _C.DISMISS, _C.REVISE, _C.REVOKE})
"""Taken by somebody who didn't draw it up."""
DRAFTING = frozenset({_C.FREEZE_FACTS, _C.NOTIFY, _C.SUBMIT})
"""Whoever took one of these drew it up, beside whoever opened it."""
ENDINGS = frozenset({_C.DISMISS, _C.REVISE, _C.REVOKE})


def next_determination_state(state: DeterminationState, change: DeterminationChange) -> DeterminationState:
    """Raises `DeterminationStateForbids`, or `PublicationBeforeService` for what is issued and not served."""
    after = DETERMINATION_TRANSITIONS.get((state, change))
    if after is not None:
        return after
    if change is _C.PUBLISH and state is _S.ISSUED:
        raise PublicationBeforeService
    raise DeterminationStateForbids(state=str(state), change=str(change))


def replay(changes: Iterable[DeterminationChange]) -> DeterminationState:
    """The state after `changes`, from its opening on: its steps tell its state."""
    state = _S.OPENED
    for change in changes:
        state = next_determination_state(state, change)
    return state


def check_obligation(state: ObligationState) -> None:
    """Raises `ObligationNotDeterminable` unless a breach is on record, after the outcome of the dispute (R12, R13)."""
    if state is not ObligationState.BREACHED:
        raise ObligationNotDeterminable(state=str(state))


def check_notice(facts: str, reasons: str, basis: str) -> None:
    """Raises `NoticeIncomplete`."""
    if not (facts.strip() and reasons.strip() and basis.strip()):
        raise NoticeIncomplete


def check_in_time(today: date, defence_until: date) -> None:
    """The last day belongs to the party until 24:00 (民法典 §203). Raises `DefencePeriodOver`."""
    if today > defence_until:
        raise DefencePeriodOver(until=defence_until.isoformat())


def check_over(change: DeterminationChange, today: date, until: date) -> None:
    """Raises `PeriodRunning` while the party's period runs, its last day included."""
    if today <= until:
        raise PeriodRunning(until=until.isoformat(), change=str(change))


def check_heard(changes: Iterable[DeterminationChange]) -> None:
    """Raises `HearingOutstanding` if a hearing was asked for and none held since."""
    is_outstanding = False
    for change in changes:
        if change is _C.ASK_FOR_HEARING:
            is_outstanding = True
        elif change is _C.HOLD_HEARING:
            is_outstanding = False
    if is_outstanding:
        raise HearingOutstanding


def check_decider(drafted_by: Collection[UUID | None], decides: UUID | None) -> None:
    """Raises `DrafterCannotDecide`: a person decides, and none of those who drew it up."""
    if decides is None or decides in drafted_by:
        raise DrafterCannotDecide


def check_hearing_chair(drafted_by: UUID | None, chairs: UUID | None) -> None:
    """Raises `DrafterCannotHear`: a person chairs a hearing, and not the one who investigated (行政处罚法 §64)."""
    if chairs is None or chairs == drafted_by:
        raise DrafterCannotHear


def number_of(issued_on: str, determination_id: UUID) -> str:
    """Of one determination always the same: the day of its issue in China, and the end of its id."""
    return f"DYR-{issued_on.replace('-', '')}-{determination_id.hex[-12:].upper()}"
