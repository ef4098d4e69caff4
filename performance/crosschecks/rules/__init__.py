"""The rules of R6, each in a few lines: what it compares, on what basis, and which value stands meanwhile.

A rule yields contradictions out of plain facts and knows nothing of the database. `RULES` is all of them; `VERSION`
grows whenever one of them would decide a case otherwise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from performance.crosschecks.facts import ContractFacts
from performance.crosschecks.policy import Contradiction
from performance.crosschecks.rules import amounts, completion, files, parties, signing

VERSION = 1


@dataclass(frozen=True, slots=True)
class Rule:
    """`code` never changes; `basis` says where it comes from; `stands` says in words what counts meanwhile."""

    code: str
    zh: str
    en: str
    basis: str
    stands_zh: str
    stands_en: str
    check: Callable[[ContractFacts], Iterator[Contradiction]]


RULES: tuple[Rule, ...] = (
    Rule(
        "X01",
        "中标（成交）金额与合同金额不一致",
        "The award and the contract name different amounts",
        "招标投标法第四十六条；政府采购法第四十六条（按中标、成交文件签订合同，不得背离实质性内容）",
        "以较低金额为准",
        "the lower amount",
        amounts.award_and_contract,
    ),
    Rule(
        "X02",
        "发票、支付金额与履约节点金额不一致",
        "Invoices or payments don't add up to the milestone",
        "requirements R6；民法典第五百零九条（按照约定全面履行）",
        "以较低金额为准",
        "the lower amount",
        amounts.money_and_milestone,
    ),
    Rule(
        "X03",
        "验收结果与完成申报不一致",
        "The acceptance contradicts the claim of completion",
        "requirements R6；政府采购法第四十一条、实施条例第四十五条（履约验收）",
        "以较差结果、较晚日期为准",
        "the worse outcome, the later day",
        completion.acceptance_and_claim,
    ),
    Rule(
        "X04",
        "采购方与供应方报送不一致",
        "Purchaser and supplier report different things",
        "requirements R6；发改办运行〔2021〕338号及各年通知（供需双方数据不一致取低值）",
        "以较低数量和金额、较差结果、较晚日期为准",
        "the lower figure, the worse outcome, the later day",
        parties.purchaser_and_supplier,
    ),
    Rule(
        "X05",
        "备案信息与签署时间不一致",
        "The filing contradicts the time of signature",
        "政府采购法第四十七条（签订之日起七个工作日内备案）",
        "备案不得早于签订：以较晚日期为准；签订日期不一致：以较早日期计算期限",
        "no filing before signature: the later day; two days of signature: the earlier, from which terms run",
        signing.filing_and_signature,
    ),
    Rule(
        "X06",
        "合同文本与录入要素不一致",
        "The signed text contradicts what was entered",
        "requirements R6；电子签名法第五条（原件形式）",
        "金额以较低者为准；签订日期以较早者为准；其余视为未经证实",
        "the lower amount, the earlier day; anything else counts as not proven",
        signing.text_and_entry,
    ),
    Rule(
        "X07",
        "文件与存证摘要不一致",
        "A file doesn't match its digest",
        "电子签名法第五条、第八条；人民法院在线诉讼规则第十六条",
        "该文件视为未经证实",
        "the file counts as not proven",
        files.digest_and_file,
    ),
)

RULE_OF_CODE = {rule.code: rule for rule in RULES}


def contradictions(facts: ContractFacts) -> list[Contradiction]:
    """Everything the rules find, in the rules' order. Pure."""
    return [found for rule in RULES for found in rule.check(facts)]
