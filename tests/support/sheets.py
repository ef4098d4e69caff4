"""Sheets for tests of bulk sends: good ones, and what people and attackers make of them."""

import csv
import io
import zipfile
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from accounts.policy import uscc_check_character


def csv_bytes(lines: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    return text.getvalue().encode(encoding)


def xlsx_bytes(lines: Sequence[Sequence[Any]], merged: Sequence[str] = ()) -> bytes:
    """Values become what a spreadsheet makes of them: a text that begins with `=` is a formula."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for line in lines:
        sheet.append(list(line))
    for cells in merged:
        sheet.merge_cells(cells)
    output = io.BytesIO()
    workbook.save(output)
    return output.getvalue()


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one of its parts replaced, or with one more."""
    output = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as before,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.namelist():
            if part != name:
                after.writestr(part, before.read(part))
        after.writestr(name, content)
    return output.getvalue()


def uscc(number: int) -> str:
    """A valid code of Yulin."""
    first = f"91610800MA8{number:06d}"
    return first + uscc_check_character(first)
