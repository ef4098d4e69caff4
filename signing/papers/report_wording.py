"""The words of the completion report, in both languages. Facts are filled in by `completion_report`."""

from ledger.verifier.verdict import Statement
from signing.identity.facts import NAME_OF, UNCHECKED
from signing.policy import RecipientRole, RecipientState
from signing.ports import IdentityOutcome

TITLE = Statement("签署完成报告", "Completion Report")
LEAD = Statement(
    "本报告由平台根据存证记录生成并以平台电子签章封存，说明下列文件由何人、于何时、以何种方式签署。合同本身是单独的文件，"
    "未因本报告作任何改动。",
    "The platform made this report from the evidence records and sealed it. It tells who signed the documents below, "
    "when, and how. The contract is a file of its own and was not changed for it.",
)

SECTIONS = {
    "summary": Statement("一、基本信息", "1. Summary"),
    "documents": Statement("二、文件", "2. Documents"),
    "recipients": Statement("三、接收人", "3. Recipients"),
    "acts": Statement("四、签署详情", "4. How each of them acted"),
    "seal": Statement("五、平台封存与时间戳", "5. The platform's seal and time-stamps"),
    "timeline": Statement("六、过程记录", "6. Timeline"),
    "limits": Statement("七、本报告不能证明的事项", "7. What this report does not prove"),
    "verify": Statement("八、核验方法", "8. How to verify"),
}

LABELS = {
    "number": Statement("报告编号", "Report number"),
    "title": Statement("名称", "Title"),
    "envelope": Statement("签署编号", "Envelope"),
    "sender": Statement("发起方", "Sender"),
    "sent_at": Statement("发起时间", "Sent at"),
    "completed_at": Statement("完成时间", "Completed at"),
    "made_at": Statement("报告生成时间", "Report made at"),
    "completion": Statement("完成存证编号", "Completion evidence"),
    "rescinds": Statement("解除的原合同", "Rescinds envelope"),
    "software": Statement("系统", "Software"),
    "name": Statement("文件名", "Name"),
    "pages": Statement("页数", "Pages"),
    "size": Statement("大小（字节）", "Size (bytes)"),
    "uploaded": Statement("上传时", "As uploaded"),
    "final": Statement("完成后", "As completed"),
    "role": Statement("角色", "Role"),
    "person": Statement("姓名", "Name"),
    "organisation": Statement("单位", "Organisation"),
    "uscc": Statement("统一社会信用代码", "Unified social credit code"),
    "phone": Statement("手机（脱敏）", "Phone (masked)"),
    "state": Statement("状态", "State"),
    "viewed_at": Statement("首次查看", "First viewed"),
    "authenticated_at": Statement("身份验证", "Authenticated"),
    "method": Statement("验证方式", "Identified by"),
    "real_name": Statement("姓名核验", "Real name"),
    "register": Statement("核验机构、方式及流水号", "Checked by, how, and their reference"),
    "signed_at": Statement("签署时间", "Signed at"),
    "approved_at": Statement("批准时间", "Approved at"),
    "consent": Statement("同意文本", "Consent"),
    "address": Statement("网络地址", "Network address"),
    "seal": Statement("所用印章", "Seal used"),
    "certificate": Statement("证书主体", "Certificate subject"),
    "serial": Statement("证书序列号", "Serial number"),
    "issuer": Statement("证书颁发者", "Certificate issuer"),
    "validity": Statement("证书有效期", "Certificate valid"),
    "key": Statement("私钥", "Private key"),
    "timestamp": Statement("签名时间戳", "Signature time-stamp"),
    "evidence": Statement("存证编号", "Evidence"),
    "reason": Statement("原因", "Reason"),
    "authority": Statement("时间戳机构", "Time-stamp authority"),
    "sealed": Statement("封存方式", "Seal"),
    "at": Statement("时间", "Time"),
    "step": Statement("事项", "Step"),
    "who": Statement("人员", "Who"),
    "no": Statement("序号", "No."),
}

ROLES = {
    RecipientRole.SIGNER: Statement("签署人", "Signer"),
    RecipientRole.APPROVER: Statement("审批人", "Approver"),
    RecipientRole.SEAL: Statement("用印人", "Seal user"),
    RecipientRole.VIEWER: Statement("查看人", "Viewer"),
    RecipientRole.CC: Statement("抄送人", "Copy"),
}
DONE = {
    RecipientRole.SIGNER: Statement("已签署", "Signed"),
    RecipientRole.APPROVER: Statement("已批准", "Approved"),
    RecipientRole.SEAL: Statement("已用印", "Sealed"),
}
STATES = {
    RecipientState.DECLINED: Statement("已拒签", "Declined"),
    RecipientState.REPLACED: Statement("已更换", "Replaced"),
    RecipientState.EXPIRED: Statement("已过期", "Expired"),
    RecipientState.VIEWED: Statement("已查看", "Viewed"),
    RecipientState.BOUNCED: Statement("未送达", "Not delivered"),
}
INFORMED = Statement("无需签署", "Nothing to sign")

BY_PLATFORM = Statement("平台", "The platform")

