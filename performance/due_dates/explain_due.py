"""Why an obligation is due on its day, or has none yet: the rule, its source, the facts, in both languages (pure)."""

from dataclasses import dataclass
from typing import Any

from performance.due_dates.calendar import HolidayCalendar
from performance.due_dates.errors import HolidayTableMissing
from performance.due_dates.policy import Anchor, DueRule, DueUnit, Occurrence
from performance.due_dates.rules import STATUTE, determine, read_rule
from performance.models import Obligation

_ANCHORS = {
    Anchor.SIGNING: ("合同签订", "the signing"),
    Anchor.DELIVERY: ("交付", "the delivery"),
    Anchor.ACCEPTANCE: ("验收", "the acceptance"),
    Anchor.INVOICE: ("开具发票", "the invoice"),
    Anchor.OBLIGATION: ("前一节点履行", "the fulfilment of another obligation"),
}
_UNITS = {
    DueUnit.CALENDAR_DAYS: ("日", "calendar days"),
    DueUnit.WORKING_DAYS: ("个工作日", "working days"),
    DueUnit.MONTHS: ("个月", "months"),
}
_CONTRACT = "合同约定 the contract"


@dataclass(frozen=True, slots=True)
class DueExplanation:
    """`kind` is named, relative, recurring or amended; `missing` says what the day still waits for."""

    kind: str
    zh: str
    en: str
    source: str
    missing: str | None
    facts: dict[str, Any]


def explain_due(obligation: Obligation, calendar: HolidayCalendar) -> DueExplanation:
    basis = obligation.due_basis or {}
    if obligation.due_rule is None:
        return _named(obligation, basis)
    rule = read_rule(obligation.due_rule)
    zh, en = _words(rule)
    missing = None
    if obligation.due_on is None and obligation.anchored_on is None:
        missing = "anchor"
        zh, en = f"{zh}起算事件尚未发生，期限未起算。", f"{en} That hasn't happened, so there is no day yet."
    elif obligation.due_on is None and obligation.anchored_on is not None:
        missing = "holiday_table"
        told_zh, told_en = _missing(obligation, calendar)
        zh, en = f"{zh}{told_zh}", f"{en} {told_en}"
    else:
        if basis.get("rolled"):
            zh += f"期限末日 {basis['counted_to']} 为休息日，顺延至 {basis.get('due_on')}。"
            en += f" Its last day, {basis['counted_to']}, is a day off, so it ends on {basis.get('due_on')}."
        if "postponed" in basis:
            zh += f"合同中止履行 {basis['postponed']['days']} 日，相应顺延。"
            en += f" The contract was suspended for {basis['postponed']['days']} days, and it is that much later."
    kind = "recurring" if isinstance(rule, Occurrence) else "relative"
    return DueExplanation(kind, zh, en, STATUTE, missing, {"rule": obligation.due_rule, **basis})


def _named(obligation: Obligation, basis: dict[str, Any]) -> DueExplanation:
    day = obligation.due_on.isoformat() if obligation.due_on else None
    if "variation" in basis:
        zh = f"双方签署的变更协议约定的到期日为 {day}。"
        en = f"The amendment both sides signed names {day}."
        return DueExplanation("amended", zh, en, _CONTRACT, None, basis)
    zh, en = (
        f"合同写明到期日 {basis.get('postponed', {}).get('from', day)}，按约定日期，不顺延。",
        (f"The contract names {basis.get('postponed', {}).get('from', day)}; a named day is taken as written."),
    )
    if "postponed" in basis:
        zh += f"合同中止履行 {basis['postponed']['days']} 日，顺延至 {day}。"
        en += f" The contract was suspended for {basis['postponed']['days']} days, so it is due on {day}."
    return DueExplanation("named", zh, en, _CONTRACT, None, basis)


def _words(rule: DueRule | Occurrence) -> tuple[str, str]:
    if isinstance(rule, Occurrence):
        return (
            f"周期性节点，约定日期 {rule.counted_to}{'，遇休息日顺延' if rule.rolls else '，不顺延'}。",
            f"It recurs, now on {rule.counted_to}{', rolling from a day off' if rule.rolls else ', not rolling'}.",
        )
    (anchor_zh, anchor_en), (unit_zh, unit_en) = _ANCHORS[rule.anchor], _UNITS[rule.unit]
    not_rolling = "" if rule.rolls else ", and by agreement not rolling"
    return (
        f"自{anchor_zh}之日起 {rule.count} {unit_zh}内（当日不计入）{'' if rule.rolls else '，约定不顺延'}。",
        f"Within {rule.count} {unit_en} after {anchor_en}, that day not counted{not_rolling}.",
    )


def _missing(obligation: Obligation, calendar: HolidayCalendar) -> tuple[str, str]:
    """What the missing table says of itself; or that the sweep will set the day, if it came since."""
    try:
        determine(obligation.due_rule or {}, obligation.anchored_on or calendar.last_day, calendar)
    except HolidayTableMissing as missing:
        return missing.message("zh"), missing.message("en")
    return "节假日安排已具备，期限将由系统确定。", "The holiday table is there now; the next sweep sets the day."
