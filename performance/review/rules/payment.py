"""R07 payment of small and medium enterprises, R08 late interest.

Whether the supplier is one is not in the text: the findings say "if", and are the surer the more public the purchaser.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from performance.due_dates.policy import Anchor
from performance.review.extraction.numerals import SHARE, share
from performance.review.reading import ContractKind, Reading
from performance.review.rule import Case, Hit, Severity
from performance.review.rules.reference import LOAN_PRIME_RATE

_SME = "保障中小企业款项支付条例（2025年修订）"
_OVER_60 = Case(
    "R07.over_60",
    Severity.HIGH,
    f"{_SME}第九条",
    "付款期限约 {days} 日，超过六十日；供应方为中小企业的，不得超过。",
    "Payment is due in about {days} days, over sixty; a small or medium enterprise may not be made to wait so long.",
    "请将付款期限缩短至自交付之日起六十日以内。",
    "Shorten it to sixty days from delivery at most.",
)
_OVER_30 = Case(
    "R07.over_30",
    Severity.NOTICE,
    f"{_SME}第九条",
    "付款期限约 {days} 日，超过机关、事业单位向中小企业付款的三十日；确需延长应有约定理由，最长六十日。",
    "Payment is due in about {days} days; a public body pays a small or medium enterprise within thirty unless agreed.",
    "请确认供应方是否为中小企业，并说明延长理由。",
    "Find out whether the supplier is one, and say why it takes longer.",
)
_WHEN_PAID = Case(
    "R07.pay_when_paid",
    Severity.HIGH,
    f"{_SME}第九条（不得约定以收到第三方付款作为支付条件）",
    "约定以收到第三方付款或拨款作为付款条件。",
    "Payment is made to depend on somebody else's payment.",
    "请改为以验收合格或收到发票为条件的确定期限。",
    "Make it a fixed time after acceptance or invoice.",
)
_AUDIT = Case(
    "R07.audit_basis",
    Severity.HIGH,
    f"{_SME}第十一条（不得强制要求以审计机关的审计结果作为结算依据）",
    "约定以审计（评审）结果作为结算或付款依据。",
    "The result of an audit is made the basis of settlement.",
    "请改为双方按合同约定结算；确有法律规定的注明依据。",
    "Let the parties settle as agreed; name the law if one demands it.",
)
_BELOW_LPR = Case(
    "R08.below_lpr",
    Severity.MEDIUM,
    f"{_SME}第十七条；一年期贷款市场报价利率",
    "逾期付款违约金折合年利率 {rate}%，低于一年期 LPR {reference}%（{source}）。",
    "Late payment costs {rate} % a year, less than the one-year LPR of {reference} % ({source}).",
    "请约定不低于合同订立时一年期 LPR 的利率，未约定的按每日万分之五计。",
    "Agree on at least the one-year LPR; without agreement it is 0.05 % a day.",
)
_WAIVED = Case(
    "R08.waived",
    Severity.MEDIUM,
    f"{_SME}第十七条；民法典第五百七十九条、第五百八十五条",
    "约定逾期付款不计利息或不承担违约责任。",
    "Late payment is to cost nothing.",
    "请约定逾期付款利息。",
    "Agree on interest for late payment.",
)

_TIMED = {Anchor.DELIVERY, Anchor.ACCEPTANCE, Anchor.INVOICE}
_REFUSED = re.compile(r"不得|不以|不应|不能以|无论|禁止")
_OTHERS_PAY = re.compile(
    r"(?:(?:待|俟|收到|取得|以)[^。;\n]{0,24}(?:业主|总包|第三方|上游|上级|财政|电网公司|最终用户|建设单位|发包人)[^。;\n]{0,20}"
    r"(?:支付|付款|拨付|拨款|款项|到位|到账|回款)[^。;\n]{0,12}(?:后|为前提|为条件)"
    r"|在[^。;\n]{0,6}(?:上级|财政)[^。;\n]{0,10}(?:拨付|到位|到账)[^。;\n]{0,6}后[^。;\n]{0,6}(?:支付|付)"
    r"|(?:业主|总包|第三方|上级财政|财政)(?:资金|拨款|款项|付款)[^。;\n]{0,6}(?:到位|到账|拨付)[^。;\n]{0,4}后[^。;\n]{0,8}(?:支付|付))"
)
_AUDITED = re.compile(
    r"(?:审计|财政评审|评审)(?:机关|部门|机构)?[^。;\n]{0,10}(?:结果|结论|报告|意见|决定|金额)[^。;\n]{0,6}(?:作为|为)[^。;\n]{0,8}"
    r"(?:依据|准)"
)
_LATE_PAYER = re.compile(r"(?:逾期|迟延|延期|延迟|拖欠)(?:付款|支付|付)|迟付|逾期金额|欠付|欠款|未付款")
_DAILY = re.compile(rf"(?:每日|每天|每逾期一[日天]|按日|日)[^。;\n]{{0,22}}?({SHARE})|({SHARE})[^。;\n]{{0,2}}/[日天]")
_NOTHING = re.compile(
    r"(?:逾期|迟延|延期|延迟)(?:付款|支付)[^。;\n]{0,10}(?:不计|不支付|不承担|免收|免除)[^。;\n]{0,6}(?:利息|违约金|违约责任|责任)"
)


def payment_terms(reading: Reading) -> Iterator[Hit]:
    """R07."""
    for each in reading.payments:
        deadline = each.deadline
        waits = deadline.longest_days() if deadline is not None and deadline.anchor in _TIMED else None
        if deadline is None or waits is None:
            continue
        if waits > 60:
            yield _OVER_60.at(deadline.start, deadline.end, 85 if reading.is_public else 75, days=str(waits))
        elif waits > 30 and reading.is_public:
            yield _OVER_30.at(deadline.start, deadline.end, 70, days=str(waits))
    for sentence in reading.text.sentences:
        if _REFUSED.search(sentence.text):
            continue
        for case, pattern, confidence in ((_WHEN_PAID, _OTHERS_PAY, 85), (_AUDIT, _AUDITED, 88)):
            match = pattern.search(sentence.text)
            if match:
                yield case.at(sentence.start + match.start(), sentence.start + match.end(), confidence)


def late_interest(reading: Reading) -> Iterator[Hit]:
    """R08. A rate a day times 365 against the one-year LPR."""
    if reading.kind is ContractKind.LABOUR:
        return
    for sentence in reading.text.sentences:
        waived = _NOTHING.search(sentence.text)
        if waived:
            yield _WAIVED.at(sentence.start + waived.start(), sentence.start + waived.end(), 88)
        late = _LATE_PAYER.search(sentence.text)
        match = _DAILY.search(sentence.text, late.start()) if late else None
        rate = share(match[1] or match[2]) if match else None
        if match is None or rate is None:
            continue
        yearly = rate * 365 * 100
        if yearly < LOAN_PRIME_RATE.per_cent:
            told = {"rate": f"{yearly.quantize(Decimal('0.01'))}", "reference": str(LOAN_PRIME_RATE.per_cent)}
            yield _BELOW_LPR.at(
                sentence.start + match.start(),
                sentence.start + match.end(),
                88,
                source=LOAN_PRIME_RATE.source,
                **told,
            )
