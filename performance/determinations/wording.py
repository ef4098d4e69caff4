"""The words of the document 认定文书, in both languages; Chinese decides. Facts are filled in by `document`."""

from ledger.verifier.verdict import Statement

TITLE = Statement("合同违约失信认定书", "Determination of dishonest breach of contract")
LEAD = Statement(
    "本认定书由下列机关依照本地区合同履约信用监管规定作出，并以平台电子签章封存。中文为准，英文仅供参考。",
    "The authority below made this determination under the region's rules on performance of contracts. It bears the "
    "platform's electronic seal. The Chinese text decides.",
)
ASSUMPTIONS = Statement("期限与救济的说明", "On periods and remedies")

SECTIONS = {
    "summary": Statement("一、基本信息", "1. Summary"),
    "facts": Statement("二、认定的事实（固定）", "2. Facts, as frozen"),
    "notice": Statement("三、事先告知", "3. Prior notice"),
    "defence": Statement("四、当事人陈述申辩与听证", "4. Statements of the party, and hearing"),
    "decision": Statement("五、认定决定", "5. Decision"),
    "remedies": Statement("六、异议与救济途径", "6. Ways to contest it"),
    "evidence": Statement("七、存证", "7. Evidence"),
    "limits": Statement("八、本文书不能证明的事项", "8. What this document does not prove"),
}

LABELS = {
    "number": Statement("文书编号", "Number"),
    "authority": Statement("作出机关", "Authority"),
    "party": Statement("被认定方", "Party"),
    "uscc": Statement("统一社会信用代码", "Unified social credit code"),
    "contract": Statement("合同", "Contract"),
    "obligation": Statement("履约事项", "Obligation"),
    "replaces": Statement("取代的认定", "Replaces"),
    "opened_at": Statement("立案时间", "Opened at"),
    "notified_at": Statement("告知时间", "Notice given at"),
    "defence_until": Statement("申辩期限至", "Statements until"),
    "issued_at": Statement("作出时间", "Issued at"),
    "made_at": Statement("文书生成时间", "Document made at"),
    "facts_sha256": Statement("事实摘要 SHA-256", "SHA-256 of the facts"),
    "facts": Statement("事实", "Facts"),
    "reasons": Statement("理由", "Reasons"),
    "basis": Statement("依据", "Basis"),
    "source": Statement("程序依据", "Rules of procedure"),
    "time": Statement("时间", "Time"),
    "step": Statement("事项", "Step"),
    "record": Statement("存证编号", "Evidence"),
}

FACTS = {
    "title": Statement("事项名称", "Title"),
    "kind": Statement("类别", "Kind"),
    "debtor_role": Statement("义务方", "Owed by"),
    "due_on": Statement("到期日", "Due on"),
    "contract_number": Statement("合同编号", "Contract number"),
    "outcome": Statement("争议解决方式", "Outcome of the dispute"),
    "body": Statement("作出机构", "Given by"),
    "case_number": Statement("案号", "Case number"),
    "amount_minor": Statement("金额（最小货币单位）", "Amount (minor units)"),
    "currency": Statement("币种", "Currency"),
    "termination": Statement("终止库编号", "Termination case"),
    "obligation": Statement("履约事项编号", "Obligation id"),
    "due_version": Statement("到期日版本", "Version of the due date"),
}

STEPS = {
    "freeze_facts": Statement("事实固定", "Facts frozen"),
    "notify": Statement("事先告知", "Prior notice"),
    "state": Statement("陈述申辩", "Statement"),
    "ask_for_hearing": Statement("要求听证", "Hearing asked for"),
    "hold_hearing": Statement("听证", "Hearing"),
    "submit": Statement("送审", "Submitted for review"),
    "issue": Statement("作出认定", "Issued"),
}

NO_STATEMENT = Statement(
    "当事人在期限内未提出陈述申辩，亦未要求听证。",
    "Within the period the party made no statement and asked for no hearing.",
)
OTHER_PERSON = Statement(
    "本认定由拟稿人以外的人员审核决定。", "It was reviewed and decided by a person who did not draw it up."
)
LIMITS = (
    Statement(
        "文书上的电子签章是平台签章，证明文书自封存后未被改动，不等同于作出机关的印章。",
        "The electronic seal is the platform's: it shows that the document wasn't changed since, and is not the "
        "authority's own seal.",
    ),
    Statement(
        "本文书不替代裁决、判决等结果文书；两者不一致的，以后者为准。",
        "It replaces no award or judgment; where they differ, those are right.",
    ),
    Statement(
        "本文书作出后可能被变更或撤销，现行状态以公示查询为准：{address}",
        "It may since have been revised or revoked; what stands is told at {address}",
    ),
)
