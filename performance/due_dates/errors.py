"""What can go wrong with due dates, their anchors, and the holiday tables."""

from core.errors import Conflict, DingyueError, InvalidInput


class HolidayTableMissing(Conflict):
    code = "holiday_table_missing"
    zh = "缺少 {year} 年的法定节假日安排，无法计算期限。请由管理员放入 {year}.v1.json 后重试，系统不作推测。"
    en = (
        "There is no table of the public holidays of {year}, so the period can't be counted; nothing is guessed. The"
        " operator adds {year}.v1.json, then try again."
    )


class HolidayTableInvalid(DingyueError):
    code = "holiday_table_invalid"
    zh = "节假日文件 {file} 无效：{reason}。请由管理员更正。"
    en = "The holiday table {file} is invalid: {reason}. The operator must mend it."


class DueRuleInvalid(InvalidInput):
    code = "due_rule_invalid"
    zh = "“{title}”的期限规则无效：{reason_zh}。请更正。"
    en = "The due rule of {title} doesn't work: {reason_en}. Correct it."


class RecurrenceInvalid(InvalidInput):
    code = "recurrence_invalid"
    zh = "周期性履约须起月不晚于止月、不超过 {most} 期、每 1/3/6/12 个月一期、日期为 1–31 或月末。请更正。"
    en = (
        "What recurs starts no later than it ends, at most {most} times, every 1, 3, 6 or 12 months, on a day 1–31 or"
        " the last one. Correct it."
    )


class AnchorNotReportable(InvalidInput):
    code = "anchor_not_reportable"
    zh = "该节点自签订之日或另一节点履行之日起算，由系统确定，不能申报。"
    en = "This one runs from the signing or from another obligation's fulfilment: the system knows that day itself."


class AnchorInFuture(InvalidInput):
    code = "anchor_in_future"
    zh = "起算事件日期 {occurred_on} 晚于今天 {today}。请在实际发生之后申报。"
    en = "The starting event is dated {occurred_on}, after today, {today}. Report it once it has happened."


class AnchorBeforeSigning(InvalidInput):
    code = "anchor_before_signing"
    zh = "起算事件日期 {occurred_on} 早于合同签订日期 {signed_on}。请核对。"
    en = "The starting event is dated {occurred_on}, before the signing on {signed_on}. Check both dates."


class AnchorSet(Conflict):
    code = "anchor_set"
    zh = "该节点的起算日已确定为 {anchored_on}，不能再次申报。有误的，请双方签订变更协议。"
    en = "The period runs from {anchored_on} already. If that is wrong, the parties sign an amendment."
