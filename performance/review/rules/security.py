"""R09 earnest money, R10 damages, R11 both at once, R17 bonds and retention: shares against their ceilings."""

import re
from collections.abc import Iterator
from decimal import Decimal

from performance.review.extraction.numerals import SHARE, share
from performance.review.reading import ContractKind, Reading
from performance.review.rule import Case, Hit, Severity
from performance.review.text import Passage

_OVER_20 = Case(
    "R09.over_20",
    Severity.HIGH,
    "民法典第五百八十六条第二款",
    "定金约为合同标的额的 {share}%，超过百分之二十，超过部分不产生定金效力。",
    "The earnest money is about {share} % of the price; above twenty it isn't earnest money.",
    "请将定金降至合同标的额的百分之二十以内。",
    "Lower it to twenty per cent of the price.",
)
_WORDING = Case(
    "R09.wording",
    Severity.MEDIUM,
    "民法典第五百八十六条、第五百八十七条",
    "使用“{word}”一词，不当然具有定金的效力。",
    "What is called {word} isn't earnest money by itself.",
    "意在适用定金罚则的请写明“定金”；否则写明款项性质和退还条件。",
    "Write 定金 if earnest money is meant; else say what it is and when it is returned.",
)
_OVER_30 = Case(
    "R10.over_30",
    Severity.NOTICE,
    "民法典第五百八十五条第二款；合同编通则解释第六十五条",
    "违约金为 {share}%，可能被认定过分高于损失（超过造成损失的百分之三十）。",
    "Damages of {share} % may be found excessive (more than thirty per cent above the loss).",
    "仅作提示：请评估违约金与可能损失的比例。",
    "An indicator only: weigh it against the loss to be expected.",
)
_DAILY = Case(
    "R10.daily",
    Severity.NOTICE,
    "民法典第五百八十五条第二款；合同编通则解释第六十五条",
    "违约金每日 {share}%，三十日即达到或超过百分之三十。",
    "Damages of {share} % a day reach thirty per cent within a month.",
    "仅作提示：请降低日违约金或约定上限。",
    "An indicator only: lower the rate or set a ceiling.",
)
_BOTH = Case(
    "R11.both",
    Severity.MEDIUM,
    "民法典第五百八十八条第一款",
    "同时主张定金和违约金；二者只能选择适用其一。",
    "Earnest money and damages are claimed together; only one of them may be.",
    "请改为由守约方选择适用定金或者违约金。",
    "Let the party that kept the contract choose one.",
)
_BOND = Case(
    "R17.bond",
    Severity.HIGH,
    "政府采购法实施条例第四十八条；招标投标法实施条例第五十八条",
    "履约保证金为合同金额的 {share}%，超过百分之十。",
    "The performance bond is {share} % of the price, over ten.",
    "请将履约保证金降至合同金额的百分之十以内。",
    "Lower it to ten per cent.",
)
_RETENTION = Case(
    "R17.retention",
    Severity.HIGH,
    "建设工程质量保证金管理办法第七条",
    "质量保证金为 {share}%，超过工程价款结算总额的百分之三。",
    "The retention is {share} %, over three per cent of the final account.",
    "请将质量保证金降至结算总额的百分之三以内。",
    "Lower it to three per cent.",
)

_EARNEST_SHARE = re.compile(rf"({SHARE})的?[^,;。0-9]{{0,6}}定金|定金(?:为|按)?[^,;。0-9]{{0,10}}({SHARE})")
_EARNEST_BEFORE = re.compile(r"定金(?:人民币|为|:|¥| )*$")
_EARNEST_NAMES = re.compile("订金|押金")
_DAMAGES = re.compile("违约金|赔偿金|罚款")
_A_DAY = re.compile(r"(?:每日|每天|每逾期一[日天]|按日|每延迟一[日天]|每迟延一[日天])")
_THRESHOLD, _CEILING = re.compile(r"(?:低于|不足|未达|不到|少于|达到?)[^,;。]{0,4}$"), re.compile("为限|为上限|以内")
_AT_ONCE = re.compile("同时|并(?!不)|还应|还须|另(?:行|应|需)|外,|以及")
_FORFEIT = re.compile("没收|双倍|不予(?:返还|退还)|罚则|收受定金")
_ONE_OF = re.compile("择一|选择|不得同时|不并用|不能同时|不同时")
_BOND_WORDS = re.compile("履约保证|履约担保|履约保函|履行保证金")
_RETAINED = "(?:质保金|质量保证金|保修金|质量保修金)"
_RETENTION_SHARE = re.compile(rf"({SHARE})[^,;。\n%]{{0,10}}{_RETAINED}|{_RETAINED}[^,;。\n]{{0,16}}?({SHARE})")


