"""R12 exclusion of liability, R13 one-sided terms, R14 waiver of change of circumstances."""

import re
from collections.abc import Iterator

from performance.policy import PartyRole
from performance.review.reading import ContractKind, Reading
from performance.review.roles import ROLE, side_of
from performance.review.rule import Case, Hit, Severity

_INJURY = Case(
    "R12.injury",
    Severity.HIGH,
    "民法典第五百零六条第一项；劳动合同法第二十六条",
    "约定免除造成人身损害（含工伤）的责任，该条款无效。",
    "Liability for personal injury is excluded; such a term is void.",
    "请删除，改为依法承担责任。",
    "Delete it; liability is as the law has it.",
)
_GROSS = Case(
    "R12.gross_negligence",
    Severity.HIGH,
    "民法典第五百零六条第二项",
    "约定免除因故意或者重大过失造成损失的责任，该条款无效。",
    "Liability for intent or gross negligence is excluded; such a term is void.",
    "请删除，或者将故意和重大过失除外。",
    "Delete it, or except intent and gross negligence.",
)
_LIABILITY = Case(
    "R13.liability",
    Severity.MEDIUM,
    "民法典第六条、第四百九十七条",
    "违约责任只约束一方（{bound}）。",
    "Only one side ({bound}) is liable for breach.",
    "请对等约定另一方的违约责任。",
    "Agree on what the other side owes for its breach.",
)
_INTERPRETATION = Case(
    "R13.interpretation",
    Severity.MEDIUM,
    "民法典第一百四十二条、第四百九十八条",
    "约定由一方享有（最终）解释权。",
    "One side alone interprets the contract.",
    "请删除；有争议的条款依法解释。",
    "Delete it; the law says how a contract is interpreted.",
)
_RESCISSION = Case(
    "R13.rescission",
    Severity.HIGH,
    "民法典第四百九十七条、第五百六十三条",
    "一方可随意解除合同且不承担责任。",
    "One side may rescind at will and owes nothing for it.",
    "请约定解除的条件、通知期限和补偿。",
    "Agree on conditions, notice and compensation.",
)
_AMENDMENT = Case(
    "R13.amendment",
    Severity.HIGH,
    "民法典第五百四十三条；劳动合同法第三十五条",
    "一方可单方变更合同内容（价款、岗位、范围等）。",
    "One side may change the contract alone.",
    "请改为双方协商一致后变更。",
    "Let changes need both sides' agreement.",
)
_WAIVER = Case(
    "R14.waiver",
    Severity.MEDIUM,
    "民法典第五百三十三条；合同编通则解释第三十二条第四款",
    "约定事先放弃或排除情势变更，该约定无效。",
    "Change of circumstances is waived beforehand; such a term is void.",
    "请删除，可约定调价机制。",
    "Delete it; a mechanism of price adjustment may take its place.",
)

_HARM = re.compile("人身(?:伤|损|安全)|伤亡|伤残|死亡|工伤|伤害|人身")
_EXCLUDED = re.compile(
    r"概不负责|不承担(?:任何|一切|相应|赔偿)?(?:的)?(?:法律|赔偿)?责任|不负(?:任何)?责任|后果自负|责任自负|自行承担|无关|免除[^。]{0,6}责任|不承担责任"
)
_KEPT = re.compile(r"不得(?:以[^。;\n]{0,12})?免除|不免除|依法承担|除外|不因此免除|不得约定")
_INTENT = re.compile("故意|重大过失")
_INTENT_EXCEPTED = re.compile(
    r"除(?:因)?[^。;\n]{0,12}(?:故意|重大过失)[^。;\n]{0,8}外|(?:故意|重大过失)[^。;\n]{0,8}除外"
)
_INTERPRETED = re.compile(
    rf"(?:最终|唯一)?解释权[^。;\n]{{0,6}}(?:归|属于?|由)[^。;\n双]{{0,4}}{ROLE}|{ROLE}[^。;\n]{{0,10}}解释权"
)
_AT_WILL = re.compile(
    r"(?:随时|单方面?|任意)[^。;\n]{0,6}(?:解除|终止)[^。;\n]{0,26}?(?:不承担|无需|无须|不支付|不负|不作|不给予|不予)"
)
_ALONE = re.compile(r"(?:单方面?|自行)[^。;\n]{0,3}(?:调整|变更|修改)")
_FORBIDDEN = re.compile(r"不得|无权|禁止|未经|不能")
_CIRCUMSTANCES = re.compile("情势变更|第?五百三十三条")
_WAIVED = re.compile("放弃|不得|不适用|排除|无权")

