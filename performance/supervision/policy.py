"""Pure decisions of supervision: which step is open and why, public demands, rectification orders.

    reminder ─▶ demand ─▶ public demand ─▶ interview ─▶ inspection        (data: `ladders`)
                             ▲ straight, for repeated failure

    an item of a rectification order 整改:   ordered ─▶ reported ─▶ verified
                                              ▲  │ ▲       │  │
                                       extend └──┘ └return─┘  └▶ failed  (from ordered, too, once its day has passed)

What is open is derived from the delay, the steps taken and the tolerances, never typed in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from core.clock import check_day
from core.money import Money
from performance.errors import DemandMissing, StepInFuture, SupervisionClosed
from performance.policy import StepKind
from performance.supervision.errors import (
    DemandOver,
    ItemDueTooEarly,
    ItemStateForbids,
    ItemStillRunning,
    StepBackdated,
    StepNotOpen,
)
from performance.supervision.ladders import Ladder, Rung, Tolerance

PUBLIC_DEMAND = "pdm"
RECTIFICATION = "rec"
RECTIFICATION_ITEM = "rci"


@dataclass(frozen=True, slots=True)
class TakenStep:
    kind: StepKind
    held_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ladder is applied to.

    `failures`: of the same party within the ladder's period, this one not counted; what was excused, rescheduled or
    met isn't one (R12, R14). `failed_items`: rectification of this case that failed.
    """

    due_on: date
    steps: tuple[TakenStep, ...] = ()
    failures: int = 0
    failed_items: int = 0
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step is open or closed: a code, words in both languages, and the clause."""

    code: str
    zh: str
    en: str
    clause: str


@dataclass(frozen=True, slots=True)
class RungStanding:
    """Whether a step may be taken on a day. `opens_on` is None where waiting alone won't open it."""

    step: StepKind
    is_open: bool
    opens_on: date | None
    reasons: tuple[Reason, ...]


def is_repeated(ladder: Ladder, standing: Standing) -> bool:
    """一再爽约."""
    rule = ladder.repeated
    return standing.failures >= rule.failures or standing.failed_items >= rule.failed_rectifications


def tolerances_for(ladder: Ladder, standing: Standing, day: date) -> list[Tolerance]:
    """Those that apply on a day. Repeated failure is not tolerated."""
    if is_repeated(ladder, standing):
        return []
    return [each for each in ladder.tolerances if _applies(each, standing, (day - standing.due_on).days)]


def rung_standing(ladder: Ladder, standing: Standing, step: StepKind, day: date) -> RungStanding:
    """Whether `step` may be taken on `day`, from when, and why."""
    rung = ladder.rung(step)
    if rung.is_straight_when_repeated and is_repeated(ladder, standing):
        rule, at_once = ladder.repeated, standing.due_on + timedelta(days=1)
        return RungStanding(step, day >= at_once, at_once, (Reason("repeated", rule.zh, rule.en, rule.clause),))
    reasons = [_delay(rung, standing)]
    opens_on: date | None = standing.due_on + timedelta(days=rung.after_days)
    if rung.requires:
        reason, waited = _after_required(ladder, rung, standing)
        reasons.append(reason)
        opens_on = None if waited is None else max(waited, standing.due_on + timedelta(days=rung.after_days))
    for tolerance in tolerances_for(ladder, standing, day):
        if step not in tolerance.allows:
            reasons.append(Reason(f"tolerance:{tolerance.code}", tolerance.zh, tolerance.en, tolerance.clause))
            opens_on = _after_tolerance(tolerance, standing, opens_on)
    return RungStanding(step, opens_on is not None and day >= opens_on, opens_on, tuple(reasons))


def ladder_standing(ladder: Ladder, standing: Standing, day: date) -> list[RungStanding]:
    """Every step, in the ladder's order."""
    return [rung_standing(ladder, standing, rung.step, day) for rung in ladder.rungs]


def next_step(ladder: Ladder, standing: Standing, day: date) -> RungStanding | None:
    """The step above the highest one taken; repeated failure goes straight to the public demand. None at the top,
    and where a tolerance leaves nothing further to do."""
    taken = {step.kind for step in standing.steps}
    if StepKind.PUBLIC_DEMAND not in taken and is_repeated(ladder, standing):
        return rung_standing(ladder, standing, StepKind.PUBLIC_DEMAND, day)
    order = [rung.step for rung in ladder.rungs]
    highest = max((order.index(kind) for kind in taken), default=-1)
    for step in order[highest + 1 :]:
        found = rung_standing(ladder, standing, step, day)
        if found.opens_on is not None:
            return found
    return None


def check_step(
    ladder: Ladder,
    standing: Standing,
    step: StepKind,
    *,
    held_on: date,
    opened_on: date,
    today: date,
    outcome: str | None,
) -> None:
    """Whether a step that was held on a day may be recorded today. The ladder is asked about the day it was held.

    Raises `SupervisionClosed`, `InvalidDay`, `StepInFuture`, `StepBackdated` (before the case or before the step
    before it), `DemandMissing` (a public demand without one), or `StepNotOpen`.
    """
    if outcome is not None:
        raise SupervisionClosed(outcome=outcome)
    if check_day(held_on) > today:
        raise StepInFuture(held_on=held_on.isoformat(), today=today.isoformat())
    earliest = max([opened_on, *(taken.held_on for taken in standing.steps)])
    if held_on < earliest:
        raise StepBackdated(held_on=held_on.isoformat(), earliest=earliest.isoformat())
    found = rung_standing(ladder, standing, step, held_on)
    if found.is_open:
        return
    is_missing = any(reason.code == "required_missing" for reason in found.reasons)
    is_tolerated = any(reason.code.startswith("tolerance:") for reason in found.reasons)
    if step is StepKind.PUBLIC_DEMAND and is_missing and not is_tolerated:
        raise DemandMissing
    decisive = found.reasons[-1]
    when = found.opens_on.isoformat() if found.opens_on else "—"
    raise StepNotOpen(step=str(step), why_zh=decisive.zh, why_en=decisive.en, opens_on=when)


