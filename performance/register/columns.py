"""The columns of a sheet of contracts: what may stand above them, what they hold, what may be chosen. Pure.

A row is a contract with its milestones beside it, in groups of five columns: so a CSV can hold them too, a row is
complete in itself, and no second sheet has to be kept in step by contract number. The template shows three groups; a
sheet may have up to six.
"""

from dataclasses import dataclass

from core.errors import Language
from performance.policy import ObligationKind, PartyRole
from performance.regions import RegionProfile

MOST_MILESTONES = 6
SHOWN_MILESTONES = 3
MILESTONE_PARTS = ("kind", "title", "debtor", "due_on", "amount")

KINDS = {
    ObligationKind.DELIVERY: ("交付", "Delivery"),
    ObligationKind.PAYMENT: ("付款", "Payment"),
    ObligationKind.ACCEPTANCE: ("验收", "Acceptance"),
    ObligationKind.REPORT: ("报告", "Report"),
    ObligationKind.BOND: ("保证金", "Bond"),
    ObligationKind.OTHER: ("其他", "Other"),
}
SIDES = {PartyRole.PURCHASER: ("采购方", "Purchaser"), PartyRole.SUPPLIER: ("供应方", "Supplier")}


@dataclass(frozen=True, slots=True)
class UploadColumn:
    """`key` names its cells; a text may have `longest` characters; the explanations are for the template."""

    key: str
    zh: str
    en: str
    is_required: bool
    explain_zh: str
    explain_en: str
    example: str
    longest: int = 200

    @property
    def heads(self) -> tuple[str, ...]:
        return (self.key, self.zh, self.en)

    def head(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en

    def explanation(self, language: Language) -> str:
        return self.explain_zh if language == "zh" else self.explain_en


_DATE = ("日期，如 2026-03-01 或 2026年3月1日", "A day, such as 2026-03-01")
_AMOUNT = ("人民币元，如 480000.00，也可写 48万元 或 肆拾捌万元整", "Yuan in figures, such as 480000.00")
_USCC = ("18 位统一社会信用代码，校验位须正确", "18 characters; the check character must match")
_PHONE = ("11 位手机号，履约提醒发送至此", "11 digits; reminders are sent there")

_BASE: tuple[tuple[str, str, str, bool, tuple[str, str], str, int], ...] = (
    (
        "number",
        "合同编号",
        "Contract number",
        True,
        ("单位内不得重复", "No two alike in a unit"),
        "HT-2026-001",
        100,
    ),
    ("title", "合同名称", "Title", True, ("合同全称", "The contract's full title"), "办公设备采购合同", 200),
    (
        "class_code",
        "合同类别",
        "Class",
        True,
        ("从下拉列表中选择", "Choose from the list"),
        "government_procurement",
        200,
    ),
    ("form", "合同形式", "Form", False, ("留空为合同书", "Empty: a contract"), "合同书", 50),
    ("purchaser_name", "采购方名称", "Purchaser", True, ("与印章一致", "As on its seal"), "示例市财政局", 200),
    ("purchaser_uscc", "采购方统一社会信用代码", "Purchaser credit code", True, _USCC, "11610800016037001G", 40),
    ("purchaser_contact", "采购方联系人", "Purchaser contact", True, ("预留的联系人", "Whom to remind"), "王采购", 100),
    ("purchaser_phone", "采购方联系电话", "Purchaser phone", True, _PHONE, "13900000001", 30),
    ("supplier_name", "供应方名称", "Supplier", True, ("与印章一致", "As on its seal"), "示例科技有限公司", 200),
    ("supplier_uscc", "供应方统一社会信用代码", "Supplier credit code", True, _USCC, "91610802MA70000019", 40),
    ("supplier_contact", "供应方联系人", "Supplier contact", True, ("预留的联系人", "Whom to remind"), "李供应", 100),
    ("supplier_phone", "供应方联系电话", "Supplier phone", True, _PHONE, "13900000002", 30),
    ("amount", "合同金额（元）", "Amount (CNY)", False, _AMOUNT, "480000.00", 60),
    ("signed_on", "签订日期", "Signed on", True, _DATE, "2026-03-01", 40),
    ("performance_due_on", "到期履行日期", "Performance due on", False, _DATE, "2026-12-31", 40),
    ("summary", "内容概要", "Summary", False, ("不超过 1000 字", "At most 1,000 characters"), "台式计算机 80 台", 1000),
    (
        "unit_uscc",
        "申报单位代码",
        "Reporting unit's code",
        False,
        ("代下属单位申报时填写其代码；留空为本单位", "The unit below yours that you report for; empty: your own"),
        "",
        40,
    ),
    (
        "late_reason",
        "迟报原因",
        "Reason for late filing",
        False,
        ("超过报送期限时必填", "Needed if the time for filing is over"),
        "",
        500,
    ),
)
_MILESTONE: dict[str, tuple[str, str, tuple[str, str], str, int]] = {
    "kind": ("类型", "kind", ("从下拉列表中选择", "Choose from the list"), "交付", 20),
    "title": ("内容", "title", ("须做到什么", "What is owed"), "交付设备", 200),
    "debtor": ("义务方", "debtor", ("采购方或供应方", "Purchaser or supplier"), "供应方", 20),
    "due_on": ("到期日", "due on", _DATE, "2026-06-01", 40),
    "amount": ("金额（元）", "amount (CNY)", _AMOUNT, "", 60),
}


def columns(milestones: int = MOST_MILESTONES) -> list[UploadColumn]:
    """All a sheet may have, in the template's order. The first milestone is required but for its amount."""
    found = [
        UploadColumn(key, zh, en, is_required, explain[0], explain[1], example, longest)
        for key, zh, en, is_required, explain, example, longest in _BASE
    ]
    for position in range(1, milestones + 1):
        for part, (zh, en, explain, example, longest) in _MILESTONE.items():
            found.append(
                UploadColumn(
                    milestone_key(position, part),
                    f"节点{position}{zh}",
                    f"Milestone {position} {en}",
                    position == 1 and part != "amount",
                    explain[0],
                    explain[1],
                    example if position == 1 else "",
                    longest,
                )
            )
    return found


def milestone_key(position: int, part: str) -> str:
    return f"milestone_{position}_{part}"


def choices(profile: RegionProfile, language: Language) -> dict[str, list[str]]:
    """What may be chosen in a column, by its key, in the reader's language."""
    is_chinese = language == "zh"
    pick = 0 if is_chinese else 1
    found = {
        "class_code": [each.zh if is_chinese else each.en for each in profile.classes],
        "form": [each.zh if is_chinese else each.en for each in profile.forms],
    }
    for position in range(1, MOST_MILESTONES + 1):
        found[milestone_key(position, "kind")] = [names[pick] for names in KINDS.values()]
        found[milestone_key(position, "debtor")] = [names[pick] for names in SIDES.values()]
    return found
