"""Pure decisions about suspensions 中止履行 (民法典 §527, §528, and by agreement or order).

    proposed ─▶ in force ─▶ ended        (both sides agree; or a court's or authority's paper)
       └─▶ refused

It is in force from the day both agree, never earlier: nobody makes a delay undone by writing a date. While it is in
force nothing of the contract falls due. When it goes on, what was open and not late is due as many days later.
"""

from datetime import date, timedelta
from enum import StrEnum

from performance.due_dates.calendar import HolidayCalendar
from performance.suspensions.errors import SuspensionPaperMissing, SuspensionStateForbids


class SuspensionState(StrEnum):
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDED = "ended"


class SuspensionChange(StrEnum):
    AGREE = "agree"
    REFUSE = "refuse"
    ORDER = "order"
    END = "end"


class SuspensionBasis(StrEnum):
    AGREEMENT = "agreement"
    AUTHORITY = "authority"


class SuspensionGround(StrEnum):
    """协商一致, 不可抗力, 法院或机关要求, 对方丧失履行能力 (§527), 其他."""

    AGREED = "agreed"
    FORCE_MAJEURE = "force_majeure"
    ORDER = "order"
    UNCERTAIN_COUNTERPERFORMANCE = "uncertain_counterperformance"
    OTHER = "other"


_S, _C = SuspensionState, SuspensionChange

SUSPENSION_TRANSITIONS: dict[tuple[SuspensionState, SuspensionChange], SuspensionState] = {
    (_S.PROPOSED, _C.AGREE): _S.IN_FORCE,
    (_S.PROPOSED, _C.REFUSE): _S.REFUSED,
    # An authority's paper needs nobody's consent, and overtakes a proposal.
    (_S.PROPOSED, _C.ORDER): _S.IN_FORCE,
    (_S.IN_FORCE, _C.END): _S.ENDED,
}
OPEN_STATES = frozenset({_S.PROPOSED, _S.IN_FORCE})


def next_suspension_state(state: SuspensionState, change: SuspensionChange) -> SuspensionState:
    """Raises `SuspensionStateForbids` unless the diagram has such a move."""
    after = SUSPENSION_TRANSITIONS.get((state, change))
    if after is None:
        raise SuspensionStateForbids(state=str(state), change=str(change))
    return after


def check_authority(authority: str, case_number: str, *, has_paper: bool) -> None:
    """Raises `SuspensionPaperMissing`."""
    if not (authority.strip() and case_number.strip() and has_paper):
        raise SuspensionPaperMissing


def suspended_days(suspended_on: date, resumed_on: date) -> int:
    """Whole days, from the first one on; none if it went on the same day."""
    return (resumed_on - suspended_on).days


def postponed(due_on: date, days: int, calendar: HolidayCalendar, *, rolls: bool) -> date:
    """The due date as many days later. Raises `HolidayTableMissing` if it rolls into a year without a table."""
    later = due_on + timedelta(days=days)
    return calendar.working_day_from(later) if rolls and days else later