def earnest_money(reading: Reading) -> Iterator[Hit]:
    """R09. A lease's 押金 is what it is called."""
    for sentence in reading.text.sentences:
        match = _EARNEST_SHARE.search(sentence.text)
        part = share(match[1] or match[2]) if match else None
        if match and part is not None and part > Decimal("0.2") and "违约金" not in match[0]:
            yield _at(_OVER_20, sentence, match, 92, part)
    price = reading.amount.amount.value if reading.amount else None
    for amount in reading.amounts:
        before = reading.text.body[max(0, amount.start - 10) : amount.start]
        if price is not None and _EARNEST_BEFORE.search(before) and amount.value.minor * 5 > price.minor:
            part = Decimal(amount.value.minor) / price.minor
            yield _OVER_20.at(amount.start, amount.end, 88, share=_per_cent(part))
    match = _EARNEST_NAMES.search(reading.text.body)
    if match and not (match[0] == "押金" and reading.kind is ContractKind.LEASE):
        yield _WORDING.at(match.start(), match.end(), 80, word=match[0])


def damages(reading: Reading) -> Iterator[Hit]:
    """R10: indicators, since what is excessive depends on the loss."""
    for sentence in reading.text.sentences:
        if not _DAMAGES.search(sentence.text):
            continue
        for match in re.finditer(SHARE, sentence.text):
            part = share(match[0])
            if part is None:
                continue
            before = re.split("[,;]", sentence.text[: match.start()])[-1]
            if _THRESHOLD.search(before) or _CEILING.match(sentence.text, match.end()):
                continue
            is_daily = bool(_A_DAY.search(sentence.text[: match.start()])) and "不超过" not in before
            if is_daily and part >= Decimal("0.01"):
                yield _at(_DAILY, sentence, match, 80, part)
            elif not is_daily and part > Decimal("0.3") and "定金" not in before:
                yield _at(_OVER_30, sentence, match, 75, part)


def earnest_and_damages(reading: Reading) -> Iterator[Hit]:
    """R11."""
    for sentence in reading.text.sentences:
        text = sentence.text
        has_both = "定金" in text and "违约金" in text
        if has_both and _AT_ONCE.search(text) and _FORFEIT.search(text) and not _ONE_OF.search(text):
            yield _BOTH.at(sentence.start, sentence.end, 85)


def bonds(reading: Reading) -> Iterator[Hit]:
    """R17. The ceiling of three per cent is that of construction works."""
    for sentence in reading.text.sentences:
        bond = _BOND_WORDS.search(sentence.text)
        match = re.search(SHARE, sentence.text) if bond else None
        part = share(match[0]) if match else None
        if match and part is not None and part > Decimal("0.1"):
            yield _at(_BOND, sentence, match, 88, part)
        retained = _RETENTION_SHARE.search(sentence.text) if reading.kind is ContractKind.WORKS else None
        kept = share(retained[1] or retained[2]) if retained else None
        if retained and kept is not None and kept > Decimal("0.03"):
            yield _at(_RETENTION, sentence, retained, 88, kept)


def _at(case: Case, sentence: Passage, match: re.Match[str], confidence: int, part: Decimal) -> Hit:
    start = sentence.start + match.start()
    return case.at(start, sentence.start + match.end(), confidence, share=_per_cent(part))


def _per_cent(part: Decimal) -> str:
    return f"{part * 100:.3f}".rstrip("0").rstrip(".")