METHODS = {
    "one-time code to the recipient's phone": Statement(
        "发送至上述手机的一次性验证码", "one-time code sent to the phone above"
    ),
}
NAMES = {
    UNCHECKED: Statement(
        "姓名由发起方填写，未与身份登记核对", "as the sender wrote it; not checked against an identity register"
    ),
    NAME_OF[IdentityOutcome.MATCHED]: Statement(
        "经身份登记机构核验，姓名与上述手机一致", "an identity register says that name and phone belong together"
    ),
    NAME_OF[IdentityOutcome.MISMATCHED]: Statement(
        "姓名由发起方填写；经身份登记机构核验，与手机不一致",
        "as the sender wrote it; an identity register doesn't know it with this phone",
    ),
    NAME_OF[IdentityOutcome.UNKNOWN]: Statement(
        "姓名由发起方填写；已提交身份登记机构核验，未获结果",
        "as the sender wrote it; an identity register was asked and gave no answer",
    ),
}
REMOTE_KEY = Statement("由签署人自行保管（远程签名）", "held by the signer (remote signature)")
PLATFORM_KEY = Statement(
    "由平台托管，每次签署须经签署人本人一次性验证码授权", "kept by the platform; each use took the signer's own code"
)
UNKNOWN_CERTIFICATE = Statement("见签名文件", "see the signed file")
TIMESTAMPED = Statement("已加盖（机构见第五节）", "yes, from the authority in section 5")
TIMESTAMP_PENDING = Statement(
    "签名时时间戳机构未应答（待补时间戳）；该签名由平台封存时加盖的时间戳覆盖，可证明其不晚于封存时间",
    "timestamp pending: the authority did not answer when this was signed. The time-stamp of the platform's "
    "seal covers "
    "it and shows that it existed by then",
)
SEALED = Statement(
    "全部签署后，平台对每份文件加盖电子签章（PAdES）并加盖时间戳，嵌入验证所需的证书与吊销信息；此后的任何改动均可被发现。",
    "Once all had signed, the platform sealed every document (PAdES) with a time-stamp and the certificates and "
    "revocation data it takes to validate it; any change after that shows.",
)

TRIAL_AUTHORITY = Statement(
    "试用：证书由平台自建的试用 CA 颁发，该机构不是依法设立的电子认证服务提供者。",
    "Trial: the certificates come from the platform's own trial CA, which is not a licensed certification provider.",
)
BUILT_IN_TIMESTAMP = Statement(
    "内置时间戳：时间戳由平台自建服务签发，不是独立的第三方时间戳机构。",
    "Built-in TSA: the time-stamps come from the platform's own service, not from an independent authority.",
)
TEST_MODE = Statement(
    "测试模式：这些文件与签名仅供测试，不具法律效力。",
    "Test mode: these documents and signatures are for testing only and bind nobody.",
)

LIMITS = (
    Statement(
        "本报告是对存证记录的概述，不能替代签署文件与存证记录本身；两者不一致的，以后者为准。",
        "It sums up evidence and replaces neither the signed documents nor the evidence records; where they "
        "differ, those "
        "are right.",
    ),
    Statement(
        "一次性验证码证明操作人当时控制该手机号码，不证明该号码由何人实名登记，也不证明操作时无人代为操作。",
        "A one-time code proves control of the phone at that moment; not in whose name the number is "
        "registered, nor that "
        "nobody else was holding the phone.",
    ),
    Statement(
        "本报告不证明签署人有权代表所列单位；授权应由各方自行核实。",
        "It does not prove that a signer was entitled to act for the organisation named; that is for the "
        "parties to check.",
    ),
    Statement(
        "本报告不证明合同内容真实、合法、有效，也不证明合同已经履行。",
        "It does not prove that the contract is true, lawful or valid, nor that it was performed.",
    ),
    Statement(
        "查看、验证等步骤的时间来自平台时钟（{clock}）；只有时间戳所载时间由时间戳机构证明。网络地址可能属于代理服务器。",
        "The times of steps such as viewing come from the platform's clock ({clock}); a time-stamp authority "
        "vouches only "
        "for time-stamps. A network address may be that of a proxy.",
    ),
)

VERIFY = (
    Statement(
        "计算合同文件的 SHA-256 或 SM3 摘要，与第二节“完成后”一栏比对；一致的，即为本报告所述文件。",
        "Compute the SHA-256 or SM3 digest of the contract and compare it with “As completed” in section 2: if "
        "they agree, "
        "it is the file this report is about.",
    ),
    Statement(
        "在 {address} 上传合同文件与本报告（或使用任何支持 PAdES 的软件打开），"
        "查看每一签名的签署人、时间与文件是否被改动。",
        "Upload the contract and this report at {address}, or open them in any software that knows PAdES, and "
        "see of every "
        "signature who made it, when, and whether the file was changed.",
    ),
    Statement(
        "各方可下载本签署编号的存证包，用命令 dingyue verify 离线核验；第四节与第六节的存证编号都在其中。",
        "The parties can download the evidence package of this envelope and check it offline with the command "
        "dingyue verify; the evidence named in sections 4 and 6 is in it.",
    ),
)
