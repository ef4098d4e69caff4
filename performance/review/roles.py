"""What contracts call their two sides. Pure."""

import re

from performance.policy import PartyRole

PURCHASERS = (
    "采购人|采购方|采购单位|购货方|购货单位|购方|买方|买受人|需方|需货方|发包人|发包方|建设单位|委托人|委托方|承租人|承租方|"
    "定作方|定作人|用人单位|招标人|业主方|业主"
)
SUPPLIERS = (
    "供应商|供货方|供货商|供货单位|供应方|供应单位|供方|销方|销售方|卖方|出卖人|承包人|承包方|施工单位|受托人|受托方|出租人|"
    "出租方|承揽方|承揽人|勘察方|勘察人|设计方|设计人|监理方|监理人|培训方|服务方|服务单位|劳动者|中标人"
)
ROLE = f"(?:{PURCHASERS}|{SUPPLIERS}|甲 ?方|乙 ?方)"
_SEALED = "(?:单位)?(?:盖章|签章|签字|公章)"

SIGNATURE_LINE = re.compile(rf"{ROLE}(?: ?\([^()]{{0,12}}\)| ?{_SEALED})?\s*:")
PARTY_LINE = re.compile(rf"({ROLE})(?: ?\(([^()]{{1,12}})\))? ?:[ ]?([^\n]*)")
"""Label, what stands in brackets after it, and the rest of the line."""
SIGNATURE = re.compile(rf"({ROLE})(?: ?\([^()]{{0,12}}\)| ?{_SEALED})? ?: ?([^ \n]+)")
"""Label, and the name signed under. Two may stand side by side."""

_PURCHASER, _SUPPLIER = re.compile(PURCHASERS), re.compile(SUPPLIERS)


def side_of(label: str, alias: str = "") -> tuple[PartyRole, bool]:
    """The side that a label (and its alias in brackets) means, and whether it says so itself: 甲方 alone is taken for
    the purchaser, which it usually is."""
    for words in (label, alias):
        if _PURCHASER.fullmatch(words):
            return PartyRole.PURCHASER, True
        if _SUPPLIER.fullmatch(words):
            return PartyRole.SUPPLIER, True
    return (PartyRole.PURCHASER if label.startswith("甲") else PartyRole.SUPPLIER), False
