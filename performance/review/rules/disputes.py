"""R15: where a dispute goes must be said, once, and by name."""

import re
from collections.abc import Iterator

from performance.review.reading import ContractKind, Reading
from performance.review.rule import Case, Hit, Severity
from performance.review.text import Passage

_NONE = Case(
    "R15.no_forum",
    Severity.MEDIUM,
    "民法典第四百七十条；民事诉讼法第三十五条；仲裁法",
    "未选定争议解决方式。",
    "No way to resolve disputes is chosen.",
    "请选择仲裁（写明仲裁委员会全称）或者诉讼（写明管辖法院）。",
    "Choose arbitration, with the commission's full name, or litigation, with the court.",
)
_BOTH = Case(
    "R15.both",
    Severity.HIGH,
    "最高人民法院关于适用仲裁法若干问题的解释第七条",
    "同时约定仲裁和诉讼，仲裁协议无效。",
    "Arbitration and litigation are both agreed; the arbitration agreement is void.",
    "请只保留一种。",
    "Keep one of them.",
)
_UNNAMED = Case(
    "R15.unnamed",
    Severity.HIGH,
    "仲裁法关于仲裁协议应有选定的仲裁委员会的规定",
    "约定仲裁，但未写明仲裁委员会的名称。",
    "Arbitration is agreed without naming the commission.",
    "请写明仲裁委员会的全称。",
    "Write the commission's full name.",
)

_ARBITRATION = re.compile("仲裁")
_COURT = re.compile("人民法院|法院|诉讼|起诉")
_NOT_A_CHOICE = re.compile("执行|保全|撤销|诉讼费|仲裁费|在线诉讼|胜诉|败诉|律师费")
_COMMISSION = re.compile(r"([\u4e00-\u9fff]{0,24}?)仲裁(?:委员会|委(?!托)|院|中心)")
_LEAD = re.compile(r".*(?:提交|提请|申请|由|向|到|在|至|或者?)")
_NOBODYS_NAME = re.compile(
    r"(?:当地|所在地|住所地|签订地|履行地|有关|相关|约定的?|认可的?|指定的?|上级|同级|任何|任一|任意|该|其)$"
)
_OPTION, _TICKED = re.compile("□"), re.compile("[☑☒√✓✔■]")


def forum(reading: Reading) -> Iterator[Hit]:
    """R15. Labour disputes go to arbitration first and to court then, by law."""
    if reading.kind is ContractKind.LABOUR:
        return
    passages = [
        Passage(chosen, sentence.start)
        for sentence in reading.text.sentences
        if (chosen := _chosen(sentence.text)) and not _NOT_A_CHOICE.search(chosen)
    ]
    arbitration = [each for each in passages if _ARBITRATION.search(each.text)]
    court = [each for each in passages if _COURT.search(each.text)]
    if not arbitration and not court:
        yield _NONE.missing(85)
    elif arbitration and court:
        yield _BOTH.at(arbitration[0].start, arbitration[0].end, 88)
    elif arbitration and not any(_is_named(each.text) for each in arbitration):
        yield _UNNAMED.at(arbitration[0].start, arbitration[0].end, 88)


def _chosen(text: str) -> str:
    """Of options with boxes only the ticked ones; anything else as it stands."""
    if not _OPTION.search(text):
        return text
    options = re.split("(?=[□☑☒√✓✔■])", text)
    return "".join(option for option in options if _TICKED.match(option))


def _is_named(text: str) -> bool:
    for match in _COMMISSION.finditer(text):
        name = _LEAD.sub("", match[1])
        if len(name) >= 2 and not _NOBODYS_NAME.search(name):
            return True
    return False
