"""The fixed sentences of the report, in both languages. Facts are filled in by `report`."""

from ledger.verifier.verdict import Statement

TITLE = Statement("电子数据存证证书", "Certificate of Notarised Electronic Data")

SECTIONS = {
    "summary": Statement("一、基本信息", "1. Summary"),
    "files": Statement("二、存证文件", "2. Files"),
    "signers": Statement("三、签名", "3. Signatures"),
    "timeline": Statement("四、过程记录", "4. Timeline"),
    "log": Statement("五、日志与时间戳", "5. Log and time-stamp"),
    "chain": Statement("六、区块链锚定", "6. Blockchain anchor"),
    "operator": Statement("七、平台", "7. Platform"),
    "court": Statement("八、《人民法院在线诉讼规则》第十六至十九条", "8. Online Litigation Rules, articles 16 to 19"),
    "limits": Statement("九、本证书不能证明的事项", "9. What this does not prove"),
    "verify": Statement("十、核验方法", "10. How to verify"),
}

LABELS = {
    "number": Statement("证书编号", "Number"),
    "made_at": Statement("出具时间", "Made at"),
    "holder": Statement("持有人（脱敏）", "Holder (masked)"),
    "subjects": Statement("事项编号", "Matters"),
    "records": Statement("存证记录数", "Records"),
    "name": Statement("名称", "Name"),
    "size": Statement("大小（字节）", "Size (bytes)"),
    "file": Statement("文件", "File"),
    "signer": Statement("签名人证书", "Signer's certificate"),
    "issuer": Statement("颁发者", "Issuer"),
    "serial_number": Statement("证书序列号", "Certificate serial number"),
    "revocation": Statement("签名时吊销状态", "Revocation when signed"),
    "signed_at": Statement("签名时间（时间戳）", "Signed at (time-stamp)"),
    "at": Statement("时间（北京时间）", "Time (Asia/Shanghai)"),
    "type": Statement("事件", "Event"),
    "who": Statement("人员", "Who"),
    "detail": Statement("要素", "Facts"),
    "origin": Statement("日志", "Log"),
    "tree_size": Statement("日志大小", "Log size"),
    "root": Statement("默克尔根（SHA-256）", "Merkle root (SHA-256)"),
    "leaf_indexes": Statement("记录位置", "Places of the records"),
    "stamped_at": Statement("时间戳（RFC 3161）", "Time-stamp (RFC 3161)"),
    "authority": Statement("时间戳机构", "Time-stamp authority"),
    "witnesses": Statement("见证人", "Witnesses"),
    "chain": Statement("链", "Chain"),
    "contract": Statement("合约", "Contract"),
    "tx_hash": Statement("交易", "Transaction"),
    "block": Statement("区块高度", "Block"),
    "block_hash": Statement("区块哈希", "Block hash"),
    "block_time": Statement("区块时间", "Block time"),
    "finality": Statement("最终性", "Finality"),
    "operator": Statement("运营者", "Operator"),
    "filing_number": Statement("区块链信息服务备案号", "Blockchain service filing number"),
    "conflict": Statement("利害关系声明", "Conflict of interest"),
    "environment": Statement("系统环境", "Environment"),
}

NO_FILING_NUMBER = Statement("未备案（试用）", "none (trial)")
NO_WITNESSES = Statement("无", "none")
NO_TIMESTAMP = Statement("无时间戳", "no time-stamp")
NO_SIGNATURES = Statement("包内文件没有电子签名。", "The files carry no electronic signature.")
CONFLICT = Statement(
    "平台不是存证事项的当事人，除收取服务费外与其无利害关系；平台与当事人另有关系的，当事人应向法院说明。",
    "The platform is no party to what is notarised and has no interest in it but its fee; a party that knows of "
    "another relation should tell the court.",
)
DEVELOPMENT_CHAIN = Statement("开发链：不构成证据", "development chain: not evidence")
TRIAL_AUTHORITY = Statement(
    "试用 CA（平台自建，非依法设立的电子认证机构）", "trial CA (the platform's own, not licensed)"
)
BUILT_IN_TIMESTAMP = Statement("内置时间戳服务（非国家授时机构）", "built-in TSA (the platform's own)")

