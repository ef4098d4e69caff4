"""Writes sheets for people: CSV that a spreadsheet opens as text, and workbooks whose columns are text.

A cell that a spreadsheet would take for a formula is told not to be one: whoever opens what we wrote runs nothing that
a stranger put in.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

BYTE_ORDER_MARK = "\ufeff"
"""Without it a spreadsheet takes UTF-8 for something else."""
_WIDTH = 22
_EXPLANATION_WIDTHS = (26, 10, 70, 40)
_LISTS = "lists"


def to_csv(lines: Sequence[Sequence[str]]) -> bytes:
    """RFC 4180. A cell that a spreadsheet would take for a formula is told not to be one by a leading apostrophe."""
    text = io.StringIO()
    csv.writer(text).writerows([[harmless(cell) for cell in line] for line in lines])
    return text.getvalue().encode()


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def to_workbook(
    title: str,
    head: Sequence[str],
    lines: Sequence[Sequence[str]] = (),
    *,
    choices: Sequence[tuple[int, Sequence[str]]] = (),
    explanation: tuple[str, Sequence[Sequence[str]]] | None = None,
) -> bytes:
    """One sheet with a bold head; all its columns are text: a spreadsheet would round an 18-digit code.

    `choices` are (column from 0, what may be chosen there); `explanation` is a second sheet's title and lines.
    """
    workbook = Workbook()
    sheet: Any = workbook.worksheets[0]
    sheet.title, sheet.freeze_panes = title, "A2"
    for number, text in enumerate(head, start=1):
        dimension = sheet.column_dimensions[get_column_letter(number)]
        dimension.number_format, dimension.width = "@", _WIDTH
        _write(sheet, 1, number, text, is_bold=True)
    for row, line in enumerate(lines, start=2):
        for number, text in enumerate(line, start=1):
            if text:
                _write(sheet, row, number, text)
    if explanation is not None:
        _explain(workbook.create_sheet(explanation[0]), explanation[1])
    if choices:
        _offer(workbook, sheet, choices)
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def _write(sheet: Any, row: int, column: int, text: str, *, is_bold: bool = False) -> None:
    """Text whatever it looks like: openpyxl would make a formula of what begins with an equals sign."""
    cell = sheet.cell(row=row, column=column)
    cell.value = harmless(text)
    cell.number_format = "@"
    if is_bold:
        cell.font = Font(bold=True)


def _explain(sheet: Any, lines: Sequence[Sequence[str]]) -> None:
    for number, width in enumerate(_EXPLANATION_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row, line in enumerate(lines, start=1):
        for number, text in enumerate(line, start=1):
            _write(sheet, row, number, text, is_bold=row == 1)
            sheet.cell(row=row, column=number).alignment = Alignment(wrap_text=True, vertical="top")


def _offer(workbook: Workbook, sheet: Any, choices: Sequence[tuple[int, Sequence[str]]]) -> None:
    """Drop-downs from a hidden sheet: a list written into the rule itself may have 255 characters at most."""
    lists: Any = workbook.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    for number, (column, values) in enumerate(choices, start=1):
        letter = get_column_letter(number)
        for row, value in enumerate(values, start=1):
            _write(lists, row, number, value)
        source = f"={_LISTS}!${letter}$1:${letter}${len(values)}"
        rule = DataValidation(type="list", formula1=source, allow_blank=True)
        rule.add(f"{get_column_letter(column + 1)}2:{get_column_letter(column + 1)}1048576")
        sheet.add_data_validation(rule)
