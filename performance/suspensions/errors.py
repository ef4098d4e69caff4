"""What can go wrong with suspensions."""

from core.errors import Conflict, InvalidInput, NotFound


class SuspensionNotFound(NotFound):
    code = "suspension_not_found"
    zh = "找不到该中止履行记录。请检查编号。"
    en = "There is no such suspension. Check the id."


class SuspensionPending(Conflict):
    code = "suspension_pending"
    zh = "该合同已有一份中止履行提议或正在中止。请先处理完毕。"
    en = "A suspension of this contract is proposed or in force already. Settle that first."


class SuspensionStateForbids(Conflict):
    code = "suspension_state_forbids"
    zh = "该中止履行处于“{state}”状态，不能进行“{change}”。"
    en = "The suspension is {state}; {change} isn't possible now."


class SuspensionPaperMissing(InvalidInput):
    code = "suspension_paper_missing"
    zh = "以法院或主管机关文书中止履行的，须填写作出机构、文号并附文书。请补充。"
    en = "A suspension by a court's or authority's paper names the body and the number, with the paper. Add them."