COURT = (
    (
        Statement("第十六条 上链后是否未经篡改？", "Art. 16: untampered since it went on the chain?"),
        Statement(
            "每条记录的摘要都在日志第 {indexes} 位，日志根已写入 {chain} 第 {block} 块。按第十节步骤核验一致的，"
            "可以认定上链后未经篡改，但有相反证据足以推翻的除外。",
            "Each record's digest is in the log (places {indexes}), whose root is in block {block} of {chain}. Where "
            "the steps of section 10 agree, it may be held untampered since, unless the contrary is proven.",
        ),
    ),
    (
        Statement("第十七条（一）平台是否符合存证服务规定？", "Art. 17(1): does the platform comply?"),
        Statement(
            "区块链信息服务备案号：{filing_number}。", "Blockchain information service filing number: {filing_number}."
        ),
    ),
    (
        Statement("第十七条（二）有无利害关系与不当干预？", "Art. 17(2): conflict of interest, undue interference?"),
        Statement(
            "利害关系声明见第七节。日志只能追加；合约在链上校验前后一致性，平台自身也无法改写历史而不被发现。",
            "See section 7. The log only grows; the contract checks on chain that it does, so that not even the "
            "platform can rewrite history unnoticed.",
        ),
    ),
    (
        Statement(
            "第十七条（三）系统是否清洁、安全、可靠、可用？", "Art. 17(3): clean, secure, reliable, available systems?"
        ),
        Statement(
            "软件版本 {software}；存证表在数据库层面禁止修改与删除。本证书不含等级保护测评结论，法院可另行要求提供。",
            "Software {software}; evidence tables refuse changes and deletion in the database itself. This "
            "certificate holds no security assessment; the court may ask for one.",
        ),
    ),
    (
        Statement("第十七条（四）技术与过程是否符合标准？", "Art. 17(4): do technique and process follow standards?"),
        Statement(
            "SHA-256 与 SM3（GB/T 32905）摘要、RFC 6962 日志、RFC 8785 规范 JSON、RFC 3161 时间戳、PAdES 签名、"
            "ETSI EN 319 162-1 证据包；任何人可用公开的核验程序独立复核。",
            "SHA-256 and SM3 (GB/T 32905) digests, RFC 6962 log, RFC 8785 JSON, RFC 3161 time-stamps, PAdES, "
            "ETSI EN 319 162-1 package; anybody can check them with the published verifier.",
        ),
    ),
    (
        Statement("第十八条 上链前的真实性？", "Art. 18: authenticity before the chain?"),
        Statement(
            "记录在业务发生的同一数据库事务内生成，载明来源、人员、核验与同意方式、网络地址及软件版本（第四节）；"
            "所记内容本身是否属实，须结合其他证据审查。",
            "A record is made in the database transaction of the act itself and says who, how identified, how "
            "consenting, from which address (section 4). Whether what it says is true is for other evidence.",
        ),
    ),
    (
        Statement("第十九条 专门知识的人与鉴定？", "Art. 19: experts and appraisal?"),
        Statement(
            "证据包自足：专家或鉴定机构无需平台配合，即可离线重做全部核验，并与链上数据比对。",
            "The package stands alone: an expert repeats every check offline without the platform, and compares with "
            "the chain.",
        ),
    ),
)

STEPS = (
    Statement(
        "从平台以外的渠道取得信任文件 trust.json，并核对其 SHA-256 指纹。",
        "Get trust.json, and its SHA-256 fingerprint by another way than from the platform.",
    ),
    Statement(
        "运行 dingyue verify 证据包 --trust trust.json（离线即可）。",
        "Run dingyue verify PACKAGE --trust trust.json (offline).",
    ),
    Statement(
        "在独立节点上查询第 {block} 块的哈希，应为 {block_hash}；以 --block-hash 或 --rpc 一并核验。",
        "Look up the hash of block {block} at an independent node: it should be {block_hash}; pass it as --block-hash, "
        "or name your node with --rpc.",
    ),
    Statement(
        "没有程序时，用浏览器打开包内 verify.html 可完成部分核验（其余见该页说明）。",
        "Without the program, verify.html in the package checks part of it in a browser, and says which part.",
    ),
)
