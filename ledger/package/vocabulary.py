"""What the types and facts of evidence records are called among people. What isn't named here is shown as it is."""

from collections.abc import Mapping

from core.errors import Language
from ledger.verifier.verdict import Statement

EVENTS: Mapping[str, Statement] = {
    "document.uploaded": Statement("上传文件", "Document uploaded"),
    "envelope.sent": Statement("发起签署", "Sent for signing"),
    "envelope.reminded": Statement("催签", "Reminded"),
    "envelope.corrected": Statement("撤回更正", "Taken back for correction"),
    "envelope.extended": Statement("延长期限", "Given more time"),
    "envelope.timestamped": Statement("补加时间戳", "Time-stamped later"),
    "envelope.completed": Statement("平台封存，签署完成", "Sealed and completed"),
    "envelope.declined": Statement("拒签", "Declined"),
    "envelope.voided": Statement("撤销", "Voided"),
    "envelope.expired": Statement("过期", "Expired"),
    "envelope.failed": Statement("文件无法制备", "Could not be prepared"),
    "envelope.rescission_begun": Statement("发起解除", "Rescission begun"),
    "envelope.rescinded": Statement("合同已解除", "Contract rescinded"),
    "envelope.report_made": Statement("生成签署完成报告", "Completion report made"),
    "recipient.sent": Statement("签署链接已发出", "Link sent"),
    "recipient.bounced": Statement("签署链接未送达", "Link not delivered"),
    "recipient.viewed": Statement("打开签署链接", "Opened the link"),
    "recipient.code_requested": Statement("请求验证码", "Asked for a code"),
    "recipient.code_refused": Statement("验证码错误", "Entered a wrong code"),
    "recipient.authenticated": Statement("通过身份验证", "Proved who they are"),
    "recipient.remote_prepared": Statement("准备远程签名", "Prepared a remote signature"),
    "recipient.signed": Statement("签署", "Signed"),
    "recipient.approved": Statement("批准", "Approved"),
    "recipient.replaced": Statement("更换接收人", "Recipient replaced"),
    "seal.used": Statement("使用印章", "Seal used"),
    "certificate.revoked": Statement("证书吊销", "Certificate revoked"),
    "digest.notarised": Statement("文件或摘要存证", "File or digest notarised"),
    "contract.registered": Statement("合同归集登记", "Contract registered"),
    "contract.rescinded": Statement("合同已解除", "Contract rescinded"),
    "contract.cancelled": Statement("合同登记撤销", "Registration cancelled"),
    "obligation.schedule": Statement("履约事项确定", "Obligation scheduled"),
    "obligation.fall_overdue": Statement("履约事项逾期", "Obligation overdue"),
    "obligation.meet": Statement("履约事项已履行", "Obligation met"),
    "obligation.exempt": Statement("履约事项免除", "Obligation exempted"),
    "obligation.reschedule": Statement("履约期限变更", "Due date changed"),
    "obligation.supervise": Statement("履约事项转入督促", "Obligation supervised"),
    "obligation.record_breach": Statement("记录违约", "Breach recorded"),
    "obligation.cancel": Statement("履约事项撤销", "Obligation cancelled"),
    "fulfilment.claimed": Statement("申报已履行", "Fulfilment claimed"),
    "fulfilment.disputed": Statement("对履行提出异议", "Fulfilment disputed"),
    "supervision.step": Statement("督促措施", "Supervision step"),
    "determination.freeze_facts": Statement("认定事实固定", "Facts of a determination frozen"),
    "determination.notify": Statement("认定事先告知", "Prior notice of a determination"),
    "determination.state": Statement("当事人陈述申辩", "Statement of defence"),
    "determination.ask_for_hearing": Statement("要求听证", "Hearing asked for"),
    "determination.hold_hearing": Statement("举行听证", "Hearing held"),
    "determination.submit": Statement("认定送审", "Determination submitted for review"),
    "determination.issue": Statement("作出认定", "Determination issued"),
    "determination.dismiss": Statement("认定不成立", "Determination not established"),
    "determination.serve": Statement("认定送达", "Determination served"),
    "determination.publish": Statement("认定公示", "Determination published"),
    "determination.revise": Statement("认定变更", "Determination revised"),
    "determination.revoke": Statement("认定撤销", "Determination revoked"),
    "contract.reviewed": Statement("合同风险审查", "Contract text reviewed"),
    "contract.draft_confirmed": Statement("登记草稿经人员确认", "Draft of the entry confirmed by a person"),
    "evaluation.open": Statement("履约评价开启", "Evaluation opened"),
    "evaluation.assess": Statement("履约评价打分", "Factor assessed"),
    "evaluation.submit": Statement("履约评价提交并征求意见", "Evaluation submitted for comment"),
    "evaluation.comment": Statement("被评价方意见", "Comment of the evaluated party"),
    "evaluation.request_review": Statement("履约评价提请复核", "Review of an evaluation requested"),
    "evaluation.confirm": Statement("履约评价生效", "Evaluation final"),
    "evaluation.return": Statement("履约评价退回", "Evaluation returned"),
    "evaluation.withdraw": Statement("履约评价撤回", "Evaluation withdrawn"),
    "evaluation.supersede": Statement("履约评价被新版取代", "Evaluation superseded"),
    "volume.prompted": Statement("催报供货量", "Report of a volume prompted"),
    "fact.reported": Statement("信息报送", "Fact reported"),
    "finding.open": Statement("核验疑点产生", "Finding opened"),
    "finding.see_again": Statement("核验疑点数值变化", "Finding with new values"),
    "finding.answer": Statement("核验疑点说明", "Finding answered"),
    "finding.resolve": Statement("核验疑点办结", "Finding resolved"),
    "credit.event_recorded": Statement("信用事件记录", "Credit event recorded"),
    "hold.placed": Statement("司法保全", "Legal hold placed"),
    "hold.released": Statement("解除司法保全", "Legal hold released"),
}

