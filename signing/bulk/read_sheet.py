"""Reads CSV and XLSX from strangers. Pure: bytes in, texts out; runs in the sandbox (`sandboxed`).

What a spreadsheet computes, merges or rounds isn't guessed at: such a cell is marked. A packed file may unpack to so
much and no more; `zipfile` never gives out more of a member than its directory declares, which is what is added up.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import range_boundaries

from signing.bulk.errors import (
    BulkFileEmpty,
    BulkFileTooComplex,
    BulkFileTooLarge,
    BulkFileUnreadable,
    BulkTooManyColumns,
    BulkTooManyRows,
)
from signing.bulk.sheet import Flaw, Sheet, SheetRow

MEGABYTE = 1024 * 1024
LARGEST_FILE = 8 * MEGABYTE
LARGEST_UNPACKED = 64 * MEGABYTE
MOST_PARTS = 1000
MOST_ROWS = 5000
MOST_LINES = 20_000
"""Empty ones included: a sheet may be formatted far below its last row."""
MOST_COLUMNS = 200
MOST_MERGES = 2000
LONGEST_CELL = 1000
MOST_DIGITS = 15
"""Spreadsheets keep numbers as IEEE 754 doubles and show 15 digits."""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=[\"']([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})[\"']")

Cell = tuple[str, Flaw | None]


def check_file(data: bytes) -> None:
    """What can be told without reading it. Raises `BulkFileTooLarge`, `BulkFileEmpty`, `BulkFileUnreadable`."""
    if len(data) > LARGEST_FILE:
        raise BulkFileTooLarge(most_megabytes=LARGEST_FILE // MEGABYTE)
    if not data.strip():
        raise BulkFileEmpty
    if data.startswith(_OLE):  # an old .xls, or an XLSX under a password
        raise BulkFileUnreadable


def read_sheet(data: bytes) -> Sheet:
    """The first sheet of an XLSX, or a CSV whose separator is a comma, a semicolon or a tab.

    Raises what `check_file` does, `BulkFileTooComplex`, `BulkTooManyRows`, `BulkTooManyColumns`.
    """
    check_file(data)
    lines = _workbook_lines(data) if data.startswith(b"PK\x03\x04") else _csv_lines(data)
    head: SheetRow | None = None
    rows: list[SheetRow] = []
    for number, line in enumerate(lines, start=1):
        row = _row(number, line)
        if number > MOST_LINES or len(rows) == MOST_ROWS + 1:
            raise BulkTooManyRows(most=MOST_ROWS)
        if row.is_blank:
            continue
        if head is None:
            head = _as_head(row)
        else:
            rows.append(row)
    if len(rows) > MOST_ROWS:
        raise BulkTooManyRows(most=MOST_ROWS)
    if head is None or not rows:
        raise BulkFileEmpty
    return Sheet(head.cells, tuple(rows))


def _as_head(row: SheetRow) -> SheetRow:
    if len(row.cells) > MOST_COLUMNS:
        raise BulkTooManyColumns(most=MOST_COLUMNS)
    return row


def _row(number: int, line: Sequence[Cell]) -> SheetRow:
    cells = [text for text, _ in line]
    while cells and not cells[-1]:
        cells.pop()
    flaws = tuple((column, flaw) for column, (_, flaw) in enumerate(line) if flaw is not None)
    return SheetRow(number, tuple(cells), flaws)


def _of_text(text: str) -> Cell:
    stripped = text.strip()
    return (stripped, None) if len(stripped) <= LONGEST_CELL else (stripped[:LONGEST_CELL], Flaw.TOO_LONG)


def _csv_lines(data: bytes) -> Iterator[list[Cell]]:
    text = _decode(data)
    if "\x00" in text:
        raise BulkFileUnreadable
    first = text.lstrip().split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=False)
    try:
        for line in islice(reader, MOST_LINES + 1):
            yield [_of_csv(cell) for cell in line[: MOST_COLUMNS + 1]]
    except csv.Error as error:  # a cell of more than 131,072 characters
        raise BulkFileTooComplex from error


def _of_csv(cell: str) -> Cell:
    """Spreadsheets write a formula into CSV as its result; one that is there was written to be computed."""
    text, flaw = _of_text(cell)
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
    raise BulkFileUnreadable


def _workbook_lines(data: bytes) -> Iterator[list[Cell]]:
    _check_archive(data)
    try:
        workbook = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet: Any = workbook.worksheets[0]
        merges = _merges(data, sheet._worksheet_path)  # noqa: SLF001 - nothing public names the part
        sheet.reset_dimensions()  # a size that is declared too small would hide rows
        for number, line in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS + 1), start=1):
            yield list(_with_merges(number, line, merges))
            if number > MOST_LINES:
                return
    except (BulkFileTooComplex, MemoryError):
        raise
    except Exception as error:  # whatever a broken workbook makes openpyxl raise
        raise BulkFileUnreadable from error


def _check_archive(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise BulkFileUnreadable from error
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise BulkFileTooComplex


Box = tuple[int, int, int, int]
"""Leftmost column, top row, rightmost column, bottom row; all count from 1."""


def _merges(data: bytes, part: str) -> list[Box]:
    """The merged ranges of a sheet, which openpyxl leaves out when it doesn't load the whole."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = _MERGE.findall(archive.read(part))
    if len(found) > MOST_MERGES:
        raise BulkFileTooComplex
    boxes = (range_boundaries(match.decode()) for match in found)
    return [(left or 1, top or 1, right or 1, bottom or 1) for left, top, right, bottom in boxes]


def _with_merges(number: int, line: Iterable[Any], merges: Sequence[Box]) -> Iterator[Cell]:
    here = [box for box in merges if box[1] <= number <= box[3]]
    for column, cell in enumerate(line, start=1):
        is_swallowed = any(left <= column <= right and (column, number) != (left, top) for left, top, right, _ in here)
        yield ("", Flaw.MERGED) if is_swallowed else _of_cell(cell)


def _of_cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f":
        return str(value)[:LONGEST_CELL] if isinstance(value, str) else "=", Flaw.FORMULA
    if cell.data_type == "e":
        return str(value)[:LONGEST_CELL], Flaw.ERROR_VALUE
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value)
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    return _of_text(value.isoformat() if isinstance(value, date | time) else str(value))


def _of_number(value: float) -> Cell:
    text = str(int(value)) if isinstance(value, int) or value.is_integer() else repr(value)
    digits = sum(character.isdigit() for character in text)
    return text[:LONGEST_CELL], Flaw.ROUNDED if digits > MOST_DIGITS else None