_BREACH = (
    "逾期|迟延|迟交|迟付|延误|延期|违约|违反|不能|擅自|不履行|不合格|未按|未能|未在|拒绝|供应量不足|提货量不足|未完成"
)
_SANCTION = re.compile("违约金|赔偿|利息|计息|罚|扣减|双倍返还|不予退还|没收|滞纳金|每日[0-9]")
_BREACHING = re.compile(rf"({ROLE})(?:(?!{ROLE})[^。;\n]){{0,16}}?(?:{_BREACH})")
_MUTUAL = re.compile("双方|任何一方|任一方|一方(?!面)|违约方|守约方|各方|逾期交货或者?逾期付款|逾期履行")
_IMMUNE = re.compile(rf"({ROLE})不承担[^。;\n]{{0,24}}违约责任")


def exclusions(reading: Reading) -> Iterator[Hit]:
    """R12."""
    for sentence in reading.text.sentences:
        text = sentence.text
        match = _EXCLUDED.search(text)
        if match is None or _KEPT.search(text):
            continue
        if _HARM.search(text):
            yield _INJURY.at(sentence.start, sentence.end, 90)
        elif _INTENT.search(text) and not _INTENT_EXCEPTED.search(text):
            yield _GROSS.at(sentence.start, sentence.end, 88)


def one_sided(reading: Reading) -> Iterator[Hit]:
    """R13."""
    for sentence in reading.text.sentences:
        for case, pattern in ((_INTERPRETATION, _INTERPRETED), (_RESCISSION, _AT_WILL), (_AMENDMENT, _ALONE)):
            match = pattern.search(sentence.text)
            if match and "双方" not in match[0] and not _FORBIDDEN.search(sentence.text[: match.end()]):
                yield case.at(sentence.start, sentence.end, 85)
    if "单方调整权" in reading.text.body:
        start = reading.text.body.index("单方调整权")
        yield _AMENDMENT.at(start, start + 5, 85)
    yield from _bound(reading)


def _bound(reading: Reading) -> Iterator[Hit]:
    """Whose breach has a consequence in the text. Nobody's: R01 tells that. What binds both, or either, is even."""
    if reading.kind is ContractKind.LABOUR:
        return
    sides: dict[PartyRole, tuple[int, int, str]] = {}
    body = reading.text.body
    for sentence in reading.text.sentences:
        if sentence.start >= reading.text.signature_start or not _SANCTION.search(sentence.text):
            continue
        if _MUTUAL.search(sentence.text):
            return
        for match in _BREACHING.finditer(sentence.text):
            side = _side(reading, match[1])
            sides.setdefault(side, (sentence.start, sentence.end, match[1]))
    immune = _IMMUNE.search(body)
    if len(sides) == 1:
        ((start, end, label),) = sides.values()
        yield _LIABILITY.at(start, end, 78, bound=label)
    elif immune is not None and not sides:
        yield _LIABILITY.at(immune.start(), immune.end(), 75, bound=f"非{immune[1]} the other")


def _side(reading: Reading, label: str) -> PartyRole:
    label = label.replace(" ", "")
    known = (party.role for party in reading.parties if label in {party.label, party.alias})
    return next(known, side_of(label)[0])


def circumstances(reading: Reading) -> Iterator[Hit]:
    """R14."""
    for sentence in reading.text.sentences:
        if _CIRCUMSTANCES.search(sentence.text) and _WAIVED.search(sentence.text):
            yield _WAIVER.at(sentence.start, sentence.end, 88)
