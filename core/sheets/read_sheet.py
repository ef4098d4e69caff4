"""Reads CSV and XLSX from strangers. Pure: bytes in, texts out; runs in the sandbox (`sandboxed`)."""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice

from core.sheets.errors import (
    SheetEmpty,
    SheetTooComplex,
    SheetTooLarge,
    SheetTooManyColumns,
    SheetTooManyRows,
    SheetUnreadable,
)
from core.sheets.sheet import Flaw, Sheet, SheetRow
from core.sheets.workbook import MEGABYTE, Cell, of_text, workbook_lines

LARGEST_FILE = 8 * MEGABYTE
MOST_ROWS = 5000
MOST_LINES = 20_000
"""Empty ones included: a sheet may be formatted far below its last row."""
MOST_COLUMNS = 200

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_ZIP = b"PK\x03\x04"


def is_workbook(data: bytes) -> bool:
    return data.startswith(_ZIP)


def check_file(data: bytes) -> None:
    """What can be told without reading it. Raises `SheetTooLarge`, `SheetEmpty`, `SheetUnreadable`."""
    if len(data) > LARGEST_FILE:
        raise SheetTooLarge(most_megabytes=LARGEST_FILE // MEGABYTE)
    if not data.strip():
        raise SheetEmpty
    if data.startswith(_OLE):  # an old .xls, or an XLSX under a password
        raise SheetUnreadable


def read_sheet(data: bytes, most_rows: int = MOST_ROWS) -> Sheet:
    """The first sheet of an XLSX, or a CSV whose separator is a comma, a semicolon or a tab.

    Raises what `check_file` does, `SheetTooComplex`, `SheetTooManyRows`, `SheetTooManyColumns`.
    """
    check_file(data)
    lines = workbook_lines(data, MOST_COLUMNS) if is_workbook(data) else enumerate(_csv_lines(data), start=1)
    head: SheetRow | None = None
    rows: list[SheetRow] = []
    for number, line in lines:
        row = _row(number, line)
        if number > MOST_LINES or len(rows) == most_rows + 1:
            raise SheetTooManyRows(most=most_rows)
        if row.is_blank:
            continue
        if head is None:
            head = _as_head(row)
        else:
            rows.append(row)
    if len(rows) > most_rows:
        raise SheetTooManyRows(most=most_rows)
    if head is None or not rows:
        raise SheetEmpty
    return Sheet(head.cells, tuple(rows))


def _as_head(row: SheetRow) -> SheetRow:
    if len(row.cells) > MOST_COLUMNS:
        raise SheetTooManyColumns(most=MOST_COLUMNS)
    return row


def _row(number: int, line: Sequence[Cell]) -> SheetRow:
    cells = [text for text, _ in line]
    while cells and not cells[-1]:
        cells.pop()
    flaws = tuple((column, flaw) for column, (_, flaw) in enumerate(line) if flaw is not None)
    return SheetRow(number, tuple(cells), flaws)


def _csv_lines(data: bytes) -> Iterator[list[Cell]]:
    text = _decode(data)
    if "\x00" in text:
        raise SheetUnreadable
    first = text.lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=False)
    try:
        for line in islice(reader, MOST_LINES + 1):
            yield [_of_csv(cell) for cell in line[: MOST_COLUMNS + 1]]
    except csv.Error as error:  # a cell of more than 131,072 characters
        raise SheetTooComplex from error


def _of_csv(cell: str) -> Cell:
    """Spreadsheets write a formula into CSV as its result; one that is there was written to be computed."""
    text, flaw = of_text(cell)
    return text, Flaw.FORMULA if text.startswith("=") else flaw


def _decode(data: bytes) -> str:
    """By its byte order mark; else UTF-8 if it is; else GB 18030, which GBK and GB 2312 are part of."""
    has_wide_mark = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encodings = ["utf-16"] if has_wide_mark else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetUnreadable
