"""R01 essential terms, R02 terms of works, R20 acceptance, R21 what lets the parties reach each other. All of them
look for what is missing: a keyword is enough to be content, since what a term says is for people to judge."""

import re
from collections.abc import Iterator

from performance.review.reading import ContractKind, Reading
from performance.review.rule import Case, Hit, Severity

_470, _795, _LABOUR = "民法典第四百七十条", "民法典第七百九十五条", "劳动合同法第十七条"
_K = ContractKind
_COUNTED = "台套张把件个支只株册吨辆亩米组批箱份樘栋头盏块人名根桶瓶"


def _term(code: str, basis: str, zh: str, en: str, severity: Severity = Severity.MEDIUM) -> Case:
    return Case(
        code,
        severity,
        basis,
        f"未见{zh}条款。",
        f"There is no term on {en}.",
        f"请补充{zh}，写明具体内容。",
        f"Add a term on {en} that says it exactly.",
    )


_PARTIES = _term("R01.parties", _470, "双方当事人名称", "who the parties are", Severity.HIGH)
_PRICE = _term("R01.price", _470, "价款或者报酬", "the price", Severity.HIGH)
_TERM = _term("R01.term", _470, "履行期限", "when it is performed", Severity.HIGH)
_ESSENTIAL: tuple[tuple[Case, frozenset[ContractKind], str], ...] = (
    (
        _term("R01.quantity", _470, "数量", "the quantity"),
        frozenset({_K.GOODS, _K.SUPPLY, _K.LEASE}),
        rf"(?<!之)[0-9一二两三四五六七八九十百千]万?(?:平方米|立方米|公里|{'|'.join(_COUNTED)})|数量|面积|一批",
    ),
    (
        _term("R01.quality", _470, "质量", "the quality"),
        frozenset({_K.GOODS, _K.SUPPLY, _K.SERVICE}),
        r"质量|标准|GB|合格|技术要求|发热量",
    ),
    (
        _term("R01.place", _470, "履行地点", "the place"),
        frozenset({_K.GOODS, _K.SUPPLY, _K.LEASE}),
        r"地点|送至|运至|送达|送到|送货[到至]|位于|供至|自提|在[^,。;]{2,14}交[货车]|坐落|现场|(?:供货|运|交付)[至到]|四至|交付[^,。;]{0,6}(?:甲方|乙方)?使用",
    ),
    (
        _term("R01.breach", _470, "违约责任", "liability for breach"),
        frozenset(_K),
        r"违约|赔偿|承担[^,。;]{0,6}责任(?<!不承担任何责任)",
    ),
    (_term("R01.insurance", _LABOUR, "社会保险", "social insurance"), frozenset({_K.LABOUR}), r"社会保险|社保|五险"),
)
_TIME = re.compile(
    r"期限|工期|交货期|服务期|租期|(?:[0-9]|[一二两三四五六七八九十])个?(?:工作日|日内|日前|个月内|天内)"
)

_WORKS: tuple[tuple[Case, str], ...] = (
    (_term("R02.scope", _795, "工程范围", "the scope of the works"), r"(?:工程|承包|施工|承揽)范围|工程内容"),
    (
        _term("R02.period", _795, "建设工期", "the construction period"),
        r"工期|(?:开工|竣工)(?:日期|时间)|日[^,。;]{0,6}(?:开工|竣工)",
    ),
    (
        _term("R02.quality", _795, "工程质量", "the quality of the works"),
        r"质量(?:标准|要求|等级|:|达到|符合)|达到[^。;\n]{0,40}合格|合格标准",
    ),
    (_term("R02.price", _795, "工程造价", "the price of the works"), r"[0-9]元|[零壹贰叁肆伍陆柒捌玖拾佰仟万]元"),
    (
        _term("R02.drawings", _795, "技术资料交付时间", "when drawings are handed over"),
        r"图纸|技术资料|施工图|设计文件",
    ),
    (_term("R02.materials", _795, "材料和设备供应责任", "who supplies materials"), r"材料|包工包料|设备供应"),
    (_term("R02.settlement", _795, "结算", "the final account"), r"结算|决算"),
    (_term("R02.acceptance", _795, "竣工验收", "acceptance of the works"), r"(?:竣工|交工|完工|工程)?验收"),
    (_term("R02.warranty", _795, "质量保修范围和质量保证期", "the defects warranty"), r"保修|质量保证期|质保期"),
    (_term("R02.cooperation", _795, "双方相互协作", "cooperation"), r"配合|协作|协调|协助"),
)


def essential_terms(reading: Reading) -> Iterator[Hit]:
    """R01. Which terms depends on the kind of contract; a labour contract has those of its own law."""
    body = reading.text.body
    if len(reading.parties) < 2:
        yield _PARTIES.missing(80)
    if not reading.amounts and "元" not in body:
        yield _PRICE.missing(85)
    if not reading.periods and not _TIME.search(body):
        yield _TERM.missing(80)
    for case, kinds, words in _ESSENTIAL:
        if reading.kind in kinds and not re.search(words, body):
            yield case.missing(75)


def works_terms(reading: Reading) -> Iterator[Hit]:
    """R02, for construction contracts only."""
    if reading.kind is not ContractKind.WORKS:
        return
    for case, words in _WORKS:
        if not re.search(words, reading.text.body):
            yield case.missing(75)


_ACCEPTANCE = Case(
    "R20.period",
    Severity.MEDIUM,
    "民法典第六百二十条、第六百二十一条",
    "未约定验收（检验）期限。",
    "No time is set for acceptance.",
    "请写明收到后多少日内验收，以及逾期未验收的后果。",
    "Say within how many days it is inspected, and what follows if it isn't.",
)
_INSPECT = "(?:验收|检验|核验|点收|评审|考核|核对|抽检|异议|确认|认可)"
_WITHIN = r"(?:[0-9]+|[一二两三四五六七八九十]+)个?(?:工作)?(?:日|天|小时|月)(?!期)(?:之内|以内|内|前)?"
_IN_TIME = re.compile(
    rf"(?:{_WITHIN}|当日|当天|当场|即时|月末)[^,;。\n]{{0,22}}{_INSPECT}"
    rf"|(?:{_WITHIN}|当日|当场),[^,;。\n]{{0,6}}(?:组织|进行)验收|{_INSPECT}(?:期限?|时间)[^,;。\n]{{0,12}}{_WITHIN}"
)
_PAID_AFTER = re.compile("支付|付款|付清|返还")


def acceptance_period(reading: Reading) -> Iterator[Hit]:
    """R20. A time to pay after acceptance is none to accept in."""
    if reading.kind in {ContractKind.LABOUR, ContractKind.LEASE}:
        return
    for match in _IN_TIME.finditer(reading.text.body):
        if not _PAID_AFTER.search(match[0]):
            return
    yield _ACCEPTANCE.missing(75)


def _reach(what: str, basis: str, zh: str, en: str, severity: Severity) -> Case:
    return Case(
        f"R21.{what}",
        severity,
        basis,
        f"未约定{zh}。",
        f"Nothing is agreed on {en}.",
        f"建议补充{zh}。",
        f"Add a term on {en}.",
    )


_FORCE_MAJEURE = _reach(
    "force_majeure", "民法典第五百九十条", "不可抗力发生后的通知与证明", "notice of force majeure", Severity.LOW
)
_CONTACTS = _reach("contacts", "民法典第五百零九条", "双方联系人和电话", "contacts and telephones", Severity.LOW)
_E_DELIVERY = _reach(
    "e_delivery", "人民法院在线诉讼规则第二十九条", "电子送达地址", "an address for electronic service", Severity.LOW
)
_REMINDERS = _reach(
    "reminders", "个人信息保护法第十三条、第十四条", "同意接收履约提醒", "consent to reminders", Severity.NOTICE
)
_NOTIFIED = re.compile(r"不可抗力[^\n]*(?:通知|告知)|(?:通知|告知)[^\n]*不可抗力")
_REACHED = re.compile(r"联系人|(?:1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8})(?![0-9])")
_ELECTRONIC = "(?:电子邮件|电子邮箱|邮箱|微信|短信|手机号码?|数据电文)"
_SERVED = re.compile(rf"电子送达|{_ELECTRONIC}[^。;\n]{{0,70}}送达|送达[^。;\n]{{0,30}}{_ELECTRONIC}")


def reachable(reading: Reading) -> Iterator[Hit]:
    """R21. A labour contract needs no force majeure."""
    body = reading.text.body
    if reading.kind is not ContractKind.LABOUR and not _NOTIFIED.search(body):
        yield _FORCE_MAJEURE.missing(80)
    if not _REACHED.search(body):
        yield _CONTACTS.missing(85)
    if not _SERVED.search(body):
        yield _E_DELIVERY.missing(75)
    if "提醒" not in body:
        yield _REMINDERS.missing(75)
