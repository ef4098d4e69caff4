"""Sheets of contracts for tests of uploads: good rows, and every way to get one wrong."""

from collections.abc import Callable, Sequence
from typing import Any
from xml.sax.saxutils import escape

from accounts.policy import uscc_check_character
from performance.register.columns import columns
from tests.support.sheets import with_part, xlsx_bytes

NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

MILESTONES = 1
HEAD = [column.zh for column in columns(MILESTONES)]
KEYS = [column.key for column in columns(MILESTONES)]


def supplier_uscc(number: int) -> str:
    first = f"91610802MA7{number:06d}"
    return first + uscc_check_character(first)


def good_row(place: int, /, *, due_on: str, **changes: Any) -> list[Any]:
    """A row that becomes a contract; `changes` are cells by column key, `purchaser_uscc` and `signed_on` among them."""
    given = {
        "number": f"HT-{place:06d}",
        "title": f"办公设备采购合同 {place}",
        "class_code": "政府采购合同",
        "purchaser_name": "榆林市示范区财政局",
        "purchaser_contact": "王采购",
        "purchaser_phone": "13900000001",
        "supplier_name": f"供应商 {place}",
        "supplier_uscc": supplier_uscc(place),
        "supplier_contact": "李供应",
        "supplier_phone": "13900000002",
        "amount": f"{300000 + place}.00",
        "summary": "台式计算机",
        "milestone_1_kind": "交付",
        "milestone_1_title": "交付设备",
        "milestone_1_debtor": "供应方",
        "milestone_1_due_on": due_on,
        "milestone_1_amount": "",
        **changes,
    }
    return [given.get(key, "") for key in KEYS]


BAD: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"title": ""}, "title", "bulk_cell_missing"),
    ({"class_code": "彩票合同"}, "class_code", "cell_not_a_choice"),
    ({"purchaser_uscc": "11610800016037001A"}, "purchaser_uscc", "invalid_uscc"),
    ({"supplier_uscc": 916108001234567890}, "supplier_uscc", "bulk_cell_rounded"),
    ({"supplier_phone": "12345"}, "supplier_phone", "invalid_phone"),
    ({"amount": "约三十万"}, "amount", "cell_not_an_amount"),
    ({"amount": "=300000+1"}, "amount", "bulk_cell_formula"),
    ({"amount": "#N/A"}, "amount", "bulk_cell_error_value"),
    ({"signed_on": "2026年2月30日"}, "signed_on", "cell_not_a_date"),
    ({"signed_on": "2099-01-01"}, "signed_on", "signed_in_future"),
    ({"milestone_1_due_on": "2001-01-01"}, "milestone_1_due_on", "due_before_signing"),
    ({"milestone_1_kind": "送礼"}, "milestone_1_kind", "cell_not_a_choice"),
    ({"title": "长" * 300}, "title", "cell_text_too_long"),
    ({"supplier_name": "长" * 1100}, "supplier_name", "bulk_cell_too_long"),
    ({"unit_uscc": supplier_uscc(999_999)}, "unit_uscc", "unit_not_subordinate"),
)
"""(Cells that are wrong, the column where it shows, the code)."""


def sheet(rows: Sequence[Sequence[Any]], head: Sequence[str] = HEAD) -> bytes:
    """As a spreadsheet writes it, texts inside the cells; without openpyxl, which takes seconds for 10,000 rows."""
    lines = "".join(
        f'<row r="{number}">{"".join(map(_cell, row))}</row>' for number, row in enumerate([head, *rows], start=1)
    )
    part = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{lines}</sheetData></worksheet>'
    return with_part(xlsx_bytes([["a"]]), "xl/worksheets/sheet1.xml", part.encode())


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    if value.startswith("="):
        return f"<c><f>{value[1:]}</f></c>"
    if value.startswith("#"):
        return f'<c t="e"><v>{value}</v></c>'
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"


def mixed_sheet(count: int, bad: int, make: Callable[..., list[Any]]) -> bytes:
    """`count` rows, of which `bad` are so, spread over the sheet, each kind in turn."""
    step = count // bad
    kinds = {number * step: BAD[number % len(BAD)][0] for number in range(bad)}
    return sheet([make(number, **kinds.get(number, {})) for number in range(count)])
