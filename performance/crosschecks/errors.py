"""What can go wrong with reported facts and findings."""

from core.errors import Conflict, InvalidInput, NotAllowed, NotFound


class ReportedFactNotFound(NotFound):
    code = "reported_fact_not_found"
    zh = "找不到该报送信息。请检查编号。"
    en = "There is no such reported fact. Check the id."


class FindingNotFound(NotFound):
    code = "finding_not_found"
    zh = "找不到该核验疑点。请检查编号。"
    en = "There is no such finding. Check the id."


class FactIncomplete(InvalidInput):
    code = "reported_fact_incomplete"
    zh = "“{kind}”类信息缺少必填项：{missing}。请补充。"
    en = "A fact of the kind {kind} lacks {missing}. Add what is missing."


class FactInFuture(InvalidInput):
    code = "reported_fact_in_future"
    zh = "发生日期 {occurred_on} 晚于今天 {today}。请在实际发生之后报送。"
    en = "The fact is dated {occurred_on}, after today, {today}. Report it once it has happened."


class FactTaken(Conflict):
    code = "reported_fact_taken"
    zh = "来源系统 {source_system} 的记录 {external_id} 已报送过。更正请注明被更正的编号（corrects_id）。"
    en = "The record {external_id} of {source_system} was reported already. To correct it, name it in corrects_id."


class QuantityUnreadable(InvalidInput):
    code = "quantity_unreadable"
    zh = "数量“{given}”应为数字加单位，如“30000 吨”，且同一合同单位一致（{unit}）。请更正。"
    en = "The quantity {given} should be a number and a unit, such as 30000 t, one unit ({unit}) for a contract."


class FindingResolved(Conflict):
    code = "finding_resolved"
    zh = "该疑点已办结，不能再次处理。信息再有变化时会产生新的疑点。"
    en = "The finding is resolved already. Should what is reported change, there will be a new one."


class ResolverRequired(NotAllowed):
    code = "finding_resolver_required"
    zh = "疑点由本地区监管人员办结；当事人只能认可对己方不利的一方数值，且不得由报送人本人办理。请由其他人员办理。"
    en = (
        "An official of the region resolves a finding; a party may only concede what the other side says, and never by "
        "the person who reported. Let such a person act."
    )


class ResolutionInvalid(InvalidInput):
    code = "finding_resolution_invalid"
    zh = "结论“{given}”无效。请选择 first、second，或填写 other 及经核实的数值（{shape}）。"
    en = "The resolution {given} can't be. Choose first or second, or other with the value found ({shape})."
