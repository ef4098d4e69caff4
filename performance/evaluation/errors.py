"""What can go wrong with evaluations and their schemes."""

from core.errors import Conflict, DingyueError, InvalidInput, NotAllowed, NotFound


class EvaluationNotFound(NotFound):
    code = "evaluation_not_found"
    zh = "找不到该履约评价。请检查编号。"
    en = "There is no such evaluation. Check the id."


class EvaluatorRequired(NotAllowed):
    code = "evaluator_required"
    zh = "履约评价由采购方（对供应方）或本地区监管部门作出。请由相应单位办理。"
    en = "The purchaser evaluates the supplier, the region's regulator either. Let that organisation act."


class EvaluatedPartyRequired(NotAllowed):
    code = "evaluated_party_required"
    zh = "只有被评价方可以对评价提出意见。请由被评价单位办理。"
    en = "Only the evaluated party comments on its evaluation. Let that organisation act."


class ReviewerRequired(NotAllowed):
    code = "reviewer_required"
    zh = "评价须由本地区监管部门的另一名人员复核，合同当事人和评价参与人不能复核。请由其他人员办理。"
    en = (
        "Another person, of the region's regulator, reviews it: no party, and nobody who took part. "
        "Let such a person act."
    )


class EvaluationStateForbids(Conflict):
    code = "evaluation_state_forbids"
    zh = "该评价目前处于“{state}”状态，不能进行“{change}”。已提交的评价只能以新版本更改。"
    en = "The evaluation is {state}; {change} isn't possible now. What was submitted changes only by a new version."


class EvaluationOpen(Conflict):
    code = "evaluation_open"
    zh = "该当事方已有一份未完成的评价（第 {version} 版）。请先完成或撤回。"
    en = "An evaluation of this party isn't finished (version {version}). Finish or withdraw it first."


class FactorUnknown(InvalidInput):
    code = "evaluation_factor_unknown"
    zh = "评价方案 {scheme} 对该类合同没有因素“{factor}”。可用因素：{known}。"
    en = "The scheme {scheme} has no factor {factor} for this class. Known: {known}."


class PointsInvalid(InvalidInput):
    code = "evaluation_points_invalid"
    zh = "得分 {points} 应为 0 至 100 的整数。请更正。"
    en = "The points, {points}, should be a whole number from 0 to 100. Correct them."


class NarrativeMissing(InvalidInput):
    code = "evaluation_narrative_missing"
    zh = "因素“{factor}”没有文字说明。请写明评分的事实依据。"
    en = "The factor {factor} has no narrative. Write down the facts behind its points."


class FactorsIncomplete(InvalidInput):
    code = "evaluation_factors_incomplete"
    zh = "以下因素尚未评分：{missing}。请逐项评分并附证据后提交。"
    en = "These factors have no points yet: {missing}. Assess each, with evidence, then submit."


class CommentPeriodOpen(Conflict):
    code = "comment_period_open"
    zh = "被评价方的意见期至 {until} 24:00 止（今天 {today}）。期满或对方声明无其他意见后方可提请复核。"
    en = "The party may comment until the end of {until} (today is {today}). Ask for review after that."


class CommentPeriodOver(Conflict):
    code = "comment_period_over"
    zh = "意见期已于 {until} 届满。评价生效后如有异议，请申请更正（新版本）。"
    en = "The comment period ended on {until}. Once it is final, ask for a correction (a new version)."


class PeriodInvalid(InvalidInput):
    code = "kpi_period_invalid"
    zh = "月份 {month} 不在本合同的供货月份之内。请填写有供货节点的月份（YYYY-MM）。"
    en = "The contract has no volume to deliver in {month}. Name a month that has one (YYYY-MM)."


class KPIUnknown(InvalidInput):
    code = "kpi_unknown"
    zh = "评价方案 {scheme} 对合同类别“{class_code}”没有履约率指标。"
    en = "The scheme {scheme} sets no fulfilment rates for the class {class_code}."


class PromptTooEarly(Conflict):
    code = "kpi_prompt_too_early"
    zh = "{month} 尚未结束（今天 {today}）。请在当月结束后催报。"
    en = "{month} isn't over (today is {today}). Prompt for the report once it is."


class SchemeInvalid(DingyueError):
    code = "evaluation_scheme_invalid"
    zh = "评价方案文件 {file} 无效：{reason}。请由管理员更正后重启。"
    en = "The evaluation scheme {file} is invalid: {reason}. The operator must mend it and restart."
