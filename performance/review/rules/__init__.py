"""The rules of R5 in their order, and the version of them all: whatever changes a finding is a new one."""

from performance.review.rule import Rule
from performance.review.rules import (
    dates,
    disputes,
    drafting,
    liability,
    money,
    parties,
    payment,
    security,
    terms,
    works,
)

VERSION = "2026.2"

RULES: tuple[Rule, ...] = (
    Rule("R01", "主要条款缺失", "Essential terms", terms.essential_terms, sees_absence=True),
    Rule("R02", "建设工程条款缺失", "Terms of works", terms.works_terms, sees_absence=True),
    Rule("R03", "金额大小写不一致", "Words and figures", money.words_and_figures),
    Rule("R04", "清单与总价不符", "Items and total", money.items_and_total),
    Rule("R04", "分期付款不符", "Instalments", money.instalments),
    Rule("R05", "日期与期限", "Dates and terms", dates.dates),
    Rule("R06", "主体信息", "Identity of the parties", parties.identities),
    Rule("R07", "中小企业款项支付", "Payment of small enterprises", payment.payment_terms),
    Rule("R08", "逾期付款利息", "Late interest", payment.late_interest),
    Rule("R09", "定金", "Earnest money", security.earnest_money),
    Rule("R10", "违约金过高", "High damages", security.damages),
    Rule("R11", "定金与违约金并用", "Earnest money and damages", security.earnest_and_damages),
    Rule("R12", "免责条款", "Exclusion of liability", liability.exclusions),
    Rule("R13", "单方条款", "One-sided terms", liability.one_sided),
    Rule("R14", "放弃情势变更", "Waiver of change of circumstances", liability.circumstances),
    Rule("R15", "争议解决", "Dispute resolution", disputes.forum, sees_absence=True),
    Rule("R16", "空白与未定事项", "Blanks and what is open", drafting.left_open),
    Rule("R17", "保证金", "Bonds and retention", security.bonds),
    Rule("R18", "补充合同", "Supplements", money.supplements),
    Rule("R19", "转包分包", "Subcontracting", works.passing_on),
    Rule("R20", "验收期限", "Acceptance", terms.acceptance_period, sees_absence=True),
    Rule("R21", "通知与送达", "Notices and contacts", terms.reachable, sees_absence=True),
    Rule("R22", "完整性", "Completeness", drafting.completeness, sees_absence=True),
)