FACTS: Mapping[str, Statement] = {
    "address": Statement("网络地址", "address"),
    "method": Statement("核验方式", "identified by"),
    "organisation_name": Statement("单位", "organisation"),
    "uscc": Statement("统一社会信用代码", "credit code"),
    "phone": Statement("手机", "phone"),
    "title": Statement("名称", "title"),
    "due_on": Statement("履行期限", "due on"),
    "amount_minor": Statement("金额（最小货币单位）", "amount (minor units)"),
    "currency": Statement("币种", "currency"),
    "contract_number": Statement("合同编号", "contract number"),
    "signed_at": Statement("签署时间", "signed at"),
    "sealed_at": Statement("封存时间", "sealed at"),
    "signed_on": Statement("签订日期", "signed on"),
    "reason": Statement("原因", "reason"),
    "number": Statement("编号", "number"),
    "attempts": Statement("尝试次数", "attempts"),
    "before": Statement("此前状态", "before"),
    "after": Statement("此后状态", "after"),
    "role": Statement("角色", "role"),
    "debtor_role": Statement("义务方", "debtor"),
    "problem": Statement("问题", "problem"),
    "identified_by": Statement("身份依据", "identified by"),
    "purpose": Statement("用途", "purpose"),
}
"""Of a record's facts the report tells these; all of them stand in the record itself, which is in the package."""

VALUES: Mapping[str, Statement] = {
    "one-time code to the recipient's phone": Statement(
        "发送至本人手机的一次性验证码", "one-time code sent to the signer's phone"
    ),
    "as the sender wrote it; not checked against an identity register": Statement(
        "姓名由发起方填写，未与身份登记核对", "name as the sender wrote it; not checked against an identity register"
    ),
    "has an account of the platform; whether this person may sign for it is for its members' phones to tell": Statement(
        "单位在平台有账户；此人是否有权代表单位，以该单位成员的手机号码为凭",
        "the organisation has an account of the platform; whether this person may sign for it is for its members' "
        "phones to tell",
    ),
    "as the sender wrote it; only the check digit of its code was checked": Statement(
        "单位由发起方填写，仅核对了统一社会信用代码的校验位",
        "organisation as the sender wrote it; only the check digit of its code was checked",
    ),
    "good": Statement("未吊销", "not revoked"),
    "revoked": Statement("已吊销", "revoked"),
    "unknown": Statement("未知", "unknown"),
    "signature_timestamp": Statement("签名时间戳", "time-stamp of the signature"),
    "document_timestamp": Statement("文件时间戳", "time-stamp of the document"),
    "system clock (NTP)": Statement("系统时钟（NTP 校时）", "system clock (NTP)"),
    "demonstration clock": Statement("演示时钟（可人为调整）", "demonstration clock (it can be moved)"),
    "platform": Statement("平台", "the platform"),
    "signer": Statement("签署人", "signer"),
    "purchaser": Statement("采购方", "purchaser"),
    "supplier": Statement("供应方", "supplier"),
    "session": Statement("登录会话", "session"),
    "api_token": Statement("接口令牌", "API token"),
    "scheduled": Statement("待履行", "scheduled"),
    "drafted": Statement("草拟", "drafted"),
}


def in_words(text: str, language: Language, table: Mapping[str, Statement] = VALUES) -> str:
    """What `text` is called in the language; itself if it has no name."""
    named = table.get(text)
    if named is None:
        return text
    return named.zh if language == "zh" else named.en
