"""Why an obligation is where it is: the rule, its source, and the facts (pure).

The words of the rule come from the region profile the contract was entered under, so that an old decision is
explained by the policy of its day.
"""

from dataclasses import dataclass
from datetime import date

from performance import policy
from performance.due_dates.explain_due import DueExplanation
from performance.policy import ObligationState
from performance.regions import RegionProfile

_RULE_OF_STATE = {
    ObligationState.DRAFTED: "scheduled",
    ObligationState.CANCELLED: "scheduled",
    ObligationState.SCHEDULED: "scheduled",
    ObligationState.PARTIALLY_MET: "scheduled",
    ObligationState.MET: "scheduled",
    ObligationState.OVERDUE: "overdue",
    ObligationState.UNDER_SUPERVISION: "supervision",
    ObligationState.MET_AFTER_SUPERVISION: "met_after_supervision",
    ObligationState.IN_TERMINATION_REGISTER: "termination",
    ObligationState.TERMINATED: "termination",
    ObligationState.BREACHED: "breach",
    ObligationState.EXEMPT: "exemption",
}

_CONCLUSIONS = {
    ObligationState.DRAFTED: ("合同尚未登记，节点未开始跟踪。", "The contract isn't registered yet."),
    ObligationState.CANCELLED: (
        "合同未签订，或到期前已协商解除，节点已取消。",
        "The contract was never signed, or was rescinded by agreement before this was due.",
    ),
    ObligationState.SCHEDULED: ("未到期，或到期当日尚未结束。", "Its due day isn't over."),
    ObligationState.PARTIALLY_MET: (
        "已部分履行，对方已确认；其余部分到期日当日尚未结束。",
        "A part is done and confirmed; the due day of the rest isn't over.",
    ),
    ObligationState.MET: ("已履行，对方已确认。", "Done, and the other side confirmed it."),
    ObligationState.OVERDUE: ("到期日已过而未履行。", "Its due day has passed and it wasn't met."),
    ObligationState.UNDER_SUPERVISION: (
        "逾期后由监管部门督查中。",
        "Overdue, and the regulator is following it up.",
    ),
    ObligationState.MET_AFTER_SUPERVISION: (
        "经督查后履行完成，不记入失信信息。",
        "Met after supervision: no negative record.",
    ),
    ObligationState.IN_TERMINATION_REGISTER: (
        "确实无法完成，等待争议依法解决；此前不记录违约。",
        "Impossible; no breach is recorded before the dispute is lawfully resolved.",
    ),
    ObligationState.TERMINATED: ("争议已解决，无违约方。", "The dispute is resolved; nobody was at fault."),
    ObligationState.BREACHED: (
        "争议已依法解决并认定违约方，违约已记录。",
        "The dispute was lawfully resolved and found a breach, which is on record.",
    ),
    ObligationState.EXEMPT: ("经审批免责，不认定为失信。", "Excused with approval: not dishonesty."),
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """`rule` names it in the profile; `source` and `clause` say where it stands; `facts` is what it was applied to."""

    state: ObligationState
    rule: str
    rule_zh: str
    rule_en: str
    source: str
    clause: str
    conclusion_zh: str
    conclusion_en: str
    due: DueExplanation
    facts: dict[str, str | int | bool | None]


_SUSPENDED = (
    "合同中止履行期间，期限停止计算，恢复后顺延，期间不认定逾期。",
    "The contract is suspended: the clocks stand still, and nothing falls due before it goes on.",
)
_UNDATED = (
    "起算事件尚未发生或期限尚不能确定，未到期，不可能逾期。",
    "What its period runs from hasn't happened, or its day can't be found yet: it isn't due and can't be overdue.",
)


def explain(
    state: ObligationState,
    profile: RegionProfile,
    *,
    due: DueExplanation,
    due_on: date | None,
    due_version: int,
    closed_on: date | None,
    today: date,
    is_suspended: bool,
    evidence: dict[str, str | None],
) -> Explanation:
    """`due` says why it is due on its day.

    `evidence` adds facts of the case: the exemption's ground, the award's number, the supervision's steps.
    """
    rule = _RULE_OF_STATE[state]
    text = profile.rules[rule]
    conclusion_zh, conclusion_en = _CONCLUSIONS[state]
    if state in policy.RUNNING_STATES and is_suspended:
        conclusion_zh, conclusion_en = _SUSPENDED
    elif state is ObligationState.SCHEDULED and due_on is None:
        conclusion_zh, conclusion_en = _UNDATED
    measured_on = closed_on or today
    days_late = 0 if due_on is None else max(0, (measured_on - due_on).days)
    return Explanation(
        state=state,
        rule=rule,
        rule_zh=text.zh,
        rule_en=text.en,
        source=f"{profile.source}（v{profile.version}）",
        clause=text.clause,
        conclusion_zh=conclusion_zh,
        conclusion_en=conclusion_en,
        due=due,
        facts={
            "due_on": due_on.isoformat() if due_on else None,
            "due_version": due_version,
            "today": today.isoformat(),
            "closed_on": closed_on.isoformat() if closed_on else None,
            "days_late": days_late,
            "is_past_due": due_on is not None and policy.is_overdue(due_on, measured_on),
            "is_suspended": is_suspended,
            **evidence,
        },
    )