def _applies(tolerance: Tolerance, standing: Standing, days_late: int) -> bool:
    if tolerance.is_first_only and standing.failures > 0:
        return False
    if tolerance.days_at_most is not None and days_late > tolerance.days_at_most:
        return False
    if tolerance.amount_below is None:
        return True
    limit, amount = Money.parse(tolerance.amount_below), standing.amount
    return amount is not None and amount.currency == limit.currency and amount.minor < limit.minor


def _delay(rung: Rung, standing: Standing) -> Reason:
    since = standing.due_on.isoformat()
    zh = f"{rung.zh}：到期日 {since} 之后第 {rung.after_days} 日起"
    en = f"{rung.en}: from day {rung.after_days} after the due date {since}"
    return Reason("delay", zh, en, rung.clause)


def _after_required(ladder: Ladder, rung: Rung, standing: Standing) -> tuple[Reason, date | None]:
    """The first of any step required, and the day its waiting ends; None without one."""
    names = [ladder.rung(step) for step in rung.requires]
    zh, en = "、".join(each.zh for each in names), ", ".join(each.en for each in names)
    held = [taken.held_on for taken in standing.steps if taken.kind in rung.requires]
    if not held:
        reason = Reason("required_missing", f"须先经过：{zh}", f"one of these comes first: {en}", rung.clause)
        return reason, None
    waited = min(held) + timedelta(days=rung.wait_days)
    zh = f"“{zh}”后满 {rung.wait_days} 日（{waited.isoformat()}）"
    return Reason("required_held", zh, f"{rung.wait_days} days after {en} ({waited.isoformat()})", rung.clause), waited


def _after_tolerance(tolerance: Tolerance, standing: Standing, opens_on: date | None) -> date | None:
    """A tolerance of days ends by itself; one of the amount doesn't."""
    if opens_on is None or tolerance.amount_below is not None or tolerance.days_at_most is None:
        return None
    return max(opens_on, standing.due_on + timedelta(days=tolerance.days_at_most + 1))


class DemandEnd(StrEnum):
    """Why a public demand ended, besides the states an obligation leaves supervision with."""

    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


def check_demand_running(ended: str | None) -> None:
    """Raises `DemandOver`."""
    if ended is not None:
        raise DemandOver(reason=ended)


class ItemState(StrEnum):
    ORDERED = "ordered"
    REPORTED = "reported"
    VERIFIED = "verified"
    FAILED = "failed"


class ItemChange(StrEnum):
    REPORT = "report"
    RETURN = "return"
    EXTEND = "extend"
    VERIFY = "verify"
    FAIL = "fail"


class OrderState(StrEnum):
    """Of a whole order, derived from its items."""

    OPEN = "open"
    VERIFIED = "verified"
    FAILED = "failed"


_I, _C = ItemState, ItemChange

ITEM_TRANSITIONS: dict[tuple[ItemState, ItemChange], ItemState] = {
    (_I.ORDERED, _C.REPORT): _I.REPORTED,
    (_I.ORDERED, _C.EXTEND): _I.ORDERED,
    (_I.ORDERED, _C.FAIL): _I.FAILED,
    (_I.REPORTED, _C.RETURN): _I.ORDERED,
    (_I.REPORTED, _C.VERIFY): _I.VERIFIED,
    (_I.REPORTED, _C.FAIL): _I.FAILED,
}


def next_item_state(state: ItemState, change: ItemChange) -> ItemState:
    """Raises `ItemStateForbids`."""
    after = ITEM_TRANSITIONS.get((state, change))
    if after is None:
        raise ItemStateForbids(state=str(state), change=str(change))
    return after


def check_item_change(
    state: ItemState, change: ItemChange, *, due_on: date, new_due_on: date | None, today: date
) -> None:
    """Raises `ItemStateForbids`, `InvalidDay`, `ItemDueTooEarly` (an extension goes forward, from today on), or
    `ItemStillRunning`: what wasn't reported fails only once its day has passed."""
    next_item_state(state, change)
    if change is ItemChange.EXTEND:
        check_item_due(new_due_on or due_on, after=due_on, today=today)
    if change is ItemChange.FAIL and state is ItemState.ORDERED and today <= due_on:
        raise ItemStillRunning(until=due_on.isoformat())


def check_item_due(due_on: date, *, after: date | None = None, today: date) -> None:
    """Raises `InvalidDay` or `ItemDueTooEarly`."""
    if check_day(due_on) < today or (after is not None and due_on <= after):
        raise ItemDueTooEarly(due_on=due_on.isoformat(), today=today.isoformat())


def order_state(items: Sequence[ItemState]) -> OrderState:
    """Open while an item is; then failed if one did."""
    if ItemState.ORDERED in items or ItemState.REPORTED in items:
        return OrderState.OPEN
    return OrderState.FAILED if ItemState.FAILED in items else OrderState.VERIFIED
