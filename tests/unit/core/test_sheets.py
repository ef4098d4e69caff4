"""Sheets, whoever uploads them: what the reader makes of a spreadsheet's own habits, and what we write is harmless."""

import io
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.datetime import MAC_EPOCH

from core.sheets.errors import SheetTooManyRows, SheetUnreadable
from core.sheets.read_sheet import read_sheet
from core.sheets.sheet import Flaw
from core.sheets.write_sheet import to_csv, to_workbook
from tests.support.sheets import with_part, xlsx_bytes

PART = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def of_part(rows: str) -> bytes:
    whole = f'<x:worksheet xmlns:x="{NAMESPACE}"><x:sheetData>{rows}</x:sheetData></x:worksheet>'
    return with_part(xlsx_bytes([["a"], ["b"]]), PART, whole.encode())


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_serial_number_in_a_date_format_is_a_day(is_1904: bool) -> None:
    workbook = Workbook()
    if is_1904:
        workbook.epoch = MAC_EPOCH
    sheet = workbook.worksheets[0]
    sheet.append(["日期", "自定义", "数字"])
    sheet.append([date(2026, 3, 1), date(2026, 3, 1), 46082])
    sheet["B2"].number_format = 'yyyy"年"m"月"d"日"'
    output = io.BytesIO()
    workbook.save(output)
    assert read_sheet(output.getvalue()).rows[0].cells == ("2026-03-01", "2026-03-01", "46082")


def test_prefixed_names_gaps_and_cells_without_a_place_are_read() -> None:
    head = '<x:row r="2"><x:c t="inlineStr"><x:is><x:t>甲</x:t></x:is></x:c><x:c t="str"><x:v>乙</x:v></x:c></x:row>'
    rich = "<x:is><x:r><x:t>合</x:t></x:r><x:r><x:t>同</x:t></x:r><x:rPh><x:t>hetong</x:t></x:rPh></x:is>"
    row = f'<x:row r="7"><x:c r="B7" t="inlineStr">{rich}</x:c><x:c r="D7"><x:f>1+1</x:f><x:v>2</x:v></x:c></x:row>'
    sheet = read_sheet(of_part(head + row))
    assert sheet.head == ("甲", "乙")
    assert (sheet.rows[0].number, sheet.rows[0].cells) == (7, ("", "合同", "", "=1+1"))
    assert sheet.rows[0].flaws == ((3, Flaw.FORMULA),)


def test_a_document_type_is_refused() -> None:
    part = f'<!DOCTYPE w [<!ENTITY a "b">]><worksheet xmlns="{NAMESPACE}"><sheetData/></worksheet>'
    with pytest.raises(SheetUnreadable):
        read_sheet(with_part(xlsx_bytes([["a"], ["b"]]), PART, part.encode()))


def test_the_limit_of_rows_is_the_callers() -> None:
    data = to_csv([["a"], ["1"], ["2"], ["3"]])
    assert len(read_sheet(data, 3).rows) == 3
    with pytest.raises(SheetTooManyRows):
        read_sheet(data, 2)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://evil.example","x")'])
def test_nothing_we_write_is_computed(text: str) -> None:
    assert to_csv([[text]]).decode().lstrip('"').startswith("'")
    book = to_workbook("结果", ["列"], [[text]], choices=[(0, [text])], explanation=("说明", [[text]]))
    for sheet in load_workbook(io.BytesIO(book)).worksheets:
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_a_template_offers_what_may_be_chosen_and_explains_itself() -> None:
    data = to_workbook(
        "合同", ["类别"], choices=[(0, ["甲" * 200, "乙" * 200])], explanation=("说明", [["列"], ["类别"]])
    )
    book = load_workbook(io.BytesIO(data))
    (rule,) = book["合同"].data_validations.dataValidation
    assert (rule.formula1, str(rule.sqref)) == ("=lists!$A$1:$A$2", "A2:A1048576")
    assert book["lists"].sheet_state == "hidden"
    assert book["说明"]["A2"].value == "类别"
