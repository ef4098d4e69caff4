"""The words of the rescission agreement, in both languages. Statutes are cited by article, never quoted."""

from ledger.verifier.verdict import Statement

TITLE = Statement("合同解除协议", "Agreement on the Rescission of a Contract")

PREAMBLE = Statement(
    "下列各方系下述原合同的全体签署方。各方经协商一致，自愿订立本协议，以解除原合同。",
    "The parties below are all those who signed the original contract described below. Having reached agreement, they "
    "conclude this agreement of their own free will in order to rescind it.",
)

ARTICLES = (
    (
        Statement("第一条  原合同", "Article 1  The original contract"),
        Statement(
            "原合同由其电子文件确定：文件的 SHA-256 摘要与下表一致的，即为本协议所称原合同。",
            "The original contract is identified by its electronic documents: those whose SHA-256 digests are the ones "
            "in the table below.",
        ),
    ),
    (
        Statement("第二条  协商解除", "Article 2  Rescission by agreement"),
        Statement(
            "各方依据《中华人民共和国民法典》第五百六十二条，协商一致解除原合同。原合同自本协议生效之日起解除。",
            "Under article 562 of the Civil Code of the People's Republic of China the parties agree to rescind the "
            "original contract. It is rescinded from the day on which this agreement takes effect.",
        ),
    ),
    (
        Statement("第三条  解除原因", "Article 3  Reason"),
        Statement("各方确认解除原因如下：", "The parties state the reason to be:"),
    ),
    (
        Statement("第四条  解除的后果与结算", "Article 4  Consequences and settlement"),
        Statement(
            "解除的后果，包括尚未履行部分与已经履行部分的处理，依《民法典》第五百六十六条确定；原合同的结算和清理条款"
            "依第五百六十七条、争议解决条款依第五百零七条，不因原合同解除而失去效力。各方对具体款项另有约定的，应另行"
            "签署书面文件。",
            "The consequences, for what has and for what has not yet been performed, follow article 566 of the Civil "
            "Code. The original contract's terms on settlement and liquidation (article 567) and on the resolution of "
            "disputes (article 507) stay in force. Particular amounts, if the parties agree on any, need a separate "
            "written document.",
        ),
    ),
    (
        Statement("第五条  电子签名与生效", "Article 5  Electronic signatures and effect"),
        Statement(
            "本协议以可靠的电子签名（《电子签名法》第十三条、第十四条）签署，自下列各方全部签署之日起生效；有一方未签署"
            "的，不生效。原合同的电子文件、签名与存证记录继续保存，不因本协议而修改或删除。",
            "This agreement is signed with reliable electronic signatures (Electronic Signature Law, articles 13 and "
            "14) and takes effect on the day the last of the parties below has signed; unless all of them sign, it "
            "has no effect. The documents, signatures and evidence of the original contract are kept and neither "
            "changed nor deleted.",
        ),
    ),
    (
        Statement("第六条  其他", "Article 6  Other provisions"),
        Statement(
            "原合同的解除依法应当办理批准等手续，或者原合同属于政府采购合同（《政府采购法》第五十条）的，各方还应遵守"
            "该等规定。本协议中文与英文不一致的，以中文为准。",
            "Where the law requires an approval for the rescission, or the original contract is one of government "
            "procurement (Government Procurement Law, article 50), the parties must also comply with that. Where the "
            "Chinese and the English text differ, the Chinese text prevails.",
        ),
    ),
)
REASON_ARTICLE, DOCUMENTS_ARTICLE = 2, 0
"""Places in `ARTICLES` after which the reason and the original's documents stand."""

PARTIES = Statement("各方", "The parties")
SIGNATURES = Statement("签署", "Signatures")
PARTY = Statement("第 {number} 方", "Party {number}")
NUMBER = Statement("序号", "No.")
ORGANISATION = Statement("单位", "Organisation")
USCC = Statement("统一社会信用代码", "Unified social credit code")
PERSON = Statement("签署人", "Signatory")
CAPACITY = Statement("签署方式", "Signs by")
BY_SIGNATURE = Statement("电子签名", "signature")
BY_SEAL = Statement("单位电子印章", "organisation's seal")
SIGNATURE_BOX = Statement("签名", "Signature")
SEAL_BOX = Statement("单位盖章", "Organisation's seal")
SEAL_PERSON = Statement("用印经办人", "Seal applied by")
DATE_BOX = Statement("日期", "Date")

CONTRACT_TITLE = Statement("原合同名称", "Original contract")
CONTRACT_NUMBER = Statement("签署编号", "Envelope")
CONTRACT_COMPLETED = Statement("签署完成时间", "Completed at")
AGREEMENT_DATE = Statement("起草日期", "Drawn up on")
FILE_NAME = Statement("文件", "Document")

ORIGIN = Statement(
    "本协议文本由鼎约平台按签署方提供的事实自动生成。平台不是合同当事人，不提供法律意见。",
    "The Dingyue platform wrote this text from facts the parties gave. It is no party to the contract and gives no "
    "legal advice.",
)
