"""What can go wrong with credit records."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound


class CreditRecordNotFound(NotFound):
    code = "credit_record_not_found"
    zh = "找不到该信用记录，或您与该单位没有共同的合同。请核对统一社会信用代码。"
    en = "There is no such credit record, or you share no contract with this body. Check the credit code."


class CreditEventNotFound(NotFound):
    code = "credit_event_not_found"
    zh = "找不到该信用事件。请检查编号。"
    en = "There is no such credit event. Check the id."


class RuleSetNotFound(NotFound):
    code = "rule_set_not_found"
    zh = "没有适用于 {given} 的计分规则版本。可用版本见 /v1/credit-rules。"
    en = "There is no rule set for {given}. /v1/credit-rules lists those there are."


class ScoreDateInFuture(InvalidInput):
    code = "score_date_in_future"
    zh = "不能计算未来日期 {at} 的得分，今天是 {today}。请改用今天或更早的日期。"
    en = "There is no score for {at}, which is after today, {today}. Use today or an earlier date."


class ReversalNotAllowed(NotAllowed):
    code = "reversal_not_allowed"
    zh = "只有信用主管部门可以撤销信用事件。请向其提出异议。"
    en = "Only the credit office can reverse a credit event. Raise an objection with it."


class EventNotReversible(Conflict):
    code = "event_not_reversible"
    zh = "该信用事件已被撤销，或本身就是撤销记录，不能再次撤销。"
    en = "This credit event was reversed before, or is a reversal itself; it can't be reversed."
