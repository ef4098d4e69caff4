"""The fixed sentences of the report, in both languages. Facts are filled in by `report`."""

from ledger.verifier.verdict import Statement

TITLE = Statement("电子数据存证证书", "Certificate of Notarised Electronic Data")

SECTIONS = {
    "summary": Statement("一、基本信息", "1. Summary"),
    "files": Statement("二、存证文件", "2. Files"),
    "signers": Statement("三、签名", "3. Signatures"),
    "timeline": Statement("四、过程记录", "4. Timeline"),
    "log": Statement("五、日志、时间戳与见证", "5. Log, time-stamps and witnesses"),
    "chain": Statement("六、区块链锚定", "6. Blockchain anchor"),
    "operator": Statement("七、平台", "7. Platform"),
    "court": Statement("八、《人民法院在线诉讼规则》第十六至十九条", "8. Online Litigation Rules, articles 16 to 19"),
    "limits": Statement("九、本证书不能证明的事项", "9. What this does not prove"),
    "verify": Statement("十、核验方法", "10. How to verify"),
}

LABELS = {
    "number": Statement("证书编号", "Number"),
    "made_at": Statement("出具时间", "Made at"),
    "standing": Statement("证据等级", "Standing"),
    "holder": Statement("持有人（脱敏）", "Holder (masked)"),
    "subjects": Statement("事项编号", "Matters"),
    "records": Statement("存证记录数", "Records"),
    "files": Statement("文件数", "Files"),
    "signatures": Statement("电子签名数", "Signatures"),
    "name": Statement("名称", "Name"),
    "came_from": Statement("来源", "Came from"),
    "size": Statement("大小（字节）", "Size (bytes)"),
    "signer": Statement("签名人证书", "Signer's certificate"),
    "in_files": Statement("所在文件", "In the files"),
    "issuer": Statement("颁发者", "Issuer"),
    "serial_number": Statement("证书序列号", "Certificate serial number"),
    "validity": Statement("证书有效期", "Certificate valid"),
    "revocation": Statement("签名时吊销状态", "Revocation when signed"),
    "signed_at": Statement("签名时间", "Signed at"),
    "identified": Statement("身份核验方式", "Identified by"),
    "consent": Statement("意愿认证", "Consent"),
    "address": Statement("网络地址", "Network address"),
    "evidence": Statement("存证编号", "Evidence"),
    "at": Statement("时间（北京时间）", "Time (Asia/Shanghai)"),
    "type": Statement("事件", "Event"),
    "who": Statement("人员", "Who"),
    "detail": Statement("要素", "Facts"),
    "origin": Statement("日志", "Log"),
    "tree_size": Statement("日志大小", "Log size"),
    "root": Statement("默克尔根（SHA-256）", "Merkle root (SHA-256)"),
    "leaf_indexes": Statement("记录位置", "Places of the records"),
    "stamps": Statement("时间戳（RFC 3161）", "Time-stamp (RFC 3161)"),
    "authority": Statement("时间戳机构", "Time-stamp authority"),
    "witnesses": Statement("见证人", "Witnesses"),
    "chain": Statement("链", "Chain"),
    "consensus": Statement("共识", "Consensus"),
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

LACKS = Statement("{name}（{reasons}）", "{name} ({reasons})")
NO_FILING_NUMBER = Statement("未备案（试用）", "none (trial)")
NO_FILES = Statement("包内没有文件：只存证了摘要。", "No file is in the package: only digests were notarised.")
NO_WITNESSES = Statement("无", "none")
WITNESSES = Statement("{names}（信任文件要求至少 {quorum} 个）", "{names} (the trust file asks for at least {quorum})")
WITNESSED = Statement(
    "独立见证人各自校验后副署了该检查点（{names}）",
    "independent witnesses checked it, too, before they cosigned this checkpoint ({names})",
)
NOT_WITNESSED = Statement("该检查点没有独立见证人副署", "no independent witness cosigned this checkpoint")
NO_TIMESTAMP = Statement("无时间戳", "no time-stamp")
NO_SIGNATURES = Statement("包内文件没有电子签名。", "The files carry no electronic signature.")
NO_ACT = Statement(
    "包内没有记录说明签名人如何核验身份（平台自己的签章，或平台以外的签名）。",
    "No record here tells how the signer was identified: it is the platform's own seal, or was made elsewhere.",
)
CONSENT = Statement(
    "签署前逐字展示并确认同意文本 {version} 版，其摘要 SHA-256 {sha256}",
    "confirmed the consent text, version {version}, as it was shown, SHA-256 {sha256}",
)
TIMELINE = Statement(
    "以下为各条存证记录的要点；记录全文在证据包 evidence/ 内。时间为平台时钟所记，时间戳与区块证明其不晚于何时存在。",
    "What the records say, in short; each stands in full under evidence/ in the package. Times are the platform's "
    "clock's; time-stamp and block prove by when it existed.",
)
CONFLICT = Statement(
    "平台不是存证事项的当事人，除收取服务费外与其无利害关系；平台与当事人另有关系的，当事人应向法院说明。",
    "The platform is no party to what is notarised and has no interest in it but its fee; a party that knows of "
    "another relation should tell the court.",
)
ENVIRONMENT = Statement(
    "{software}；记录所据时钟：{clocks}；存证表由 PostgreSQL 以只增权限保存；摘要 SHA-256 与 SM3，日志签名 Ed25519。",
    "{software}; clock of the records: {clocks}; evidence is kept in PostgreSQL tables that only grow; digests SHA-256 "
    "and SM3, log signature Ed25519.",
)
NO_CONSENSUS = Statement(
    "无：单节点开发链，可由任何人重写", "none: a development chain of one node, which anybody can rewrite"
)
SEALED = Statement(
    "QBFT / IBFT 2.0（拜占庭容错）：不少于三分之二验证者对区块头的封印在包内，可离线核验",
    "QBFT / IBFT 2.0 (Byzantine fault tolerant): the seals of at least two thirds of the validators are in the package "
    "and checked offline",
)
OWN_CONSENSUS = Statement(
    "以该链自身的共识规则为准；最终性认定方式见下",
    "that of the chain itself; how finality was established is said below",
)
DEVELOPMENT_CHAIN = Statement("开发链：不构成证据", "development chain: not evidence")
TRIAL_AUTHORITY = Statement(
    "试用 CA（平台自建，非依法设立的电子认证机构）", "trial CA (the platform's own, not licensed)"
)
BUILT_IN_TIMESTAMP = Statement("内置时间戳服务（非国家授时机构）", "built-in TSA (the platform's own)")
QR = Statement(
    "扫码打开公开核验页。文件在您的浏览器内计算摘要，除非您选择上传，否则不会离开您的设备。",
    "The code opens the public page of verification. Files are hashed in your browser and stay on your device unless "
    "you choose to upload them.",
)

COURT = (
    (
        Statement("第十六条 上链后是否未经篡改？", "Art. 16: untampered since it went on the chain?"),
        Statement(
            "每条记录的承诺值都在日志第 {indexes} 位；日志根由时间戳机构于 {stamped_at} 盖戳，并写入 {chain} 第 "
            "{block} 块。按第十节步骤核验一致的，可以认定上链后未经篡改，但有相反证据足以推翻的除外。",
            "Each record's commitment is in the log (places {indexes}); its root was time-stamped at {stamped_at} and "
            "is in block {block} of {chain}. Where the steps of section 10 agree, it may be held untampered since, "
            "unless the contrary is proven.",
        ),
    ),
    (
        Statement(
            "第十七条（一）平台是否符合区块链存证服务的规定？",
            "Art. 17(1): does the platform comply with the rules for such services?",
        ),
        Statement(
            "区块链信息服务备案号：{filing_number}。是否符合规定由主管部门认定，本证书不作证明。",
            "Blockchain information service filing number: {filing_number}. Whether the rules are kept is for the "
            "authorities to say; this certificate doesn't prove it.",
        ),
    ),
    (
        Statement(
            "第十七条（二）当事人与平台有无利害关系，有无以技术手段不当干预？",
            "Art. 17(2): conflict of interest, undue interference by technical means?",
        ),
        Statement(
            "利害关系声明见第七节。日志只能追加；合约在链上校验前后一致性；{witnessed}。平台自身也无法改写历史而不被发"
            "现。入链之前的干预不在此列，见第十八条。",
            "See section 7. The log only grows, and the contract checks on chain that it does; {witnessed}. Not even "
            "the platform can rewrite history unnoticed. For interference before that see article 18.",
        ),
    ),
    (
        Statement(
            "第十七条（三）信息系统是否清洁、安全、可靠、可用？",
            "Art. 17(3): clean, secure, reliable, available systems?",
        ),
        Statement(
            "软件版本 {software}；存证表在数据库层面禁止修改与删除；外来文件在隔离进程内读取。本证书不含等级保护测评"
            "结论，法院可另行要求提供。",
            "Software {software}; evidence tables refuse changes and deletion in the database itself; files from "
            "outside are read in processes kept apart. This certificate holds no security assessment; the court may "
            "ask for one.",
        ),
    ),
    (
        Statement(
            "第十七条（四）存证技术和过程是否符合标准（加密、传输、验证）？",
            "Art. 17(4): do technique and process follow standards (encryption, transmission, validation)?",
        ),
        Statement(
            "系统环境见第七节。摘要：SHA-256 与 SM3（GB/T 32905）；签名：PAdES（ETSI EN 319 142）、Ed25519；日志：RFC "
            "6962；规范 JSON：RFC 8785；时间戳：RFC 3161；证据包：ETSI EN 319 162-1；传输：以部署方配置的 TLS 为准。任"
            "何人可用公开的核验程序独立复核。",
            "Environment: section 7. Digests: SHA-256 and SM3 (GB/T 32905); signatures: PAdES (ETSI EN 319 142), "
            "Ed25519; log: RFC 6962; JSON: RFC 8785; time-stamps: RFC 3161; package: ETSI EN 319 162-1; transmission: "
            "TLS as the operator set it up. Anybody can check it with the published verifier.",
        ),
    ),
    (
        Statement(
            "第十八条 上链前的真实性：来源、生成机制、存储过程？",
            "Art. 18: true before it went on the chain: source, making, keeping?",
        ),
        Statement(
            "来源：平台各项操作本身，或持有人提交的文件（第四节“事件”）。生成：记录在操作的同一数据库事务内写成，载明"
            "人员、身份核验与意愿认证方式、网络地址、软件版本（第三、四节）。存储：写成后不可修改；原始文件按摘要存放"
            "，包内逐一核对。",
            "Source: acts on the platform itself, or files their holder submitted (section 4, “Event”). Making: a "
            "record is written in the database transaction of the act and says who, how identified, how consenting, "
            "from where, by which software (sections 3 and 4). Keeping: it can't be changed afterwards; files are "
            "kept by their digests and checked one by one.",
        ),
    ),
    (
        Statement("第十八条 公证、第三方见证、关联印证？", "Art. 18: notary, third-party witness, corroboration?"),
        Statement(
            "公证：无。第三方见证（仅见证日志，不见证内容）：{witnesses}。关联印证：各方持有的同一签署文件、短信送达记"
            "录、银行流水等，须另行提交。记录内容是否属实，须结合其他证据审查。",
            "Notary: none. Third-party witnesses (of the log, not of what the records say): {witnesses}. "
            "Corroboration: the same signed file in the other parties' hands, delivery reports, bank records: to be "
            "submitted separately. Whether what a record says is true is for other evidence.",
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
        "从平台以外的渠道取得信任文件 trust.json，并核对其 SHA-256 指纹。出具本证书时其指纹为 {trust_sha256}。",
        "Get trust.json, and its SHA-256 fingerprint by another way than from the platform. When this was made it was "
        "{trust_sha256}.",
    ),
    Statement(
        "运行 dingyue verify {file} --trust trust.json（离线即可）。退出码 0 表示全部必需核验通过。",
        "Run dingyue verify {file} --trust trust.json (offline). Exit code 0: all required checks hold.",
    ),
    Statement(
        "在独立节点上查询第 {block} 块的哈希，应为 {block_hash}；以 --block-hash 或 --rpc 一并核验。",
        "Look up the hash of block {block} at an independent node: it should be {block_hash}; pass it as --block-hash, "
        "or name your node with --rpc.",
    ),
    Statement(
        "没有程序时，用浏览器打开包内 verify.html 可完成部分核验（其余见该页说明），或扫描下方二维码打开公开核验页。",
        "Without the program, verify.html in the package checks part of it in a browser, and says which part; or open "
        "the public page by the code below.",
    ),
)
